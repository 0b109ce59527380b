"""Files that are there whole or not at all."""

import os
from pathlib import Path

from sigmasight.store.embedded.account import Account, give_to


def write_whole(path: Path, content: bytes, account: Account | None) -> None:
    """Write a file beside its place and move it there: never half written, and never through a link that is there."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            give_to(file, account)
            stream.write(content)
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
