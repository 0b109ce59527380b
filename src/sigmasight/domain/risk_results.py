"""What the night makes of a portfolio beside its snapshot: one row for each portfolio, session and kind of result."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason, reason_from_words
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

    def followed_by(self, more: "ScenarioResults") -> "ScenarioResults":
        """These scenarios and others of the same portfolio and session."""
        left_out: dict[str, Reason] = {}
        for each in (*self.not_included, *more.not_included):
            left_out[each.symbol] = left_out.get(each.symbol, Reason.NONE) | reason_from_words(each.reason.split(","))
        return replace(
            self,
            scenarios=(*self.scenarios, *more.scenarios),
            direct=np.concatenate([self.direct, more.direct]),
            correlated=np.concatenate([self.correlated, more.correlated]),
            coverage=np.concatenate([self.coverage, more.coverage]),
            reasons={**self.reasons, **more.reasons},
            marks=self.marks | more.marks,
            not_included=tuple(NotIncluded(symbol, ",".join(why.words)) for symbol, why in left_out.items()),
        )
