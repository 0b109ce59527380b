"""SigmaSight's own CSV of positions: bytes in, every row with its verdict out; nothing is saved."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

from sigmasight.domain.errors import ImportRefusedError
from sigmasight.intake.cells import UnreadableCellError, read_asset, read_date, read_price, read_quantity, read_tags
from sigmasight.intake.columns import Field, Layout, meaning_of, recognise_layout
from sigmasight.intake.csv_table import Record, decode_text, read_records, read_table
from sigmasight.intake.verdicts import Issue, ParsedPositions, PositionRow, RowVerdict, shortened

_DELIMITERS = (",", ";", "\t")
_LINES_NAMED = 5
_T = TypeVar("_T")


def parse_positions(content: bytes, *, today: date, lots: bool = False) -> ParsedPositions:
    """Read and judge a file of positions.

    The header names ``ticker, quantity, entry_price, entry_date, tags`` in any order and case (``symbol, qty, price,
    trade date, strategy`` mean the same); tags may be left out, other columns are ignored. Cells are separated by
    commas, semicolons or tabs, whichever the header makes sense with. Numbers have a decimal point in all three.

    Args:
        content: The file as it is on disk.
        today: The day it is imported; later dates and options that expired earlier are errors.
        lots: Whether the user says that the file lists tax lots, so that a ticker may repeat on one date.

    Raises:
        ImportRefusedError: If the file as a whole cannot be read: not UTF-8 text, empty, too big, too many rows, quotes
            that do not close, columns missing or named twice.
    """
    text, encoding = decode_text(content)
    delimiter = max(_DELIMITERS, key=partial(_columns_recognised, text))
    table = read_table(text, delimiter)
    layout = recognise_layout(table.header)
    drafts = [_read_row(_Row(record, layout), today=today, comma=delimiter == ",") for record in table.rows]
    repeated = {} if lots else _lines_of_repeated(drafts)
    return ParsedPositions(
        rows=tuple(_judged(draft, repeated) for draft in drafts),
        columns=layout.recognised,
        ignored=layout.ignored,
        encoding=encoding,
        delimiter=delimiter,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row being read: each cell gives a value or leaves an issue."""

    record: Record
    layout: Layout
    issues: list[Issue] = field(default_factory=list)

    def read(self, meaning: Field, reader: Callable[[str], _T]) -> _T | None:
        """The value of a cell; None, with an issue, when it cannot be read."""
        text = self.record.cells[self.layout.at[meaning]]
        try:
            return reader(text)
        except UnreadableCellError as error:
            self.complain(str(error), self.layout.names[self.layout.at[meaning]], text.strip())
            return None

    def complain(self, message: str, column: str | None = None, value: str | None = None) -> None:
        """Leave an issue."""
        self.issues.append(Issue(self.record.line, column, None if value is None else shortened(value), message))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A row as far as it could be read by itself."""

    row: _Row
    key: tuple[str, date] | None  # symbol and entry date, where both could be read
    position: PositionRow | None


def _columns_recognised(text: str, delimiter: str) -> int:
    """How many columns the header has when read with a delimiter; none when it cannot be read that way."""
    try:
        header = next(read_records(text, delimiter), None)
    except ImportRefusedError:
        return 0
    return sum(meaning_of(name) is not None for name in header.cells) if header else 0


def _read_row(row: _Row, *, today: date, comma: bool) -> _Draft:
    if not _has_right_width(row):
        return _Draft(row, None, None)
    asset = row.read(Field.TICKER, partial(read_asset, today=today))
    contracts = asset is not None and asset.option is not None
    quantity = row.read(Field.QUANTITY, partial(read_quantity, lone_comma_groups=comma, contracts=contracts))
    price = row.read(Field.ENTRY_PRICE, partial(read_price, lone_comma_groups=comma))
    day = row.read(Field.ENTRY_DATE, partial(read_date, today=today))
    tags = row.read(Field.TAGS, read_tags) if Field.TAGS in row.layout.at else ()
    key = None if asset is None or day is None else (asset.symbol, day)
    if asset is None or quantity is None or price is None or day is None or tags is None:
        return _Draft(row, key, None)
    return _Draft(row, key, PositionRow(row.record.line, asset.symbol, asset.option, quantity, price, day, tags))


def _has_right_width(row: _Row) -> bool:
    """Whether a row has a cell for each column; one that has not may have its cells in the wrong columns."""
    cells, width = row.record.cells, len(row.layout.names)
    if len(cells) >= width and not any(cell.strip() for cell in cells[width:]):
        return True
    row.complain(
        f"the row has {len(cells)} cells, the header names {width} columns: leave empty what is not known, and quote a "
        "cell that has a separator inside"
    )
    return False


def _lines_of_repeated(drafts: Iterable[_Draft]) -> dict[tuple[str, date], str]:
    """For each symbol and date that is there more than once, the lines in words."""
    lines: defaultdict[tuple[str, date], list[int]] = defaultdict(list)
    for draft in drafts:
        if draft.key is not None:
            lines[draft.key].append(draft.row.record.line)
    return {key: _enumerated(where) for key, where in lines.items() if len(where) > 1}


def _enumerated(lines: Sequence[int]) -> str:
    named = [str(line) for line in lines[:_LINES_NAMED]]
    last = f"{len(lines) - _LINES_NAMED:,} more" if len(lines) > _LINES_NAMED else named.pop()
    return f"lines {', '.join(named)} and {last}"


def _judged(draft: _Draft, repeated: Mapping[tuple[str, date], str]) -> RowVerdict:
    row, key = draft.row, draft.key
    if key is None or key not in repeated:
        return RowVerdict(row.record.line, tuple(row.issues), draft.position)
    at = row.layout.at[Field.TICKER]
    row.complain(
        f"{key[0]} with entry date {key[1]} is there more than once ({repeated[key]}): keep one row, or say that the "
        "file lists lots",
        row.layout.names[at],
        row.record.cells[at].strip(),
    )
    return RowVerdict(row.record.line, tuple(row.issues), None)
