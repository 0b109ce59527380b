"""Positions at rest as they are listed: filtered, grouped, a page at a time."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from sigmasight.domain.books import Tag, TagKind
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.instruments import PositionType, Right
from sigmasight.domain.listing import (
    NO_SECTOR,
    UNTAGGED,
    ListedPosition,
    Place,
    PositionFilter,
    PositionGrouping,
    PositionState,
)
from sigmasight.store.bulk import among
from sigmasight.store.instruments import load_instruments
from sigmasight.store.positions import position_of
from sigmasight.store.tables import instruments, position_tags, positions, tags

_parent = instruments.alias("parent")
_short = positions.c.quantity < 0
_type = case(
    (instruments.c.option_right == Right.CALL, case((_short, PositionType.SHORT_CALL), else_=PositionType.LONG_CALL)),
    (instruments.c.option_right == Right.PUT, case((_short, PositionType.SHORT_PUT), else_=PositionType.LONG_PUT)),
    else_=case((_short, PositionType.SHORT), else_=PositionType.LONG),
)
_underlying = func.coalesce(_parent.c.symbol, instruments.c.symbol)
_held = positions.join(instruments, instruments.c.id == positions.c.instrument_id).outerjoin(
    _parent, _parent.c.id == instruments.c.underlying_id
)


def list_positions(
    conn: Connection,
    portfolio_id: UUID,
    wanted: PositionFilter,
    *,
    today: date,
    by: PositionGrouping | None = None,
    after: Place | None = None,
    limit: int,
) -> tuple[ListedPosition, ...]:
    """Positions of a portfolio by group, symbol and entry date, those after a place; in each group they belong to."""
    source, group = _grouped(by)
    key = (group, instruments.c.symbol, positions.c.entry_date, positions.c.id)
    query = select(positions, group.label("listed_in")).select_from(source)
    query = query.where(_meant(portfolio_id, wanted, today)).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*_typed(after)))
    return _listed(conn, conn.execute(query).all())


def count_groups(
    conn: Connection, portfolio_id: UUID, wanted: PositionFilter, *, today: date, by: PositionGrouping
) -> tuple[tuple[str, int], ...]:
    """How many positions are in each group, by the group's name; one with several tags counts in each."""
    source, group = _grouped(by)
    query = select(group, func.count()).select_from(source).where(_meant(portfolio_id, wanted, today))
    return tuple((name, count) for name, count in conn.execute(query.group_by(group).order_by(group)))


def listed_positions(conn: Connection, portfolio_id: UUID, ids: Sequence[UUID]) -> tuple[ListedPosition, ...]:
    """Some positions of a portfolio, in the order of their ids given.

    Raises:
        NotFoundError: If it does not have one of them.
    """
    query = select(positions, literal("").label("listed_in"))
    query = query.where(positions.c.portfolio_id == portfolio_id, among(positions.c.id, ids))
    found = {listed.position.id: listed for listed in _listed(conn, conn.execute(query).all())}
    for position_id in ids:
        if position_id not in found:
            raise NotFoundError(f"there is no position {position_id}")
    return tuple(found[position_id] for position_id in ids)


def _grouped(by: PositionGrouping | None) -> tuple[FromClause, ColumnElement[Any]]:
    """Where rows come from, once for each group of a position, and the name of the group."""
    if by in {PositionGrouping.TAG, PositionGrouping.STRATEGY}:
        carried = _carried(strategies_only=by is PositionGrouping.STRATEGY).subquery("carried")
        source = _held.outerjoin(carried, carried.c.position_id == positions.c.id)
        return source, func.coalesce(carried.c.name, UNTAGGED)
    names: dict[PositionGrouping | None, ColumnElement[Any]] = {
        None: literal(""),
        PositionGrouping.TYPE: _type,
        PositionGrouping.UNDERLYING: _underlying,
        PositionGrouping.SECTOR: func.coalesce(_parent.c.sector, instruments.c.sector, NO_SECTOR),
    }
    return _held, names[by]


def _carried(*, strategies_only: bool) -> Select[tuple[UUID, str]]:
    """Positions with the tags that they carry."""
    query = select(position_tags.c.position_id, tags.c.name).join(tags, tags.c.id == position_tags.c.tag_id)
    return query.where(tags.c.kind == TagKind.STRATEGY) if strategies_only else query


def _meant(portfolio_id: UUID, wanted: PositionFilter, today: date) -> ColumnElement[bool]:
    state = case(
        (positions.c.exit_date <= today, PositionState.CLOSED),
        (instruments.c.expiry < today, PositionState.SETTLED),
        else_=PositionState.OPEN,
    )
    conditions: list[ColumnElement[bool]] = [positions.c.portfolio_id == portfolio_id]
    if wanted.types:
        conditions.append(_type.in_(wanted.types))
    if wanted.states:
        conditions.append(state.in_(wanted.states))
    if wanted.underlying is not None:
        conditions.append(_underlying == wanted.underlying)
    if wanted.tags:
        carries = [_carries(tag) for tag in wanted.tags]
        conditions.append(and_(*carries) if wanted.every_tag else or_(*carries))
    return and_(*conditions)


def _carries(tag: str) -> ColumnElement[bool]:
    carried = _carried(strategies_only=False).where(func.lower(tags.c.name) == func.lower(tag))
    return exists(carried.where(position_tags.c.position_id == positions.c.id))


def _typed(place: Place) -> tuple[ColumnElement[Any], ...]:
    return (
        literal(place.group),
        literal(place.symbol),
        literal(place.entry_date),
        literal(place.id, positions.c.id.type),
    )


def _listed(conn: Connection, rows: Sequence[Row[Any]]) -> tuple[ListedPosition, ...]:
    known = {each.id: each for each in load_instruments(conn, {row.instrument_id for row in rows})}
    carried = _tags_of(conn, {row.id for row in rows})
    return tuple(
        ListedPosition(
            position=position_of(row),
            instrument=(instrument := known[row.instrument_id]),
            underlying=None if instrument.underlying_id is None else known[instrument.underlying_id],
            tags=tuple(carried.get(row.id, ())),
            notes=row.notes,
            group=row.listed_in,
        )
        for row in rows
    )


def _tags_of(conn: Connection, ids: Collection[UUID]) -> dict[UUID, list[Tag]]:
    found: dict[UUID, list[Tag]] = {}
    query = select(position_tags.c.position_id, tags).join(tags, tags.c.id == position_tags.c.tag_id)
    for row in conn.execute(query.where(among(position_tags.c.position_id, ids)).order_by(tags.c.name)):
        found.setdefault(row.position_id, []).append(Tag(row.id, row.name, TagKind(row.kind), row.colour))
    return found
