"""Password hashes."""

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(),))


def hash_password(password: str) -> str:
    """The Argon2 hash of a password, with a salt of its own."""
    return _HASHER.hash(password)
