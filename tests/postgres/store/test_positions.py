"""Positions and imports at rest."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    call,
    new_book,
    new_share,
    new_user,
    put,
)
from postgres.store.conftest import full_snapshot
from sigmasight.domain.books import Portfolio, Position, TagOfPosition
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.store.asked import note_late
from sigmasight.store.instruments import save_options
from sigmasight.store.people import ensure_tags
from sigmasight.store.positions import (
    ImportRecord,
    NewPosition,
    add_import,
    add_positions,
    delete_position,
    first_held,
    known_lots,
    load_positions,
    load_tags,
    open_on,
    outdated,
    owned_position,
    symbols_of,
    write_exit,
)
from sigmasight.store.snapshots import replace_snapshots
from sigmasight.store.tables import imports, position_tags, positions

NOBODY = UUID(int=0)


@pytest.fixture
def book(conn: Connection) -> Portfolio:
    """An empty portfolio."""
    return new_book(conn, new_user(conn))


@pytest.fixture
def share(conn: Connection) -> int:
    """A share."""
    return new_share(conn, "AAA")


def _add(conn: Connection, book: Portfolio, new: NewPosition, *, on: date, imported: bool = False) -> UUID:
    (position_id,) = add_positions(conn, book, [new], recorded_on=on, tag_ids={}, imported=imported)
    return position_id


def _lot(share: int, day: date, quantity: str = "1") -> NewPosition:
    return NewPosition(share, Decimal(quantity), Decimal(10), day)


def test_positions_come_back_as_they_were_added(conn: Connection, book: Portfolio, share: int) -> None:
    tag_ids = ensure_tags(conn, book.user_id, ["Core", "Tech"])
    record = ImportRecord("book.csv", "ab" * 32, rows_read=4, rows_taken=2, rows_known=1, rows_refused=1)
    import_id = add_import(conn, book, record)
    new = [
        NewPosition(share, Decimal("-0.000000000001"), Decimal("123456.789"), MONDAY, ("Core", "Tech", "Core")),
        NewPosition(share, Decimal(10) ** 14, Decimal("0.01"), FRIDAY),
    ]
    first, second = add_positions(
        conn, book, new, recorded_on=TUESDAY, tag_ids=tag_ids, imported=True, import_id=import_id
    )
    assert load_positions(conn, [book.id], FRIDAY) == (
        Position(
            first, book.id, share, Decimal("-0.000000000001"), Decimal("123456.789"), MONDAY, TUESDAY, brought_in=True
        ),
        Position(second, book.id, share, Decimal(10) ** 14, Decimal("0.01"), FRIDAY, FRIDAY, brought_in=True),
    )
    assert load_tags(conn, [book.id]) == (TagOfPosition(first, "Core"), TagOfPosition(first, "Tech"))
    stored = conn.execute(select(imports)).one()._mapping
    assert {name: stored[name] for name in ImportRecord.__slots__} == {
        name: getattr(record, name) for name in ImportRecord.__slots__
    }
    assert set(conn.execute(select(positions.c.import_id)).scalars()) == {import_id}


def test_tags_that_differ_in_case_only_are_linked_once(conn: Connection, book: Portfolio, share: int) -> None:
    tag_ids = ensure_tags(conn, book.user_id, ["Core", "core"])
    new = NewPosition(share, Decimal(1), Decimal(1), MONDAY, ("Core", "core"))
    add_positions(conn, book, [new], recorded_on=MONDAY, tag_ids=tag_ids, imported=False)
    assert [tag.tag for tag in load_tags(conn, [book.id])] == ["Core"]


def test_no_positions_are_no_positions(conn: Connection, book: Portfolio) -> None:
    assert add_positions(conn, book, [], recorded_on=FRIDAY, tag_ids={}, imported=False) == ()
    assert load_positions(conn, [book.id], FRIDAY) == ()
    assert load_positions(conn, [], FRIDAY) == ()
    assert load_tags(conn, [book.id]) == ()
    assert known_lots(conn, book.id) == ()
    assert symbols_of(conn, book.id) == ()


@pytest.mark.parametrize(
    ("entry", "recorded", "imported", "held_from", "brought_in"),
    [
        (FRIDAY, FRIDAY, False, FRIDAY, False),  # traded today
        (MONDAY, FRIDAY, False, FRIDAY, True),  # told afterwards
        (FRIDAY, MONDAY, False, FRIDAY, False),
        (FRIDAY, FRIDAY, True, FRIDAY, True),
    ],
)
def test_the_database_derives_since_when_a_position_is_held(
    conn: Connection,
    book: Portfolio,
    share: int,
    *,
    entry: date,
    recorded: date,
    imported: bool,
    held_from: date,
    brought_in: bool,
) -> None:
    _add(conn, book, _lot(share, entry), on=recorded, imported=imported)
    (position,) = load_positions(conn, [book.id], FRIDAY)
    assert (position.held_from, position.brought_in) == (held_from, brought_in)


def test_positions_of_later_days_are_not_loaded(conn: Connection, book: Portfolio, share: int) -> None:
    early = _add(conn, book, _lot(share, MONDAY), on=MONDAY)
    _add(conn, book, _lot(share, MONDAY), on=FRIDAY)
    assert [position.id for position in load_positions(conn, [book.id], THURSDAY)] == [early]


def test_a_position_is_closed_by_sale_or_taken_out(conn: Connection, book: Portfolio, share: int) -> None:
    sold, taken = (_add(conn, book, _lot(share, MONDAY), on=MONDAY) for _ in range(2))
    write_exit(conn, sold, exit_date=FRIDAY, exit_price=Decimal("11.5"))
    write_exit(conn, taken, exit_date=MONDAY, exit_price=None)
    found = {
        position.id: (position.exit_date, position.exit_price) for position in load_positions(conn, [book.id], FRIDAY)
    }
    assert found == {sold: (FRIDAY, Decimal("11.5")), taken: (MONDAY, None)}


def test_a_position_cannot_end_before_it_began(conn: Connection, book: Portfolio, share: int) -> None:
    position = _add(conn, book, _lot(share, MONDAY), on=TUESDAY)
    with pytest.raises(IntegrityError, match="exit_date"):
        write_exit(conn, position, exit_date=MONDAY, exit_price=None)


def test_what_is_held_in_a_range_is_found_with_its_first_day(conn: Connection, book: Portfolio, share: int) -> None:
    other, closed, simulated = new_share(conn, "BBB"), new_share(conn, "CCC"), new_share(conn, "SIM")
    _add(conn, book, _lot(share, TUESDAY), on=TUESDAY)
    _add(conn, book, _lot(share, MONDAY), on=MONDAY)
    _add(conn, book, _lot(other, FRIDAY), on=FRIDAY)
    write_exit(conn, _add(conn, book, _lot(closed, MONDAY), on=MONDAY), exit_date=WEDNESDAY, exit_price=None)
    demo = new_book(conn, new_user(conn, "demo"), market=Market.SIMULATED)
    _add(conn, demo, _lot(simulated, MONDAY), on=MONDAY)
    assert first_held(conn, Market.LIVE, first=THURSDAY, last=FRIDAY) == {share: MONDAY, other: FRIDAY}
    assert first_held(conn, Market.LIVE, first=WEDNESDAY, last=THURSDAY) == {share: MONDAY, closed: MONDAY}
    assert first_held(conn, Market.SIMULATED, first=MONDAY, last=MONDAY) == {simulated: MONDAY}
    assert open_on(conn, Market.LIVE, TUESDAY) == {share, closed}
    assert open_on(conn, Market.LIVE, WEDNESDAY) == {share}
    assert open_on(conn, Market.LIVE, date(2026, 11, 1)) == frozenset()


def test_what_comes_late_outdates_whoever_held_it_then(conn: Connection, share: int) -> None:
    (option,) = save_options(conn, [call("AAA")], MONDAY).values()
    owner = new_user(conn, "owner")
    held, bought_later, sold, by_option, without, empty, demo = (
        new_book(conn, owner, name, market=Market.SIMULATED if name == "demo" else Market.LIVE)
        for name in ("held", "bought later", "sold", "by option", "without", "empty", "demo")
    )
    for one in (held, sold, empty, demo):
        _add(conn, one, _lot(share, MONDAY), on=MONDAY)
    _add(conn, bought_later, _lot(share, THURSDAY), on=THURSDAY)
    _add(conn, by_option, _lot(option, MONDAY), on=MONDAY)
    _add(conn, without, _lot(new_share(conn, "BBB"), MONDAY), on=MONDAY)
    (position,) = load_positions(conn, [sold.id], FRIDAY)
    write_exit(conn, position.id, exit_date=TUESDAY, exit_price=None)
    books = (held, bought_later, sold, by_option, without, demo)
    replace_snapshots(conn, books, [full_snapshot(one) for one in books])
    note_late(conn, Market.LIVE, {})
    assert outdated(conn, [one.id for one in (*books, empty)]) == {}
    note_late(conn, Market.LIVE, {share: WEDNESDAY})
    late = {held.id: WEDNESDAY, empty.id: WEDNESDAY, by_option.id: WEDNESDAY, bought_later.id: THURSDAY}
    assert outdated(conn, [one.id for one in (*books, empty)]) == late
    note_late(conn, Market.LIVE, {share: MONDAY})
    note_late(conn, Market.LIVE, {share: FRIDAY})
    assert outdated(conn, [held.id, sold.id]) == {held.id: MONDAY, sold.id: MONDAY}


def test_a_late_quote_outdates_whoever_held_options_on_the_same_underlying(conn: Connection, share: int) -> None:
    noted, sibling = save_options(conn, [call("AAA"), put("AAA")], MONDAY).values()
    new_share(conn, "BBB")
    (foreign,) = save_options(conn, [call("BBB")], MONDAY).values()
    owner = new_user(conn, "owner")
    held = {"noted": noted, "sibling": sibling, "share": share, "foreign": foreign, "gone": sibling, "demo": sibling}
    books = {
        name: new_book(conn, owner, name, market=Market.SIMULATED if name == "demo" else Market.LIVE) for name in held
    }
    for name, instrument_id in held.items():
        position = _add(conn, books[name], _lot(instrument_id, MONDAY), on=MONDAY)
        if name == "gone":
            write_exit(conn, position, exit_date=TUESDAY, exit_price=None)
    note_late(conn, Market.LIVE, {noted: WEDNESDAY})
    ids = [book.id for book in books.values()]
    assert outdated(conn, ids) == {books["noted"].id: WEDNESDAY, books["sibling"].id: WEDNESDAY}
    note_late(conn, Market.LIVE, {share: THURSDAY, noted: FRIDAY})
    assert outdated(conn, ids) == {
        books["noted"].id: WEDNESDAY,
        books["sibling"].id: WEDNESDAY,
        books["share"].id: THURSDAY,
    }


def test_only_imported_lots_are_known_and_as_often_as_they_are_there(
    conn: Connection, book: Portfolio, share: int
) -> None:
    for _ in range(2):
        _add(conn, book, _lot(share, MONDAY, "2.50"), on=MONDAY, imported=True)
    closed = _add(conn, book, _lot(share, TUESDAY), on=TUESDAY, imported=True)
    write_exit(conn, closed, exit_date=FRIDAY, exit_price=None)
    _add(conn, book, _lot(share, MONDAY), on=MONDAY)
    twice = (share, Decimal("2.5"), Decimal(10), MONDAY)
    assert sorted(known_lots(conn, book.id)) == sorted([twice, twice, (share, Decimal(1), Decimal(10), TUESDAY)])


def test_a_position_is_found_by_its_owner_only(conn: Connection, book: Portfolio, share: int) -> None:
    position_id = _add(conn, book, _lot(share, MONDAY), on=MONDAY)
    assert owned_position(conn, book.user_id, position_id).id == position_id
    stranger = new_user(conn, "stranger")
    for user_id, asked in ((stranger.id, position_id), (book.user_id, NOBODY)):
        with pytest.raises(NotFoundError, match=f"there is no position {asked}"):
            owned_position(conn, user_id, asked)


def test_a_deleted_position_takes_its_tags_along(conn: Connection, book: Portfolio, share: int) -> None:
    tag_ids = ensure_tags(conn, book.user_id, ["Core"])
    new = NewPosition(share, Decimal(1), Decimal(1), MONDAY, ("Core",))
    (position_id,) = add_positions(conn, book, [new], recorded_on=MONDAY, tag_ids=tag_ids, imported=False)
    delete_position(conn, position_id)
    assert load_positions(conn, [book.id], FRIDAY) == ()
    assert conn.execute(select(position_tags)).first() is None


def test_every_position_has_its_symbol(conn: Connection, book: Portfolio, share: int) -> None:
    other = new_share(conn, "BBB")
    for instrument_id in (other, share, share):
        _add(conn, book, _lot(instrument_id, MONDAY), on=MONDAY)
    assert symbols_of(conn, book.id) == ("AAA", "AAA", "BBB")
