"""Statements of cash and unmodelled assets."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from sigmasight.api.shapes.given import Exact, Given, examples
from sigmasight.domain.books import RecordedStatement, StatementKind

Amount = Annotated[Exact, Field(description="USD.", examples=["-1250.00"])]


class NewStatement(Given):
    """An amount as of a day; it holds until a later one. Statements are appended, never edited."""

    model_config = examples({"kind": "cash", "amount": "12500.00", "as_of": "2026-11-20"})

    kind: StatementKind
    amount: Amount
    as_of: date | None = Field(default=None, description="Without it, today in New York.")


class Statement(BaseModel):
    """A statement as it was recorded."""

    id: int
    kind: StatementKind
    as_of: date
    amount: Amount
    recorded_at: datetime

    @classmethod
    def of(cls, statement: RecordedStatement) -> "Statement":
        """The shape of a statement."""
        return cls.model_validate(statement, from_attributes=True)


class Statements(BaseModel):
    """Statements, the last recorded first."""

    items: list[Statement]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")
