from datetime import date

from sqlalchemy import Connection

from postgres.store.builders import new_share
from sigmasight.domain.market_data import Market
from sigmasight.store.asked import forget_late, last_late, note_late


def test_notes_of_late_data_are_kept_until_they_are_dropped_up_to_a_number(conn: Connection) -> None:
    share = new_share(conn, "AAA")
    assert last_late(conn) == 0
    note_late(conn, Market.LIVE, {})
    assert last_late(conn) == 0
    note_late(conn, Market.LIVE, {share: date(2026, 11, 18)})
    first = last_late(conn)
    note_late(conn, Market.SIMULATED, {share: date(2026, 11, 19)})
    assert last_late(conn) > first > 0
    forget_late(conn, first, but_of=())
    assert last_late(conn) > first
    forget_late(conn, last_late(conn), but_of=())
    assert last_late(conn) == 0
