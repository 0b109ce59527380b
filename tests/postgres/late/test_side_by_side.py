"""Several processes at the same thing at once."""

import threading
import time
from datetime import date

import pytest

from sigmasight.batch.night import JOBS, run_night
from sigmasight.batch.shards import ShardPlan, run_shard
from sigmasight.domain.errors import ConflictError, DatabaseError
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.services.demo.books import BOOKS
from sigmasight.services.demo.seed import demo_portfolios, seed_demo
from sigmasight.services.imports import commit_import, preview_import
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.people import ensure_tags, portfolios_on
from sigmasight.store.positions import known_lots
from sigmasight.store.runs import finished_shards, hold_night, open_run
from sigmasight.store.snapshots import load_snapshots
from support.at_once import at_once

LAST = date(2026, 11, 20)


def test_the_same_file_imported_twice_at_once_is_in_the_book_once(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with desk.db.write() as conn:
        book = desk.book(conn, "twice", LAST)
    content = b"ticker,quantity,entry_price,entry_date\nAAPL,10,200,2026-11-19\n"

    def bring_in() -> None:
        with desk.db.write() as conn:
            preview = preview_import(conn, book, file_name="a.csv", content=content, today=LAST)
            commit_import(conn, desk.valuation, book, preview, today=LAST, only_good=False)

    assert at_once(bring_in, bring_in, bring_in) == []
    with desk.db.read() as conn:
        assert len(known_lots(conn, book.id)) == 1


def test_two_demos_at_once_make_one_demo(db: Database) -> None:
    with db.read() as conn:
        calendar = load_calendar(conn)
    market = SimulatedMarket(calendar)

    def seed() -> None:
        with db.write() as conn:
            seed_demo(conn, market, calendar, LAST, lambda password: password[::-1])

    assert at_once(seed, seed) == []
    with db.read() as conn:
        assert len(demo_portfolios(conn)) == len(BOOKS)


def test_a_night_whose_holder_fails_can_be_held_at_once_by_another(db: Database) -> None:
    """At once but for the time in which the server notices the closed connection, which a night has patience for."""

    def fail() -> None:
        with db.session() as conn:
            assert hold_night(conn, LAST)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    patience = time.monotonic() + 2.0
    with db.session() as conn:
        while not (held := hold_night(conn, LAST)) and time.monotonic() < patience:
            time.sleep(0.02)
        assert held


def test_a_lost_race_says_so_and_does_not_look_like_a_lost_database(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with desk.db.write() as conn:
        book = desk.book(conn, "tags", LAST)
    first_in, second_in = threading.Event(), threading.Event()

    def add(mine: str, other: str, entered: threading.Event, awaited: threading.Event) -> None:
        with desk.db.write() as conn:
            ensure_tags(conn, book.user_id, [mine])
            entered.set()
            awaited.wait(10)
            ensure_tags(conn, book.user_id, [other])

    raised = at_once(
        lambda: add("a", "b", first_in, second_in),
        lambda: add("b", "a", second_in, first_in),
    )
    assert [type(error) for error in raised] == [ConflictError]
    assert not isinstance(raised[0], DatabaseError)


def test_a_takeover_values_a_portfolio_that_came_after_the_dead_run_had_dealt_its_shards(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with desk.db.write() as conn:
        early = desk.book(conn, "early", LAST)
        desk.bring_in(conn, early, "AAPL", 10, LAST)
        dead = open_run(conn, LAST, holder="a process that died", shards=1)
    with desk.db.read() as conn:
        there = portfolios_on(conn, LAST)
    run_shard(desk.db, ShardPlan(desk.valuation, {}), dead, 0, there)
    with desk.db.write() as conn:
        late = desk.book(conn, "late", LAST)
        desk.bring_in(conn, late, "KO", 5, LAST)
    outcome = run_night(desk.db, desk.plan(), LAST, lambda *_: None)
    assert (outcome.status, outcome.portfolios) == ("ok", 2)
    with desk.db.read() as conn:
        assert len(load_snapshots(conn, late.id, LAST, LAST)) == 1
        assert {job for job, _ in finished_shards(conn, dead)} == set(JOBS)
