"""Several at the same facts at once, and one after the other over what a dead process left."""

import threading
from datetime import date
from decimal import Decimal

import pytest

from sigmasight.batch.factors_job import prepare_markets
from sigmasight.batch.greeks_job import compute_greeks
from sigmasight.batch.market_job import sync_market
from sigmasight.batch.shards import ShardPlan, run_shard
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import occ_symbol
from sigmasight.services.ledger import Trade, record_trade
from sigmasight.services.market_sources import Sources
from sigmasight.store.asked import forget_late, last_late
from sigmasight.store.database import take_turn
from sigmasight.store.instruments import save_options
from sigmasight.store.people import portfolios_on
from sigmasight.store.runs import Run, open_run
from support.at_once import at_once

from .conftest import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, Desk, Studio, call, put

CONTRACTS = tuple(right("AAA", strike) for right in (call, put) for strike in (90, 95, 100, 105, 110))
WRITTEN = "SELECT instrument_id, as_of, xmin::text AS writer FROM option_analytics ORDER BY 1, 2"
STEPS = "SELECT job, shard, status, finished_at, xmin::text AS writer FROM batch_steps WHERE run_id = :run ORDER BY job"


def listed(desk: Desk) -> None:
    desk.live.list_share("AAA")
    for each in CONTRACTS:
        desk.live.quote_at(each, *WEEK)


def begin(desk: Desk, day: date) -> Run:
    """A night up to its synced market."""
    with desk.db.write() as conn:
        run = open_run(conn, day, holder="another process", shards=1)
    sources = {Market.LIVE: Sources(*([(desk.live,)] * 4))}
    unwatched = lambda *_: None
    calendar = desk.calendar
    sync_market(desk.db, run, calendar, sources, history_sessions=80, with_chains=day == FRIDAY, progress=unwatched)
    return run


def make_greeks(desk: Desk, run: Run) -> None:
    compute_greeks(desk.db, desk.valuation, run, [Market.LIVE])


def make_snapshots(desk: Desk, run: Run) -> None:
    with desk.db.read() as conn:
        books = portfolios_on(conn, run.as_of)
    plan = ShardPlan(desk.valuation, prepare_markets(desk.db, desk.valuation, run, books))
    assert run_shard(desk.db, plan, run, 0, books).failed == 0


def die_after_greeks(desk: Desk) -> Run:
    """What a process leaves that dies on Friday after its Greeks and before any snapshot."""
    run = begin(desk, FRIDAY)
    make_greeks(desk, run)
    return run


def assert_nothing_else(desk: Desk, expected: dict[str, list[str]]) -> None:
    """The snapshots to the last bit, and no fact that would not be there; that all are there is another test's word."""
    found = desk.made()
    assert found["snapshots"] == expected["snapshots"]
    assert set(found["option_analytics"]) <= set(expected["option_analytics"])


def test_nights_of_different_dates_at_once_leave_what_they_leave_one_after_the_other(
    desk: Desk, studio: Studio
) -> None:
    listed(desk)
    for name in ("a", "b"):
        desk.book(name, *((each, at + 1) for at, each in enumerate(CONTRACTS)), ("AAA", 10))
    with studio.double(desk) as other:
        other.night(*WEEK)
        expected = other.made()
    desk.night(MONDAY)
    nights = [lambda day=day: desk.night(day, today=FRIDAY) for day in (TUESDAY, WEDNESDAY, FRIDAY)]
    assert at_once(*nights) == []
    desk.night(THURSDAY, today=FRIDAY)
    assert_nothing_else(desk, expected)


def test_nights_at_once_that_both_find_late_data(desk: Desk, studio: Studio) -> None:
    listed(desk)
    desk.book("a", *((each, at + 1) for at, each in enumerate(CONTRACTS)), ("AAA", 10))
    with studio.double(desk) as other:
        other.night(*WEEK)
        expected = other.made()
    desk.live.hidden = {("bars", "AAA", TUESDAY), *(("quotes", occ_symbol(each), MONDAY) for each in CONTRACTS)}
    desk.night(MONDAY, TUESDAY, WEDNESDAY)
    desk.live.hidden = set()
    assert at_once(lambda: desk.night(THURSDAY, today=FRIDAY), lambda: desk.night(FRIDAY)) == []
    assert_nothing_else(desk, expected)


def test_two_nights_at_once_lose_no_facts(desk: Desk, studio: Studio) -> None:
    """ADR 6: a crash in between loses nothing, and nights of different dates never wait for each other.

    One night drops the facts that late data outdated, and its shards make them again from the same notes; another
    night, which has done all that already, forgets the notes in between.
    """
    listed(desk)
    desk.book("a", (CONTRACTS[0], 1), ("AAA", 10))
    with studio.double(desk) as other:
        other.night(*WEEK)
        expected = other.made()
    desk.live.hidden = {("quotes", occ_symbol(CONTRACTS[0]), TUESDAY)}
    desk.night(MONDAY, TUESDAY, WEDNESDAY)
    desk.live.hidden = set()
    one, other_one = begin(desk, THURSDAY), begin(desk, FRIDAY)
    with desk.db.read() as conn:
        late = last_late(conn)
    make_greeks(desk, other_one)
    make_snapshots(desk, other_one)
    make_greeks(desk, one)
    with desk.db.write() as conn:
        forget_late(conn, late, but_of=())
    make_snapshots(desk, one)
    found = desk.made()
    assert found["snapshots"] == expected["snapshots"]
    assert found["option_analytics"] == expected["option_analytics"]


def test_users_who_miss_the_same_facts_while_a_night_runs_wait_and_agree(desk: Desk) -> None:
    """Each of them makes the facts of a contract that nobody held; the night makes them too."""
    listed(desk)
    books = [desk.book(name, (CONTRACTS[0], 1), on=FRIDAY) for name in ("a", "b", "c")]
    desk.night(FRIDAY)
    with desk.db.write() as conn:
        ids = save_options(conn, CONTRACTS, FRIDAY)

    def trade(at: int) -> None:
        with desk.db.write(acting_as=books[at].user_id) as conn:
            for each in CONTRACTS[1:] if at % 2 else CONTRACTS[:0:-1]:
                bought = Trade(ids[each], Decimal(1), Decimal(5), FRIDAY)
                record_trade(conn, desk.valuation, books[at].user_id, books[at].id, bought, today=FRIDAY)

    assert at_once(lambda: trade(0), lambda: trade(1), lambda: trade(2), lambda: desk.night(FRIDAY)) == []
    before = desk.made()
    assert len(before["option_analytics"]) == len(CONTRACTS)
    assert len(before["view"]) == 3 * len(CONTRACTS)
    desk.night(FRIDAY)
    assert desk.made() == before


def test_a_night_waits_for_whoever_makes_facts_and_does_not_fail(desk: Desk) -> None:
    listed(desk)
    desk.book("a", (CONTRACTS[0], 1), on=FRIDAY)
    waited = threading.Event()

    def hold_the_turn() -> None:
        with desk.db.write() as conn:
            take_turn(conn, "option facts")
            waited.wait(0.3)

    assert at_once(hold_the_turn, lambda: desk.night(FRIDAY)) == []
    assert len(desk.facts()) == 1


def test_a_night_that_died_after_its_greeks_is_finished_without_making_them_again(desk: Desk, studio: Studio) -> None:
    listed(desk)
    desk.live.list_factor_funds()
    book = desk.book("a", *((each, 1) for each in CONTRACTS), on=THURSDAY)
    desk.night(THURSDAY)
    with studio.double(desk) as other:
        other.night(FRIDAY)
        expected = other.made()
    run = die_after_greeks(desk)
    assert desk.snapshots(book, FRIDAY) == ()
    written, steps = desk.rows(WRITTEN), desk.rows(STEPS, run=run.id)
    assert [step["job"] for step in steps] == ["greeks", "market-data"]
    outcome = desk.night(FRIDAY)
    assert desk.rows(WRITTEN) == written
    assert [step for step in desk.rows(STEPS, run=run.id) if step["job"] in {"greeks", "market-data"}] == steps
    assert [(job.name, job.status) for job in outcome.jobs][:2] == [("market-data", "ok"), ("greeks", "ok")]
    assert desk.made() == expected
    assert desk.rows("SELECT attempt, status FROM batch_runs ORDER BY id DESC LIMIT 1") == [
        {"attempt": 2, "status": "ok"}
    ]


def test_what_was_brought_in_after_the_death_has_its_facts_too(desk: Desk) -> None:
    listed(desk)
    book = desk.book("a", (CONTRACTS[0], 1), on=THURSDAY)
    desk.night(THURSDAY)
    die_after_greeks(desk)
    desk.hold(book, CONTRACTS[1], 2, FRIDAY)
    desk.night(FRIDAY)
    assert {row["symbol"] for row in desk.view(book)} == {occ_symbol(each) for each in CONTRACTS[:2]}
    assert desk.snapshot(book).delta_coverage == 1.0
    assert desk.snapshot(book).measures.vega == pytest.approx(sum(row["vega_per_point"] for row in desk.view(book)))


def test_what_a_takeover_fetches_counts_for_price_and_greeks_alike(desk: Desk) -> None:
    """SPEC 5: a crash resumes; the same inputs give the same result rows. Here one row's numbers are of two moments.

    The takeover syncs the market again, because something was brought in meanwhile; a quote comes with it.
    """
    listed(desk)
    contract = CONTRACTS[0]
    book = desk.book("a", (contract, 1), on=THURSDAY)
    desk.night(THURSDAY)
    desk.live.hidden = {("quotes", occ_symbol(contract), FRIDAY)}
    die_after_greeks(desk)
    desk.live.hidden = set()
    desk.hold(book, CONTRACTS[1], 2, FRIDAY)
    desk.night(FRIDAY)
    snapshot, fact = desk.snapshot(book), desk.fact(contract)
    middles = [sum(desk.live.board[each][FRIDAY][:2]) / 2 for each in CONTRACTS[:2]]
    assert snapshot.measures.option_exposure == pytest.approx(100 * middles[0] + 200 * middles[1])
    assert fact["quote_day"] == FRIDAY


def test_a_night_with_late_data_does_its_greeks_again_after_a_death(desk: Desk, studio: Studio) -> None:
    listed(desk)
    desk.book("a", (CONTRACTS[0], 1), (CONTRACTS[7], -1), on=THURSDAY)
    with studio.double(desk) as other:
        other.night(THURSDAY, FRIDAY)
        expected = other.made()
    desk.live.hidden = {("bars", "AAA", THURSDAY)}
    desk.night(THURSDAY)
    desk.live.hidden = set()
    die_after_greeks(desk)  # the notes of what came late are still there
    assert len(desk.results()["late_rows"]) > 0
    desk.night(FRIDAY)
    assert desk.made() == expected
