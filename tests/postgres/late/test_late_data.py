"""What arrives late is taken, and what was computed without it is made again."""

import itertools
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.market_data import Market, Split
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.imports import commit_import, preview_import
from sigmasight.services.ledger import close_position, state_amount
from sigmasight.store.asked import asked
from sigmasight.store.snapshots import load_snapshots

LAST = date(2026, 11, 20)


def stored(desk, book: Portfolio) -> list[Snapshot]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with desk.db.read() as conn:
        return list(load_snapshots(conn, book.id, date.min, date.max))


def assert_adds_up(rows: list[Snapshot]) -> None:
    """Stored rows of consecutive sessions: the step of NAV is P&L + flows + coverage change."""
    for before, after in itertools.pairwise(rows):
        step = after.measures.daily_pnl + after.measures.flows + after.measures.coverage_change
        assert after.measures.nav - before.measures.nav == pytest.approx(step, abs=1e-12 * after.measures.gross)


def test_a_ticker_imported_after_the_night_joins_that_nights_snapshot_when_its_price_comes(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    evening, tomorrow = desk.sessions(2)
    with desk.db.write() as conn:
        book = desk.book(conn, "evening", evening)
        desk.bring_in(conn, book, "AAPL", 10, evening)
    desk.night(evening)
    content = b"ticker,quantity,entry_price,entry_date\nIWM,100,200,2026-11-19\n"
    with desk.db.write() as conn:
        preview = preview_import(conn, book, file_name="late.csv", content=content, today=evening)
        commit_import(conn, desk.valuation, book, preview, today=evening, only_good=False)
    assert stored(desk, book)[0].coverage < 1
    desk.night(tomorrow)
    first, second = stored(desk, book)
    assert first.coverage == second.coverage == 1.0
    assert_adds_up([first, second])


def test_a_price_that_was_not_there_is_taken_by_the_next_run_of_that_date(
    desk,  # type: ignore[no-untyped-def]  # noqa: ANN001
    known_on: Callable[[str, date], float],
) -> None:
    days = desk.sessions(3)
    desk.vendor.unknown_days.add(("AAPL", days[2]))
    with desk.db.write() as conn:
        book = desk.book(conn, "patient", days[0])
        desk.bring_in(conn, book, "AAPL", 10, days[0])
    for day in days:
        desk.night(day)
    assert "stale_price: AAPL" in stored(desk, book)[2].warnings
    desk.vendor.unknown_days.clear()
    desk.night(days[2])
    assert stored(desk, book)[2].warnings == ()
    assert stored(desk, book)[2].measures.gross == pytest.approx(10 * known_on("AAPL", days[2]))


def test_a_price_that_comes_a_day_late_mends_the_snapshot_that_was_made_without_it(
    desk,  # type: ignore[no-untyped-def]  # noqa: ANN001
    known_on: Callable[[str, date], float],
) -> None:
    days = desk.sessions(3)
    desk.vendor.unknown_days.add(("AAPL", days[1]))
    with desk.db.write() as conn:
        book = desk.book(conn, "mended", days[0])
        desk.bring_in(conn, book, "AAPL", 10, days[0])
    desk.night(days[0])
    desk.night(days[1])
    desk.vendor.unknown_days.clear()
    desk.night(days[2])
    rows = stored(desk, book)
    assert [row.measures.gross for row in rows] == pytest.approx([10 * known_on("AAPL", day) for day in days])
    assert_adds_up(rows)


def test_a_split_that_is_published_a_day_late_doubles_the_shares_from_its_day_on(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    days = desk.sessions(3)
    with desk.db.write() as conn:
        book = desk.book(conn, "split", days[0])
        desk.bring_in(conn, book, "AAPL", 10, days[0])
    desk.night(days[0])
    desk.night(days[1])
    before = stored(desk, book)[1].measures.gross
    desk.vendor.extra_splits.append(Split("AAPL", days[1], 2, 1))
    desk.night(days[2])
    rows = stored(desk, book)
    assert rows[1].measures.gross == pytest.approx(2 * before)
    assert_adds_up(rows)


def test_missed_nights_lose_no_profit_of_what_came_and_went_in_them(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    days = desk.sessions(5)
    books = {}
    for name in ("every", "missed"):
        with desk.db.write() as conn:
            books[name] = desk.book(conn, name, days[0])
            desk.bring_in(conn, books[name], "AAPL", 10, days[0])
            desk.bring_in(conn, books[name], "KO" if name == "every" else "PEP", 5, days[0])
    leaving = {"every": "KO", "missed": "PEP"}
    with desk.db.write() as conn:
        query = text("SELECT p.id FROM positions p JOIN instruments i ON i.id = p.instrument_id WHERE i.symbol = :s")
        for name, symbol in leaving.items():
            position = conn.execute(query, {"s": symbol}).scalar_one()
            owner = books[name].user_id
            close_position(conn, desk.valuation, owner, position, exit_date=days[2], exit_price=None, today=days[2])
    desk.night(days[0])
    desk.night(days[4])
    for book, symbol in ((books["every"], "KO"), (books["missed"], "PEP")):
        bars = desk.vendor.market.daily_bars([symbol, "AAPL"], days[0], days[4])
        earned = 5 * (bars[symbol].close[2] - bars[symbol].close[0]) + 10 * (
            bars["AAPL"].close[4] - bars["AAPL"].close[0]
        )
        paid = sum(
            amount * dividend.amount
            for dividend in desk.vendor.market.dividends([symbol, "AAPL"], days[1], days[4])
            for amount in ([10] if dividend.symbol == "AAPL" else [5] if dividend.ex_date <= days[2] else [])
        )
        assert stored(desk, book)[-1].measures.cumulative_pnl == pytest.approx(earned + paid)


def test_where_nobody_could_be_asked_nothing_is_remembered_as_asked(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with desk.db.write() as conn:
        book = desk.book(conn, "live", LAST, market=Market.LIVE)
        desk.bring_in(conn, book, "AAPL", 10, LAST)
    outcome = desk.night(LAST)
    with desk.db.read() as conn:
        assert asked(conn, Market.LIVE, "prices") == {}
    assert outcome.coverage == 0.0
    (row,) = stored(desk, book)
    assert [left.reason for left in row.not_included] == ["no_price"]


def test_a_symbol_that_was_asked_for_in_vain_gets_its_history_once_it_is_known(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    days = desk.sessions(4)
    history = desk.calendar.sessions_between(desk.calendar.sessions_back(LAST, 40), LAST)
    desk.vendor.unknown_days.update(("AAPL", day) for day in history if day < days[2])
    with desk.db.write() as conn:
        book = desk.book(conn, "vain", days[0])
        desk.bring_in(conn, book, "AAPL", 10, days[0])
    desk.night(days[0])
    desk.night(days[1])
    desk.vendor.unknown_days.clear()
    desk.night(days[2])
    desk.night(days[3])
    rows = stored(desk, book)
    assert [row.coverage for row in rows] == [1.0] * 4
    assert_adds_up(rows)


def test_the_role_of_the_api_can_import_and_change_a_ledger(desk) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with desk.db.write() as conn:
        book = desk.book(conn, "api", LAST)
        desk.bring_in(conn, book, "AAPL", 10, LAST)
    desk.night(LAST)
    content = b"ticker,quantity,entry_price,entry_date,tags\nAAPL,3,200,2026-11-19,New\nUNHEARD,1,2,2026-11-19,\n"
    with desk.db.write(acting_as=book.user_id) as conn:
        preview = preview_import(conn, book, file_name="api.csv", content=content, today=LAST)
        commit_import(conn, desk.valuation, book, preview, today=LAST, only_good=False)
        state_amount(
            conn,
            desk.valuation,
            book.user_id,
            book.id,
            kind=StatementKind.CASH,
            as_of=LAST,
            amount=Decimal(500),
            today=LAST,
        )
    (row,) = stored(desk, book)
    assert (row.positions, row.measures.cash) == (3, 500.0)
