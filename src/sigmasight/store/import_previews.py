"""Files that somebody has shown and not committed yet."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotFoundError
from sigmasight.store.positions import ImportRecord
from sigmasight.store.tables import import_previews, imports


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that waits to be committed."""

    id: UUID
    portfolio_id: UUID
    name: str
    content: bytes
    lots: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CommittedImport:
    """An import that was taken."""

    id: UUID
    portfolio_id: UUID
    record: ImportRecord
    committed_at: datetime


def add_preview(
    conn: Connection, portfolio: Portfolio, *, name: str, content: bytes, lots: bool, now: datetime
) -> ShownFile:
    """Keep a file until it is committed or forgotten."""
    values = {"portfolio_id": portfolio.id, "user_id": portfolio.user_id, "created_at": now}
    new = insert(import_previews).values(**values, name=name, content=content, lots=lots)
    preview_id = conn.execute(new.returning(import_previews.c.id)).scalar_one()
    return ShownFile(preview_id, portfolio.id, name, content, lots, now)


def find_preview(conn: Connection, user_id: UUID, preview_id: UUID, since: datetime) -> ShownFile | None:
    """A user's file that was shown since a moment and is not committed."""
    file = import_previews.c
    query = select(import_previews).where(file.id == preview_id, file.user_id == user_id, file.created_at >= since)
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return ShownFile(row.id, row.portfolio_id, row.name, row.content, row.lots, row.created_at)


def delete_preview(conn: Connection, preview_id: UUID) -> None:
    """Forget a file."""
    conn.execute(delete(import_previews).where(import_previews.c.id == preview_id))


def thin_previews(conn: Connection, user_id: UUID, *, since: datetime, most: int) -> None:
    """Forget a user's files that are older than a moment, and all but the newest few."""
    file = import_previews.c
    newest = select(file.id).where(file.user_id == user_id, file.created_at >= since)
    kept = newest.order_by(file.created_at.desc(), file.id).limit(most)
    conn.execute(delete(import_previews).where(file.user_id == user_id, file.id.not_in(kept)))


def owned_import(conn: Connection, user_id: UUID, import_id: UUID) -> CommittedImport:
    """A committed import of a user.

    Raises:
        NotFoundError: If there is none, or it is somebody else's.
    """
    row = conn.execute(select(imports).where(imports.c.id == import_id, imports.c.user_id == user_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no import {import_id}; a file that was not committed is kept for a day")
    record = ImportRecord(**{name: getattr(row, name) for name in ImportRecord.__slots__})
    return CommittedImport(row.id, row.portfolio_id, record, row.committed_at)
