"""Tags at rest: a user's words, and which positions carry them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from sigmasight.domain.books import Tag, TagKind
from sigmasight.domain.errors import ConflictError, NotFoundError
from sigmasight.store.tables import position_tags, positions, tags


@dataclass(frozen=True, slots=True)
class CountedTag:
    """A tag and how many positions carry it."""

    tag: Tag
    positions: int


_counted = select(
    tags,
    select(func.count())
    .select_from(position_tags)
    .where(position_tags.c.tag_id == tags.c.id)
    .scalar_subquery()
    .label("positions"),
)


def tags_of(conn: Connection, user_id: UUID, *, after: str | None = None, limit: int) -> tuple[CountedTag, ...]:
    """A user's tags by name, those after a name, whatever their case."""
    name = func.lower(tags.c.name)
    query = _counted.where(tags.c.user_id == user_id).order_by(name).limit(limit)
    if after is not None:
        query = query.where(name > func.lower(after))
    return tuple(_tag(row) for row in conn.execute(query))


def owned_tag(conn: Connection, user_id: UUID, tag_id: UUID) -> CountedTag:
    """A tag of a user.

    Raises:
        NotFoundError: If there is none, or it is somebody else's.
    """
    row = conn.execute(_counted.where(tags.c.id == tag_id, tags.c.user_id == user_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no tag {tag_id}")
    return _tag(row)


def add_tag(conn: Connection, user_id: UUID, *, name: str, kind: TagKind, colour: str | None) -> Tag:
    """Add a tag.

    Raises:
        ConflictError: If the user has one of that name, whatever its case.
    """
    new = upsert(tags).values(user_id=user_id, name=name, kind=kind, colour=colour).on_conflict_do_nothing()
    made = conn.execute(new.returning(tags.c.id)).scalar_one_or_none()
    if made is None:
        raise _taken(name)
    return Tag(made, name, kind, colour)


def write_tag(conn: Connection, tag: Tag) -> None:
    """Give a tag another name, kind or colour.

    Raises:
        ConflictError: If its user has another one of that name, whatever its case.
    """
    changed = update(tags).where(tags.c.id == tag.id).values(name=tag.name, kind=tag.kind, colour=tag.colour)
    try:
        conn.execute(changed)
    except IntegrityError as error:
        raise _taken(tag.name) from error


def delete_tag(conn: Connection, tag_id: UUID) -> None:
    """Delete a tag; positions carry it no more."""
    conn.execute(delete(tags).where(tags.c.id == tag_id))


def portfolios_tagged(conn: Connection, tag_id: UUID) -> tuple[UUID, ...]:
    """Portfolios with a position that carries a tag."""
    query = select(positions.c.portfolio_id).join(position_tags, position_tags.c.position_id == positions.c.id)
    return tuple(conn.execute(query.where(position_tags.c.tag_id == tag_id).distinct()).scalars())


def replace_tags(conn: Connection, user_id: UUID, position_id: UUID, tag_ids: Collection[UUID]) -> None:
    """Let a position carry these tags and no others."""
    conn.execute(delete(position_tags).where(position_tags.c.position_id == position_id))
    rows = [{"position_id": position_id, "tag_id": tag_id, "user_id": user_id} for tag_id in dict.fromkeys(tag_ids)]
    if rows:
        conn.execute(insert(position_tags), rows)


def _taken(name: str) -> ConflictError:
    return ConflictError(f"there is a tag {name!r} already")


def _tag(row: Row[tuple[object, ...]]) -> CountedTag:
    return CountedTag(Tag(row.id, row.name, TagKind(row.kind), row.colour), row.positions)
