"""`ss.analyze` on a demo book in memory is the night's own work: what it says is what the night has stored."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date

import numpy as np
import pytest

import sigmasight as ss
from sigmasight.domain.books import Portfolio
from sigmasight.domain.correlations import CorrelationPlan
from sigmasight.domain.snapshots import Measures
from sigmasight.library.analysis import Analysis
from sigmasight.library.demo import Book
from sigmasight.services.attribution import By, attribute_profit
from sigmasight.services.correlations import report_correlations
from sigmasight.services.risk import report_risk
from sigmasight.store.risk_results import (
    load_correlations,
    load_exposures,
    load_market_scenarios,
    load_stress,
    load_tails,
)
from sigmasight.store.snapshots import load_snapshots

from .alike import RELATIVE, assert_same
from .conftest import HEDGE_FUND, HIGH_NET_WORTH, INDIVIDUAL, LAST, Demo

pytestmark = pytest.mark.xdist_group("risk-demo")

NAMES = {"individual": INDIVIDUAL, "hnw": HIGH_NET_WORTH, "hedge_fund": HEDGE_FUND}
TUESDAY = date(2026, 11, 17)
NOTHING = 1e-6
"""USD below which a sum over a book is the rounding of its parts."""

Analyses = Mapping[str, Analysis]


def analysed(book: Book, as_of: date) -> Analysis:
    return ss.analyze(
        book.positions,
        book.prices,
        as_of,
        cash=book.cash,
        unmodelled_assets=book.unmodelled_assets,
        opened_on=book.opened_on,
    )


@pytest.fixture(scope="module")
def books() -> dict[str, Book]:
    return {name: ss.demo(name, LAST) for name in NAMES}


@pytest.fixture(scope="module")
def analyses(books: dict[str, Book]) -> Analyses:
    """The three books at the demo's last session."""
    return {name: analysed(book, LAST) for name, book in books.items()}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Each of the three books."""
    return str(request.param)


def portfolio_of(demo: Demo, name: str) -> Portfolio:
    return demo.books[NAMES[name]]


def test_the_book_is_the_one_that_was_brought_in(demo: Demo, books: dict[str, Book], name: str) -> None:
    book, portfolio = books[name], portfolio_of(demo, name)
    assert (book.name, book.as_of, book.opened_on) == (portfolio.name, LAST, portfolio.opened_on)
    query = (
        "SELECT i.symbol, p.quantity, p.entry_price FROM positions p JOIN instruments i ON i.id = p.instrument_id"
        " WHERE p.portfolio_id = :book"
    )
    stored = {(row["symbol"], row["quantity"], row["entry_price"]) for row in demo.rows(query, book=portfolio.id)}
    assert {(each.symbol, each.quantity, each.entry_price) for each in book.positions} == stored
    (said,) = demo.rows("SELECT kind, amount FROM statements WHERE portfolio_id = :book", book=portfolio.id)
    assert {"cash": book.cash, "unmodelled_assets": book.unmodelled_assets}[said["kind"]] == said["amount"]


def test_the_snapshot_is_the_stored_one(demo: Demo, analyses: Analyses, name: str) -> None:
    with demo.db.read() as conn:
        (stored,) = load_snapshots(conn, portfolio_of(demo, name).id, LAST, LAST)
    found = analyses[name]
    assert_same(found.snapshot, stored)
    assert (found.measures, found.coverage, found.not_included) == (found.snapshot.measures, 1.0, ())
    assert not np.isnan([getattr(stored.measures, field.name) for field in fields(Measures)]).any()


def test_factor_exposures_are_the_stored_ones(demo: Demo, analyses: Analyses, name: str) -> None:
    with demo.db.read() as conn:
        stored = load_exposures(conn, portfolio_of(demo, name).id, LAST)
    assert stored is not None
    assert_same(analyses[name].exposures, stored)


def test_market_scenarios_and_stress_tests_are_the_stored_ones(demo: Demo, analyses: Analyses, name: str) -> None:
    with demo.db.read() as conn:
        by_market = load_market_scenarios(conn, portfolio_of(demo, name).id, LAST)
        stress = load_stress(conn, portfolio_of(demo, name).id, LAST)
    assert by_market is not None
    assert stress is not None
    assert (len(by_market.scenarios), len(stress.scenarios)) == (10, 23)
    assert_same(analyses[name].market_scenarios, by_market)
    assert_same(analyses[name].stress, stress)


def test_value_at_risk_is_the_stored_one(demo: Demo, analyses: Analyses, name: str) -> None:
    with demo.db.read() as conn:
        (stored,) = load_tails(conn, portfolio_of(demo, name).id, LAST, LAST)
    assert_same(analyses[name].value_at_risk, stored)


def test_correlations_are_those_that_are_worked_out_on_demand(demo: Demo, analyses: Analyses, name: str) -> None:
    """The demo's last night is a Friday's, which stores none."""
    portfolio = portfolio_of(demo, name)
    with demo.db.read() as conn:
        assert load_correlations(conn, portfolio.id, LAST) is None
        report = report_correlations(conn, demo.valuation, portfolio.user_id, portfolio.id, LAST, CorrelationPlan())
    assert len(report.correlations.clusters) > 0
    assert_same(analyses[name].correlations, report.correlations)


def test_positions_have_the_parts_that_are_shown_on_demand(demo: Demo, analyses: Analyses, name: str) -> None:
    portfolio, found = portfolio_of(demo, name), analyses[name]
    with demo.db.read() as conn:
        where = (conn, demo.valuation, portfolio.user_id, portfolio.id, LAST)
        risk = report_risk(*where)
        earned = attribute_profit(*where, By.POSITION)
    at_risk = {each.symbol: each.value_at_risk for each in risk.positions}
    shortfall = {each.symbol: each.expected_shortfall for each in risk.positions}
    pnl = {line.name: line.pnl for line in earned.lines}
    assert {each.symbol: each.value_at_risk for each in found.positions} == pytest.approx(
        at_risk, rel=1e-9, abs=NOTHING
    )
    assert {each.symbol: each.expected_shortfall for each in found.positions} == pytest.approx(
        shortfall, rel=1e-9, abs=NOTHING
    )
    assert {each.symbol: each.daily_pnl for each in found.positions} == pytest.approx(pnl, rel=RELATIVE)


def test_positions_sum_to_the_book(analyses: Analyses, name: str) -> None:
    found = analyses[name]
    measures = found.measures
    sums = {
        "exposure": measures.net,
        "unrealised_pnl": measures.unrealised_pnl,
        "daily_pnl": measures.daily_pnl,
        "dollar_delta": measures.delta,
        "theta_per_day": measures.theta,
        "vega_per_point": measures.vega,
        "rho_per_percent": measures.rho,
        "value_at_risk": measures.value_at_risk,
    }
    for column, total in sums.items():
        assert sum(getattr(each, column) for each in found.positions) == pytest.approx(total, abs=NOTHING), column
    by_factor = np.sum([each.factor_exposure for each in found.positions], axis=0)
    assert by_factor == pytest.approx(found.exposures.exposure, abs=NOTHING)


@pytest.mark.parametrize("of_shares", ["individual", "hnw"])
def test_an_earlier_session_of_the_same_prices_is_that_sessions_night(
    demo: Demo, books: dict[str, Book], of_shares: str
) -> None:
    """Nothing that lies after it is looked at. Tuesday's night has stored correlations too."""
    found, portfolio = analysed(books[of_shares], TUESDAY), portfolio_of(demo, of_shares)
    with demo.db.read() as conn:
        (snapshot,) = load_snapshots(conn, portfolio.id, TUESDAY, TUESDAY)
        (tails,) = load_tails(conn, portfolio.id, TUESDAY, TUESDAY)
        pairs = (
            (found.exposures, load_exposures(conn, portfolio.id, TUESDAY)),
            (found.market_scenarios, load_market_scenarios(conn, portfolio.id, TUESDAY)),
            (found.stress, load_stress(conn, portfolio.id, TUESDAY)),
            (found.correlations, load_correlations(conn, portfolio.id, TUESDAY)),
        )
    assert_same(found.snapshot, snapshot)
    assert_same(found.value_at_risk, tails)
    for mine, stored in pairs:
        assert stored is not None
        assert_same(mine, stored)
