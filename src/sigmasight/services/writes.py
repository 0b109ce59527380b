"""Writes that create, done once however often they are sent with the same key."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sigmasight.domain.errors import ConflictError
from sigmasight.store.database import Connection, take_turn
from sigmasight.store.idempotency import KeptAnswer, Write, find_answer, forget_answers, keep_answer

KEPT_FOR = timedelta(days=1)
"""How long an answer is given again."""


def earlier_answer(conn: Connection, user_id: UUID, write: Write, now: datetime) -> KeptAnswer | None:
    """What the same write was answered before; None where it is new. The same user's others with its key wait.

    Raises:
        ConflictError: If its key came with another write.
    """
    take_turn(conn, f"write {user_id} {write.key}")
    forget_answers(conn, user_id, now - KEPT_FOR)
    kept = find_answer(conn, user_id, write.key)
    if kept is not None and kept.write != write:
        raise ConflictError("this Idempotency-Key came with another request; a new request needs a key of its own")
    return kept


def keep(
    conn: Connection,
    user_id: UUID,
    write: Write,
    now: datetime,
    *,
    status: int,
    response: Mapping[str, Any],
    etag: str | None,
) -> None:
    """Keep what a write was answered, in the transaction that does it."""
    keep_answer(conn, user_id, KeptAnswer(write, status, response, etag), now)
