"""Where servers of tests have their files."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_place() -> Iterator[Path]:
    """Make a directory that every account can pass through: PostgreSQL's is not that of the tests."""
    place = Path(tempfile.mkdtemp(prefix="sigmasight-tests-", dir=directory_in_memory()))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def directory_in_memory() -> Path | None:
    """Return where files never reach a disk, if there is room and programs may run: that saves half of the time."""
    directory = Path("/dev/shm")  # noqa: S108
    if not directory.is_dir():
        return None
    found = os.statvfs(directory)
    fits = found.f_bavail * found.f_frsize > 2e9 and not found.f_flag & os.ST_NOEXEC
    return directory if fits else None
