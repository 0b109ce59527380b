"""The demo's books: brought in once, whole, and gone without a trace."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection, select, update

from postgres.store.builders import FRIDAY, new_user
from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import ConflictError
from sigmasight.domain.market_data import Market
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.services.demo.books import BOOKS, HEDGE_FUND, HIGH_NET_WORTH, INDIVIDUAL
from sigmasight.services.demo.check import Condition, check_demo
from sigmasight.services.demo.nights import missing_nights, summarize_demo
from sigmasight.services.demo.seed import Seeded, demo_portfolios, remove_demo, seed_demo
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_plan import find_universe, plan_prices, plan_reference
from sigmasight.services.market_sources import Sources, fetch
from sigmasight.services.market_sync import store_answers
from sigmasight.services.reference import seed_reference
from sigmasight.services.valuation import aggregate_books, value_portfolios, wanted_days
from sigmasight.store.people import add_portfolio, delete_user, find_user, load_statements
from sigmasight.store.positions import load_positions, load_tags
from sigmasight.store.runs import StepRecord, close_run, open_run, save_step
from sigmasight.store.snapshots import replace_snapshots
from sigmasight.store.tables import (
    asked_ranges,
    audit_log,
    factor_definitions,
    factor_proxies,
    instruments,
    metadata,
    portfolio_snapshots,
    portfolios,
    prices,
    stress_test_scenarios,
    tags,
    users,
)

UPLOAD = date(2026, 8, 27)
STEP = StepRecord("values", 0, "ok", 0.5, {"portfolios": 3}, 1.0, [])


@dataclass(frozen=True, slots=True)
class Stage:
    """A seeded database."""

    conn: Connection
    calendar: TradingCalendar
    market: SimulatedMarket
    seeded: Seeded

    def seed(self) -> Seeded:
        return seed_demo(self.conn, self.market, self.calendar, FRIDAY, _hash)

    def run_night(self, day: date) -> None:
        """What a night does, in the test's transaction."""
        sources = Sources((self.market,), (self.market,), (self.market,), (self.market,))
        universe = find_universe(self.conn, Market.SIMULATED, self.calendar, day)
        for request in plan_reference(self.conn, universe, history_sessions=3):
            store_answers(self.conn, universe, request, fetch(request, sources)[0])
        for request in plan_prices(self.conn, universe, history_sessions=3, with_chains=False):
            store_answers(self.conn, universe, request, fetch(request, sources)[0])
        books = self.seeded.portfolios
        valued = value_portfolios(self.conn, Valuation(self.calendar, 5), books, wanted_days(self.conn, books, day))
        replace_snapshots(self.conn, books, aggregate_books(valued))
        run = open_run(self.conn, day, holder="test", shards=1)
        save_step(self.conn, run, STEP)
        close_run(self.conn, run, status="ok", portfolios=3, failed_portfolios=0, coverage=1.0, errors=[])


def _hash(password: str) -> str:
    return f"hash of {password}"


@pytest.fixture(scope="module")
def kept_markets() -> dict[date, SimulatedMarket]:
    """One simulated market for the module: it keeps what it has traced."""
    return {}


@pytest.fixture
def stage(conn: Connection, calendar: TradingCalendar, kept_markets: dict[date, SimulatedMarket]) -> Stage:
    """The demo, brought in sixty sessions before Friday."""
    market = kept_markets.setdefault(calendar.last, SimulatedMarket(calendar))
    return Stage(conn, calendar, market, seed_demo(conn, market, calendar, FRIDAY, _hash))


def _failing(conditions: tuple[Condition, ...]) -> dict[str, str]:
    return {condition.what: condition.found for condition in conditions if not condition.holds}


def test_three_users_have_a_portfolio_each_brought_in_sixty_sessions_ago(stage: Stage) -> None:
    assert stage.seeded.brought_in == UPLOAD
    assert len(stage.calendar.sessions_between(UPLOAD, FRIDAY)) == 61
    for book, portfolio in zip(BOOKS, stage.seeded.portfolios, strict=True):
        owner = find_user(stage.conn, book.email)
        assert owner is not None
        assert (portfolio.user_id, portfolio.name, portfolio.market) == (owner.id, book.name, Market.SIMULATED)
        assert portfolio.opened_on == UPLOAD
    assert demo_portfolios(stage.conn) == stage.seeded.portfolios
    hashes = stage.conn.execute(select(users.c.password_hash)).scalars().all()
    assert hashes == ["hash of demo12345"] * 3


@pytest.mark.parametrize(
    ("at", "count", "kind", "nav"),
    [
        (0, 16, StatementKind.CASH, INDIVIDUAL.nav),
        (1, 17, StatementKind.UNMODELLED_ASSETS, HIGH_NET_WORTH.nav),
        (2, 30, StatementKind.CASH, HEDGE_FUND.nav),
    ],
)
def test_each_book_is_made_up_to_its_net_asset_value(
    stage: Stage, at: int, count: int, kind: StatementKind, nav: Decimal
) -> None:
    stage.run_night(UPLOAD)
    portfolio = stage.seeded.portfolios[at]
    assert len(load_positions(stage.conn, [portfolio.id], UPLOAD)) == count
    (statement,) = load_statements(stage.conn, [portfolio.id], UPLOAD)
    assert (statement.kind, statement.as_of) == (kind, UPLOAD)
    snapshots = summarize_demo(stage.conn, stage.seeded, UPLOAD).portfolios
    measures = snapshots[at][1].measures
    assert measures.unrealised_pnl == pytest.approx(0.0, abs=1e-6)
    if statement.amount:
        assert measures.nav == pytest.approx(float(nav), rel=0.005)
    else:
        assert measures.nav == measures.net


def test_strategies_are_tags_of_their_own_kind(stage: Stage) -> None:
    kinds = {row.name: row.kind for row in stage.conn.execute(select(tags))}
    assert {name for name, kind in kinds.items() if kind == "strategy"} == {"Pairs Trade", "Options Overlay"}
    found = load_tags(stage.conn, [_fund(stage).id])
    assert sum(tag.tag == "Options Overlay" for tag in found) == 8
    assert sum(tag.tag == "Pairs Trade" for tag in found) == 3


def test_options_have_the_manner_of_their_underlying(stage: Stage) -> None:
    rows = stage.conn.execute(select(instruments).where(instruments.c.kind == "option")).all()
    styles = {row.symbol[:3]: row.exercise_style for row in rows}
    assert styles["VIX"] == "european"
    assert {style for root, style in styles.items() if root != "VIX"} == {"american"}
    assert {row.terms_as_of for row in rows} == {UPLOAD}


def test_seeding_again_changes_nothing(stage: Stage) -> None:
    before = _all_rows(stage.conn)
    assert stage.seed() == stage.seeded
    assert seed_demo(stage.conn, stage.market, stage.calendar, date(2026, 12, 1), _hash) == stage.seeded
    assert _all_rows(stage.conn) == before


def _all_rows(conn: Connection) -> dict[str, list[str]]:
    tables = [table for table in metadata.tables.values() if not table.name.startswith("trading_")]
    return {table.name: sorted(map(repr, conn.execute(select(table)))) for table in tables}


def test_a_user_that_is_there_without_his_portfolio_gets_it(conn: Connection, stage: Stage) -> None:
    conn.execute(portfolios.delete())
    again = stage.seed()
    assert [portfolio.name for portfolio in again.portfolios] == [book.name for book in BOOKS]
    assert len(conn.execute(select(users)).all()) == 3


@pytest.mark.parametrize("lost", ["portfolio", "user"])
def test_a_demo_that_is_there_in_part_is_not_mended_silently(stage: Stage, lost: str) -> None:
    gone = stage.seeded.portfolios[1]
    if lost == "portfolio":
        stage.conn.execute(portfolios.delete().where(portfolios.c.id == gone.id))
    else:
        delete_user(stage.conn, gone.user_id)
    with pytest.raises(ConflictError, match=r"Only some of the demo's portfolios are there\..*demo --reset"):
        stage.seed()
    assert len(demo_portfolios(stage.conn)) == 2


def test_a_reset_leaves_nothing_of_the_demo_and_all_that_is_others(stage: Stage) -> None:
    alice = new_user(stage.conn)
    own = add_portfolio(
        stage.conn, user_id=alice.id, name=INDIVIDUAL.name, market=Market.LIVE, opened_on=UPLOAD, description=""
    )
    stage.run_night(UPLOAD)
    assert remove_demo(stage.conn) == 3
    assert stage.conn.execute(select(users.c.id)).scalars().all() == [alice.id]
    assert stage.conn.execute(select(portfolios.c.id)).scalars().all() == [own.id]
    for table in (prices, asked_ranges):
        assert stage.conn.execute(select(table)).first() is None
    owned = [t for t in metadata.tables.values() if "user_id" in t.c and t.name not in {"portfolios", "audit_log"}]
    left = {table.name: len(stage.conn.execute(select(table)).all()) for table in owned}
    assert {name for name, count in left.items() if count} == {"portfolio_settings", "stress_test_scenarios"}
    assert stage.conn.execute(select(audit_log).where(audit_log.c.user_id.is_not(None))).first() is None
    assert remove_demo(stage.conn) == 0


def test_after_a_reset_the_demo_can_be_made_again(stage: Stage) -> None:
    remove_demo(stage.conn)
    again = stage.seed()
    assert again.brought_in == UPLOAD
    assert [portfolio.name for portfolio in again.portfolios] == [book.name for book in BOOKS]


def test_a_whole_demo_passes_its_check(stage: Stage) -> None:
    stage.run_night(UPLOAD)
    conditions = check_demo(stage.conn, UPLOAD)
    assert _failing(conditions) == {}
    wanted = {condition.what: condition.wanted for condition in conditions}
    assert wanted["users"] == wanted["portfolios"] == "3"
    assert (wanted["factor definitions"], wanted["stress scenarios"]) == ("8", "18")
    assert [wanted[f"positions of {book.name}"] for book in BOOKS] == ["16", "17", "30"]
    assert all(wanted[f"positions without a price in {book.name}"] == "none" for book in BOOKS)


def test_without_a_demo_every_condition_says_what_it_found(conn: Connection) -> None:
    found = _failing(check_demo(conn, FRIDAY))
    assert set(found.values()) == {"0", "no snapshot of 2026-11-20"}
    assert len(found) == 8


def test_every_installation_has_the_factors_and_the_shipped_scenarios_and_seeding_again_adds_none(
    conn: Connection,
) -> None:
    reference = {"factor definitions", "stress scenarios"}
    before = _all_rows(conn)
    seed_reference(conn)
    assert _all_rows(conn) == before
    assert reference.isdisjoint(_failing(check_demo(conn, FRIDAY)))
    for table in (factor_proxies, factor_definitions, stress_test_scenarios):
        conn.execute(table.delete())
    assert {what: found for what, found in _failing(check_demo(conn, FRIDAY)).items() if what in reference} == (
        dict.fromkeys(reference, "0")
    )
    seed_reference(conn)
    assert reference.isdisjoint(_failing(check_demo(conn, FRIDAY)))


def test_what_misses_is_named(stage: Stage) -> None:
    stage.run_night(UPLOAD)
    first = stage.seeded.portfolios[0]
    stage.conn.execute(prices.delete().where(prices.c.instrument_id.in_(_ids(stage.conn, "AAPL", "MSFT"))))
    valued = value_portfolios(stage.conn, Valuation(stage.calendar, 5), [first], {first.id: {UPLOAD}})
    replace_snapshots(stage.conn, [first], aggregate_books(valued))
    stage.conn.execute(factor_definitions.delete().where(factor_definitions.c.name == "Short Interest"))
    failing = _failing(check_demo(stage.conn, UPLOAD))
    assert set(failing) == {"factor definitions", f"positions without a price in {first.name}"}
    assert failing["factor definitions"] == "7"
    assert sorted(failing[f"positions without a price in {first.name}"].split(", ")) == ["AAPL", "MSFT"]


def _ids(conn: Connection, *symbols: str) -> list[int]:
    return list(conn.execute(select(instruments.c.id).where(instruments.c.symbol.in_(symbols))).scalars())


def test_nights_are_missing_until_they_ended_with_a_snapshot_of_each_book(stage: Stage) -> None:
    sessions = stage.calendar.sessions_between(UPLOAD, date(2026, 9, 1))
    last = sessions[-1]
    assert missing_nights(stage.conn, stage.seeded, stage.calendar, last) == sessions
    stage.run_night(UPLOAD)
    assert missing_nights(stage.conn, stage.seeded, stage.calendar, last) == sessions[1:]
    summary = summarize_demo(stage.conn, stage.seeded, UPLOAD)
    assert summary.as_of == UPLOAD
    assert tuple(portfolio for portfolio, _ in summary.portfolios) == stage.seeded.portfolios
    assert summary.steps == (STEP,)
    stage.conn.execute(portfolio_snapshots.delete().where(portfolio_snapshots.c.portfolio_id == _fund(stage).id))
    assert missing_nights(stage.conn, stage.seeded, stage.calendar, last) == sessions
    stage.run_night(UPLOAD)
    _let_fail(stage.conn, UPLOAD)
    assert missing_nights(stage.conn, stage.seeded, stage.calendar, last) == sessions
    assert summarize_demo(stage.conn, stage.seeded, last).portfolios == ()
    assert summarize_demo(stage.conn, stage.seeded, last).steps == ()


def _fund(stage: Stage) -> Portfolio:
    return stage.seeded.portfolios[2]


def _let_fail(conn: Connection, day: date) -> None:
    """Let a night have failed."""
    runs = metadata.tables["batch_runs"]
    conn.execute(update(runs).where(runs.c.as_of == day).values(status="failed"))
