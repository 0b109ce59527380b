"""The portfolio that a person names."""

import pytest
from sqlalchemy import Connection

from postgres.services.conftest import Desk
from postgres.store.builders import FRIDAY, new_book, new_user
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.services.portfolios import find_or_make_portfolio, find_portfolio


def test_a_portfolio_is_found_by_its_name(desk: Desk) -> None:
    assert find_portfolio(desk.conn, "Book") == desk.book
    assert find_portfolio(desk.conn, "Book", email="ALICE@example.com") == desk.book


def test_where_several_have_the_name_the_owner_decides(desk: Desk) -> None:
    his = new_book(desk.conn, new_user(desk.conn, "bob"))
    with pytest.raises(NotFoundError, match="Several users have a portfolio 'Book'; say whose with --user"):
        find_portfolio(desk.conn, "Book")
    assert find_portfolio(desk.conn, "Book", email="bob@example.com") == his


def test_who_names_none_is_told_which_there_are(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=r"no portfolio 'Bok' \(there: 'Book'\)\.$"):
        find_portfolio(desk.conn, "Bok")
    with pytest.raises(NotFoundError, match=r"\(there: 'Book'\)\. Make it with --create\.$"):
        find_portfolio(desk.conn, "Bok", hint="Make it with --create.")
    with pytest.raises(NotFoundError, match=r"There is no user bob@example\.com"):
        find_portfolio(desk.conn, "Book", email="bob@example.com")


def test_without_any_portfolio_that_is_said(conn: Connection) -> None:
    with pytest.raises(NotFoundError, match=r"\(there: none yet\)"):
        find_portfolio(conn, "Book")


def test_a_portfolio_is_made_once(conn: Connection) -> None:
    alice = new_user(conn)
    made = find_or_make_portfolio(conn, "New", email=alice.email, market=Market.SIMULATED, today=FRIDAY)
    assert (made.user_id, made.name, made.market, made.opened_on) == (alice.id, "New", Market.SIMULATED, FRIDAY)
    assert find_or_make_portfolio(conn, "New", email=alice.email, market=Market.LIVE, today=FRIDAY) == made


@pytest.mark.parametrize(
    ("email", "message"), [(None, "--create needs --user"), ("bob@example.com", "no user bob@example.com")]
)
def test_a_portfolio_is_made_for_a_user_that_is_there(conn: Connection, email: str | None, message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        find_or_make_portfolio(conn, "New", email=email, market=Market.LIVE, today=FRIDAY)
