"""Making, starting and stopping a cluster's server. Every function here expects the cluster's lock to be held."""

import enum
import shutil
import tempfile
import time
from pathlib import Path

import psycopg

from sigmasight.domain.errors import DatabaseError, ServerStartError
from sigmasight.store.embedded.account import give_to
from sigmasight.store.embedded.cluster import Cluster
from sigmasight.store.embedded.commands import Outcome, last_lines, run_program
from sigmasight.store.embedded.failures import start_failure
from sigmasight.store.embedded.logs import drop_grown_logs, logged_since, measure_logs
from sigmasight.store.embedded.roles import SUPERUSER, make_roles
from sigmasight.store.embedded.settings import PORT, write_first_settings, write_settings
from sigmasight.store.embedded.sockets import make_address, read_address, remove_address

RETRY_SECONDS = 15.0  # what the children of a killed postmaster may need to notice and die
PATIENCE_SECONDS = 300  # what replaying the log may take after a crash
FAST_STOP_SECONDS = 30  # what writing everything out may take before a stop
_PAUSE_SECONDS = 0.1
_BUILTIN_LOCALE_SINCE = 17
# What PostgreSQL says while something of the server before is still alive.
_STILL_THERE = ("is still in use", "already exists")


class State(enum.Enum):
    """What a server answers."""

    ABSENT = enum.auto()
    STARTING = enum.auto()
    READY = enum.auto()


def bring_up(cluster: Cluster) -> bool:
    """Make the cluster if need be, see that its server runs and has roles and database.

    Returns:
        Whether the server ran already.

    Raises:
        ServerStartError: If it cannot be made or started.
        OSError: If files cannot be written.
    """
    _remove_half_made(cluster)
    if not (cluster.data_dir / "PG_VERSION").is_file():
        _make(cluster)
    measured = measure_logs(cluster.data_dir)
    ran = _await_answer(cluster) is State.READY or _start(cluster)
    try:
        make_roles(address_of(cluster), PORT)
    except psycopg.Error as error:
        said = f"{error}\n{logged_since(cluster.data_dir, measured)}"
        failed = "SigmaSight's roles and database could not be made in the embedded server"
        raise start_failure(failed, said, cluster.base) from error
    return ran


def address_of(cluster: Cluster) -> Path:
    """Return the directory of the running server's socket.

    Raises:
        ServerStartError: If it is gone.
    """
    directory = read_address(cluster.address_note, cluster.account)
    if directory is None:
        raise ServerStartError(f"The socket of the server with data in {cluster.data_dir} has disappeared.")
    return directory


def stop(cluster: Cluster, *, fast_seconds: int = FAST_STOP_SECONDS) -> None:
    """Stop the server, if it runs, and remove its socket's directory.

    A server that has not written everything out in time is stopped at once: it writes the rest at its next start. (A
    fast stop that arrives while version 18 recovers from a crash may never end.)

    Raises:
        DatabaseError: If it does not stop.
        OSError: If files cannot be removed.
    """
    if _state(cluster) is not State.ABSENT:
        ended = _control(cluster, "stop", "-m", "fast", seconds=fast_seconds)
        if not ended.ok and _state(cluster) is not State.ABSENT:
            ended = _control(cluster, "stop", "-m", "immediate", seconds=PATIENCE_SECONDS)
        if not ended.ok and _state(cluster) is not State.ABSENT:
            raise DatabaseError(f"The server with data in {cluster.data_dir} did not stop: {last_lines(ended.output)}")
    remove_address(cluster.address_note, cluster.account)


def _make(cluster: Cluster) -> None:
    """Make the data directory: beside its place, moved there when it is complete."""
    if cluster.data_dir.exists() and any(cluster.data_dir.iterdir()):
        raise ServerStartError(f"{cluster.data_dir} holds files, but no PostgreSQL database. Move it away or empty it.")
    partial = Path(tempfile.mkdtemp(prefix=_prefix_of_half_made(cluster), dir=cluster.base))
    try:
        give_to(partial, cluster.account)
        _initialise(cluster, partial)
        write_first_settings(partial, cluster.account)
        partial.rename(cluster.data_dir)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _initialise(cluster: Cluster, partial: Path) -> None:
    options = ("-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--data-checksums", "--no-sync")
    program = cluster.binaries.program("initdb")
    made = run_program(program, "-D", partial, *options, *_locale_options(cluster), account=cluster.account)
    if not made.ok:
        failed = "The embedded server's data directory could not be made"
        raise start_failure(failed, made.output, cluster.base)


def _remove_half_made(cluster: Cluster) -> None:
    """Remove what a killed process has left; its initdb may still be writing, then the rest goes the next time."""
    for partial in cluster.base.glob(f"{_prefix_of_half_made(cluster)}*"):
        shutil.rmtree(partial, ignore_errors=True)


def _prefix_of_half_made(cluster: Cluster) -> str:
    return f"{cluster.data_dir.name}.new-"


def _locale_options(cluster: Cluster) -> tuple[str, ...]:
    """Order text by code points everywhere: an order that is the machine's can change under the indexes."""
    if cluster.binaries.version < _BUILTIN_LOCALE_SINCE:
        return ("--no-locale",)
    return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")


def _start(cluster: Cluster) -> bool:
    """Start the server; once more while something of the one before is still alive. Returns whether it ran already."""
    drop_grown_logs(cluster.data_dir)
    measured = measure_logs(cluster.data_dir)
    socket_directory = make_address(cluster.address_note, cluster.account)
    write_settings(cluster.data_dir, socket_directory, cluster.account)
    deadline = time.monotonic() + RETRY_SECONDS
    while not (started := _control(cluster, "start", seconds=PATIENCE_SECONDS)).ok:
        if _await_answer(cluster) is State.READY:  # started by one that was killed before it was done
            return True
        if time.monotonic() > deadline or not any(words in started.output for words in _STILL_THERE):
            said = f"{started.output}\n{logged_since(cluster.data_dir, measured)}"
            raise start_failure("The embedded server did not start", said, cluster.base)
        time.sleep(_PAUSE_SECONDS)
    return False


def _await_answer(cluster: Cluster) -> State:
    """Return whether a server is there, once it has made up its mind."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (state := _state(cluster)) is State.STARTING and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return state


def _state(cluster: Cluster) -> State:
    """Ask the server itself: the pid file of a killed one may name a process that has nothing to do with it."""
    directory = read_address(cluster.address_note, cluster.account)
    if directory is None:
        return State.ABSENT
    asked = run_program(cluster.binaries.program("pg_isready"), "-h", directory, "-p", str(PORT), "-U", SUPERUSER)
    return {0: State.READY, 1: State.STARTING}.get(asked.code, State.ABSENT)


def _control(cluster: Cluster, action: str, *arguments: str, seconds: int) -> Outcome:
    """Run pg_ctl beside the data directory: it hands the path to a shell in mere quotes, so a name is all it gets."""
    program = cluster.binaries.program("pg_ctl")
    arguments = (action, "-s", "-w", "-t", str(seconds), "-D", cluster.data_dir.name, *arguments)
    return run_program(program, *arguments, account=cluster.account, directory=cluster.base)
