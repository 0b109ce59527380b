"""What was asked of providers so far, and what of their answers was refused at the door."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.market_data import Market
from sigmasight.store.bulk import among
from sigmasight.store.tables import asked_ranges, late_rows, refused_rows

Range = tuple[date, date]


def asked(conn: Connection, market: Market, kind: str) -> dict[str, Range]:
    """What was asked of providers so far, by symbol or series: also what they had no answer for."""
    rows = conn.execute(
        select(asked_ranges.c.subject, asked_ranges.c.first_day, asked_ranges.c.last_day).where(
            asked_ranges.c.market == market, asked_ranges.c.kind == kind
        )
    )
    return {subject: (first, last) for subject, first, last in rows}


def remember_asked(
    conn: Connection, market: Market, kind: str, subjects: Collection[str], *, span: Range, source: str
) -> None:
    """Widen what was asked by a range."""
    if not subjects:
        return
    first, last = span
    rows = [
        {"market": market, "kind": kind, "subject": subject, "first_day": first, "last_day": last, "source": source}
        for subject in sorted(set(subjects))
    ]
    arriving = upsert(asked_ranges)
    conn.execute(
        arriving.on_conflict_do_update(
            index_elements=["market", "kind", "subject"],
            set_={
                "first_day": func.least(asked_ranges.c.first_day, arriving.excluded.first_day),
                "last_day": func.greatest(asked_ranges.c.last_day, arriving.excluded.last_day),
            },
        ),
        rows,
    )


def forget_asked(conn: Connection, market: Market, kind: str, subjects: Collection[str]) -> None:
    """Let what was asked in vain be asked again."""
    mine = (asked_ranges.c.market == market, asked_ranges.c.kind == kind, among(asked_ranges.c.subject, subjects))
    conn.execute(delete(asked_ranges).where(*mine))


def note_late(conn: Connection, market: Market, gained: Mapping[int, date]) -> None:
    """Note the first day for which an instrument gained data late: snapshots that stand on it are to be made again."""
    if gained:
        rows = [{"market": market, "instrument_id": asset, "day": day} for asset, day in gained.items()]
        conn.execute(insert(late_rows), rows)


def last_late(conn: Connection) -> int:
    """The number of the last note of late data; 0 while there is none."""
    found: int = conn.execute(select(func.coalesce(func.max(late_rows.c.id), 0))).scalar_one()
    return found


def forget_late(conn: Connection, last: int) -> None:
    """Drop notes of late data up to a number: every portfolio's snapshots have been made again."""
    conn.execute(delete(late_rows).where(late_rows.c.id <= last))


def set_aside(conn: Connection, market: Market, rows: Sequence[Mapping[str, object]], source: str) -> None:
    """Keep refused rows for the report: symbol, day, field, value, why."""
    if rows:
        conn.execute(insert(refused_rows), [{**row, "market": market, "source": source} for row in rows])
