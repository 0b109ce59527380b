"""A disk that is full: what is said, and that it is over when there is space again."""

import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded import Server, start_server

from .conftest import Home, answer, stop_what_is_left

FULL = r"The disk that holds {}/.* is full: \d+ MB are free, a new database needs about 100 MB"


class SmallDisk:
    """A small disk of its own, with a home on it, or what root has in its place."""

    def __init__(self, place: Path) -> None:
        self.path = place / "disk"
        self.path.mkdir()

    def start(self) -> Server:
        return start_server(self.path / "home", root_base=self.path / "home")

    def what_start_says(self) -> str:
        try:
            self.start().release()
        except ServerStartError as error:
            return str(error)
        return "it started"

    def resize(self, megabytes: int) -> None:
        self.mount("-o", f"remount,size={megabytes}m")

    def mount(self, *options: str) -> None:
        subprocess.run(["mount", *options, self.path], check=True, capture_output=True)  # noqa: S607

    def fill(self) -> Path:
        """Leave no space at all."""
        filler = self.path / "filler"
        block = b"x" * 4096
        with filler.open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space left"):
            stream.writelines(itertools.repeat(block))
        return filler

    def leavings(self) -> list[str]:
        return [path.name for path in self.path.rglob("*.new*")]


@pytest.fixture
def disk(fresh_home: Home) -> Iterator[SmallDisk]:
    made = SmallDisk(fresh_home.place)
    try:
        made.mount("-t", "tmpfs", "-o", "size=30m,mode=755", "tmpfs")
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"no small disk can be mounted here: {error}")
    yield made
    for data_dir in fresh_home.data_dirs():
        stop_what_is_left(data_dir)
    subprocess.run(["umount", made.path], check=True)  # noqa: S607


def test_a_database_that_does_not_fit_is_not_left_half_made(disk: SmallDisk) -> None:
    with pytest.raises(ServerStartError, match=FULL.format(disk.path)):
        disk.start()
    assert disk.leavings() == []
    disk.resize(300)
    with disk.start() as server:
        assert answer(server.url, "SELECT 1") == 1


@pytest.mark.parametrize("megabytes", [36, 38, 40])
def test_wherever_the_space_ends_a_start_with_more_of_it_works(disk: SmallDisk, megabytes: int) -> None:
    disk.resize(megabytes)
    assert re.match(f"{FULL.format(disk.path)}|it started", disk.what_start_says())
    disk.resize(300)
    with disk.start() as server:
        assert answer(server.url, "SELECT 1") == 1
    assert disk.leavings() == []


def test_a_database_that_was_there_is_intact_after_its_disk_was_full(disk: SmallDisk) -> None:
    disk.resize(300)
    with disk.start() as server, psycopg.connect(server.url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS n")
    filler = disk.fill()
    with pytest.raises(ServerStartError, match=FULL.format(disk.path)):
        disk.start()
    filler.unlink()
    with disk.start() as server:
        assert answer(server.url, "SELECT n FROM kept") == 42
    assert disk.leavings() == []


def test_a_disk_that_fills_up_while_the_server_runs_loses_nothing_that_was_saved(disk: SmallDisk) -> None:
    disk.resize(120)
    with disk.start() as server:
        with psycopg.connect(server.url) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 42 AS n")
        with pytest.raises(psycopg.Error), psycopg.connect(server.url) as conn:
            conn.execute("CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 500000)")
    disk.resize(300)
    with disk.start() as server:
        assert answer(server.url, "SELECT n FROM kept") == 42
