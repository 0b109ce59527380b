"""What the night makes of a portfolio beside its snapshot: one row for each portfolio, session and kind of result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import NotIncluded


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorExposures:
    """A portfolio on K factors. Exposures are never summed over factors; risk shares and the specific one are 1."""

    portfolio_id: UUID
    as_of: date
    method: Method
    factors: tuple[str, ...]
    exposure: FloatArray  # (K,) USD: sum of delta-adjusted exposure x beta
    beta: FloatArray  # (K,) exposure / NAV
    risk_share: FloatArray  # (K,) of the variance, by Euler
    specific_share: float
    volatility: float  # USD a day, of factors and specific risk
    coverage: float  # share of gross whose betas are known
    reasons: Mapping[str, Reason]  # of every number that is missing: a factor's name, or beta, risk_share, volatility
    marks: Reason  # informing ones
    not_included: tuple[NotIncluded, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResults:
    """A portfolio under S scenarios, USD; the correlation effect is correlated - direct."""

    portfolio_id: UUID
    as_of: date
    method: Method
    scenarios: tuple[str, ...]
    direct: FloatArray  # (S,) only what is shocked moves
    correlated: FloatArray  # (S,) what is shocked drags the rest along
    coverage: FloatArray  # (S,) share of gross whose result is known
    reasons: Mapping[str, Reason]  # of every scenario without a result
    marks: Reason
    not_included: tuple[NotIncluded, ...]  # by any of the scenarios

    def chosen(self, wanted: Sequence[str]) -> "ScenarioResults":
        """Some of the scenarios, in the order given."""
        place = [self.scenarios.index(each) for each in wanted]
        return replace(
            self,
            scenarios=tuple(wanted),
            direct=self.direct[place],
            correlated=self.correlated[place],
            coverage=self.coverage[place],
            reasons={name: why for name, why in self.reasons.items() if name in wanted},
        )
