"""The private directory of the server's socket: short, because the path of a socket has room for about 100 bytes.

Always below the directory for temporary files, not in the session's runtime directory: that one disappears when its
user logs out, under a server that runs on. The name is random, so nobody can make it beforehand, and is written down
beside the data, so that every process of the home finds it whatever its environment is.
"""

import os
import stat
import tempfile
from pathlib import Path

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded.account import Account, give_to
from sigmasight.store.embedded.files import write_whole

LONGEST_PATH_BYTES = 103  # macOS; Linux has 107
_PREFIX = "sigmasight-"
_COMMON = Path("/tmp")  # noqa: S108 - only a parent: what we make in it is ours and has a random name
_SOCKET_NAME = ".s.PGSQL.5432"


def read_address(note: Path, account: Account | None) -> Path | None:
    """Return the directory that was written down; None if it is gone, or others than the account can write to it."""
    try:
        directory = Path(os.fsdecode(note.read_bytes()))
        found = directory.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    owner = account.uid if account else os.geteuid()
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == stat.S_IRWXU and found.st_uid == owner
    return directory if private and directory.name.startswith(_PREFIX) else None


def make_address(note: Path, account: Account | None) -> Path:
    """Make a socket directory and write it down; one that a killed server has left is used again.

    Raises:
        ServerStartError: If no directory for temporary files has a path that is short enough.
        OSError: If no directory can be made.
    """
    left = read_address(note, account)
    if left is not None:
        return left
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_parent(account)))
    try:
        give_to(directory, account)
        write_whole(note, os.fsencode(directory), None)
    except BaseException:
        directory.rmdir()
        raise
    return directory


def remove_address(note: Path, account: Account | None) -> None:
    """Remove the socket directory of a server that was stopped, and what a killed one has left in it."""
    directory = read_address(note, account)
    if directory is not None:
        (directory / _SOCKET_NAME).unlink(missing_ok=True)
        (directory / f"{_SOCKET_NAME}.lock").unlink(missing_ok=True)
        directory.rmdir()
    note.unlink(missing_ok=True)


def _parent(account: Account | None) -> Path:
    """Choose the directory for temporary files; root's own may be closed to the account.

    A comma would end the path where libpq reads it: it separates hosts.
    """
    choices = [_COMMON] if account else [Path(tempfile.gettempdir()), _COMMON]
    for parent in choices:
        longest = os.fsencode(parent / f"{_PREFIX}12345678" / _SOCKET_NAME)
        if len(longest) <= LONGEST_PATH_BYTES and b"," not in longest:
            return parent
    raise ServerStartError(f"No directory for temporary files has a path that a socket can have: {choices}.")
