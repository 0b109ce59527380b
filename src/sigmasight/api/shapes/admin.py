"""What administrators see: users, nights, providers, the audit log."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from sigmasight.api.shapes.access import Email, Password
from sigmasight.api.shapes.answers import Ratio, ratio
from sigmasight.api.shapes.given import Line
from sigmasight.domain.access import Role
from sigmasight.domain.usage import Usage
from sigmasight.store.people import Account
from sigmasight.store.reference import AuditEntry
from sigmasight.store.runs import NightCoverage, RunRecord, StepRecord


class User(BaseModel):
    """A user as administrators see him."""

    id: UUID
    email: str
    name: str
    role: Role
    active: bool = Field(description="Whether he may sign in.")
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> "User":
        """The shape of an account."""
        return cls.model_validate(account, from_attributes=True)


class Users(BaseModel):
    """All users."""

    items: list[User]


class AddedUser(BaseModel):
    """Somebody to be added, with an empty portfolio."""

    email: Email
    name: Line
    password: Password
    role: Role = Role.USER


class UserChange(BaseModel):
    """What is to be another; what is left out stays."""

    role: Role | None = None
    active: bool | None = None


class Run(BaseModel):
    """One run of a night."""

    id: int
    as_of: date
    status: str
    attempt: int = Field(description="How often it was taken over, and 1.")
    started_at: datetime
    finished_at: datetime | None
    coverage: Ratio = Field(description="Share of what is held that had a price of the session.")

    @classmethod
    def of(cls, run: RunRecord) -> "Run":
        """The shape of a run."""
        return cls.model_validate(run, from_attributes=True)


class Step(BaseModel):
    """One job of a run, for one shard of the portfolios."""

    job: str
    shard: int
    status: str
    seconds: float
    counts: dict[str, int]
    coverage: Ratio
    errors: list[dict[str, str]]

    @classmethod
    def of(cls, step: StepRecord) -> "Step":
        """The shape of a step."""
        return cls.model_validate(step, from_attributes=True)


class RunWithSteps(Run):
    """A run, with all that it did."""

    steps: list[Step]


class Runs(BaseModel):
    """Runs, newest first."""

    items: list[Run]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")


class Night(BaseModel):
    """What one night's market data covered."""

    as_of: date
    status: str
    held: int
    priced: int
    coverage: Ratio
    kept_aside: int
    failed_providers: list[str]

    @classmethod
    def of(cls, night: NightCoverage) -> "Night":
        """The shape of a night."""
        return cls(
            as_of=night.as_of,
            status=night.status,
            held=night.held,
            priced=night.priced,
            coverage=ratio(night.coverage),
            kept_aside=night.refused,
            failed_providers=list(night.failed),
        )


class Nights(BaseModel):
    """Nights, newest first."""

    items: list[Night]


class Spent(BaseModel):
    """What asking one provider took."""

    calls: int
    errors: int
    bytes: int
    credits: float
    usd: Ratio

    @classmethod
    def of(cls, usage: Usage) -> "Spent":
        """The shape of usage."""
        counts = {name: getattr(usage, name) for name in ("calls", "errors", "bytes", "credits")}
        return cls(**counts, usd=ratio(usage.cost))


class Providers(BaseModel):
    """Who is asked for what, in which order, and what was spent."""

    asked_in_order: dict[str, list[str]]
    today: dict[str, Spent]
    month: dict[str, Spent]


class Entry(BaseModel):
    """One line of the audit log."""

    id: int
    at: datetime
    user_id: UUID | None = Field(description="Who did it; null: the command line, or somebody who is gone.")
    portfolio_id: UUID | None
    action: str
    detail: dict[str, object]

    @classmethod
    def of(cls, entry: AuditEntry) -> "Entry":
        """The shape of an entry."""
        return cls.model_validate(entry, from_attributes=True)


class Audit(BaseModel):
    """The audit log, newest first."""

    items: list[Entry]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")
