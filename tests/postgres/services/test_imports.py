"""A file of positions: judged first, then taken whole or not at all, and never twice."""

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection, func, select

from postgres.services.conftest import RISING, Desk
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    WEEK,
    call,
    new_book,
    new_share,
    new_user,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import ImportRefusedError
from sigmasight.domain.instruments import Kind
from sigmasight.intake.verdicts import Verdict
from sigmasight.services.imports import Fate, Preview, commit_import, preview_import
from sigmasight.services.market_frames import Valuation
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.instruments import add_alias, load_instruments, save_options
from sigmasight.store.positions import ImportRecord, load_positions, load_tags, symbols_of
from sigmasight.store.tables import audit_log, imports, instruments, positions, tags

HEADER = "ticker,quantity,entry_price,entry_date,tags"
AAA = "AAA,5,9.50,2026-11-16,"
BAD = "AAA,0,9.50,2026-11-16,"


def _preview(conn: Connection, book: Portfolio, *rows: str, lots: bool = False, today: date = FRIDAY) -> Preview:
    content = "\n".join((HEADER, *rows)).encode()
    return preview_import(conn, book, file_name="book.csv", content=content, today=today, lots=lots)


def _import(desk: Desk, *rows: str, lots: bool = False, only_good: bool = False, today: date = FRIDAY) -> ImportRecord:
    preview = _preview(desk.conn, desk.book, *rows, lots=lots, today=today)
    return commit_import(desk.conn, desk.valuation, desk.book, preview, today=today, only_good=only_good)


def _fates(preview: Preview) -> list[Fate]:
    return [row.fate for row in preview.rows]


def _messages(preview: Preview) -> list[str]:
    return [issue.message for row in preview.rows for issue in row.verdict.issues]


def _counts(conn: Connection) -> Counter[str]:
    watched = (positions, imports, tags, instruments, audit_log)
    return Counter({t.name: conn.execute(select(func.count()).select_from(t)).scalar_one() for t in watched})


def test_a_preview_saves_nothing(desk: Desk) -> None:
    before = _counts(desk.conn)
    preview = _preview(desk.conn, desk.book, AAA, "NEW261218C00100000,1,2,2026-11-16,Core")
    assert _fates(preview) == [Fate.TAKE, Fate.TAKE]
    assert _counts(desk.conn) == before


def test_a_commit_takes_positions_with_their_tags_and_says_so(desk: Desk) -> None:
    share = new_share(desk.conn, "AAA", RISING)
    record = _import(desk, 'AAA,-5.25,9.50,2026-11-16,"Core, Tech"')
    (position,) = load_positions(desk.conn, [desk.book.id], FRIDAY)
    assert (position.instrument_id, position.quantity, position.entry_price) == (
        share,
        Decimal("-5.25"),
        Decimal("9.5"),
    )
    assert (position.entry_date, position.held_from, position.brought_in) == (MONDAY, FRIDAY, True)
    assert [tag.tag for tag in load_tags(desk.conn, [desk.book.id])] == ["Core", "Tech"]
    assert replace(record, sha256="") == ImportRecord("book.csv", "", 1, 1, 0, 0)
    (stored,) = desk.conn.execute(select(imports)).all()
    assert (stored.sha256, len(stored.sha256)) == (record.sha256, 64)
    detail = {"file": "book.csv", "sha256": record.sha256, "positions": 1}
    assert desk.audit() == [("positions imported", detail)]


def test_an_unknown_ticker_is_warned_of_and_its_position_kept(desk: Desk) -> None:
    preview = _preview(desk.conn, desk.book, "NEW,5,9.50,2026-11-16,")
    assert [row.verdict.verdict for row in preview.rows] == [Verdict.WARNING]
    (issue,) = preview.rows[0].verdict.issues
    assert (issue.line, issue.column, issue.value) == (2, "ticker", "NEW")
    assert "no price until a provider knows the symbol" in issue.message
    assert preview.parsed.totals.warnings == 1
    _import(desk, "NEW,5,9.50,2026-11-16,")
    (kept,) = load_instruments(desk.conn, [p.instrument_id for p in load_positions(desk.conn, [desk.book.id], FRIDAY)])
    assert (kept.symbol, kept.kind) == ("NEW", Kind.UNKNOWN)
    (snapshot,) = desk.make_snapshots(FRIDAY)
    assert [(left.symbol, left.reason) for left in snapshot.not_included] == [("NEW", "no_price")]


def test_a_ticker_is_warned_of_until_somebody_explains_it(desk: Desk) -> None:
    _import(desk, "NEW,5,9.50,2026-11-16,")
    assert len(_messages(_preview(desk.conn, desk.book, "NEW,6,9.50,2026-11-16,"))) == 1
    new_share(desk.conn, "NEW")
    assert _messages(_preview(desk.conn, desk.book, "NEW,6,9.50,2026-11-16,")) == []


@pytest.mark.parametrize(("spelling", "symbol"), [("FB", "META"), ("BRK-B", "BRK.B"), ("BRK/B", "BRK.B")])
def test_an_alias_is_one_and_the_same_instrument(desk: Desk, spelling: str, symbol: str) -> None:
    share = new_share(desk.conn, symbol)
    if spelling == "FB":
        add_alias(desk.conn, source="user", symbol="FB", instrument_id=share, valid_from=date(2012, 5, 18))
    assert _import(desk, f"{spelling},5,9.50,2026-11-16,").rows_taken == 1
    assert symbols_of(desk.conn, desk.book.id) == (symbol,)
    assert _import(desk, f"{symbol},5,9.50,2026-11-16,").rows_known == 1


def test_an_option_on_an_alias_of_its_underlying_is_the_listed_contract(desk: Desk) -> None:
    meta = new_share(desk.conn, "META")
    add_alias(desk.conn, source="user", symbol="FB", instrument_id=meta, valid_from=date(2012, 5, 18))
    rows = ("FB261218C00100000,2,3,2026-11-16,", "META261218C00100000,3,3,2026-11-16,")
    assert _import(desk, *rows).rows_taken == 2
    assert symbols_of(desk.conn, desk.book.id) == ("META261218C00100000",) * 2
    again = _preview(desk.conn, desk.book, *rows)
    assert _fates(again) == [Fate.KNOWN, Fate.KNOWN]
    assert _messages(again) == []


def test_an_option_that_nobody_holds_yet_is_added_with_its_underlying(desk: Desk) -> None:
    record = _import(desk, "NEW   261218P00100000,-2,3,2026-11-16,")
    assert record.rows_taken == 1
    found = desk.conn.execute(select(instruments.c.symbol, instruments.c.kind).order_by(instruments.c.symbol)).all()
    assert [tuple(row) for row in found] == [("NEW", "unknown"), ("NEW261218P00100000", "option")]


def test_an_option_that_is_known_is_taken_without_a_warning(desk: Desk) -> None:
    new_share(desk.conn, "AAA")
    save_options(desk.conn, [call("AAA")], THURSDAY)
    assert _messages(_preview(desk.conn, desk.book, "AAA261218C00100000,2,3,2026-11-16,")) == []


def test_the_same_file_twice_adds_nothing(desk: Desk) -> None:
    rows = (AAA, "BBB,-1,2,2026-11-17,Core", "AAA261218C00100000,2,3,2026-11-16,")
    first = _import(desk, *rows)
    counts = _counts(desk.conn)
    second = _import(desk, *rows)
    assert (first.rows_taken, first.rows_known) == (3, 0)
    assert (second.rows_taken, second.rows_known) == (0, 3)
    assert _counts(desk.conn) == counts


def test_of_identical_lots_as_many_are_taken_as_the_book_lacks(desk: Desk) -> None:
    assert _import(desk, AAA, AAA, lots=True).rows_taken == 2
    record = _import(desk, AAA, AAA, AAA, lots=True)
    assert (record.rows_taken, record.rows_known) == (1, 2)
    assert _import(desk, AAA, lots=True).rows_known == 1
    assert len(symbols_of(desk.conn, desk.book.id)) == 3


def test_a_lot_is_the_same_however_its_numbers_are_written(desk: Desk) -> None:
    _import(desk, "AAA,5,9.5,2026-11-16,")
    assert _import(desk, 'AAA,"5.000",9.50,2026-11-16,Another').rows_known == 1


@pytest.mark.parametrize(
    "other", ["AAA,6,9.50,2026-11-16,", "AAA,5,9.51,2026-11-16,", "AAA,5,9.50,2026-11-17,", "BBB,5,9.50,2026-11-16,"]
)
def test_a_lot_that_differs_is_another_one(desk: Desk, other: str) -> None:
    _import(desk, AAA)
    assert _fates(_preview(desk.conn, desk.book, AAA, other, lots=True)) == [Fate.KNOWN, Fate.TAKE]


def test_another_portfolio_knows_nothing_of_it(desk: Desk) -> None:
    _import(desk, AAA)
    other = new_book(desk.conn, new_user(desk.conn, "bob"))
    assert _fates(_preview(desk.conn, other, AAA)) == [Fate.TAKE]


def test_one_bad_row_refuses_the_file_and_leaves_nothing(desk: Desk) -> None:
    before = _counts(desk.conn)
    with pytest.raises(ImportRefusedError, match=r"1 of 2 rows have errors, so nothing was imported\. Correct them"):
        _import(desk, "BBB,1,2,2026-11-16,Core", BAD)
    assert _counts(desk.conn) == before


def test_the_good_rows_are_taken_when_that_is_asked_for(desk: Desk) -> None:
    record = _import(desk, "BBB,1,2,2026-11-16,Core", BAD, only_good=True)
    assert (record.rows_read, record.rows_taken, record.rows_refused) == (2, 1, 1)
    assert symbols_of(desk.conn, desk.book.id) == ("BBB",)


def test_a_file_without_a_good_row_is_refused_even_then(desk: Desk) -> None:
    before = _counts(desk.conn)
    with pytest.raises(ImportRefusedError, match="No row of the file can be imported"):
        _import(desk, BAD, only_good=True)
    assert _counts(desk.conn) == before


def test_one_ticker_twice_on_a_day_is_an_error_unless_the_file_lists_lots(desk: Desk) -> None:
    assert _fates(_preview(desk.conn, desk.book, AAA, AAA)) == [Fate.REFUSE, Fate.REFUSE]
    assert _fates(_preview(desk.conn, desk.book, AAA, AAA, lots=True)) == [Fate.TAKE, Fate.TAKE]


def test_a_file_that_cannot_be_read_is_refused_as_a_whole(desk: Desk) -> None:
    with pytest.raises(ImportRefusedError):
        preview_import(desk.conn, desk.book, file_name="x", content=b"\xff\xfe", today=FRIDAY)


def test_a_preview_counts_the_rows_by_their_fate(desk: Desk) -> None:
    _import(desk, AAA)
    preview = _preview(desk.conn, desk.book, AAA, "BBB,1,2,2026-11-16,", "CCC,0,2,2026-11-16,")
    assert {fate: preview.count(fate) for fate in Fate} == {Fate.TAKE: 1, Fate.KNOWN: 1, Fate.REFUSE: 1}
    assert preview.file_name == "book.csv"


def test_an_import_after_the_night_has_the_days_snapshot_made_again(desk: Desk) -> None:
    new_share(desk.conn, "AAA", RISING)
    desk.make_snapshots(*WEEK)
    _import(desk, AAA)
    friday = desk.snapshots()[FRIDAY]
    assert (friday.positions, friday.measures.net, friday.measures.flows, friday.measures.daily_pnl) == (1, 70, 70, 0)
    assert desk.measure("net")[THURSDAY] == 0.0


def test_an_import_on_a_saturday_leaves_the_weeks_snapshots_alone(desk: Desk) -> None:
    new_share(desk.conn, "AAA", RISING)
    desk.make_snapshots(*WEEK)
    before = desk.snapshots()
    assert _import(desk, AAA, today=SATURDAY).rows_taken == 1
    assert repr(desk.snapshots()) == repr(before)


def test_a_file_of_known_rows_leaves_the_snapshots_alone(desk: Desk) -> None:
    share = new_share(desk.conn, "AAA", RISING)
    _import(desk, AAA)
    desk.make_snapshots(FRIDAY)
    before = desk.snapshots()
    assert _import(desk, AAA).rows_taken == 0
    assert repr(desk.snapshots()) == repr(before)
    assert share in {position.instrument_id for position in load_positions(desk.conn, [desk.book.id], FRIDAY)}


def test_a_user_imports_under_his_own_name(url: str) -> None:
    with closing(Database(url)) as db:
        with db.write() as conn:
            alice = new_user(conn)
            book = new_book(conn, alice, opened_on=MONDAY)
            valuation = Valuation(load_calendar(conn), stale_sessions=5)
        with db.write(acting_as=alice.id) as conn:
            record = _import(Desk(conn, valuation, book), AAA, "NEW261218C00100000,1,2,2026-11-16,Core")
        assert record.rows_taken == 2
