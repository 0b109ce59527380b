"""A cluster: one data directory, the binaries it needs, and the files beside it by which processes share it."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sigmasight.store.embedded.account import Account, find_account
from sigmasight.store.embedded.binaries import Binaries, find_binaries
from sigmasight.store.embedded.copies import binaries_for

_DATA_DIRECTORY = re.compile(r"pgdata-(\d+)")
_HOME_NOTE = "HOME"
_TAIL_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a cluster is and who runs it; nothing of it need be there yet."""

    base: Path  # holds the data directory and the files beside it; ours (root's, if we are root)
    binaries: Binaries
    account: Account | None  # who runs the server and owns the data directory; None: this process's own account

    @property
    def data_dir(self) -> Path:
        """The data directory, complete if it is there at all."""
        return self.base / f"pgdata-{self.binaries.version}"

    @property
    def lock_file(self) -> Path:
        """Locked by the process that makes, starts or stops the server."""
        return self._beside("lock")

    @property
    def users_file(self) -> Path:
        """Share-locked once per use of the server: who can lock it alone is the last."""
        return self._beside("users")

    @property
    def address_note(self) -> Path:
        """Names the directory of the socket."""
        return self._beside("socket")

    def _beside(self, suffix: str) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.{suffix}")


def find_cluster(home: Path, binaries: Path | None, root_base: Path) -> Cluster:
    """Settle where the cluster of a home is, and make the directories that hold it.

    Raises:
        ServerStartError: If there are no binaries for it, or no account to run it.
        OSError: If a directory cannot be made or read.
    """
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    account = find_account()
    base = home if account is None else _base_of(home, root_base)
    chosen = find_binaries(binaries, _majors(base))
    if account is not None:
        chosen = binaries_for(account, chosen, root_base)
    return Cluster(base, chosen, account)


def _base_of(home: Path, root_base: Path) -> Path:
    """Return the directory below ``root_base`` that belongs to a home: the account could not get into root's home."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", home.name)[-_TAIL_CHARACTERS:].strip("-.")
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    base = root_base / f"{readable}-{digest}".lstrip("-")
    _make_passable(root_base)
    _make_passable(base)
    (base / _HOME_NOTE).write_bytes(os.fsencode(home) + b"\n")
    return base


def _make_passable(directory: Path) -> None:
    """Make a directory that every account can pass through, whatever the umask; leave one that is there alone."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        return
    directory.chmod(0o755)


def _majors(base: Path) -> frozenset[int]:
    """Return the major versions that have a data directory."""
    found = (_DATA_DIRECTORY.fullmatch(path.name) for path in base.iterdir() if path.is_dir())
    return frozenset(int(match[1]) for match in found if match)
