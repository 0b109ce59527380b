"""Rows that were kept aside at the door, and the jumps among them that a person has confirmed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.market_data import Market
from sigmasight.store.bulk import among
from sigmasight.store.tables import confirmed_jumps, refused_rows


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row of a vendor that was not taken; the same one refused every night is told once."""

    symbol: str
    day: date | None
    field: str
    value: str  # as it was told
    why: str
    source: str
    times: int
    last_at: datetime


def load_quarantined(
    conn: Connection, market: Market, *, symbols: Collection[str] | None = None, limit: int
) -> list[Quarantined]:
    """What was kept aside last, of some symbols or of all, newest first."""
    row = refused_rows.c
    same = (row.symbol, row.day, row.field, row.value, row.why, row.source)
    mine = [row.market == market] + ([among(row.symbol, symbols)] if symbols is not None else [])
    found = conn.execute(
        select(*same, func.count(), func.max(row.refused_at))
        .where(*mine)
        .group_by(*same)
        .order_by(func.max(row.id).desc())
        .limit(limit)
    )
    return [Quarantined(*each) for each in found]


def refused_so_far(conn: Connection, market: Market, symbols: Collection[str], *, at_most: int) -> frozenset[str]:
    """The symbols, among some, with a row that was kept aside no more often than so."""
    row = refused_rows.c
    same = (row.symbol, row.day, row.field, row.value, row.why, row.source)
    counted = select(row.symbol).where(row.market == market, among(row.symbol, symbols)).group_by(*same)
    return frozenset(conn.execute(counted.having(func.count() <= at_most)).scalars())


def is_refused(conn: Connection, market: Market, symbol: str, day: date) -> bool:
    """Whether a close of that day was kept aside."""
    row = refused_rows.c
    query = select(row.id).where(row.market == market, row.symbol == symbol, row.day == day, row.field == "close")
    return conn.execute(query.limit(1)).first() is not None


def confirm_jump(conn: Connection, market: Market, instrument_id: int, day: date, why: str) -> None:
    """Let a jump stand that no split explains, because a person says so."""
    row = {"market": market, "instrument_id": instrument_id, "day": day, "why": why}
    conn.execute(upsert(confirmed_jumps).values(row).on_conflict_do_nothing())


def confirmed_days(conn: Connection, market: Market, ids: Collection[int]) -> dict[int, frozenset[date]]:
    """The days of confirmed jumps by instrument; absent where there are none."""
    jump = confirmed_jumps.c
    rows = conn.execute(
        select(jump.instrument_id, func.array_agg(jump.day))
        .where(jump.market == market, among(jump.instrument_id, ids))
        .group_by(jump.instrument_id)
    )
    return {instrument_id: frozenset(days) for instrument_id, days in rows}
