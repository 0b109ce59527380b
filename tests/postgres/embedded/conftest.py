"""Homes that any account can reach, real processes that use them, and what of the server still runs afterwards."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from sigmasight.store.embedded import Server, start_server
from sigmasight.store.embedded.lifetime import let_all_go
from support.places import temporary_place

DEADLINE_SECONDS = 30
SOURCE = Path(__file__).parents[3] / "src"
BEGIN = """
import os, signal, sys, threading, time
from pathlib import Path
import psycopg
from sigmasight.store.embedded import start_server
home, root_base = Path(sys.argv[1]), Path(sys.argv[2])
"""
START = """
server = start_server(home, root_base=root_base)
print(server.url, flush=True)
"""
UNTIL_TOLD = "sys.stdin.read()\n"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Zombies are dead: in a container nobody may collect them."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return listed.stdout.strip() != "" and not listed.stdout.startswith("Z")


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().split("\n", 1)[0])


def answer(url: str, query: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def socket_directory(url: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))


@dataclass(frozen=True, slots=True)
class Home:
    """A home and where its data go when root uses it, below a directory that every account can pass through."""

    place: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.place / "home"

    @property
    def root_base(self) -> Path:
        return self.place / "var"

    @property
    def base(self) -> Path:
        """The directory that holds the data directory."""
        return next(self.root_base.glob("home-*")) if os.geteuid() == 0 else self.path

    def start(self, *, binaries: Path | None = None) -> Server:
        return start_server(self.path, binaries=binaries, root_base=self.root_base)

    def run(
        self, code: str, *, variables: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> subprocess.Popen[str]:
        """Run a script; what BEGIN imports is there. Coverage would answer SIGTERM in our place, so it is left out."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        process = subprocess.Popen(
            [*prefix, sys.executable, "-c", BEGIN + code, str(self.path), str(self.root_base)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, **(variables or {})},
        )
        self.processes.append(process)
        return process

    def data_dirs(self) -> list[Path]:
        return [path.parent for path in self.place.rglob("PG_VERSION") if (path.parent / "global").is_dir()]


def read_line(process: subprocess.Popen[str]) -> str:
    """Return the next line the script prints; fail with its errors if it ends before."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        pytest.fail(process.communicate()[1])
    return line


def with_own_mounts(*commands: str) -> list[str]:
    """Return what to put before a command so that it runs on a machine that is different in what the commands mount."""
    prefix = ["unshare", "--mount", "sh", "-c", " && ".join((*commands, 'exec "$@"')), "sh"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("nothing can be mounted here")
    return prefix


def end(process: subprocess.Popen[str]) -> None:
    """Let a script that waits go on to its end, which has to be a good one."""
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, errors) == (0, "")


@pytest.fixture(scope="session")
def furnished() -> Iterator[Path]:
    """The place of a home whose data directory is made: that takes most of the time of a test."""
    with temporary_place() as place:
        Home(place).start().release()
        yield place


@pytest.fixture
def home(furnished: Path) -> Iterator[Home]:
    """A home whose server has run before, and holds what the tests before have left; nothing of it runs."""
    with tidied(Home(furnished)) as made:
        yield made


@pytest.fixture
def fresh_home() -> Iterator[Home]:
    """A home where nothing was ever started."""
    with temporary_place() as place, tidied(Home(place)) as made:
        yield made


@contextlib.contextmanager
def tidied(home: Home) -> Iterator[Home]:
    """End, after a test, the processes it has started, and the server if the test has failed half way."""
    yield home
    let_all_go()
    for process in home.processes:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()
    for data_dir in home.data_dirs():
        stop_what_is_left(data_dir)


def stop_what_is_left(data_dir: Path) -> None:
    """End the server of a test that failed half way."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        pid = postmaster_pid(data_dir)
        command = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
        if "postgres" in command.stdout:
            os.kill(pid, signal.SIGQUIT)
            wait_until(lambda: not is_alive(pid))


@dataclass(frozen=True, slots=True)
class OrdinaryUser:
    """Runs scripts as an account that isn't root's, in a directory of its own, without a home of its own."""

    place: Path
    python: str
    uid: int | None  # None: ourselves

    def run(self, code: str, home: Path, *, variables: Mapping[str, str] | None = None) -> str:
        """Return what the script prints."""
        paths = [str(SOURCE), str(Path(psycopg.__file__).parents[1])]
        ended = subprocess.run(
            [self.python, "-c", BEGIN + code, str(home), "/nowhere"],
            capture_output=True,
            check=False,
            cwd="/",
            env={"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})},
            user=self.uid,
            extra_groups=[] if self.uid else None,
        )
        assert (ended.returncode, ended.stderr.decode()) == (0, "")
        return ended.stdout.decode().strip()


@pytest.fixture
def ordinary_user(fresh_home: Home) -> OrdinaryUser:
    place = fresh_home.place / "ordinary"
    place.mkdir()
    if os.geteuid() != 0:
        return OrdinaryUser(place, sys.executable, None)
    uid = pwd.getpwnam("nobody").pw_uid
    os.chown(place, uid, -1)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        user = OrdinaryUser(place, python, uid)
        with contextlib.suppress(OSError, AssertionError):
            user.run("", place)
            return user
    pytest.skip(f"the account 'nobody' can read no Python {version} here, or not the environment")
