"""The server's log files, in its data directory."""

import os
from collections.abc import Mapping
from pathlib import Path

from sigmasight.store.embedded.commands import last_lines

BYTES_KEPT = 1_000_000


def drop_grown_logs(data_dir: Path) -> None:
    """Remove logs that are larger than anybody reads.

    By an open directory, without following links: root does this in a directory that is another account's.
    """
    try:
        logs = os.open(data_dir / "log", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        with os.scandir(logs) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_size > BYTES_KEPT:
                    os.unlink(entry.name, dir_fd=logs)
    finally:
        os.close(logs)


def measure_logs(data_dir: Path) -> Mapping[Path, int]:
    """Return how long each log is, in bytes."""
    return {path: path.stat().st_size for path in (data_dir / "log").glob("*.log")}


def logged_since(data_dir: Path, measured: Mapping[Path, int]) -> str:
    """Return the last lines that were logged since the logs were measured: older ones explain older failures."""
    new = []
    for path in sorted((data_dir / "log").glob("*.log"), key=lambda path: path.stat().st_mtime):
        with path.open("rb") as stream:
            stream.seek(measured.get(path, 0))
            new.append(stream.read().decode(errors="replace"))
    return last_lines("".join(new))
