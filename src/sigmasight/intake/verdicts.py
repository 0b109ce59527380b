"""What a parse says of a file: every row with its verdict, what is wrong and where, and the position it gives."""

import enum
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sigmasight.domain.instruments import OptionTerms

_SHOWN_CHARACTERS = 60


class Verdict(enum.StrEnum):
    """What may happen to a row."""

    OK = "ok"
    WARNING = "warning"  # can be taken; something about it should be known first
    ERROR = "error"  # cannot be taken as it is


class Severity(enum.StrEnum):
    """How much an issue weighs."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, and where."""

    line: int  # in the file, from 1
    column: str | None  # as the file names it; None when it concerns the whole row
    value: str | None  # as the file has it, shortened; None when it concerns the whole row
    message: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position as a file states it."""

    line: int
    symbol: str  # a ticker, or an unpadded OCC option symbol
    option: OptionTerms | None
    quantity: Decimal  # signed: short < 0; contracts for options
    entry_price: Decimal  # USD per share
    entry_date: date
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """One row of a file: its issues, and its position when no issue is an error."""

    line: int  # where the row starts; quoted cells may run over more lines
    issues: tuple[Issue, ...]
    position: PositionRow | None

    @property
    def verdict(self) -> Verdict:
        """The verdict that the issues amount to."""
        if self.position is None:
            return Verdict.ERROR
        return Verdict.WARNING if self.issues else Verdict.OK


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows a file has, by verdict."""

    rows: int
    ok: int
    warnings: int
    errors: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column that was recognised."""

    meaning: str  # our name of it
    name: str  # the file's name of it


@dataclass(frozen=True, slots=True)
class ParsedPositions:
    """A file of positions, read and judged; nothing is saved."""

    rows: tuple[RowVerdict, ...]
    columns: tuple[Column, ...]  # in the file's order
    ignored: tuple[str, ...]  # the file's names of columns that mean nothing here
    encoding: str
    delimiter: str

    @property
    def totals(self) -> Totals:
        """The rows counted by verdict."""
        verdicts = [row.verdict for row in self.rows]
        return Totals(
            rows=len(verdicts),
            ok=verdicts.count(Verdict.OK),
            warnings=verdicts.count(Verdict.WARNING),
            errors=verdicts.count(Verdict.ERROR),
        )

    @property
    def positions(self) -> tuple[PositionRow, ...]:
        """The positions of the rows that can be taken."""
        return tuple(row.position for row in self.rows if row.position is not None)

    def name_of(self, meaning: str) -> str:
        """The file's name of a column that was recognised, by ours: ``ticker``, ``quantity`` and so on."""
        return next(column.name for column in self.columns if column.meaning == meaning)


def with_warning(row: RowVerdict, *, column: str | None, value: str | None, message: str) -> RowVerdict:
    """The row with one more warning; what was an error stays one."""
    shown = None if value is None else shortened(value)
    return replace(row, issues=(*row.issues, Issue(row.line, column, shown, message, Severity.WARNING)))


def shortened(text: str, limit: int = _SHOWN_CHARACTERS) -> str:
    """A text of at most ``limit`` characters; an ellipsis stands for what was left out."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
