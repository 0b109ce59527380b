"""Positions as they are listed: what has become of each by a day, in both places that say so."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from postgres.store.builders import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, call, new_book, new_share, new_user
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.listing import PositionFilter, PositionState
from sigmasight.store.instruments import save_options
from sigmasight.store.listing import list_positions, listed_positions
from sigmasight.store.positions import NewPosition, add_positions, write_exit


@pytest.mark.parametrize(
    ("day", "states"),
    [
        (TUESDAY, ["open", "open", "open"]),
        (WEDNESDAY, ["closed", "open", "open"]),
        (THURSDAY, ["closed", "open", "open"]),  # the contract's last day
        (FRIDAY, ["closed", "settled", "open"]),
    ],
)
def test_a_position_is_open_until_it_is_sold_or_its_contract_expires(
    conn: Connection, day: date, states: list[str]
) -> None:
    book, share = new_book(conn, new_user(conn)), new_share(conn, "AAA")
    terms = replace(call("AAA"), expiry=THURSDAY)
    contract = save_options(conn, [terms], MONDAY)[terms]
    new = [NewPosition(each, Decimal(1), Decimal(9), MONDAY) for each in (share, contract, new_share(conn, "BBB"))]
    sold, *_ = add_positions(conn, book, new, recorded_on=MONDAY, tag_ids={}, imported=False)
    write_exit(conn, sold, exit_date=WEDNESDAY, exit_price=None)
    listed = list_positions(conn, book.id, PositionFilter(), today=day, limit=9)
    assert [each.state_on(day) for each in listed] == states
    for state in PositionState:
        found = list_positions(conn, book.id, PositionFilter(states=(state,)), today=day, limit=9)
        assert [each.state_on(day) for each in found] == [each for each in states if each == state]


def test_positions_come_in_the_order_in_which_they_are_asked_for_or_not_at_all(conn: Connection) -> None:
    book, share = new_book(conn, new_user(conn)), new_share(conn, "AAA")
    new = [NewPosition(share, Decimal(at), Decimal(9), MONDAY, notes=f"note {at}") for at in (1, 2)]
    first, second = add_positions(conn, book, new, recorded_on=MONDAY, tag_ids={}, imported=False)
    listed = listed_positions(conn, book.id, [second, first])
    assert [(each.position.quantity, each.notes) for each in listed] == [(2, "note 2"), (1, "note 1")]
    with pytest.raises(NotFoundError, match="there is no position"):
        listed_positions(conn, book.id, [first, uuid4()])
