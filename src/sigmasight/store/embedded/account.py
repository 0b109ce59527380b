"""The account that runs the server: PostgreSQL refuses to run as root."""

import contextlib
import os
import pwd
from dataclasses import dataclass

from sigmasight.domain.errors import ServerStartError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system, other than the one of this process."""

    name: str
    uid: int
    gid: int


def find_account() -> Account | None:
    """Return who runs the server in root's place; None if this process may run it itself.

    Raises:
        ServerStartError: If this process is root's and there is no such account.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerStartError(
        "PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody' to run it. "
        "Run SigmaSight as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def give_to(path: str | os.PathLike[str] | int, account: Account | None) -> None:
    """Make a file or directory (or an open file) the account's own; nothing to do when that is ourselves."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
