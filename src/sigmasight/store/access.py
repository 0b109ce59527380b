"""Sessions, refresh tokens, API keys and failed sign-ins at rest. Of secrets only hashes are here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.access import Actor, ApiKey, Role, Scope
from sigmasight.domain.errors import NotFoundError
from sigmasight.store.tables import api_keys, login_failures, refresh_tokens, sessions, users


@dataclass(frozen=True, slots=True)
class Login:
    """What a sign-in is held against."""

    user_id: UUID
    password_hash: str
    active: bool


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token, with its session."""

    session_id: UUID
    user_id: UUID
    role: Role
    expires_at: datetime
    is_used: bool
    is_live: bool  # the session has not ended, and its user is active


@dataclass(frozen=True, slots=True)
class Failures:
    """How often somebody failed to sign in, in a row."""

    count: int
    last_at: datetime


def find_login(conn: Connection, email: str) -> Login | None:
    """What is known of an e-mail address, whatever its case."""
    query = select(users.c.id, users.c.password_hash, users.c.active).where(func.lower(users.c.email) == email.lower())
    row = conn.execute(query).one_or_none()
    return None if row is None else Login(*row)


def password_hash_of(conn: Connection, user_id: UUID) -> str:
    """A user's password hash."""
    found: str = conn.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar_one()
    return found


def write_password(conn: Connection, user_id: UUID, password_hash: str) -> None:
    """Give a user another password."""
    conn.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def open_session(conn: Connection, user_id: UUID, now: datetime) -> UUID:
    """Open a session."""
    new = insert(sessions).values(user_id=user_id, started_at=now).returning(sessions.c.id)
    found: UUID = conn.execute(new).scalar_one()
    return found


def session_actor(conn: Connection, session_id: UUID) -> Actor | None:
    """Who acts in a session; None where it has ended, or its user is not active."""
    row = conn.execute(
        select(users.c.id, users.c.email, users.c.name, users.c.role)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None), users.c.active)
    ).one_or_none()
    if row is None:
        return None
    role = Role(row.role)
    return Actor(row.id, row.email, row.name, role, Scope.ADMIN if role is Role.ADMIN else Scope.WRITE, session_id)


def end_session(conn: Connection, session_id: UUID, now: datetime) -> None:
    """End a session: none of its tokens holds any more."""
    conn.execute(
        update(sessions).where(sessions.c.id == session_id, sessions.c.ended_at.is_(None)).values(ended_at=now)
    )


def end_sessions(conn: Connection, user_id: UUID, now: datetime) -> None:
    """End all sessions of a user."""
    conn.execute(
        update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None)).values(ended_at=now)
    )


def add_refresh(conn: Connection, session_id: UUID, token_hash: bytes, expires_at: datetime) -> None:
    """Keep a refresh token's hash."""
    row = {"token_hash": token_hash, "session_id": session_id, "expires_at": expires_at}
    conn.execute(insert(refresh_tokens).values(row))


def take_refresh(conn: Connection, token_hash: bytes, now: datetime) -> Refresh | None:
    """A refresh token as it was until now, and mark it as used; others that take the same one wait until this ends."""
    token = refresh_tokens.c
    row = conn.execute(
        select(
            token.session_id,
            token.expires_at,
            token.used_at,
            sessions.c.ended_at,
            users.c.id,
            users.c.role,
            users.c.active,
        )
        .join(sessions, sessions.c.id == token.session_id)
        .join(users, users.c.id == sessions.c.user_id)
        .where(token.token_hash == token_hash)
        .with_for_update(of=refresh_tokens)
    ).one_or_none()
    if row is None:
        return None
    conn.execute(
        update(refresh_tokens).where(token.token_hash == token_hash, token.used_at.is_(None)).values(used_at=now)
    )
    return Refresh(
        session_id=row.session_id,
        user_id=row.id,
        role=Role(row.role),
        expires_at=row.expires_at,
        is_used=row.used_at is not None,
        is_live=row.ended_at is None and row.active,
    )


def add_key(
    conn: Connection,
    user_id: UUID,
    *,
    name: str,
    prefix: str,
    key_hash: bytes,
    scope: Scope,
    now: datetime,
    expires_at: datetime | None,
) -> ApiKey:
    """Keep an API key's hash."""
    values = {"user_id": user_id, "name": name, "prefix": prefix, "key_hash": key_hash, "scope": scope}
    new = insert(api_keys).values({**values, "created_at": now, "expires_at": expires_at}).returning(api_keys.c.id)
    return ApiKey(conn.execute(new).scalar_one(), name, prefix, scope, now, expires_at, None)


def key_actor(conn: Connection, key_hash: bytes, now: datetime) -> Actor | None:
    """Who acts with a key; None where it does not hold, or its user is not active."""
    key = api_keys.c
    row = conn.execute(
        select(users.c.id, users.c.email, users.c.name, users.c.role, key.scope)
        .join(users, users.c.id == key.user_id)
        .where(
            key.key_hash == key_hash,
            key.revoked_at.is_(None),
            (key.expires_at.is_(None)) | (key.expires_at > now),
            users.c.active,
        )
    ).one_or_none()
    return None if row is None else Actor(row.id, row.email, row.name, Role(row.role), Scope(row.scope), None)


def load_keys(conn: Connection, user_id: UUID) -> list[ApiKey]:
    """A user's keys, newest first."""
    key = api_keys.c
    columns = (key.id, key.name, key.prefix, key.scope, key.created_at, key.expires_at, key.revoked_at)
    rows = conn.execute(select(*columns).where(key.user_id == user_id).order_by(key.created_at.desc(), key.id))
    return [ApiKey(row.id, row.name, row.prefix, Scope(row.scope), *row[4:]) for row in rows]


def revoke_key(conn: Connection, user_id: UUID, key_id: UUID, now: datetime) -> None:
    """Let a user's key hold no more.

    Raises:
        NotFoundError: If the user has no such key.
    """
    mine = (api_keys.c.id == key_id, api_keys.c.user_id == user_id)
    found = conn.execute(
        update(api_keys)
        .where(*mine)
        .values(revoked_at=func.coalesce(api_keys.c.revoked_at, now))
        .returning(api_keys.c.id)
    )
    if found.one_or_none() is None:
        raise NotFoundError("There is no such key.")


def failures_of(conn: Connection, subject: str) -> Failures | None:
    """How often somebody failed, in a row."""
    row = conn.execute(
        select(login_failures.c.failures, login_failures.c.last_at).where(login_failures.c.subject == subject)
    ).one_or_none()
    return None if row is None else Failures(*row)


def note_failure(conn: Connection, subject: str, now: datetime) -> None:
    """Count one more failure."""
    arriving = upsert(login_failures).values(subject=subject, failures=1, last_at=now)
    more = {"failures": login_failures.c.failures + 1, "last_at": now}
    conn.execute(arriving.on_conflict_do_update(index_elements=["subject"], set_=more))


def forget_failures(conn: Connection, subject: str) -> None:
    """Somebody has signed in."""
    conn.execute(delete(login_failures).where(login_failures.c.subject == subject))
