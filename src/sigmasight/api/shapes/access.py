"""Signing in, users and keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from sigmasight.api.shapes.given import Line
from sigmasight.domain.access import Actor, ApiKey, Role, Scope, readable_email
from sigmasight.domain.errors import InvalidEntryError
from sigmasight.wiring.passwords import LEAST_PASSWORD

_MOST_PASSWORD = 200


def _email(text: str) -> str:
    try:
        return readable_email(text)
    except InvalidEntryError as error:
        raise ValueError(str(error)) from error


Email = Annotated[str, Field(max_length=254, examples=["me@example.org"]), AfterValidator(_email)]
Password = Annotated[SecretStr, Field(min_length=LEAST_PASSWORD, max_length=_MOST_PASSWORD)]


class Credentials(BaseModel):
    """Who signs in."""

    email: Email
    password: Annotated[SecretStr, Field(max_length=_MOST_PASSWORD)]


class RefreshToken(BaseModel):
    """What a session goes on with."""

    refresh_token: Annotated[SecretStr, Field(max_length=200)]


class Tokens(BaseModel):
    """A session's tokens."""

    access_token: str = Field(description="Sent as `Authorization: Bearer ...`.")
    token_type: str = "bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int = Field(description="Seconds until the access token holds no more.")
    refresh_token: str = Field(description="Exchanged once, for the next one. Used twice, it ends the session.")


class Me(BaseModel):
    """Who acts."""

    id: UUID
    email: str
    name: str
    role: Role
    scope: Scope = Field(description="What the token or key may be used for.")

    @classmethod
    def of(cls, actor: Actor) -> "Me":
        """The shape of an actor."""
        return cls(id=actor.user_id, email=actor.email, name=actor.name, role=actor.role, scope=actor.scope)


class NewPassword(BaseModel):
    """A change of password; it ends all sessions."""

    old_password: Annotated[SecretStr, Field(max_length=_MOST_PASSWORD)]
    new_password: Password


class NewUser(BaseModel):
    """Somebody to be added, with an empty portfolio."""

    email: Email
    name: Line
    password: Password


class NewKey(BaseModel):
    """A key to be made."""

    name: Line
    scope: Scope = Scope.READ
    expires_at: datetime | None = Field(default=None, description="With a time zone; without it, until it is revoked.")


class Key(BaseModel):
    """A key as it is listed."""

    id: UUID
    name: str
    prefix: str = Field(description="How it begins.")
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "Key":
        """The shape of a key."""
        return cls.model_validate(key, from_attributes=True)


class MadeKey(Key):
    """A new key, with its secret: it is shown this once."""

    secret: str


class Keys(BaseModel):
    """A user's keys."""

    items: list[Key]
