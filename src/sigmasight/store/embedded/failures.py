"""What to say when the server cannot be set up or started."""

import errno
import os
import shutil
from pathlib import Path

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded.commands import last_lines

NEW_DATABASE_MEGABYTES = 100
START_MEGABYTES = 20  # a segment of the log
_OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT)
_WORDS_OF_A_FULL_DISK = ("No space left on device", "Disk quota exceeded", "Check free disk space")


def start_failure(what: str, output: str, directory: Path) -> ServerStartError:
    """Make an error of what a program or the server has said, or of a full disk if it is that."""
    if any(words in output for words in _WORDS_OF_A_FULL_DISK):
        return _full_disk(directory)
    return ServerStartError(f"{what} (data in {directory}). It said:\n{last_lines(output)}")


def file_failure(error: OSError, directory: Path) -> ServerStartError:
    """Make an error of what the operating system refused."""
    if error.errno in _OUT_OF_SPACE:
        return _full_disk(directory)
    why_there = "" if os.geteuid() else " (PostgreSQL does not run as root, so root's data go there, not into its home)"
    return ServerStartError(
        f"The database in {directory}{why_there} could not be set up: {error}. Look at the permissions there, run "
        "SigmaSight as an ordinary user with a directory of its own, or set DATABASE_URL to a server of your own."
    )


def _full_disk(directory: Path) -> ServerStartError:
    free = shutil.disk_usage(_nearest(directory)).free / 1e6
    return ServerStartError(
        f"The disk that holds {directory} is full: {free:.0f} MB are free, a new database needs about "
        f"{NEW_DATABASE_MEGABYTES} MB and one that is there about {START_MEGABYTES} MB to start. Free some space and "
        "start again; what was saved before is safe."
    )


def _nearest(directory: Path) -> Path:
    return next(path for path in (directory, *directory.parents) if path.exists())
