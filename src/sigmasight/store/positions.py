"""Positions at rest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from sigmasight.domain.books import Entry, Portfolio, Position, TagOfPosition
from sigmasight.domain.errors import NotFoundError
from sigmasight.store.asked import late_since
from sigmasight.store.bulk import add_rows, among
from sigmasight.store.tables import imports, instruments, portfolios, position_tags, positions, tags


@dataclass(frozen=True, slots=True)
class NewPosition:
    """What is about to be written."""

    instrument_id: int
    quantity: Decimal
    entry_price: Decimal
    entry_date: date
    tags: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """What a committed file was and what became of its rows."""

    file_name: str
    sha256: str
    rows_read: int
    rows_taken: int
    rows_known: int
    rows_refused: int


def add_import(conn: Connection, portfolio: Portfolio, record: ImportRecord, import_id: UUID | None = None) -> UUID:
    """Write down a committed import, under an id of its own or the one given."""
    values = {name: getattr(record, name) for name in record.__slots__}
    if import_id is not None:
        values["id"] = import_id
    new = insert(imports).values(portfolio_id=portfolio.id, user_id=portfolio.user_id, **values).returning(imports.c.id)
    imported: UUID = conn.execute(new).scalar_one()
    return imported


def add_positions(
    conn: Connection,
    portfolio: Portfolio,
    new: Sequence[NewPosition],
    *,
    recorded_on: date,
    tag_ids: Mapping[str, UUID],
    imported: bool,
    import_id: UUID | None = None,
) -> tuple[UUID, ...]:
    """Add positions with their tags (``tag_ids`` by the names they use); returns their ids in order."""
    ids = [uuid4() for _ in new]
    columns = ("id", "portfolio_id", "user_id", "instrument_id", "quantity", "entry_price", "entry_date")
    rows = (
        (
            position_id,
            portfolio.id,
            portfolio.user_id,
            position.instrument_id,
            position.quantity,
            position.entry_price,
            position.entry_date,
            recorded_on,
            imported,
            import_id,
            position.notes,
        )
        for position_id, position in zip(ids, new, strict=True)
    )
    add_rows(conn, positions, (*columns, "recorded_on", "imported", "import_id", "notes"), rows)
    links = (
        (position_id, tag_id, portfolio.user_id)
        for position_id, position in zip(ids, new, strict=True)
        for tag_id in dict.fromkeys(tag_ids[tag] for tag in position.tags)
    )
    add_rows(conn, position_tags, ("position_id", "tag_id", "user_id"), links)
    return tuple(ids)


def load_positions(conn: Connection, portfolio_ids: Collection[UUID], last: date) -> tuple[Position, ...]:
    """Positions, open or closed, that were held on some day up to ``last``; in a fixed order."""
    query = select(positions).where(among(positions.c.portfolio_id, portfolio_ids), positions.c.held_from <= last)
    order = (positions.c.portfolio_id, positions.c.held_from, positions.c.instrument_id, positions.c.id)
    return tuple(position_of(row) for row in conn.execute(query.order_by(*order)))


def first_held(conn: Connection, market: str, *, first: date, last: date) -> dict[int, date]:
    """Instruments that any portfolio of a market held on some day of a range, and since when at the earliest."""
    query = (
        select(positions.c.instrument_id, func.min(positions.c.held_from))
        .join(portfolios, portfolios.c.id == positions.c.portfolio_id)
        .where(
            portfolios.c.market == market,
            positions.c.held_from <= last,
            func.coalesce(positions.c.exit_date, last) >= first,
        )
        .group_by(positions.c.instrument_id)
    )
    return {instrument_id: since for instrument_id, since in conn.execute(query)}


def open_on(conn: Connection, market: str, day: date) -> frozenset[int]:
    """Instruments that any portfolio of a market holds at a day's close; expired options are held until settled."""
    query = (
        select(positions.c.instrument_id)
        .join(portfolios, portfolios.c.id == positions.c.portfolio_id)
        .where(
            portfolios.c.market == market,
            positions.c.held_from <= day,
            or_(positions.c.exit_date.is_(None), positions.c.exit_date > day),
        )
        .distinct()
    )
    return frozenset(conn.execute(query).scalars())


def outdated(conn: Connection, portfolio_ids: Collection[UUID]) -> dict[UUID, date]:
    """Portfolios that held something that late data touch, and the first day it matters.

    An option is touched by late data of its own, of its underlying, and of other options on that.
    """
    late = late_since()
    query = (
        select(positions.c.portfolio_id, func.min(func.greatest(late.c.day, positions.c.held_from)))
        .join(portfolios, portfolios.c.id == positions.c.portfolio_id)
        .join(late, and_(late.c.market == portfolios.c.market, late.c.instrument_id == positions.c.instrument_id))
        .where(
            among(positions.c.portfolio_id, portfolio_ids),
            or_(positions.c.exit_date.is_(None), positions.c.exit_date >= late.c.day),
        )
        .group_by(positions.c.portfolio_id)
    )
    return {portfolio_id: day for portfolio_id, day in conn.execute(query)}


def known_lots(conn: Connection, portfolio_id: UUID) -> tuple[tuple[int, Decimal, Decimal, date], ...]:
    """Instrument, quantity, entry price and entry date of every position that was ever imported into a portfolio."""
    columns = (positions.c.instrument_id, positions.c.quantity, positions.c.entry_price, positions.c.entry_date)
    query = select(*columns).where(positions.c.portfolio_id == portfolio_id, positions.c.imported)
    rows = conn.execute(query.order_by(positions.c.id))
    return tuple((row.instrument_id, row.quantity, row.entry_price, row.entry_date) for row in rows)


def owned_position(conn: Connection, user_id: UUID, position_id: UUID, *, portfolio_id: UUID | None = None) -> Position:
    """A position of a user, in the portfolio given or in any of his.

    Raises:
        NotFoundError: If there is none, or it is somebody else's.
    """
    query = select(positions).where(positions.c.id == position_id, positions.c.user_id == user_id)
    if portfolio_id is not None:
        query = query.where(positions.c.portfolio_id == portfolio_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no position {position_id}")
    return position_of(row)


def write_exit(conn: Connection, position_id: UUID, *, exit_date: date, exit_price: Decimal | None) -> None:
    """Close a position on a day, sold at a price or (None) taken out."""
    conn.execute(
        update(positions).where(positions.c.id == position_id).values(exit_date=exit_date, exit_price=exit_price)
    )


def entry_of(conn: Connection, position_id: UUID) -> tuple[Entry, date]:
    """What may be corrected of a position, as it is, and the day it was brought in."""
    columns = [positions.c[field.name] for field in fields(Entry)]
    *entry, recorded_on = conn.execute(
        select(*columns, positions.c.recorded_on).where(positions.c.id == position_id)
    ).one()
    return Entry(*entry), recorded_on


def write_entry(conn: Connection, position_id: UUID, entry: Entry) -> None:
    """Correct a position."""
    conn.execute(update(positions).where(positions.c.id == position_id).values(asdict(entry)))


def delete_position(conn: Connection, position_id: UUID) -> None:
    """Delete a position as if it had never been."""
    conn.execute(delete(positions).where(positions.c.id == position_id))


def load_tags(conn: Connection, portfolio_ids: Collection[UUID]) -> tuple[TagOfPosition, ...]:
    """The tags of positions."""
    rows = conn.execute(
        select(position_tags.c.position_id, tags.c.name)
        .join(tags, tags.c.id == position_tags.c.tag_id)
        .join(positions, positions.c.id == position_tags.c.position_id)
        .where(among(positions.c.portfolio_id, portfolio_ids))
        .order_by(tags.c.name, position_tags.c.position_id)
    )
    return tuple(TagOfPosition(row[0], row[1]) for row in rows)


def symbols_of(conn: Connection, portfolio_id: UUID) -> tuple[str, ...]:
    """The symbol of every position of a portfolio."""
    query = (
        select(instruments.c.symbol)
        .join(positions, positions.c.instrument_id == instruments.c.id)
        .where(positions.c.portfolio_id == portfolio_id)
        .order_by(instruments.c.symbol)
    )
    return tuple(conn.execute(query).scalars())


def position_of(row: Row[tuple[object, ...]]) -> Position:
    """The position that a row of the table is."""
    return Position(
        id=row.id,
        portfolio_id=row.portfolio_id,
        instrument_id=row.instrument_id,
        quantity=row.quantity,
        entry_price=row.entry_price,
        entry_date=row.entry_date,
        held_from=row.held_from,
        brought_in=row.brought_in,
        exit_date=row.exit_date,
        exit_price=row.exit_price,
    )
