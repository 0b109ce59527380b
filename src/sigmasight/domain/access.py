"""Who acts, and what he may."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sigmasight.domain.errors import InvalidEntryError


def readable_email(text: str) -> str:
    """An e-mail address without blanks around it: something, an at sign, and a host with a point.

    Raises:
        InvalidEntryError: If it is none.
    """
    address = text.strip()
    name, at, host = address.rpartition("@")
    parts = host.split(".")
    if not (name and at and len(parts) > 1 and all(parts) and " " not in address and address.isprintable()):
        raise InvalidEntryError(f"{address[:80]!r} is no e-mail address")
    return address


class Role(enum.StrEnum):
    """What a user is."""

    USER = "user"
    ADMIN = "admin"


class Scope(enum.StrEnum):
    """What a key may be used for; each may what the ones before it may."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def allows(self, wanted: "Scope") -> bool:
        """Whether a key of this scope may be used for what asks for another."""
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class Actor:
    """A user who has shown who he is."""

    user_id: UUID
    email: str
    name: str
    role: Role
    scope: Scope
    session_id: UUID | None  # None: by an API key


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user_id: UUID
    session_id: UUID
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: the secret itself is shown once and kept nowhere."""

    id: UUID
    name: str
    prefix: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
