"""PostgreSQL's programs, run as the account that owns the data."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sigmasight.store.embedded.account import Account

TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended."""

    code: int
    output: str  # what it wrote to both of its streams

    @property
    def ok(self) -> bool:
        """Whether it says that it did what it was asked to."""
        return self.code == 0


def run_program(
    program: Path, *arguments: str | Path, account: Account | None = None, directory: Path = Path("/")
) -> Outcome:
    """Run a program to its end, in a directory that its account can enter, and keep what it wrote.

    The output goes to a file, not a pipe: ``pg_ctl start`` leaves a server behind that holds its streams open. The
    environment is our own: a server must inherit neither secrets nor ``PG*`` variables, and its messages must be
    English, because some are recognised. A session of its own keeps Ctrl-C at the terminal from the server.

    Raises:
        OSError: If the program cannot be run.
    """
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(  # noqa: S603 - a path that find_binaries has checked
            [program, *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        output.seek(0)
        return Outcome(done.returncode, output.read().decode(errors="replace"))


def last_lines(text: str) -> str:
    """Return the end of a log or of an output, as much as fits into a message."""
    return "\n".join(text.strip().splitlines()[-TAIL_LINES:])
