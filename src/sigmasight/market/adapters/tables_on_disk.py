"""Tables in a folder, each a CSV or a Parquet file, read row by row whichever it is.

A CSV's cells are text, Parquet's are typed; what a cell is taken for is asked of its row. Names of columns in any case
and order, further columns are left alone.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sigmasight.domain.errors import InvalidSymbolError, ProviderError
from sigmasight.domain.symbols import normalize_ticker
from sigmasight.market.adapters.answers import number_of, whole_of

NAME = "files"

_Lines = Iterator[Sequence[object]]
"""The names of the columns, then the cells of each row."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    file: str
    cells: Mapping[str, object]  # by the column's name in lower case

    def text(self, column: str) -> str:
        """A cell as text without surrounding blanks; empty where there is none."""
        cell = self.cells.get(column)
        return "" if cell is None else str(cell).strip()

    def number(self, column: str) -> float:
        """A cell as a number; NaN where it is none."""
        return number_of(self.cells.get(column))

    def whole(self, column: str) -> int:
        """A cell as a whole number above 0; 0 where it is none."""
        return whole_of(self.cells.get(column))

    def day(self, column: str) -> date:
        """A cell as a day.

        Raises:
            ProviderError: If it is none.
        """
        cell = self.cells.get(column)
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        text = self.text(column)
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise ProviderError(f"{NAME}: {self.file}: {text[:20]!r} is no day; write it as 2026-11-20") from error

    def symbol(self, column: str, canonical: Callable[[str], str] = normalize_ticker) -> str:
        """A cell as a canonical symbol.

        Raises:
            ProviderError: If it cannot be read as one.
        """
        try:
            return canonical(self.text(column))
        except InvalidSymbolError as error:
            raise ProviderError(f"{NAME}: {self.file}: {error}") from error


def read_rows(folder: Path, table: str, required: Sequence[str]) -> Iterator[Row]:
    """Rows of a table, from its CSV or its Parquet file; none where there is neither.

    Raises:
        ProviderError: If there are both, the file cannot be read, or one of the required columns is missing.
    """
    found = [path for path in (folder / f"{table}{suffix}" for suffix in _READERS) if path.exists()]
    if len(found) > 1:
        raise ProviderError(f"{NAME}: {' and '.join(path.name for path in found)} are both there; keep one of them")
    for path in found:
        lines = _READERS[path.suffix](path)
        names = [str(name).strip().casefold() for name in next(lines, ())]
        missing = [each for each in required if each not in names]
        if missing:
            raise ProviderError(f"{NAME}: {path.name} has no column {missing[0]}")
        yield from (Row(path.name, dict(zip(names, line, strict=False))) for line in lines if line)


def _csv_lines(path: Path) -> _Lines:
    try:
        with path.open(encoding="utf-8-sig", newline="") as content:
            yield from csv.reader(content)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProviderError(f"{NAME}: {path.name} cannot be read: {error}") from error


def _parquet_lines(path: Path) -> _Lines:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ProviderError(f'{NAME}: {path.name} needs pyarrow: pip install "sigmasight[parquet]"') from error
    try:
        with ParquetFile(path) as content:
            yield content.schema_arrow.names
            for batch in content.iter_batches():
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except (OSError, ArrowException) as error:
        raise ProviderError(f"{NAME}: {path.name} cannot be read: {error}") from error


_READERS: Mapping[str, Callable[[Path], _Lines]] = {".csv": _csv_lines, ".parquet": _parquet_lines}
