"""Users, portfolios, statements and tags at rest."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select

from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    OPENED,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    new_book,
    new_share,
    new_user,
)
from postgres.store.conftest import full_snapshot
from sigmasight.domain.books import Statement, StatementKind
from sigmasight.domain.errors import ConflictError, NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.store.people import (
    User,
    add_portfolio,
    add_statement,
    add_user,
    all_portfolios,
    ensure_tags,
    find_portfolios,
    find_user,
    first_unfinished,
    load_statements,
    owned_portfolio,
    portfolios_on,
    set_allow_estimates,
)
from sigmasight.store.positions import NewPosition, add_positions
from sigmasight.store.snapshots import replace_snapshots
from sigmasight.store.tables import portfolio_settings, tags

NOBODY = UUID(int=0)


def test_a_user_is_found_whatever_the_case_of_the_address(conn: Connection) -> None:
    alice = add_user(conn, email="Alice@Example.com", name="Alice", password_hash="x", role="admin")  # noqa: S106
    assert find_user(conn, "aLICE@example.COM") == alice
    assert alice == User(alice.id, "Alice@Example.com", "Alice", "admin")
    assert find_user(conn, "bob@example.com") is None


def test_an_address_is_taken_once_whatever_its_case(conn: Connection) -> None:
    new_user(conn, "alice")
    with pytest.raises(ConflictError, match=r"there is a user ALICE@example\.com already"):
        new_user(conn, "ALICE")


def test_a_portfolio_comes_back_as_it_was_added(conn: Connection) -> None:
    alice = new_user(conn)
    book = add_portfolio(
        conn, user_id=alice.id, name="Book", market=Market.SIMULATED, opened_on=MONDAY, description="of mine"
    )
    assert find_portfolios(conn, "Book") == (book,)
    assert owned_portfolio(conn, alice.id, book.id) == book
    settings = conn.execute(select(portfolio_settings)).one()
    assert (settings.portfolio_id, settings.user_id, settings.allow_estimates) == (book.id, alice.id, False)


def test_a_user_has_a_name_once_and_others_may_have_it_too(conn: Connection) -> None:
    alice, bob = new_user(conn, "alice"), new_user(conn, "bob")
    mine, his = new_book(conn, alice), new_book(conn, bob)
    with pytest.raises(ConflictError, match="there is a portfolio 'Book' already"):
        new_book(conn, alice)
    assert set(find_portfolios(conn, "Book")) == {mine, his}
    assert find_portfolios(conn, "Book", user_id=bob.id) == (his,)
    assert find_portfolios(conn, "Other") == ()


@pytest.mark.parametrize("whose", ["a stranger's", "nobody's"])
def test_a_portfolio_that_is_not_ones_own_is_not_there(conn: Connection, whose: str) -> None:
    alice, bob = new_user(conn, "alice"), new_user(conn, "bob")
    asked = new_book(conn, bob).id if whose == "a stranger's" else NOBODY
    with pytest.raises(NotFoundError, match=f"there is no portfolio {asked}"):
        owned_portfolio(conn, alice.id, asked)


def test_the_night_sees_the_portfolios_that_exist_on_its_day(conn: Connection) -> None:
    alice = new_user(conn)
    early = new_book(conn, alice, "early", opened_on=MONDAY)
    late = new_book(conn, alice, "late", opened_on=FRIDAY)
    assert portfolios_on(conn, THURSDAY) == (early,)
    assert portfolios_on(conn, FRIDAY) == tuple(sorted((early, late), key=lambda book: book.id))
    assert portfolios_on(conn, date(2020, 1, 1)) == ()


def test_the_operator_sees_everybodys_portfolios_with_their_owners(conn: Connection) -> None:
    alice, bob = new_user(conn, "alice"), new_user(conn, "bob")
    books = {new_book(conn, alice): alice, new_book(conn, bob): bob}
    assert {book: user for user, book in all_portfolios(conn)} == books


def test_every_way_to_a_portfolio_tells_whether_it_allows_estimates(conn: Connection) -> None:
    alice = new_user(conn)
    book, other = new_book(conn, alice), new_book(conn, alice, "Other")
    assert not book.allow_estimates
    for allowed in (True, True, False, True):
        set_allow_estimates(conn, book, allowed=allowed)
        expected = replace(book, allow_estimates=allowed)
        assert find_portfolios(conn, "Book") == (expected,)
        assert find_portfolios(conn, "Book", user_id=alice.id) == (expected,)
        assert owned_portfolio(conn, alice.id, book.id) == expected
        assert set(portfolios_on(conn, FRIDAY)) == {expected, other}
        assert {found for _, found in all_portfolios(conn)} == {expected, other}


def test_a_portfolio_without_settings_allows_no_estimates_until_it_is_told(conn: Connection) -> None:
    book = new_book(conn, new_user(conn))
    conn.execute(delete(portfolio_settings))
    assert owned_portfolio(conn, book.user_id, book.id) == book
    set_allow_estimates(conn, book, allowed=True)
    assert owned_portfolio(conn, book.user_id, book.id).allow_estimates


def test_statements_come_in_the_order_in_which_they_were_recorded(conn: Connection) -> None:
    book = new_book(conn, new_user(conn))
    recorded = [
        Statement(book.id, StatementKind.CASH, THURSDAY, Decimal("1000.005")),
        Statement(book.id, StatementKind.UNMODELLED_ASSETS, MONDAY, Decimal("-0.1")),
        Statement(book.id, StatementKind.CASH, MONDAY, Decimal(10) ** 20),
    ]
    for each in recorded:
        add_statement(conn, book, each.kind, each.as_of, each.amount)
    assert load_statements(conn, [book.id], FRIDAY) == tuple(recorded)
    assert load_statements(conn, [book.id], MONDAY) == tuple(recorded[1:])
    assert load_statements(conn, [NOBODY], FRIDAY) == ()


def test_a_tag_is_made_once_whatever_its_case(conn: Connection) -> None:
    alice = new_user(conn)
    first = ensure_tags(conn, alice.id, ["Core", "Tech"])
    again = ensure_tags(conn, alice.id, ["CORE", "core", "New"], kind="strategy")
    assert set(first) == {"Core", "Tech"}
    assert again["CORE"] == again["core"] == first["Core"]
    assert again["New"] not in first.values()
    stored = conn.execute(select(tags.c.name, tags.c.kind).order_by(tags.c.name)).all()
    assert [tuple(row) for row in stored] == [("Core", "regular"), ("New", "strategy"), ("Tech", "regular")]
    assert ensure_tags(conn, alice.id, []) == {}


def test_tags_of_one_name_are_each_users_own(conn: Connection) -> None:
    alice, bob = new_user(conn, "alice"), new_user(conn, "bob")
    assert ensure_tags(conn, alice.id, ["Core"]) != ensure_tags(conn, bob.id, ["Core"])


@pytest.mark.parametrize("name", ["Ärzte", "ΟΔΟΣ", "İstanbul", "ẞ", "a_%", "'; --"])
def test_a_tag_is_found_by_its_name_in_any_script(conn: Connection, name: str) -> None:
    book = new_book(conn, new_user(conn))
    found = ensure_tags(conn, book.user_id, [name])
    new = NewPosition(new_share(conn, "AAA"), Decimal(1), Decimal(1), FRIDAY, (name,))
    assert add_positions(conn, book, [new], recorded_on=FRIDAY, tag_ids=found, imported=False)


def test_a_market_is_unfinished_since_the_oldest_of_its_last_snapshots(conn: Connection) -> None:
    alice = new_user(conn)
    assert first_unfinished(conn, Market.LIVE, FRIDAY) is None
    first, second = new_book(conn, alice, "one", opened_on=MONDAY), new_book(conn, alice, "two", opened_on=TUESDAY)
    new_book(conn, alice, "simulated", market=Market.SIMULATED, opened_on=OPENED)
    new_book(conn, alice, "later", opened_on=FRIDAY)
    assert first_unfinished(conn, Market.LIVE, THURSDAY) == MONDAY
    replace_snapshots(conn, [first], [replace(full_snapshot(first), as_of=day) for day in (MONDAY, WEDNESDAY, FRIDAY)])
    assert first_unfinished(conn, Market.LIVE, THURSDAY) == TUESDAY
    replace_snapshots(conn, [second], [replace(full_snapshot(second), as_of=WEDNESDAY)])
    assert first_unfinished(conn, Market.LIVE, THURSDAY) == WEDNESDAY
    assert first_unfinished(conn, Market.LIVE, WEDNESDAY) == MONDAY
