"""What became of a job that makes facts about instruments."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigmasight.store.runs import StepRecord

WANTED_COVERAGE = 0.95
"""Share of the instruments below which such a job is partial."""


@dataclass(frozen=True, slots=True)
class FactsOutcome:
    """What became of the job."""

    status: str
    seconds: float
    errors: tuple[Mapping[str, str], ...]

    @classmethod
    def recalled(cls, step: StepRecord) -> "FactsOutcome":
        """The outcome that an earlier attempt wrote down."""
        return cls(step.status, step.seconds, tuple(step.errors))
