"""How the demo's books did, from their snapshots, and what value at risk of their nights was worth."""

from datetime import date
from itertools import pairwise
from math import isnan, prod, sqrt
from statistics import fmean, stdev

import pytest
from sqlalchemy import text

from sigmasight.domain.errors import NotATradingDayError, NotFoundError
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import TAIL_LEVELS, TAIL_METHODS, TailMethod
from sigmasight.services.performance import PERIODS, Figure, PerformanceReport, report_performance
from sigmasight.services.risk import RiskReport, report_risk
from sigmasight.store.risk_results import load_tails

from .conftest import BOOKS, HIGH_NET_WORTH, INDIVIDUAL, LAST, SESSIONS, Demo
from .slow_risk import filtered, histories, quantile_loss

pytestmark = pytest.mark.xdist_group("risk-demo")

RETURNS = SESSIONS - 1
COUNTED = {"1d": 1, "1w": 5, "1m": 23, "3m": RETURNS, "ytd": RETURNS, "1y": RETURNS, "since opening": RETURNS}
"""Sessions of each period up to Friday, 20 November 2026."""


def performance(demo: Demo, book: str, day: date = LAST) -> PerformanceReport:
    portfolio = demo.books[book]
    with demo.db.read() as conn:
        return report_performance(conn, demo.valuation, portfolio.user_id, portfolio.id, day)


def risk(demo: Demo, book: str, method: TailMethod = TailMethod.FILTERED, level: float = 0.99) -> RiskReport:
    portfolio = demo.books[book]
    with demo.db.read() as conn:
        return report_risk(conn, demo.valuation, portfolio.user_id, portfolio.id, LAST, method=method, level=level)


def daily_returns(demo: Demo, book: str) -> list[float]:
    query = "SELECT daily_return FROM portfolio_snapshots WHERE portfolio_id = :book ORDER BY as_of OFFSET 1"
    return [row["daily_return"] for row in demo.rows(query, book=demo.books[book].id)]


def missing(figure: Figure) -> tuple[bool, int | None, Reason]:
    return isnan(figure.value), figure.sessions, figure.reasons


@pytest.mark.parametrize("book", BOOKS)
def test_a_return_is_the_product_over_its_sessions_and_says_how_many_they_are(demo: Demo, book: str) -> None:
    found, daily = performance(demo, book), daily_returns(demo, book)
    assert len(daily) == RETURNS
    assert tuple(name for name, _ in found.returns) == PERIODS
    for name, figure in found.returns:
        assert figure.sessions == COUNTED[name]
        grown = prod(1.0 + each for each in daily[-COUNTED[name] :]) - 1.0
        assert figure.value == pytest.approx(grown, rel=1e-9), name
    assert (found.as_of, found.first) == (LAST, demo.last_sessions(SESSIONS)[0])


def test_a_period_that_began_before_the_book_was_opened_says_so(demo: Demo) -> None:
    marks = {name: figure.reasons for name, figure in performance(demo, INDIVIDUAL).returns}
    short = dict.fromkeys(("3m", "ytd", "1y"), Reason.SHORT_HISTORY | Reason.SIMULATED)
    assert marks == dict.fromkeys(PERIODS, Reason.SIMULATED) | short


@pytest.mark.parametrize("book", BOOKS)
def test_volatility_stands_on_all_the_sessions_it_is_of_or_is_not_known(demo: Demo, book: str) -> None:
    volatility = dict(performance(demo, book).volatility)
    spread = stdev(daily_returns(demo, book)[-21:])
    assert volatility[21].value == pytest.approx(spread * sqrt(252), rel=1e-9)
    assert (volatility[21].sessions, volatility[21].reasons) == (21, Reason.SIMULATED)
    assert missing(volatility[63]) == (True, RETURNS, Reason.NO_HISTORY)


@pytest.mark.parametrize("book", BOOKS)
def test_ratios_are_those_of_what_was_earned_beyond_the_three_month_yield(demo: Demo, book: str) -> None:
    found, daily = performance(demo, book), daily_returns(demo, book)
    query = "SELECT par_yield FROM rates WHERE series = 'DGS3MO' AND day > :opened AND day <= :last ORDER BY day"
    yields = [row["par_yield"] for row in demo.rows(query, opened=demo.books[book].opened_on, last=LAST)]
    beyond = [earned - riskless / 252 for earned, riskless in zip(daily, yields, strict=True)]
    downside = sqrt(fmean([min(each, 0.0) ** 2 for each in beyond]))
    assert found.sharpe.value == pytest.approx(fmean(beyond) / stdev(beyond) * sqrt(252), rel=1e-9)
    assert found.sortino.value == pytest.approx(fmean(beyond) / downside * sqrt(252), rel=1e-9)
    for figure in (found.sharpe, found.sortino, found.max_drawdown):
        assert (figure.sessions, figure.reasons) == (RETURNS, Reason.SHORT_HISTORY | Reason.SIMULATED)


@pytest.mark.parametrize("book", BOOKS)
def test_the_deepest_fall_is_that_between_any_two_days(demo: Demo, book: str) -> None:
    worth = [1.0]
    for each in daily_returns(demo, book):
        worth.append(worth[-1] * (1.0 + each))
    falls = [later / before - 1.0 for at, before in enumerate(worth) for later in worth[at:]]
    found = performance(demo, book).max_drawdown.value
    assert found == pytest.approx(min(falls), rel=1e-9)
    assert found < 0.0


@pytest.mark.parametrize("book", BOOKS)
def test_beta_is_the_one_of_the_snapshot(demo: Demo, book: str) -> None:
    (row,) = demo.rows(
        "SELECT beta FROM portfolio_snapshots WHERE portfolio_id = :book AND as_of = :day",
        book=demo.books[book].id,
        day=LAST,
    )
    assert performance(demo, book).beta == Figure(row["beta"], None, Reason.SIMULATED)


def test_on_the_first_night_nothing_has_returned_anything_yet(demo: Demo) -> None:
    found = performance(demo, INDIVIDUAL, demo.books[INDIVIDUAL].opened_on)
    figures = [figure for _, figure in (*found.returns, *found.volatility)]
    for figure in (*figures, found.sharpe, found.sortino, found.max_drawdown):
        assert missing(figure) == (True, 0, Reason.NO_HISTORY)
    assert not isnan(found.beta.value)


def test_without_yields_what_is_earned_beyond_them_is_not_known(demo: Demo) -> None:
    book = demo.books[INDIVIDUAL]
    with demo.db.write() as conn:
        conn.execute(text("DELETE FROM rates"))
        found = report_performance(conn, demo.valuation, book.user_id, book.id, LAST)
        conn.rollback()
    for figure in (found.sharpe, found.sortino):
        assert missing(figure) == (True, RETURNS, Reason.NO_RATE)
    assert found.max_drawdown == performance(demo, INDIVIDUAL).max_drawdown


def test_a_day_without_a_snapshot_has_no_performance(demo: Demo) -> None:
    for day in (date(2026, 8, 26), date(2026, 11, 23)):
        with pytest.raises(NotFoundError, match=f"no snapshot of {day}"):
            performance(demo, INDIVIDUAL, day)
    with pytest.raises(NotATradingDayError, match="2026-11-15 is no trading day"):
        performance(demo, INDIVIDUAL, date(2026, 11, 15))


@pytest.mark.parametrize("book", BOOKS)
def test_what_is_worked_out_on_demand_is_what_the_night_has_stored(demo: Demo, book: str) -> None:
    found = risk(demo, book).tails
    with demo.db.read() as conn:
        (stored,) = load_tails(conn, demo.books[book].id, LAST, LAST)
    assert found.value_at_risk == pytest.approx(stored.value_at_risk, rel=1e-12)
    assert found.expected_shortfall == pytest.approx(stored.expected_shortfall, rel=1e-12)
    assert (found.sessions, found.coverage, found.reasons) == (504, 1.0, {})


@pytest.mark.parametrize("method", TAIL_METHODS)
@pytest.mark.parametrize("book", BOOKS)
def test_the_parts_of_positions_sum_to_the_whole(demo: Demo, book: str, method: TailMethod) -> None:
    for level in TAIL_LEVELS:
        found = risk(demo, book, method, level)
        at_risk, shortfall = found.tails.at(method, level)
        assert sum(each.value_at_risk for each in found.positions) == pytest.approx(at_risk, rel=1e-9)
        assert sum(each.expected_shortfall for each in found.positions) == pytest.approx(shortfall, rel=1e-9)
        assert sum(each.share for each in found.positions) == pytest.approx(1.0, rel=1e-9)
        for each in found.positions:
            assert each.marginal * each.dollar_delta == pytest.approx(each.value_at_risk, rel=1e-9)


def test_what_a_position_adds_is_the_loss_with_it_less_that_without_it(demo: Demo) -> None:
    history, window = histories(demo), demo.last_sessions(505)
    found = risk(demo, HIGH_NET_WORTH)
    losses = {
        each.symbol: [each.dollar_delta * moved for moved in filtered(history[each.symbol].returns(window))]
        for each in found.positions
    }
    whole = [sum(scenario) for scenario in zip(*losses.values(), strict=True)]
    for each in found.positions:
        without = [total - part for total, part in zip(whole, losses[each.symbol], strict=True)]
        added = quantile_loss(whole, 0.99) - quantile_loss(without, 0.99)
        assert each.incremental == pytest.approx(added, rel=1e-9, abs=1e-6), each.symbol
    assert {each.incremental > 0.0 for each in found.positions} == {True, False}


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("level", TAIL_LEVELS)
def test_stored_nights_are_tested_against_the_pnl_of_the_session_after(demo: Demo, book: str, level: float) -> None:
    column = len(TAIL_LEVELS) + TAIL_LEVELS.index(level)
    nights = demo.rows(
        "SELECT v.value_at_risk, s.daily_pnl FROM value_at_risk v"
        " JOIN portfolio_snapshots s USING (portfolio_id, as_of) WHERE portfolio_id = :book ORDER BY as_of",
        book=demo.books[book].id,
    )
    broken = [-after["daily_pnl"] > night["value_at_risk"][column] for night, after in pairwise(nights)]
    stored = risk(demo, book, level=level).stored
    assert stored is not None
    assert (stored.forecasts, stored.breaks) == (RETURNS, sum(broken))


def test_sixty_nights_have_seen_some_losses_that_were_to_be_rare(demo: Demo) -> None:
    """Else the counts above would all be 0."""
    found = [risk(demo, book, level=0.95).stored for book in BOOKS]
    assert all(each is not None and each.breaks > 0 for each in found)


def test_a_day_that_is_no_session_and_a_level_that_is_none_are_refused(demo: Demo) -> None:
    book = demo.books[INDIVIDUAL]
    with demo.db.read() as conn:
        where = (conn, demo.valuation, book.user_id, book.id)
        with pytest.raises(NotATradingDayError, match="no trading day"):
            report_risk(*where, date(2026, 11, 15))
        with pytest.raises(ValueError, match=r"a level of 0\.98: it must be one of 0\.95, 0\.975, 0\.99"):
            report_risk(*where, LAST, level=0.98)
        for horizon in (0, 253):
            with pytest.raises(ValueError, match=f"a horizon of {horizon} days: it must be 1 to 252"):
                report_risk(*where, LAST, horizon=horizon)
        with pytest.raises(NotFoundError):
            report_risk(conn, demo.valuation, demo.books[HIGH_NET_WORTH].user_id, book.id, LAST)
