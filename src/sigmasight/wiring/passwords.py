"""Password hashes."""

from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

LEAST_PASSWORD = 8
"""Characters."""

_HASHER = PasswordHash((Argon2Hasher(),))


def hash_password(password: str) -> str:
    """The Argon2 hash of a password, with a salt of its own."""
    return _HASHER.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one behind a hash; of nobody's hash it takes as long to say no."""
    right = _HASHER.verify(password, password_hash or _nobody())
    return right and password_hash is not None


@cache
def _nobody() -> str:
    return hash_password("nobody's")
