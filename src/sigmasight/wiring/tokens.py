"""Access tokens: signed, short-lived, and worth nothing once their session has ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from jwt.types import Options

from sigmasight.domain.access import Claims, Role

_ALGORITHM = "HS256"
_REQUIRED = ["sub", "sid", "role", "exp", "iat"]


@dataclass(frozen=True, slots=True)
class TokenMint:
    """Makes access tokens, and reads the ones it made."""

    secret: str
    lifetime: timedelta

    def make(self, user_id: UUID, session_id: UUID, role: Role, now: datetime) -> str:
        """A token that holds from now on for a lifetime."""
        claims = {"sub": str(user_id), "sid": str(session_id), "role": role.value}
        return jwt.encode({**claims, "iat": now, "exp": now + self.lifetime}, self.secret, algorithm=_ALGORITHM)

    def read(self, token: str, now: datetime) -> Claims | None:
        """What a token says; None where it is none of ours, was changed, or holds no more."""
        options: Options = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False}  # the clock is ours
        try:
            said = jwt.decode(token, self.secret, algorithms=[_ALGORITHM], options=options)
            expires_at = datetime.fromtimestamp(int(said["exp"]), UTC)
            claims = Claims(UUID(said["sub"]), UUID(said["sid"]), Role(said["role"]), expires_at)
        except (jwt.InvalidTokenError, ValueError, TypeError):
            return None
        return claims if now < expires_at else None
