"""How the names of a portfolio move together."""

from datetime import date
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from sigmasight.api.shapes.answers import Answer, Marks, Money, Ratio, Reasons, left_of, money, ratio, words_of
from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.methods import Method
from sigmasight.domain.risk_results import Correlations as Found
from sigmasight.domain.risk_results import DataQuality
from sigmasight.services.correlations import CorrelationReport

_PLAN = CorrelationPlan()
_MEASURES = (
    "average_correlation",
    "effective_positions",
    "effective_positions_classic",
    "effective_positions_by_weight",
    "diversification_ratio_squared",
    "concentration",
)


class CorrelationFilters(BaseModel):
    """Which names are correlated, and how."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"view": "longs", "least_weight": 0.02}]})

    view: View = Field(default=_PLAN.view, description="All names, or one side of the book.")
    filter_mode: FilterMode = Field(default=_PLAN.mode, description="Which thresholds a name must pass.")
    least_exposure: Annotated[FiniteFloat, Field(ge=0.0, description="USD, delta-adjusted.")] = _PLAN.least_exposure
    least_weight: Annotated[FiniteFloat, Field(ge=0.0, le=1.0, description="Of the delta-adjusted gross.")] = (
        _PLAN.least_weight
    )
    window_sessions: Annotated[int, Field(ge=2, le=504)] = _PLAN.window_sessions
    min_returns: Annotated[int | None, Field(ge=2, le=504, description="Without it 60; 20 in the classic method.")] = (
        None
    )
    threshold: Annotated[FiniteFloat, Field(gt=0.0, lt=1.0, description="At which names form a cluster.")] = (
        _PLAN.threshold
    )
    method: Method = Field(default=_PLAN.method, description="classic: clusters are connected components.")

    @model_validator(mode="after")
    def _possible(self) -> "CorrelationFilters":
        _ = self.plan
        return self

    @property
    def plan(self) -> CorrelationPlan:
        """The plan that is meant.

        Raises:
            ValueError: If its numbers do not go together.
        """
        return CorrelationPlan(
            window_sessions=self.window_sessions,
            min_obs=self.min_returns,
            least_exposure=self.least_exposure,
            least_weight=self.least_weight,
            mode=self.filter_mode,
            threshold=self.threshold,
            view=self.view,
            method=self.method,
        )


class CorrelationQuery(CorrelationFilters):
    """The same in an address, with the session."""

    as_of: date | None = Field(default=None, description="The session; without it, the last stored night.")


class Name(BaseModel):
    """An underlying with all that is held on it."""

    symbol: str = Field(examples=["AAPL"])
    exposure: Money = Field(description="Delta-adjusted, USD.")


class NameCluster(BaseModel):
    """Names that move together; weights are shares of the delta-adjusted gross."""

    nickname: str = Field(examples=["Tech Growth"])
    symbols: list[str] = Field(description="The largest first.")
    gross_weight: Ratio
    net_weight: Ratio = Field(description="Signed: a long and a short in one cluster are a hedge.")
    average_correlation: Ratio


class Correlations(Answer):
    """Metrics and clusters at a session's close."""

    sessions: int = Field(description="That all names have in common.")
    window_sessions: int
    data_quality: DataQuality
    average_correlation: Ratio = Field(description="Over the pairs.")
    effective_positions: Ratio = Field(description="1 / w'Rw with signed weights.")
    effective_positions_classic: Ratio = Field(description="1 / w'Rw with equal weights.")
    effective_positions_by_weight: Ratio = Field(description="1 / HHI.")
    diversification_ratio_squared: Ratio
    concentration: Ratio = Field(description="Share of gross in clusters of two or more.")
    names: list[Name] = Field(description="In a dendrogram's order.")
    clusters: list[NameCluster] = Field(description="Of two or more names, the largest gross weight first.")
    reasons: Reasons
    marks: Marks

    @classmethod
    def of(cls, found: Found) -> "Correlations":
        """The shape of correlations."""
        return cls.model_validate(
            {
                **_head(found),
                "data_quality": found.data_quality,
                **{name: ratio(getattr(found, name)) for name in _MEASURES},
                "names": _names(found),
                "clusters": [
                    NameCluster(
                        nickname=each.nickname,
                        symbols=list(each.symbols),
                        gross_weight=ratio(each.gross_weight),
                        net_weight=ratio(each.net_weight),
                        average_correlation=ratio(each.average_correlation),
                    )
                    for each in found.clusters
                ],
                "reasons": words_of(found.reasons),
            }
        )


class Merge(BaseModel):
    """One step of the clustering."""

    first: int = Field(description="A name of `merge_order` by its place or, beyond them, an earlier step's cluster.")
    second: int
    distance: Ratio
    size: int = Field(description="Names in what it makes.")


class CorrelationMatrix(Answer):
    """The matrix behind the metrics."""

    sessions: int
    window_sessions: int
    names: list[Name] = Field(description="Of rows and columns, in a dendrogram's order.")
    matrix: list[list[Ratio]] = Field(description="Positive semi-definite, 1 on its diagonal.")
    merge_order: list[str] = Field(description="Names as `merges` count them.")
    merges: list[Merge] = Field(description="A dendrogram, from the leaves to the root.")
    marks: Marks

    @classmethod
    def of(cls, report: CorrelationReport) -> "CorrelationMatrix":
        """The shape of a report's matrix."""
        return cls.model_validate(
            {
                **_head(report.correlations),
                "names": _names(report.correlations),
                "matrix": [[ratio(value) for value in row] for row in np.asarray(report.matrix).tolist()],
                "merge_order": list(report.order),
                "merges": [
                    Merge(first=int(first), second=int(second), distance=ratio(distance), size=int(size))
                    for first, second, distance, size in report.merges.tolist()
                ],
            }
        )


def _head(found: Found) -> dict[str, object]:
    return {
        "as_of": found.as_of,
        "method": found.method,
        "coverage": ratio(found.coverage),
        "not_included": left_of(found.not_included),
        "sessions": found.sessions,
        "window_sessions": found.window_sessions,
        "marks": list(found.marks.words),
    }


def _names(found: Found) -> list[Name]:
    rows = zip(found.symbols, found.exposure.tolist(), strict=True)
    return [Name(symbol=symbol, exposure=money(exposure)) for symbol, exposure in rows]
