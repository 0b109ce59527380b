"""What every request finds: the application, who acts, and the transaction he acts in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from sigmasight.domain.access import Actor, Role, Scope
from sigmasight.domain.errors import ForbiddenError, NotSignedInError
from sigmasight.services.access import KEY_MARK, actor_of_key
from sigmasight.services.market_frames import Valuation
from sigmasight.store.access import session_actor
from sigmasight.store.database import Connection
from sigmasight.wiring.application import Application
from sigmasight.wiring.tokens import TokenMint


@dataclass(frozen=True, slots=True)
class Site:
    """The application, as requests use it."""

    application: Application
    mint: TokenMint
    refresh_lifetime: timedelta
    hashing: threading.Lock = field(default_factory=threading.Lock)  # one password at a time: it takes a core

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.application.clock()

    @property
    def valuation(self) -> Valuation:
        """What every valuation is given."""
        return self.application.valuation


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found


SiteDep = Annotated[Site, Depends(site_of)]
_bearer = HTTPBearer(auto_error=False, description="An access token of /auth/login, or an API key.")
_key_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")


def current_actor(
    site: SiteDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    key: Annotated[str | None, Depends(_key_header)],
) -> Actor:
    """Who acts, by the token or key that he shows.

    Raises:
        NotSignedInError: If he shows none that holds.
    """
    secret = key or (bearer.credentials if bearer else None)
    actor = None
    if secret and secret.startswith(KEY_MARK):
        with site.application.db.read() as conn:
            actor = actor_of_key(conn, secret, site.now)
    elif secret and (claims := site.mint.read(secret, site.now)) is not None:
        with site.application.db.read() as conn:
            actor = session_actor(conn, claims.session_id)
        if actor is not None and (actor.user_id, actor.role) != (claims.user_id, claims.role):
            actor = None  # what he was has changed since
    if actor is None:
        raise NotSignedInError("Sign in, and send the access token or an API key.")
    return actor


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one request's actor works."""

    site: Site
    actor: Actor

    @property
    def user_id(self) -> UUID:
        """Whose rows are seen."""
        return self.actor.user_id

    @property
    def today(self) -> date:
        """The calendar day in New York."""
        return self.site.application.today

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees the actor's rows alone."""
        with self.site.application.db.read(acting_as=self.user_id) as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that sees and changes the actor's rows alone."""
        with self.site.application.db.write(acting_as=self.user_id) as conn:
            yield conn

    @contextmanager
    def governing(self) -> Iterator[Connection]:
        """A transaction as the owner of the tables: for what belongs to no user, or to access itself."""
        with self.site.application.db.write() as conn:
            yield conn


def reader(site: SiteDep, actor: Annotated[Actor, Depends(current_actor)]) -> Desk:
    """Somebody who may read."""
    return _desk(site, actor, Scope.READ)


def visitor(
    site: SiteDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    key: Annotated[str | None, Depends(_key_header)],
) -> Desk | None:
    """Somebody who need not say who he is; None if he does not.

    Raises:
        NotSignedInError: If he does, and it does not hold.
    """
    return reader(site, current_actor(site, bearer, key)) if bearer or key else None


def writer(site: SiteDep, actor: Annotated[Actor, Depends(current_actor)]) -> Desk:
    """Somebody who may change what is his."""
    return _desk(site, actor, Scope.WRITE)


def admin(site: SiteDep, actor: Annotated[Actor, Depends(current_actor)]) -> Desk:
    """An administrator, by his row as well as by his token or key."""
    if actor.role is not Role.ADMIN:
        raise ForbiddenError("This is for administrators.")
    return _desk(site, actor, Scope.ADMIN)


def _desk(site: Site, actor: Actor, wanted: Scope) -> Desk:
    if not actor.scope.allows(wanted):
        raise ForbiddenError(f"This key may {actor.scope} only.")
    return Desk(site, actor)


Reader = Annotated[Desk, Depends(reader)]
Visitor = Annotated[Desk | None, Depends(visitor)]
Writer = Annotated[Desk, Depends(writer)]
Admin = Annotated[Desk, Depends(admin)]
