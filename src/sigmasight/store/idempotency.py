"""Answers to writes that carried a key, so that each is done once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from sigmasight.store.tables import idempotency_keys


@dataclass(frozen=True, slots=True)
class Write:
    """A write that creates something, as it was sent."""

    key: str
    method: str
    path: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a write was answered."""

    write: Write
    status: int
    response: Mapping[str, Any]
    etag: str | None


def find_answer(conn: Connection, user_id: UUID, key: str) -> KeptAnswer | None:
    """What a user's write with a key was answered."""
    kept = idempotency_keys.c
    row = conn.execute(select(idempotency_keys).where(kept.user_id == user_id, kept.key == key)).one_or_none()
    if row is None:
        return None
    return KeptAnswer(Write(row.key, row.method, row.path, row.body_hash), row.status, row.response, row.etag)


def keep_answer(conn: Connection, user_id: UUID, answer: KeptAnswer, now: datetime) -> None:
    """Keep what a user's write was answered."""
    write = answer.write
    values = {"key": write.key, "method": write.method, "path": write.path, "body_hash": write.body_hash}
    told = {"status": answer.status, "response": dict(answer.response), "etag": answer.etag, "created_at": now}
    conn.execute(insert(idempotency_keys).values(user_id=user_id, **values, **told))


def forget_answers(conn: Connection, user_id: UUID, before: datetime) -> None:
    """Forget a user's answers that are older than a moment."""
    kept = idempotency_keys.c
    conn.execute(delete(idempotency_keys).where(kept.user_id == user_id, kept.created_at < before))
