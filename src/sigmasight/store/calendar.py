"""The trading calendar at rest."""

from datetime import time

from sqlalchemy import Connection, delete, insert, select

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.store.bulk import copy_rows
from sigmasight.store.tables import trading_calendar, trading_sessions

EXCHANGE = "XNYS"


def calendar_source(conn: Connection) -> tuple[str, TradingCalendar] | None:
    """The stored calendar and the version of the source it was built from; None while there is none."""
    head = conn.execute(select(trading_calendar).where(trading_calendar.c.exchange == EXCHANGE)).one_or_none()
    if head is None:
        return None
    rows = conn.execute(
        select(trading_sessions.c.session, trading_sessions.c.early_close)
        .where(trading_sessions.c.exchange == EXCHANGE)
        .order_by(trading_sessions.c.session)
    ).all()
    early = {session: time.fromisoformat(close) for session, close in rows if close is not None}
    return head.source_version, TradingCalendar(tuple(row[0] for row in rows), head.first_day, head.last_day, early)


def load_calendar(conn: Connection) -> TradingCalendar:
    """The stored calendar.

    Raises:
        DatabaseSetupError: If none is stored yet.
    """
    found = calendar_source(conn)
    if found is None:
        raise DatabaseSetupError("The database holds no trading calendar yet. Run: sigmasight demo")
    return found[1]


def save_calendar(conn: Connection, calendar: TradingCalendar, source_version: str) -> None:
    """Replace the stored calendar."""
    conn.execute(delete(trading_calendar).where(trading_calendar.c.exchange == EXCHANGE))
    conn.execute(
        insert(trading_calendar).values(
            exchange=EXCHANGE, source_version=source_version, first_day=calendar.first, last_day=calendar.last
        )
    )
    closes = {session: f"{close:%H:%M}" for session, close in calendar.early_closes.items()}
    rows = ((EXCHANGE, session, closes.get(session)) for session in calendar.sessions)
    copy_rows(conn, trading_sessions, ("exchange", "session", "early_close"), rows)
