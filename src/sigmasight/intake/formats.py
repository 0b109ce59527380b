"""The kinds of file that can be read, for people and programs that want to write one."""

from dataclasses import dataclass

from sigmasight.intake.columns import REQUIRED, Field, aliases_of
from sigmasight.intake.csv_table import MAX_BYTES, MAX_ROWS


@dataclass(frozen=True, slots=True)
class FormatColumn:
    """A column of a format."""

    name: str
    aliases: tuple[str, ...]  # other names of it
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A kind of file."""

    id: str
    name: str
    description: str
    columns: tuple[FormatColumn, ...]
    most_bytes: int
    most_rows: int


_MEANINGS = {
    Field.TICKER: "A ticker, or an option by its OCC symbol, padded or not.",
    Field.QUANTITY: "Signed: a short is negative. Options in whole contracts.",
    Field.ENTRY_PRICE: "USD per share, also for options; above 0.",
    Field.ENTRY_DATE: "YYYY-MM-DD, not in the future.",
    Field.TAGS: "Separated by commas, in one quoted cell.",
}

OWN_CSV = FileFormat(
    id="sigmasight",
    name="SigmaSight's own CSV",
    description="UTF-8, cells separated by commas, semicolons or tabs; columns in any order, others are ignored.",
    columns=tuple(
        FormatColumn(field.value, aliases_of(field), field in REQUIRED, meaning) for field, meaning in _MEANINGS.items()
    ),
    most_bytes=MAX_BYTES,
    most_rows=MAX_ROWS,
)

FORMATS = (OWN_CSV,)
