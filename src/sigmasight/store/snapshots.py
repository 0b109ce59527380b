"""Snapshots at rest: a cache that can be thrown away and made again."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Connection, Row, Uuid, delete, func, literal, select, true

from sigmasight.domain.books import Portfolio
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import reason_from_words
from sigmasight.domain.snapshots import MEASURES, Measures, NotIncluded, Snapshot
from sigmasight.store.bulk import add_rows, among, number
from sigmasight.store.tables import portfolio_snapshots as snapshots
from sigmasight.store.tables import portfolios

_COUNTS = ("positions", "long_positions", "short_positions", "option_positions")
_COLUMNS = (
    *("portfolio_id", "user_id", "as_of", "method"),
    *MEASURES,
    *_COUNTS,
    *("coverage", "delta_coverage", "reasons", "marks", "not_included", "warnings"),
)


def replace_snapshots(conn: Connection, portfolios: Sequence[Portfolio], made: Sequence[Snapshot]) -> None:
    """Write snapshots of some portfolios, replacing those of the same portfolio and day."""
    owners = {portfolio.id: portfolio.user_id for portfolio in portfolios}
    for as_of in sorted({snapshot.as_of for snapshot in made}):
        ids = [snapshot.portfolio_id for snapshot in made if snapshot.as_of == as_of]
        conn.execute(delete(snapshots).where(snapshots.c.as_of == as_of, among(snapshots.c.portfolio_id, ids)))
    add_rows(conn, snapshots, _COLUMNS, (_columns(snapshot, owners[snapshot.portfolio_id]) for snapshot in made))


def load_snapshots(conn: Connection, portfolio_id: UUID, first: date, last: date) -> tuple[Snapshot, ...]:
    """A portfolio's snapshots of a range of days, ascending."""
    query = select(snapshots).where(snapshots.c.portfolio_id == portfolio_id, snapshots.c.as_of.between(first, last))
    return tuple(_snapshot(row) for row in conn.execute(query.order_by(snapshots.c.as_of)))


def snapshots_back(
    conn: Connection, portfolio_id: UUID, first: date, last: date, *, before: date | None, limit: int
) -> tuple[Snapshot, ...]:
    """A portfolio's snapshots of a range of days, the newest first, at most so many, of those before a day."""
    query = select(snapshots).where(snapshots.c.portfolio_id == portfolio_id, snapshots.c.as_of.between(first, last))
    if before is not None:
        query = query.where(snapshots.c.as_of < before)
    return tuple(_snapshot(row) for row in conn.execute(query.order_by(snapshots.c.as_of.desc()).limit(limit)))


def last_before(conn: Connection, portfolio_ids: Collection[UUID], day: date) -> dict[UUID, tuple[date, float | None]]:
    """For each portfolio that has one, its last snapshot before a day: when, and the cumulative P&L then."""
    asked_for = func.unnest(literal(list(portfolio_ids), ARRAY(Uuid))).table_valued("id").render_derived(name="asked")
    last = (
        select(snapshots.c.portfolio_id, snapshots.c.as_of, snapshots.c.cumulative_pnl)
        .where(snapshots.c.portfolio_id == asked_for.c.id, snapshots.c.as_of < day)
        .order_by(snapshots.c.as_of.desc())
        .limit(1)
        .lateral()
    )
    rows = conn.execute(select(last).select_from(asked_for.join(last, true())))
    return {row.portfolio_id: (row.as_of, row.cumulative_pnl) for row in rows}


def last_day(conn: Connection, portfolio_id: UUID) -> date | None:
    """The last session of which a portfolio has a snapshot."""
    query = select(func.max(snapshots.c.as_of)).where(snapshots.c.portfolio_id == portfolio_id)
    found: date | None = conn.execute(query).scalar_one()
    return found


def is_stored(conn: Connection, portfolio_id: UUID, day: date) -> bool:
    """Whether a portfolio has a snapshot of a day."""
    query = select(snapshots.c.as_of).where(snapshots.c.portfolio_id == portfolio_id, snapshots.c.as_of == day)
    return conn.execute(query).first() is not None


def last_snapshot(conn: Connection, market: Market) -> date | None:
    """The last day on which any portfolio of a market has a snapshot."""
    last = select(func.max(snapshots.c.as_of)).join(portfolios, portfolios.c.id == snapshots.c.portfolio_id)
    found: date | None = conn.execute(last.where(portfolios.c.market == market)).scalar_one()
    return found


def days_from(conn: Connection, portfolio_ids: Collection[UUID], day: date) -> dict[UUID, tuple[date, ...]]:
    """For each portfolio, on which days from a given one on it has snapshots."""
    rows = conn.execute(
        select(snapshots.c.portfolio_id, func.array_agg(snapshots.c.as_of))
        .where(among(snapshots.c.portfolio_id, portfolio_ids), snapshots.c.as_of >= day)
        .group_by(snapshots.c.portfolio_id)
    )
    return {portfolio_id: tuple(sorted(found)) for portfolio_id, found in rows}


def _columns(snapshot: Snapshot, user_id: UUID) -> tuple[object, ...]:
    return (
        snapshot.portfolio_id,
        user_id,
        snapshot.as_of,
        snapshot.method,
        *(number(getattr(snapshot.measures, name)) for name in MEASURES),
        *(getattr(snapshot, name) for name in _COUNTS),
        snapshot.coverage,
        snapshot.delta_coverage,
        Jsonb({name: list(reason.words) for name, reason in snapshot.reasons.items()}),
        list(snapshot.marks.words),
        Jsonb([{"symbol": left.symbol, "reason": left.reason} for left in snapshot.not_included]),
        list(snapshot.warnings),
    )


def _snapshot(row: Row[tuple[object, ...]]) -> Snapshot:
    columns = row._mapping  # noqa: SLF001 - the documented name
    numbers = {name: float("nan") if columns[name] is None else columns[name] for name in MEASURES}
    return Snapshot(
        portfolio_id=row.portfolio_id,
        as_of=row.as_of,
        method=row.method,
        measures=Measures(**numbers),
        **{name: columns[name] for name in _COUNTS},
        coverage=row.coverage,
        delta_coverage=row.delta_coverage,
        reasons={name: reason_from_words(words) for name, words in row.reasons.items()},
        marks=reason_from_words(row.marks),
        not_included=tuple(NotIncluded(left["symbol"], left["reason"]) for left in row.not_included),
        warnings=tuple(row.warnings),
    )
