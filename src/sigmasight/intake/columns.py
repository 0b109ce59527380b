"""Which columns a header names, whatever their order, case and spelling."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigmasight.domain.errors import ImportRefusedError
from sigmasight.intake.csv_table import Record
from sigmasight.intake.verdicts import Column, shortened


class Field(enum.StrEnum):
    """What a column can mean."""

    TICKER = "ticker"
    QUANTITY = "quantity"
    ENTRY_PRICE = "entry_price"
    ENTRY_DATE = "entry_date"
    TAGS = "tags"


REQUIRED = (Field.TICKER, Field.QUANTITY, Field.ENTRY_PRICE, Field.ENTRY_DATE)
_MEANINGS = {
    "ticker": Field.TICKER,
    "symbol": Field.TICKER,
    "quantity": Field.QUANTITY,
    "qty": Field.QUANTITY,
    "entryprice": Field.ENTRY_PRICE,
    "price": Field.ENTRY_PRICE,
    "entrydate": Field.ENTRY_DATE,
    "tradedate": Field.ENTRY_DATE,
    "tags": Field.TAGS,
    "strategy": Field.TAGS,
}
_NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column means what."""

    names: tuple[str, ...]  # as the file has them, without the empty ones at the end
    at: Mapping[Field, int]  # the column's number, from 0

    @property
    def recognised(self) -> tuple[Column, ...]:
        """The columns that are read, in the file's order."""
        return tuple(Column(field.value, self.names[at]) for field, at in self.at.items())

    @property
    def ignored(self) -> tuple[str, ...]:
        """The names of the other columns, in the file's order."""
        read = set(self.at.values())
        return tuple(name for at, name in enumerate(self.names) if at not in read)


def aliases_of(field: Field) -> tuple[str, ...]:
    """The other names of a column, without blanks and underscores."""
    own = field.value.replace("_", "")
    return tuple(name for name, meaning in _MEANINGS.items() if meaning is field and name != own)


def meaning_of(name: str) -> Field | None:
    """What a column of that name means; case, blanks and underscores do not matter."""
    return _MEANINGS.get("".join(name.split()).replace("_", "").casefold())


def recognise_layout(header: Record) -> Layout:
    """Find the columns in a header.

    Raises:
        ImportRefusedError: If two columns mean the same or a required one is missing.
    """
    names = _without_empty_end(header.cells)
    columns: dict[Field, int] = {}
    for at, name in enumerate(names):
        meaning = meaning_of(name)
        if meaning is None:
            continue
        first = columns.setdefault(meaning, at)
        if first != at:
            raise ImportRefusedError(
                f"The columns {names[first]!r} and {name!r} both mean {meaning.value}: keep one of them."
            )
    missing = [field.value for field in REQUIRED if field not in columns]
    if missing:
        raise ImportRefusedError(_missing_message(missing, header.line, names))
    return Layout(names, columns)


def _without_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    names = [name.strip() for name in cells]
    while not names[-1]:
        names.pop()
    return tuple(names)


def _missing_message(missing: Sequence[str], line: int, names: Sequence[str]) -> str:
    shown = [shortened(name) for name in names[:_NAMES_SHOWN]]
    found = ", ".join([*shown, "…"] if len(names) > _NAMES_SHOWN else shown)
    return (
        f"The header on line {line} lacks {', '.join(missing)}; it has: {found}. "
        "Name the columns ticker, quantity, entry_price, entry_date and, if you like, tags."
    )
