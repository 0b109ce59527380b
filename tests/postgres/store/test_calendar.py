"""The trading calendar at rest."""

from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import Connection, delete

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.store.calendar import calendar_source, load_calendar, save_calendar
from sigmasight.store.tables import trading_calendar, trading_sessions

SMALL = TradingCalendar(
    (date(2026, 11, 25), date(2026, 11, 27)),
    date(2026, 11, 20),
    date(2026, 11, 30),
    {date(2026, 11, 27): time(13, 0)},
)


def test_a_calendar_comes_back_as_it_was_saved(conn: Connection) -> None:
    save_calendar(conn, SMALL, "a source 1.0")
    assert calendar_source(conn) == ("a source 1.0", SMALL)
    assert load_calendar(conn) == SMALL


def test_a_new_calendar_replaces_the_old_one(conn: Connection) -> None:
    save_calendar(conn, SMALL, "a source 1.0")
    longer = replace(SMALL, sessions=(*SMALL.sessions, date(2026, 11, 30)), early_closes={})
    save_calendar(conn, longer, "a source 2.0")
    assert calendar_source(conn) == ("a source 2.0", longer)


def test_the_sessions_of_the_exchange_are_there_with_the_early_ones(calendar: TradingCalendar) -> None:
    assert calendar.is_trading_day(date(2026, 11, 27))
    assert not calendar.is_trading_day(date(2026, 11, 26))
    assert calendar.early_closes[date(2026, 11, 27)] == time(13, 0)


def test_without_a_calendar_one_is_told_how_to_make_it(conn: Connection) -> None:
    conn.execute(delete(trading_calendar))
    assert conn.execute(trading_sessions.select()).first() is None
    assert calendar_source(conn) is None
    with pytest.raises(DatabaseSetupError, match=r"no trading calendar yet. Run: sigmasight demo"):
        load_calendar(conn)
