"""Sign in, go on, sign out; passwords; keys for programs."""

from datetime import UTC
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from sigmasight.api.shapes.access import (
    Credentials,
    Key,
    Keys,
    MadeKey,
    Me,
    NewKey,
    NewPassword,
    NewUser,
    RefreshToken,
    Tokens,
)
from sigmasight.api.site import Reader, Site, SiteDep, Writer
from sigmasight.domain.access import Role
from sigmasight.domain.errors import ForbiddenError, InvalidEntryError, NotSignedInError
from sigmasight.services.access import (
    Attempt,
    Started,
    accept_attempt,
    begin_attempt,
    make_key,
    refresh_session,
    refuse_attempt,
    sign_out,
    wrong_login,
)
from sigmasight.services.users import add_person
from sigmasight.store.access import end_sessions, load_keys, password_hash_of, revoke_key, write_password
from sigmasight.wiring.passwords import hash_password, verify_password

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/login")
def log_in(site: SiteDep, given: Credentials) -> Tokens:
    """Sign in with e-mail address and password. After five failures in a row one has to wait."""
    with site.application.db.read() as conn:
        attempt = begin_attempt(conn, given.email, site.now)
    if not _is_right(site, given.password.get_secret_value(), attempt):
        with site.application.db.write() as conn:
            refuse_attempt(conn, attempt, site.now)
        raise wrong_login()
    with site.application.db.write() as conn:
        return _tokens(site, accept_attempt(conn, attempt, site.now, site.refresh_lifetime))


@router.post("/refresh")
def refresh(site: SiteDep, given: RefreshToken) -> Tokens:
    """Exchange the refresh token for new tokens, once. A token that comes a second time ends the session."""
    with site.application.db.write() as conn:
        started = refresh_session(conn, given.refresh_token.get_secret_value(), site.now, site.refresh_lifetime)
    if started is None:
        raise NotSignedInError("This refresh token does not hold; sign in again.")
    return _tokens(site, started)


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT)
def log_out(desk: Reader) -> None:
    """End the session: neither its access token nor its refresh token holds any more."""
    with desk.governing() as conn:
        sign_out(conn, desk.actor, desk.site.now)


@router.get("/me")
def me(desk: Reader) -> Me:
    """Who acts, and what he may."""
    return Me.of(desk.actor)


@router.post("/password", status_code=HTTPStatus.NO_CONTENT)
def change_password(desk: Writer, given: NewPassword) -> None:
    """Change the password; all sessions end, API keys stay."""
    if desk.actor.session_id is None:
        raise ForbiddenError("A password is changed by who has signed in with it, not by an API key.")
    with desk.governing() as conn:
        known = password_hash_of(conn, desk.user_id)
    with desk.site.hashing:
        right = verify_password(given.old_password.get_secret_value(), known)
        hashed = hash_password(given.new_password.get_secret_value()) if right else ""
    if not right:
        raise InvalidEntryError("The old password is wrong.")
    with desk.governing() as conn:
        write_password(conn, desk.user_id, hashed)
        end_sessions(conn, desk.user_id, desk.site.now)


@router.post("/register", status_code=HTTPStatus.CREATED)
def register(site: SiteDep, given: NewUser) -> Me:
    """Add oneself with an empty portfolio, where registration is open. Otherwise administrators add users."""
    if not site.application.settings.open_registration:
        raise ForbiddenError("Registration is closed here: an administrator adds users.")
    with site.hashing:
        hashed = hash_password(given.password.get_secret_value())
    with site.application.db.write() as conn:
        today = site.application.today
        user = add_person(conn, email=given.email, name=given.name, password_hash=hashed, role=Role.USER, today=today)
    return Me.model_validate({"id": user.id, "email": user.email, "name": user.name, "role": "user", "scope": "write"})


@router.get("/api-keys")
def list_keys(desk: Reader) -> Keys:
    """One's API keys, newest first."""
    with desk.governing() as conn:
        return Keys(items=[Key.of(key) for key in load_keys(conn, desk.user_id)])


@router.post("/api-keys", status_code=HTTPStatus.CREATED)
def add_key(desk: Writer, given: NewKey) -> MadeKey:
    """Make an API key; its secret is shown this once."""
    expires = given.expires_at
    if expires is not None and (expires.tzinfo is None or expires <= desk.site.now):
        raise InvalidEntryError("expires_at needs a time zone, and lies in the future")
    with desk.governing() as conn:
        made, secret = make_key(
            conn,
            desk.actor,
            name=given.name,
            scope=given.scope,
            now=desk.site.now,
            expires_at=expires.astimezone(UTC) if expires else None,
        )
    return MadeKey(**Key.of(made).model_dump(), secret=secret)


@router.delete("/api-keys/{key_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_key(desk: Writer, key_id: UUID) -> None:
    """Revoke an API key."""
    with desk.governing() as conn:
        revoke_key(conn, desk.user_id, key_id, desk.site.now)


def _is_right(site: Site, password: str, attempt: Attempt) -> bool:
    with site.hashing:
        return verify_password(password, attempt.password_hash)


def _tokens(site: Site, started: Started) -> Tokens:
    token = site.mint.make(started.user_id, started.session_id, started.role, site.now)
    seconds = int(site.mint.lifetime.total_seconds())
    return Tokens(access_token=token, expires_in=seconds, refresh_token=started.refresh_token)
