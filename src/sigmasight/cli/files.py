"""Files that a person names."""

from pathlib import Path

from sigmasight.domain.errors import ImportRefusedError


def read_file(file: Path, *, max_bytes: int) -> bytes:
    """A file's content; of one that is too big only as much as shows that.

    Raises:
        ImportRefusedError: If it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(max_bytes + 1)
    except OSError as error:
        raise ImportRefusedError(f"{file} cannot be read: {error.strerror}.") from error
