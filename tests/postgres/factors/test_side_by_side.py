"""Several at the same betas at once, and one after the other over what a dead process left."""

import threading
from datetime import date
from decimal import Decimal

import pytest

from postgres.greeks.conftest import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, Studio
from sigmasight.batch.factors_job import compute_factors, prepare_markets
from sigmasight.batch.greeks_job import compute_greeks
from sigmasight.batch.market_job import sync_market
from sigmasight.batch.shards import ShardPlan, run_shard
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import SigmaSightError
from sigmasight.domain.market_data import Market
from sigmasight.services.ledger import Trade, record_trade
from sigmasight.services.market_sources import Sources
from sigmasight.store.asked import forget_late, last_late
from sigmasight.store.database import Connection
from sigmasight.store.factor_facts import add_betas, add_factor_set, load_betas, load_factor_set
from sigmasight.store.instruments import find_instruments
from sigmasight.store.people import portfolios_on
from sigmasight.store.runs import Run, open_run
from support.at_once import at_once

from .conftest import CALL, FUNDS, RISK_TABLES, SHARES, RiskDesk, Tape

pytestmark = pytest.mark.xdist_group("factors")

NIGHTS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
COMPARED = (*RISK_TABLES, "instrument_betas", "factor_correlations", "snapshots", "option_analytics")
WRITTEN = """
SELECT 'betas' AS what, instrument_id, as_of, xmin::text AS writer FROM instrument_betas UNION ALL
SELECT 'factors', 0, as_of, xmin::text FROM factor_correlations ORDER BY 1, 2, 3"""
STEPS = "SELECT job, status, finished_at, xmin::text FROM batch_steps WHERE run_id = :run ORDER BY finished_at"


@pytest.fixture
def listed(desk: RiskDesk, tape: Tape) -> RiskDesk:
    for seed, symbol in enumerate(("AAA", "BBB", "CCC"), start=1):
        desk.live.list_share(symbol, tape.path(tape.returns(**SHARES[symbol], seed=seed)))  # type: ignore[arg-type]
    desk.live.quote_at(CALL, *NIGHTS)
    return desk


def begin(desk: RiskDesk, day: date) -> Run:
    """A night up to its synced market."""
    with desk.db.write() as conn:
        run = open_run(conn, day, holder="another process", shards=1)
    sync_market(
        desk.db,
        run,
        desk.calendar,
        {Market.LIVE: Sources(*([(desk.live,)] * 4))},
        history_sessions=desk.history_sessions,
        with_chains=day == FRIDAY,
        progress=lambda *_: None,
    )
    return run


def make_facts(desk: RiskDesk, run: Run) -> None:
    for make in (compute_greeks, compute_factors):
        make(desk.db, desk.valuation, run, [Market.LIVE])


def make_results(desk: RiskDesk, run: Run) -> None:
    books = books_of(desk, run.as_of)
    plan = ShardPlan(desk.valuation, prepare_markets(desk.db, desk.valuation, run, books))
    assert run_shard(desk.db, plan, run, 0, books).failed == 0


def die_after_factors(desk: RiskDesk) -> Run:
    """What a process leaves that dies on Friday after its factors and before any shard."""
    run = begin(desk, FRIDAY)
    make_facts(desk, run)
    return run


def assert_same(found: dict[str, list[str]], expected: dict[str, list[str]]) -> None:
    for table in COMPARED:
        assert found[table] == expected[table], table


def test_a_night_that_died_after_its_factors_is_finished_without_estimating_again(
    listed: RiskDesk, studio: Studio
) -> None:
    listed.book("a", ("AAA", 7), (CALL, 1), on=THURSDAY)
    listed.night(THURSDAY)
    with studio.double(listed) as other:
        other.night(FRIDAY)
        expected = other.results()
    run = die_after_factors(listed)
    written, steps = listed.rows(WRITTEN), listed.rows(STEPS, run=run.id)
    assert [step["job"] for step in steps] == ["market-data", "greeks", "factors"]
    outcome = listed.night(FRIDAY)
    assert listed.rows(WRITTEN) == written
    assert listed.rows(STEPS, run=run.id)[:3] == steps
    assert [(job.name, job.status) for job in outcome.jobs[:3]] == [
        ("market-data", "ok"),
        ("greeks", "ok"),
        ("factors", "ok"),
    ]
    assert_same(listed.results(), expected)
    assert listed.rows("SELECT attempt, status FROM batch_runs ORDER BY id DESC LIMIT 1") == [
        {"attempt": 2, "status": "ok"}
    ]


def test_a_fenced_run_writes_no_factors(listed: RiskDesk) -> None:
    listed.book("a", ("AAA", 7), on=FRIDAY)
    listed.night(FRIDAY)
    before = listed.results()
    with listed.db.write() as conn:
        old = open_run(conn, FRIDAY, holder="a process that is taken for dead", shards=1)
    with listed.db.write() as conn:
        open_run(conn, FRIDAY, holder="another", shards=1)
    with pytest.raises(SigmaSightError):
        compute_factors(listed.db, listed.valuation, old, [Market.LIVE])
    with pytest.raises(SigmaSightError):
        prepare_markets(listed.db, listed.valuation, old, books_of(listed, FRIDAY))
    assert listed.results() == before


def books_of(desk: RiskDesk, day: date) -> tuple[Portfolio, ...]:
    with desk.db.read() as conn:
        return portfolios_on(conn, day)


def test_nights_of_different_dates_at_once_leave_what_they_leave_one_after_the_other(
    listed: RiskDesk, studio: Studio
) -> None:
    for name in ("a", "b"):
        listed.book(name, ("AAA", 7), ("BBB", -2), (CALL, 1), on=TUESDAY)
    with studio.double(listed) as other:
        other.night(*NIGHTS)
        expected = other.results()
    listed.night(TUESDAY)
    nights = [lambda day=day: listed.night(day, today=FRIDAY) for day in (WEDNESDAY, FRIDAY)]
    assert at_once(*nights) == []
    listed.night(THURSDAY, today=FRIDAY)
    found = listed.results()
    for table in (*RISK_TABLES, "factor_correlations", "snapshots"):
        assert found[table] == expected[table], table
    assert set(found["instrument_betas"]) <= set(expected["instrument_betas"])  # that all are there is the next test's


def test_two_nights_at_once_lose_no_betas(listed: RiskDesk, studio: Studio) -> None:
    """As with facts of options: dropped by one night, while another that is done with them forgets the notes."""
    listed.book("a", ("AAA", 7), ("BBB", -2), on=TUESDAY)
    with studio.double(listed) as other:
        other.night(TUESDAY, WEDNESDAY, FRIDAY)
        expected = other.results()
    listed.live.hidden = {("bars", "AAA", TUESDAY)}
    listed.night(TUESDAY)
    listed.live.hidden = set()
    one, later = begin(listed, WEDNESDAY), begin(listed, FRIDAY)
    with listed.db.read() as conn:
        late = last_late(conn)
    make_facts(listed, one)
    make_results(listed, one)
    make_facts(listed, later)
    with listed.db.write() as conn:
        forget_late(conn, late, but_of=())
    make_results(listed, later)
    found = listed.results()
    for table in RISK_TABLES:
        assert found[table] == expected[table], table
    assert found["instrument_betas"] == expected["instrument_betas"]


def buy(desk: RiskDesk, conn: Connection, book: Portfolio, symbol: str) -> None:
    """Bring two of a fund in on Friday, which nobody held and which has its prices."""
    bought = Trade(find_instruments(conn, [symbol], FRIDAY)[symbol], Decimal(2), Decimal(5), FRIDAY)
    record_trade(conn, desk.valuation, book.user_id, book.id, bought, today=FRIDAY)


def test_users_who_miss_the_same_betas_make_them_once_and_agree_with_the_night(listed: RiskDesk) -> None:
    books = [listed.book(name, ("AAA", 1), on=FRIDAY) for name in ("a", "b", "c")]
    listed.night(FRIDAY)

    def trade(book: Portfolio) -> None:
        with listed.db.write(acting_as=book.user_id) as conn:
            buy(listed, conn, book, "VTV")

    assert at_once(*(lambda book=book: trade(book) for book in books)) == []
    before = listed.risk_rows()
    assert len(before["instrument_betas"]) == 2
    listed.night(FRIDAY)
    assert listed.risk_rows() == before


def test_users_who_miss_the_same_betas_in_another_order_wait_for_each_other(listed: RiskDesk) -> None:
    """As it is with the facts of options: what several keep, they keep one after the other."""
    books = [listed.book(name, ("AAA", 1), on=FRIDAY) for name in ("a", "b")]
    listed.night(FRIDAY)
    begun = [threading.Event(), threading.Event()]

    def trade(at: int, *symbols: str) -> None:
        with listed.db.write(acting_as=books[at].user_id) as conn:
            buy(listed, conn, books[at], symbols[0])
            begun[at].set()
            begun[1 - at].wait(0.5)
            buy(listed, conn, books[at], symbols[1])

    assert at_once(lambda: trade(0, "VTV", "MTUM"), lambda: trade(1, "MTUM", "VTV")) == []
    assert len(listed.risk_rows()["instrument_betas"]) == 3


def test_a_night_waits_for_whoever_keeps_factors_and_betas_of_its_date_and_does_not_fail(listed: RiskDesk) -> None:
    """As after an update from a release without factors: a ledger change makes and keeps those of past nights."""
    listed.book("a", ("AAA", 7), on=FRIDAY)
    listed.night(FRIDAY)
    expected = listed.risk_rows()
    with listed.db.read() as conn:
        factors = load_factor_set(conn, Market.LIVE, FRIDAY)
        ids = find_instruments(conn, ["AAA"], FRIDAY).values()
        betas = load_betas(conn, Market.LIVE, FRIDAY, list(ids), factors=len(FUNDS))
    assert factors is not None
    for table in ("instrument_betas", "factor_correlations"):
        listed.execute(f"DELETE FROM {table}")
    kept, released = threading.Event(), threading.Event()

    def keep() -> None:
        with listed.db.write() as conn:
            add_factor_set(conn, Market.LIVE, factors)
            add_betas(conn, Market.LIVE, FRIDAY, betas)
            kept.set()
            released.wait(0.3)

    def run() -> None:
        kept.wait(5.0)
        listed.night(FRIDAY)

    assert at_once(keep, run) == []
    assert listed.risk_rows() == expected


def test_what_is_bought_after_the_market_was_assessed_does_not_lose_the_portfolio_its_night(listed: RiskDesk) -> None:
    """Between the assessment of what is held and the portfolio's shard a user buys what nobody held."""
    book = listed.book("a", ("AAA", 7), on=THURSDAY)
    listed.night(THURSDAY)
    run = die_after_factors(listed)
    books = books_of(listed, FRIDAY)
    plan = ShardPlan(listed.valuation, prepare_markets(listed.db, listed.valuation, run, books))
    with listed.db.write(acting_as=book.user_id) as conn:
        buy(listed, conn, book, "VTV")
    outcome = run_shard(listed.db, plan, run, 0, books)
    assert (outcome.failed, outcome.errors) == (0, ())
    assert listed.exposures(book).coverage == 1.0
    assert listed.snapshot(book).positions == 2
