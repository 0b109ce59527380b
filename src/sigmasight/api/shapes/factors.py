"""Factors, what they are correlated with, and portfolios on them."""

import enum
from collections.abc import Sequence
from datetime import date

import numpy as np
from pydantic import BaseModel, Field

from sigmasight.api.shapes.answers import (
    Answer,
    Left,
    Marks,
    Money,
    Ratio,
    Reasons,
    left_of,
    money,
    ratio,
    words_of,
)
from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.factors import FactorDefinition
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import METHOD
from sigmasight.services.factors import FactorReport, PositionFactors


class FactorView(enum.StrEnum):
    """How much is told."""

    PORTFOLIO = "portfolio"
    POSITIONS = "positions"


class Proxy(BaseModel):
    """A fund that stands for a factor."""

    symbol: str = Field(examples=["SPY"])
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer does; null: it still does.")


class Factor(BaseModel):
    """A factor as it is defined."""

    name: str = Field(examples=["Market"])
    display_order: int
    active: bool = Field(description="An inactive one is defined and not computed.")
    description: str
    proxies: list[Proxy]


class Factors(BaseModel):
    """All factors, in the order of every screen."""

    items: list[Factor]

    @classmethod
    def of(cls, definitions: Sequence[FactorDefinition]) -> "Factors":
        """The shape of definitions."""
        return cls(items=[Factor.model_validate(each, from_attributes=True) for each in definitions])


class FactorCorrelations(Answer):
    """How the factors moved together up to a session."""

    coverage: Ratio = Field(description="Share of the factors that vary by themselves.")
    market: Market
    factors: list[str] = Field(description="In the order of all rows and columns.")
    proxies: list[str]
    sessions: int = Field(description="Of the window, that count.")
    window_sessions: int
    correlation: list[list[Ratio]] = Field(description="Exponentially weighted, decay 0.94.")
    capped_correlation: list[list[Ratio]] = Field(description="The same within -0.95 and 0.95.")
    volatility_per_day: list[Ratio] = Field(description="Exponentially weighted, not annualised.")
    market_slopes: list[Ratio] = Field(description="Of each factor on the market, equal weights.")
    variance_inflation: list[Ratio]
    condition_number: Ratio

    @classmethod
    def of(cls, market: Market, found: FactorSet) -> "FactorCorrelations":
        """The shape of a session's factors."""
        missing = np.flatnonzero(~found.usable).tolist()
        return cls(
            as_of=found.as_of,
            method=METHOD,
            coverage=ratio(float(found.usable.mean())),
            not_included=[Left(symbol=found.proxies[at], reason=Reason.NO_HISTORY.words[0]) for at in missing],
            market=market,
            factors=list(found.names),
            proxies=list(found.proxies),
            sessions=found.sessions,
            window_sessions=found.window_sessions,
            correlation=_rows(found.correlation),
            capped_correlation=_rows(found.capped_correlation),
            volatility_per_day=_row(found.volatility),
            market_slopes=_row(found.market_slopes),
            variance_inflation=_row(found.variance_inflation),
            condition_number=ratio(found.condition_number),
        )


class FactorExposure(BaseModel):
    """A portfolio on one factor. Exposures are never summed over factors."""

    factor: str = Field(examples=["Value"])
    proxy: str = Field(examples=["VTV"])
    exposure: Money = Field(description="Sum of delta-adjusted exposure x beta, USD.")
    dollar_exposure: Money = Field(description="The same with each position at its own price, USD.")
    beta: Ratio = Field(description="Exposure / NAV.")
    risk_share: Ratio = Field(description="Of the variance; with the specific share they are 1.")
    market_slope: Ratio = Field(description="Of the factor on the market.")
    variance_inflation: Ratio
    classic_exposure: Money = Field(description="USD, by betas of least squares, capped; by the classic method alone.")


class PositionBeta(BaseModel):
    """A position's beta to one factor: that of its underlying."""

    factor: str
    beta: Ratio
    hac_error: Ratio
    t: Ratio = Field(description="Beta / HAC error; null with exact_fit.")
    exposure: Money = Field(description="USD.")
    classic_beta: Ratio = Field(description="Of least squares, capped at 3; by the classic method alone.")
    classic_raw: Ratio = Field(description="The same, not capped.")
    classic_reasons: list[str]


class PositionOnFactors(BaseModel):
    """One position on the factors."""

    symbol: str
    underlying: str
    dollar_delta: Money
    r_squared: Ratio
    residual_volatility_per_day: Ratio
    observations: int
    reasons: list[str]
    t_reasons: list[str]
    factors: list[PositionBeta]

    @classmethod
    def of(cls, names: Sequence[str], line: PositionFactors) -> "PositionOnFactors":
        """The shape of a position."""
        return cls(
            symbol=line.symbol,
            underlying=line.underlying,
            dollar_delta=money(line.dollar_delta),
            r_squared=ratio(line.r_squared),
            residual_volatility_per_day=ratio(line.residual_volatility),
            observations=line.n_obs,
            reasons=list(line.reasons.words),
            t_reasons=list(Reason.EXACT_FIT.words) if line.exact else [],
            factors=[_beta(name, line, at) for at, name in enumerate(names)],
        )


class FactorExposures(Answer):
    """A portfolio on the factors of a session's close."""

    sessions: int = Field(description="Of the window, that count.")
    window_sessions: int
    volatility_per_day: Money = Field(description="USD, of factors and specific risk.")
    specific_share: Ratio = Field(description="Of the variance.")
    condition_number: Ratio = Field(description="Of the factor set.")
    factors: list[FactorExposure]
    positions: list[PositionOnFactors] | None = Field(description="With view=positions.")
    reasons: Reasons
    marks: Marks

    @classmethod
    def of(cls, report: FactorReport, method: Method, view: FactorView) -> "FactorExposures":
        """The shape of a report."""
        found = report.exposures
        names = found.factors
        told = (
            [PositionOnFactors.of(names, line) for line in report.positions] if view is FactorView.POSITIONS else None
        )
        return cls(
            as_of=found.as_of,
            method=method,
            coverage=ratio(found.coverage),
            not_included=left_of(found.not_included),
            sessions=report.factors.sessions,
            window_sessions=report.factors.window_sessions,
            volatility_per_day=money(found.volatility),
            specific_share=ratio(found.specific_share),
            condition_number=ratio(report.factors.condition_number),
            factors=[_exposure(report, at) for at in range(len(names))],
            positions=told,
            reasons=words_of(found.reasons),
            marks=list(found.marks.words),
        )


def _exposure(report: FactorReport, at: int) -> FactorExposure:
    found, factors, classic = report.exposures, report.factors, report.classic_exposure
    return FactorExposure(
        factor=found.factors[at],
        proxy=factors.proxies[at],
        exposure=money(float(found.exposure[at])),
        dollar_exposure=money(float(report.dollar_exposure[at])),
        beta=ratio(found.beta[at]),
        risk_share=ratio(found.risk_share[at]),
        market_slope=ratio(factors.market_slopes[at]),
        variance_inflation=ratio(factors.variance_inflation[at]),
        classic_exposure=None if classic is None else money(float(classic[at])),
    )


def _beta(name: str, line: PositionFactors, at: int) -> PositionBeta:
    capped = line.capped is not None and bool(line.capped[at])
    return PositionBeta(
        factor=name,
        beta=ratio(line.beta[at]),
        hac_error=ratio(line.hac_error[at]),
        t=ratio(line.t_statistic[at]),
        exposure=money(float(line.exposure[at])),
        classic_beta=None if line.classic_beta is None else ratio(line.classic_beta[at]),
        classic_raw=None if line.classic_raw is None else ratio(line.classic_raw[at]),
        classic_reasons=list(Reason.CAPPED.words) if capped else [],
    )


def _row(values: FloatArray) -> list[Ratio]:
    return [ratio(value) for value in values.tolist()]


def _rows(values: FloatArray) -> list[list[Ratio]]:
    return [_row(row) for row in values]
