"""Files that are shown first and committed later, by whoever showed them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import ConflictError
from sigmasight.store.database import Connection
from sigmasight.store.import_previews import (
    CommittedImport,
    ShownFile,
    add_preview,
    find_preview,
    owned_import,
    thin_previews,
)

KEPT_FOR = timedelta(days=1)
"""How long a file waits to be committed."""

MOST_KEPT = 20
"""How many files of one user wait; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as somebody sends it."""

    name: str
    content: bytes
    lots: bool


def keep_upload(conn: Connection, portfolio: Portfolio, upload: Upload, now: datetime) -> ShownFile:
    """Keep a file so that it can be committed; older ones of its user are forgotten in time."""
    thin_previews(conn, portfolio.user_id, since=now - KEPT_FOR, most=MOST_KEPT - 1)
    return add_preview(conn, portfolio, name=upload.name, content=upload.content, lots=upload.lots, now=now)


def find_upload(conn: Connection, user_id: UUID, import_id: UUID, now: datetime) -> ShownFile | CommittedImport:
    """A user's file: as it waits, or what became of it.

    Raises:
        NotFoundError: If there is none, or it is somebody else's.
    """
    return find_preview(conn, user_id, import_id, now - KEPT_FOR) or owned_import(conn, user_id, import_id)


def require_waiting(conn: Connection, user_id: UUID, import_id: UUID, now: datetime) -> ShownFile:
    """A user's file that waits to be committed.

    Raises:
        NotFoundError: If there is none, or it is somebody else's.
        ConflictError: If it was committed already.
    """
    found = find_upload(conn, user_id, import_id, now)
    if isinstance(found, CommittedImport):
        raise ConflictError(f"this import was committed at {found.committed_at:%Y-%m-%d %H:%M:%S} UTC already")
    return found
