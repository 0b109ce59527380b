"""Sign in, stay signed in, sign out; keys for programs. Whoever calls verifies passwords, outside any transaction."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sigmasight.domain.access import Actor, ApiKey, Role, Scope
from sigmasight.domain.errors import ForbiddenError, NotSignedInError, TooManyAttemptsError
from sigmasight.store.access import (
    add_key,
    add_refresh,
    end_session,
    failures_of,
    find_login,
    forget_failures,
    key_actor,
    note_failure,
    open_session,
    session_actor,
    take_refresh,
)
from sigmasight.store.database import Connection

KEY_MARK = "sigma_"
"""How every API key begins, so that leaked ones can be found."""

_FREE_FAILURES = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_FORGOTTEN_AFTER = timedelta(days=1)
_SECRET_BYTES = 32
_SHOWN_OF_KEY = 6
_WRONG = "The e-mail address or the password is wrong."


@dataclass(frozen=True, slots=True)
class Started:
    """A session that goes on: what its user needs to come back with."""

    user_id: UUID
    session_id: UUID
    role: Role
    refresh_token: str  # shown once


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that is not decided yet: the hash to hold the password against."""

    email: str
    user_id: UUID | None  # None: nobody has this address
    password_hash: str | None


def begin_attempt(conn: Connection, email: str, now: datetime) -> Attempt:
    """See whether somebody may try to sign in now.

    Raises:
        TooManyAttemptsError: If he failed too often; the wait doubles with each further failure.
    """
    failures = failures_of(conn, email.lower())
    if failures is not None and failures.count >= _FREE_FAILURES:
        wait = min(_FIRST_WAIT * 2 ** min(failures.count - _FREE_FAILURES, 20), _LONGEST_WAIT)
        left = failures.last_at + wait - now
        if left > timedelta(0):
            seconds = int(left.total_seconds()) + 1
            raise TooManyAttemptsError(f"Too many attempts; try again in {seconds} s.", wait_seconds=seconds)
    login = find_login(conn, email)
    usable = login is not None and login.active
    return Attempt(
        email, login.user_id if login and usable else None, login.password_hash if login and usable else None
    )


def refuse_attempt(conn: Connection, attempt: Attempt, now: datetime) -> None:
    """Note that an attempt failed; the caller commits this, and then raises ``wrong_login``."""
    before = failures_of(conn, attempt.email.lower())
    if before is not None and now - before.last_at > _FORGOTTEN_AFTER:
        forget_failures(conn, attempt.email.lower())
    note_failure(conn, attempt.email.lower(), now)


def wrong_login() -> NotSignedInError:
    """What is said whether the address or the password is wrong."""
    return NotSignedInError(_WRONG)


def accept_attempt(conn: Connection, attempt: Attempt, now: datetime, lifetime: timedelta) -> Started:
    """Open a session for an attempt whose password was right.

    Raises:
        NotSignedInError: If the attempt was nobody's.
    """
    if attempt.user_id is None:
        raise wrong_login()
    forget_failures(conn, attempt.email.lower())
    session_id = open_session(conn, attempt.user_id, now)
    actor = session_actor(conn, session_id)
    if actor is None:
        raise wrong_login()
    return Started(attempt.user_id, session_id, actor.role, _new_refresh(conn, session_id, now, lifetime))


def refresh_session(conn: Connection, token: str, now: datetime, lifetime: timedelta) -> Started | None:
    """Exchange a refresh token for the next one, once.

    Returns:
        None where the token does not hold. One that was used before ends its session: it was copied, by whom is not
        known. The caller commits either way.
    """
    found = take_refresh(conn, _hash(token), now)
    if found is None or not found.is_live or found.expires_at <= now:
        return None
    if found.is_used:
        end_session(conn, found.session_id, now)
        return None
    return Started(found.user_id, found.session_id, found.role, _new_refresh(conn, found.session_id, now, lifetime))


def sign_out(conn: Connection, actor: Actor, now: datetime) -> None:
    """End the session of whoever acts: no token of it holds any more.

    Raises:
        ForbiddenError: If he acts by an API key, which has no session; it is revoked instead.
    """
    if actor.session_id is None:
        raise ForbiddenError("An API key has no session to end; revoke it instead.")
    end_session(conn, actor.session_id, now)


def make_key(
    conn: Connection, actor: Actor, *, name: str, scope: Scope, now: datetime, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """Make a key for programs; returns it with its secret, which is kept nowhere.

    Raises:
        ForbiddenError: If it should be able to do more than whoever asks for it.
    """
    if not actor.scope.allows(scope):
        raise ForbiddenError(f"Only who may {scope} can make a key that may.")
    secret = f"{KEY_MARK}{secrets.token_urlsafe(_SECRET_BYTES)}"
    prefix = secret[: len(KEY_MARK) + _SHOWN_OF_KEY]
    key = add_key(
        conn,
        actor.user_id,
        name=name,
        prefix=prefix,
        key_hash=_hash(secret),
        scope=scope,
        now=now,
        expires_at=expires_at,
    )
    return key, secret


def actor_of_key(conn: Connection, secret: str, now: datetime) -> Actor | None:
    """Who acts with an API key; None where it does not hold. A key of an admin's scope needs an admin behind it."""
    actor = key_actor(conn, _hash(secret), now)
    if actor is not None and actor.scope is Scope.ADMIN and actor.role is not Role.ADMIN:
        return None
    return actor


def _new_refresh(conn: Connection, session_id: UUID, now: datetime, lifetime: timedelta) -> str:
    token = secrets.token_urlsafe(_SECRET_BYTES)
    add_refresh(conn, session_id, _hash(token), now + lifetime)
    return token


def _hash(secret: str) -> bytes:
    """Secrets are long and random: one round of SHA-256 keeps them."""
    return hashlib.sha256(secret.encode()).digest()
