"""What the night makes of a portfolio beside its snapshot: one row for each portfolio, session and kind of result."""

import enum
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


class TailMethod(enum.StrEnum):
    """How profits and losses of tomorrow are simulated."""

    HISTORICAL = "historical"  # as the window's sessions were
    FILTERED = "filtered"  # these, at the volatility of tomorrow: the default
    NORMAL = "normal"  # the normal law with the window's mean and standard deviation


TAIL_METHODS = tuple(TailMethod)
TAIL_LEVELS = (0.95, 0.975, 0.99)
SNAPSHOT_TAIL = (TailMethod.FILTERED, 0.99)
"""Which value at risk a snapshot shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TailRisk:
    """A portfolio's losses of one day that few days exceed, USD, positive; by TAIL_METHODS and TAIL_LEVELS."""

    portfolio_id: UUID
    as_of: date
    method: Method
    value_at_risk: FloatArray  # (3, 3)
    expected_shortfall: FloatArray  # (3, 3) mean loss of the days beyond
    sessions: int  # that all that is included has in common
    coverage: float  # share of gross that is included
    reasons: Mapping[str, Reason]  # of value_at_risk, if it is missing
    marks: Reason
    not_included: tuple[NotIncluded, ...]

    def at(self, method: TailMethod, level: float) -> tuple[float, float]:
        """Value at risk and expected shortfall of one method at one level."""
        row, column = TAIL_METHODS.index(method), TAIL_LEVELS.index(level)
        return float(self.value_at_risk[row, column]), float(self.expected_shortfall[row, column])


class DataQuality(enum.StrEnum):
    """Whether correlations stand on enough."""

    SUFFICIENT = "sufficient"  # the whole window, and no name lacks a history
    LIMITED = "limited"
    INSUFFICIENT = "insufficient"  # no two names with enough sessions in common


@dataclass(frozen=True, slots=True)
class Cluster:
    """Names that move together; weights are shares of the portfolio's delta-adjusted gross."""

    nickname: str
    symbols: tuple[str, ...]  # the largest first
    gross_weight: float
    net_weight: float  # signed: a long and a short in one cluster are a hedge
    average_correlation: float  # over its pairs; 1 for a name alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """How a portfolio's names move together. A name is an underlying with all that is held on it."""

    portfolio_id: UUID
    as_of: date
    method: Method
    symbols: tuple[str, ...]  # of the names that take part, in a dendrogram's order
    exposure: FloatArray  # (S,) delta-adjusted, USD, in that order
    sessions: int  # that all of them have in common
    window_sessions: int
    average_correlation: float  # over the pairs
    effective_positions: float  # 1 / w'Rw, signed weights
    effective_positions_classic: float  # 1 / w'Rw, equal weights
    effective_positions_by_weight: float  # 1 / HHI
    diversification_ratio_squared: float
    concentration: float  # share of gross in clusters of two or more
    clusters: tuple[Cluster, ...]  # of two or more names, the largest gross weight first
    data_quality: DataQuality
    coverage: float  # share of gross that takes part
    reasons: Mapping[str, Reason]  # of every number that is missing
    marks: Reason
    not_included: tuple[NotIncluded, ...]
