"""From bytes to rows of cells: encoding, size, quoting, and the line on which each row starts."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sigmasight.domain.errors import ImportRefusedError

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000
MAX_LINES = 10 * MAX_ROWS  # rows may run over several lines and stand between blank ones; within reason

_SAVE_AS = "save it as CSV in UTF-8 (spreadsheets call that 'CSV UTF-8') and import that file"
_FOREIGN_BEGINNINGS = (
    (b"PK\x03\x04", "a spreadsheet workbook or another ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet workbook"),
    (b"%PDF", "a PDF document"),
    (codecs.BOM_UTF16_LE, "text in UTF-16"),
    (codecs.BOM_UTF16_BE, "text in UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of cells and the line on which it starts, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it; blank rows are left out."""

    header: Record
    rows: tuple[Record, ...]


def decode_text(content: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding in words.

    Raises:
        ImportRefusedError: If the file is empty, too big, or not UTF-8 text.
    """
    _refuse_by_size(content)
    for beginning, what in _FOREIGN_BEGINNINGS:
        if content.startswith(beginning):
            raise ImportRefusedError(f"The file is {what}, not CSV: {_SAVE_AS}.")
    if b"\0" in content:
        line = _line_of(content, content.index(b"\0"))
        raise ImportRefusedError(f"The file is not UTF-8 text: line {line} holds binary data (a NUL byte); {_SAVE_AS}.")
    marked = content.startswith(codecs.BOM_UTF8)
    text = _decoded(content)
    if not text or text.isspace():
        raise ImportRefusedError("The file is empty: it has nothing but blank lines.")
    return text, "UTF-8 with byte order mark" if marked else "UTF-8"


def read_records(text: str, delimiter: str) -> Iterator[Record]:
    """The rows that have anything in them, in order.

    Raises:
        ImportRefusedError: If the quotes of a row contradict each other, or a cell or the number of lines is out of all
            proportion.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportRefusedError(f"The row that starts on line {line} cannot be read: {_fault(error)}.") from error
        if line > MAX_LINES:
            raise ImportRefusedError(
                f"The file has more than {MAX_LINES:,} lines, blank ones counted; at most {MAX_ROWS:,} rows can be "
                "imported at once: split it."
            )
        if any(cell and not cell.isspace() for cell in cells):
            yield Record(line, cells)


def read_table(text: str, delimiter: str) -> Table:
    """The header and all rows.

    Raises:
        ImportRefusedError: If rows cannot be told apart, there are none, or more than ``MAX_ROWS``.
    """
    records = read_records(text, delimiter)
    header = next(records, None)
    rows = tuple(islice(records, MAX_ROWS))
    if header is None or not rows:
        raise ImportRefusedError("The file has no rows below its header: there is nothing to import.")
    surplus = sum(1 for _ in records)
    if surplus:
        raise ImportRefusedError(
            f"The file has {MAX_ROWS + surplus:,} rows; at most {MAX_ROWS:,} can be imported at once: split it."
        )
    return Table(header, rows)


def _refuse_by_size(content: bytes) -> None:
    if not content:
        raise ImportRefusedError("The file is empty.")
    if len(content) > MAX_BYTES:
        raise ImportRefusedError(
            f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} (10 MB) can be imported at once: split it."
        )


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = _line_of(content, error.start), content[error.start]
        raise ImportRefusedError(
            f"The file is not UTF-8 text: line {line} has the byte 0x{byte:02X}, as in Latin-1 and Windows-1252; "
            f"{_SAVE_AS}."
        ) from error


def _line_of(content: bytes, at: int) -> int:
    return len((content[:at] + b".").splitlines())


def _fault(error: csv.Error) -> str:
    """The csv module's complaint in the words of somebody who edits the file."""
    if str(error).startswith("unexpected end"):
        return "a quote is opened and never closed"
    if str(error).startswith("field larger"):
        return f"a cell has more than {csv.field_size_limit():,} characters, as happens when a quote is never closed"
    return "text follows a closing quote (inside a quoted cell, a quote is written twice)"
