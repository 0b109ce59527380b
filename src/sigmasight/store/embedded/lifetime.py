"""How long a server is kept: as long as a process holds it, and what ends that.

A hold ends when it is let go, when the process exits, or on SIGTERM and SIGHUP, which end a process without its exit
handlers; the last one stops the server. When a process is killed the kernel drops its lock and the server stays: the
next process to use it will be the last. A hold belongs to the process that took it: in a forked child it means nothing.
"""

import atexit
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from sigmasight.store.embedded.cluster import Cluster
from sigmasight.store.embedded.locks import claim_shared, drop_claim, exclusive, is_claimed
from sigmasight.store.embedded.postmaster import bring_up, stop


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """One use of a cluster's server by this process."""

    cluster: Cluster
    claim: int  # the open users file, share-locked

    def let_go(self) -> None:
        """End this use, and stop the server if it was the last; nothing if it has ended, or is the parent process's.

        Raises:
            DatabaseError: If the server does not stop.
            OSError: If the lock cannot be taken; the use goes on.
        """
        if self not in _held:
            return
        with _ending_deferred(), exclusive(self.cluster.lock_file):
            if self in _held:  # still: another thread may have been first
                _held.remove(self)
                _end_use(self.cluster, self.claim)
        _ignore_endings()


def take_hold(cluster: Cluster) -> tuple[Hold, bool]:
    """Bring the cluster's server up and hold it. Returns the hold, and whether the server ran already.

    Raises:
        ServerStartError: If the server cannot be made or started.
        OSError: If files cannot be written.
    """
    _answer_endings()
    try:
        with _ending_deferred(), exclusive(cluster.lock_file):
            return _take_hold(cluster)
    finally:
        _ignore_endings()


def let_all_go() -> None:
    """End every use by this process."""
    with ExitStack() as stack:  # one that fails does not keep the others
        for hold in tuple(_held):
            stack.callback(hold.let_go)


def _take_hold(cluster: Cluster) -> tuple[Hold, bool]:
    hold = Hold(cluster, claim_shared(cluster.users_file))
    try:
        ran = bring_up(cluster)
    except BaseException:
        _end_use(cluster, hold.claim)
        raise
    _held.add(hold)
    return hold, ran


def _end_use(cluster: Cluster, claim: int) -> None:
    drop_claim(claim)
    if not is_claimed(cluster.users_file):
        stop(cluster)


@dataclass(slots=True)
class _Ending:
    """Whether a signal has to wait: its handler could not take a lock that the interrupted main thread holds itself."""

    busy: int = 0
    waits: int | None = None  # the signal


_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_held: set[Hold] = set()
_ending = _Ending()


def _answer_endings() -> None:
    """Let the signals release the server, unless somebody else answers them: then the process exits in its own way."""
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _on_ending)


def _ignore_endings() -> None:
    """Take the handler away when there is nothing left to release."""
    if threading.current_thread() is threading.main_thread() and not _held:
        for number in _SIGNALS:
            if signal.getsignal(number) == _on_ending:
                signal.signal(number, signal.SIG_DFL)


def _on_ending(number: int, _frame: FrameType | None) -> None:
    if _ending.busy:
        _ending.waits = number
    else:
        _die_of(number)


@contextmanager
def _ending_deferred() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # handlers run in the main thread
        yield
        return
    _ending.busy += 1
    try:
        yield
    finally:
        _ending.busy -= 1
        if _ending.waits is not None and not _ending.busy:
            number, _ending.waits = _ending.waits, None
            _die_of(number)


def _die_of(number: int) -> None:
    """Release everything and die of the signal, so that whoever waits for this process sees why it ended."""
    try:
        let_all_go()
    finally:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _forget_parents_holds() -> None:
    _held.clear()
    _ending.busy, _ending.waits = 0, None
    _ignore_endings()


atexit.register(let_all_go)
os.register_at_fork(after_in_child=_forget_parents_holds)
