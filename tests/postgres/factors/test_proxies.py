"""Funds that stand for factors: one without a price, one that never moves, one that another replaced."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import isnan

import numpy as np
import pytest

from postgres.greeks.conftest import FRIDAY
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.reasons import Reason
from support.databases import DatabaseCopies

from .conftest import FUNDS, NAMES, SHARES, RiskDesk, Tape, by_name, list_funds, risk_desk

pytestmark = pytest.mark.xdist_group("factors")

LIVE, SIMULATED = Market.LIVE, Market.SIMULATED
CHANGED = date(2026, 6, 1)
HOLE = date(2026, 8, 12)
GROWTH_SHOCKED = {
    *("value_rotation_20", "growth_rally_15", "covid_crash_2020", "dotcom_crash_2000"),
    *("replay_covid_2020", "replay_2018_q4", "replay_2015_08", "replay_2022_h1", "replay_2022_q3"),
}
AT = NAMES.index("Growth")


@dataclass(frozen=True, slots=True)
class Street:
    """A desk after its night, and the one book of each market."""

    desk: RiskDesk
    books: dict[Market, Portfolio]


def opened(desk: RiskDesk, tape: Tape) -> Street:
    """Run the night of a desk on which the funds are listed."""
    for exchange in desk.exchanges.values():
        for seed, symbol in enumerate(("AAA", "BBB"), start=1):
            exchange.list_share(symbol, tape.path(tape.returns(**SHARES[symbol], seed=seed)))  # type: ignore[arg-type]
    books = {market: desk.book(market, ("AAA", 10), ("BBB", -4), on=FRIDAY, market=market) for market in Market}
    for book in books.values():
        desk.state_cash(book, 10_000)
    desk.night(FRIDAY)
    return Street(desk, books)


@pytest.fixture(scope="module")
def without_growth(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Iterator[Street]:
    """In the live market nobody knows the growth fund; in the simulated one its price never moves."""
    with ExitStack() as stack:
        desk = stack.enter_context(risk_desk(stack.enter_context(databases.copy(migrated)), calendar))
        for exchange in desk.exchanges.values():
            list_funds(exchange, tape)
        del desk.live.paths["VUG"], desk.live.known["VUG"]
        desk.exchanges[SIMULATED].list_share("VUG", lambda _: 50.0)
        yield opened(desk, tape)


def assert_growth_alone_is_missing(street: Street, market: Market) -> None:
    book = street.books[market]
    exposures, stress = street.desk.exposures(book), street.desk.stress(book)
    for column in ("exposure", "beta", "risk_share"):
        assert {name for name, value in by_name(exposures, column).items() if isnan(value)} == {"Growth"}, column
    assert exposures.reasons == {"Growth": Reason.NO_HISTORY}
    assert np.nansum([*exposures.risk_share, exposures.specific_share]) == pytest.approx(1.0)
    assert exposures.coverage == 1.0
    for column in ("direct", "correlated"):
        missing = {name for name, value in by_name(stress, column).items() if isnan(value)}
        assert missing == GROWTH_SHOCKED, column
    assert stress.reasons == dict.fromkeys(GROWTH_SHOCKED, Reason.NO_HISTORY)
    assert not np.isnan(street.desk.market_scenarios(book).direct).any()


def test_a_fund_that_never_moves_is_no_factor_and_the_others_are(without_growth: Street) -> None:
    assert_growth_alone_is_missing(without_growth, SIMULATED)
    factors = without_growth.desk.factors(market=SIMULATED)
    covariance = np.array(factors["covariance"], dtype=float).reshape(7, 7)
    assert {NAMES[at] for at in np.flatnonzero(np.isnan(np.diag(covariance)))} == {"Growth"}
    assert factors["sessions"] == 252
    assert factors["variance_inflation"][AT] is None
    row = without_growth.desk.betas("AAA", market=SIMULATED)
    assert [name for name, beta in zip(NAMES, row["loading"], strict=True) if beta is None] == ["Growth"]


def test_the_other_factors_are_those_of_a_regression_without_it(without_growth: Street) -> None:
    desk = without_growth.desk
    exchange = desk.exchanges[SIMULATED]
    others = [name for name in NAMES if name != "Growth"]
    factors = np.column_stack([returns(desk, exchange.paths[FUNDS[name]]) for name in others])
    expected = ridge(returns(desk, exchange.paths["AAA"]), factors)
    found = dict(zip(NAMES, desk.betas("AAA", market=SIMULATED)["loading"], strict=True))
    assert [found[name] for name in others] == pytest.approx(expected.tolist(), abs=1e-10)


def test_a_fund_without_a_single_price_is_no_factor_and_the_others_are(without_growth: Street) -> None:
    assert_growth_alone_is_missing(without_growth, LIVE)


def test_what_is_not_there_is_null_and_says_so(without_growth: Street) -> None:
    """Whatever becomes of the other factors where one has no price: no number is made up."""
    exposures, stress = (
        load(without_growth.books[LIVE]) for load in (without_growth.desk.exposures, without_growth.desk.stress)
    )
    assert isnan(by_name(exposures, "exposure")["Growth"])
    assert exposures.reasons["Growth"] == Reason.NO_HISTORY
    for name in GROWTH_SHOCKED:
        assert isnan(by_name(stress, "direct")[name])
        assert stress.reasons[name] == Reason.NO_HISTORY
    ((status, errors),) = [
        (row["status"], row["errors"])
        for row in without_growth.desk.rows("SELECT status, errors FROM batch_steps WHERE job = 'factors'")
    ]
    assert status == "partial"
    assert {"market": "live", "factor": "Growth", "reason": "no_history"} in errors
    assert {"market": "simulated", "factor": "Growth", "reason": "no_history"} in errors


@pytest.fixture(scope="module")
def replaced(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Iterator[Street]:
    """The fund of small companies closed in June, and another one stands for it since; one price of VTV is missing."""
    with ExitStack() as stack:
        desk = stack.enter_context(risk_desk(stack.enter_context(databases.copy(migrated)), calendar))
        for exchange in desk.exchanges.values():
            list_funds(exchange, tape)
            exchange.list_share("IWM", tape.path(tape.returns(1.3, {"Size": 1.5, "Value": 0.2}, noise=0.001, seed=77)))
            exchange.hidden |= {("bars", "SLY", day) for day in tape.days if day >= CHANGED}
        desk.exchanges[SIMULATED].hidden.add(("bars", "VTV", HOLE))
        desk.execute("UPDATE factor_proxies SET valid_to = :day WHERE symbol = 'SLY'", day=CHANGED)
        desk.execute(
            "INSERT INTO factor_proxies (factor, symbol, valid_from) VALUES ('Size', 'IWM', :day)", day=CHANGED
        )
        yield opened(desk, tape)


def test_each_session_has_the_return_of_the_fund_that_stood_for_the_factor(replaced: Street) -> None:
    desk = replaced.desk
    paths, days = desk.live.paths, desk.days(FRIDAY, 252)
    factors = np.column_stack([returns(desk, paths[FUNDS[name]]) for name in NAMES])
    later = np.array([day >= CHANGED for day in days])
    factors[later, NAMES.index("Size")] = returns(desk, paths["IWM"])[later]
    for symbol in ("AAA", "BBB"):
        row = desk.betas(symbol)
        expected = ridge(returns(desk, paths[symbol]), factors)
        assert row["loading"] == pytest.approx(expected.tolist(), abs=1e-10), symbol
        assert (row["n_obs"], row["reasons"]) == (252, [])
    found = desk.factors()
    assert dict(zip(found["names"], found["proxies"], strict=True)) == FUNDS | {"Size": "IWM"}
    assert (found["sessions"], found["window_sessions"]) == (252, 252)
    exposures = desk.exposures(replaced.books[LIVE])
    assert (exposures.reasons, exposures.coverage) == ({}, 1.0)


def test_a_session_on_which_a_fund_has_no_price_counts_for_nobody(replaced: Street) -> None:
    """And the one after it has no return either."""
    desk = replaced.desk
    paths, days = desk.exchanges[SIMULATED].paths, desk.days(FRIDAY, 252)
    factors = np.column_stack([returns(desk, paths[FUNDS[name]]) for name in NAMES])
    later = np.array([day >= CHANGED for day in days])
    factors[later, NAMES.index("Size")] = returns(desk, paths["IWM"])[later]
    hole = days.index(HOLE)
    known = np.delete(np.arange(252), [hole, hole + 1])
    row = desk.betas("AAA", market=SIMULATED)
    expected = ridge(returns(desk, paths["AAA"])[known], factors[known])
    assert row["loading"] == pytest.approx(expected.tolist(), abs=1e-10)
    assert (row["n_obs"], row["reasons"]) == (250, ["short_history", "simulated"])
    assert desk.factors(market=SIMULATED)["sessions"] == 250
    assert row["yield_n_obs"] == [252] * 4  # yields need the market's fund alone


def returns(desk: RiskDesk, path: object) -> FloatArray:
    """Of the 252 sessions up to Friday."""
    assert callable(path)
    closes = [path(day.toordinal()) for day in desk.days(FRIDAY, 253)]
    return np.array([after / before - 1 for before, after in pairwise(closes)])


def ridge(own: FloatArray, factors: FloatArray) -> FloatArray:
    """SPEC 4.3, word by word: styles less their slope on the market; shrunk by the residual variance over 0.25."""
    market = factors[:, 0] - factors[:, 0].mean()
    columns = [factors[:, 0]]
    for style in factors[:, 1:].T:
        slope = (style - style.mean()) @ market / (market @ market)
        columns.append(style - slope * factors[:, 0])
    x = np.column_stack(columns)
    x, y = x - x.mean(axis=0), own - own.mean()
    plain = np.linalg.lstsq(x, y, rcond=None)[0]
    variance = ((y - x @ plain) ** 2).sum() / (len(y) - x.shape[1] - 1)
    prior = np.diag([0.0, *[variance / 0.25] * (x.shape[1] - 1)])
    return np.linalg.solve(x.T @ x + prior, x.T @ y)
