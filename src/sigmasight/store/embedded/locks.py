"""Locks on files that the kernel drops when a process dies, whatever way it dies.

Each call opens the file anew, because flock belongs to the open file: two uses in one process count as two. A forked
child inherits the open files and with them the locks; it closes its copies, or a child that outlives its parent would
keep the parent's claim alive. Unlocking is explicit for the same reason: it also unlocks copies that are still open.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sigmasight.domain.errors import ServerStartError

PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.01
_open_files: set[int] = set()


def claim_shared(path: Path) -> int:
    """Take a shared lock beside others; only while no exclusive one is held, else BlockingIOError. Returns its file."""
    return _claim(path, fcntl.LOCK_SH)


def drop_claim(file: int) -> None:
    """Give a lock back."""
    _open_files.discard(file)
    fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def is_claimed(path: Path) -> bool:
    """Say whether anybody holds a lock on the file."""
    try:
        drop_claim(_claim(path, fcntl.LOCK_EX))
    except BlockingIOError:
        return True
    return False


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file alone; wait for whoever holds it.

    Raises:
        ServerStartError: If it does not become free.
    """
    file = _wait_for(path, time.monotonic() + PATIENCE_SECONDS)
    try:
        yield
    finally:
        drop_claim(file)


def _wait_for(path: Path, deadline: float) -> int:
    while True:
        try:
            return _claim(path, fcntl.LOCK_EX)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise ServerStartError(
                    f"Another process has been starting or stopping the database for {PATIENCE_SECONDS:.0f} seconds "
                    f"(it holds {path}). Look for a SigmaSight process that hangs, end it and try again."
                ) from error
        time.sleep(_POLL_SECONDS)


def _claim(path: Path, kind: int) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    _open_files.add(file)
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BaseException:
        _open_files.discard(file)
        os.close(file)
        raise
    return file


def _forget_parents_locks() -> None:
    for file in _open_files:
        os.close(file)
    _open_files.clear()


os.register_at_fork(after_in_child=_forget_parents_locks)
