"""What was asked of providers so far, and what of their answers was refused at the door."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, Subquery, delete, func, insert, select, union_all
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.market_data import Market
from sigmasight.store.bulk import among
from sigmasight.store.tables import asked_ranges, instruments, late_rows, refused_rows

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
    if not subjects:
        return
    mine = (asked_ranges.c.market == market, asked_ranges.c.kind == kind, among(asked_ranges.c.subject, subjects))
    conn.execute(delete(asked_ranges).where(*mine))


def note_late(conn: Connection, market: Market, gained: Mapping[int, date]) -> None:
    """Note the first day for which an instrument gained data late: snapshots that stand on it are to be made again."""
    if gained:
        rows = [{"market": market, "instrument_id": asset, "day": day} for asset, day in gained.items()]
        conn.execute(insert(late_rows), rows)


def late_since() -> Subquery:
    """Each instrument that late data touch, and since when: its own, of an option its underlying's and its siblings'.

    The options on one underlying are siblings: each other's quotes may go into their volatilities and forwards.
    """
    day = func.min(late_rows.c.day).label("day")
    family = func.coalesce(instruments.c.underlying_id, instruments.c.id).label("family")
    noted = instruments.c.id == late_rows.c.instrument_id
    late = (
        select(late_rows.c.market, family, day).join(instruments, noted).group_by(late_rows.c.market, family).subquery()
    )
    options = select(late.c.market, instruments.c.id, late.c.day).join(
        instruments, instruments.c.underlying_id == late.c.family
    )
    own = select(late_rows.c.market, late_rows.c.instrument_id, late_rows.c.day)
    touched = union_all(own, options).subquery()
    first = func.min(touched.c.day).label("day")
    grouped = select(touched.c.market, touched.c.instrument_id, first).group_by(
        touched.c.market, touched.c.instrument_id
    )
    return grouped.subquery("late_since")


def last_late(conn: Connection) -> int:
    """The number of the last note of late data; 0 while there is none."""
    found: int = conn.execute(select(func.coalesce(func.max(late_rows.c.id), 0))).scalar_one()
    return found


def forget_late(conn: Connection, last: int, *, but_of: Collection[Market]) -> None:
    """Drop notes of late data up to a number, but of some markets: there every portfolio's results are made again."""
    conn.execute(delete(late_rows).where(late_rows.c.id <= last, late_rows.c.market.not_in(list(but_of))))


def set_aside(conn: Connection, market: Market, rows: Sequence[Mapping[str, object]], source: str) -> None:
    """Keep refused rows for the report: symbol, day, field, value, why."""
    if rows:
        conn.execute(insert(refused_rows), [{**row, "market": market, "source": source} for row in rows])
