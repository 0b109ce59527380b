"""Files of positions: their format, what one is and would do, and what was taken of it."""

import enum
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from sigmasight.api.shapes.given import Exact, Given
from sigmasight.intake.formats import FileFormat
from sigmasight.intake.verdicts import Severity, Verdict
from sigmasight.services.imports import Fate, Preview, PreviewRow
from sigmasight.store.import_previews import CommittedImport, ShownFile


class FileColumn(BaseModel):
    """A column of a format."""

    name: str
    aliases: list[str] = Field(description="Other names of it; case, blanks and underscores do not matter.")
    required: bool
    description: str


class Format(BaseModel):
    """A kind of file that can be read."""

    id: str
    name: str
    description: str
    columns: list[FileColumn]
    most_bytes: int
    most_rows: int

    @classmethod
    def of(cls, known: FileFormat) -> "Format":
        """The shape of a format."""
        return cls.model_validate(known, from_attributes=True)


class Formats(BaseModel):
    """The kinds of file that can be read."""

    items: list[Format]


class ImportState(enum.StrEnum):
    """What has become of a file."""

    WAITING = "waiting"
    COMMITTED = "committed"


class RowIssue(BaseModel):
    """One thing that is wrong with a row, and where."""

    line: int
    column: str | None = Field(description="As the file names it; null: the whole row.")
    value: str | None
    message: str
    severity: Severity


class ImportRow(BaseModel):
    """A row's verdict, and what a commit would do with it."""

    line: int
    verdict: Verdict
    fate: Fate = Field(description="known: the portfolio has it from an earlier import.")
    symbol: str | None
    quantity: Exact | None
    issues: list[RowIssue]

    @classmethod
    def of(cls, row: PreviewRow) -> "ImportRow":
        """The shape of a row."""
        position = row.verdict.position
        return cls(
            line=row.verdict.line,
            verdict=row.verdict.verdict,
            fate=row.fate,
            symbol=position.symbol if position else None,
            quantity=position.quantity if position else None,
            issues=[RowIssue.model_validate(issue, from_attributes=True) for issue in row.verdict.issues],
        )


class Import(BaseModel):
    """A file of positions: waiting, with every row's verdict as of now, or committed."""

    id: UUID
    portfolio_id: UUID
    state: ImportState
    file_name: str
    sha256: str
    at: datetime = Field(description="When it was sent, or committed.")
    rows_read: int
    rows_taken: int = Field(description="Or, while it waits: that would be.")
    rows_known: int = Field(description="In the portfolio already, from an earlier import.")
    rows_refused: int
    columns: dict[str, str] = Field(default={}, description="The file's columns by what they mean.")
    ignored_columns: list[str] = []
    rows: list[ImportRow] = Field(default=[], description="While it waits.")

    @classmethod
    def waiting(cls, shown: ShownFile, preview: Preview) -> "Import":
        """The shape of a file that waits."""
        return cls(
            id=shown.id,
            portfolio_id=shown.portfolio_id,
            state=ImportState.WAITING,
            file_name=shown.name,
            sha256=preview.sha256,
            at=shown.created_at,
            rows_read=len(preview.rows),
            rows_taken=preview.count(Fate.TAKE),
            rows_known=preview.count(Fate.KNOWN),
            rows_refused=preview.count(Fate.REFUSE),
            columns={column.meaning: column.name for column in preview.parsed.columns},
            ignored_columns=list(preview.parsed.ignored),
            rows=[ImportRow.of(row) for row in preview.rows],
        )

    @classmethod
    def committed(cls, taken: CommittedImport) -> "Import":
        """The shape of an import that was taken."""
        record = taken.record
        return cls(
            id=taken.id,
            portfolio_id=taken.portfolio_id,
            state=ImportState.COMMITTED,
            at=taken.committed_at,
            **{name: getattr(record, name) for name in record.__slots__},
        )


class SentFile(Given):
    """What is sent with a file; it tells whether the same was sent before."""

    portfolio_id: UUID
    lots: bool
    file_name: str
    sha256: str


class Commit(Given):
    """What is to be taken of a file."""

    only_good: bool = Field(
        default=False, description="Take the good rows and leave the others; otherwise one bad row refuses the file."
    )
