"""Snapshots: a portfolio at each session's close."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from sigmasight.api.shapes.answers import (
    Answer,
    Marks,
    Money,
    Next,
    Ratio,
    Reasons,
    left_of,
    ratio,
    words_of,
)
from sigmasight.domain.snapshots import Measures, ShownExposures, Snapshot, shown_nav
from sigmasight.domain.units import money_text

_RATIOS = ("leverage", "hhi", "effective_positions", "top_3", "top_10", "daily_return", "beta")
_SHOWN = ("gross", "net", "long", "short")
_AMOUNTS = (
    *("cash", "unmodelled_assets", "market_value", "stock_exposure", "option_exposure", "notional"),
    *("delta_adjusted_exposure", "unrealised_pnl", "daily_pnl", "cumulative_pnl", "flows", "coverage_change"),
    *("dividends", "delta", "gamma", "theta", "vega", "rho", "value_at_risk"),
)


class SnapshotMeasures(BaseModel):
    """The numbers of a snapshot, USD where they are money."""

    nav: Money = Field(description="Cash, unmodelled assets and net exposure, as they are shown here.")
    cash: Money
    unmodelled_assets: Money = Field(description="Carry no risk here.")
    market_value: Money = Field(description="Sum of the absolute exposures.")
    gross: Money
    net: Money
    long: Money
    short: Money = Field(description="Never above 0.")
    stock_exposure: Money = Field(description="Signed: of all that is no option.")
    option_exposure: Money = Field(description="Signed, at the options' own prices.")
    notional: Money
    delta_adjusted_exposure: Money
    leverage: Ratio = Field(description="Gross / NAV.")
    hhi: Ratio = Field(description="Sum of the squared concentration weights.")
    effective_positions: Ratio = Field(description="1 / HHI.")
    top_3: Ratio
    top_10: Ratio
    unrealised_pnl: Money
    daily_pnl: Money = Field(description="Since the session before.")
    cumulative_pnl: Money = Field(description="Since the first position was brought in.")
    daily_return: Ratio = Field(description="Daily P&L / (NAV of the session before + flows).")
    flows: Money
    coverage_change: Money = Field(description="Step of NAV because prices came or went.")
    dividends: Money = Field(description="Received in the step; paid when below 0.")
    delta: Money = Field(description="Sum of the dollar deltas.")
    gamma: Money = Field(description="Sum of the dollar gammas, per 1 % move.")
    theta: Money = Field(description="Per calendar day.")
    vega: Money = Field(description="Per 1 point of volatility.")
    rho: Money = Field(description="Per 1 % of the rate.")
    beta: Ratio = Field(description="To the market.")
    value_at_risk: Money = Field(description="Of one day, filtered, 99 %; a loss is positive.")

    @classmethod
    def of(cls, measures: Measures) -> "SnapshotMeasures":
        """The shape of the numbers; gross, net and NAV are the sums of what is shown."""
        shown = ShownExposures.of(measures.long, measures.short)
        return cls.model_validate(
            {
                "nav": money_text(shown_nav(measures)),
                **{name: money_text(getattr(shown, name)) for name in _SHOWN},
                **{name: money_text(getattr(measures, name)) for name in _AMOUNTS},
                **{name: ratio(getattr(measures, name)) for name in _RATIOS},
            }
        )


class PortfolioSnapshot(Answer):
    """A portfolio at one session's close, as its night stored it."""

    measures: SnapshotMeasures
    positions: int
    long_positions: int
    short_positions: int
    option_positions: int
    delta_coverage: Ratio = Field(description="Share of gross whose delta-adjusted exposure is known.")
    reasons: Reasons
    marks: Marks
    warnings: list[str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "PortfolioSnapshot":
        """The shape of a snapshot."""
        return cls(
            as_of=snapshot.as_of,
            method=snapshot.method,
            coverage=ratio(snapshot.coverage),
            not_included=left_of(snapshot.not_included),
            measures=SnapshotMeasures.of(snapshot.measures),
            positions=snapshot.positions,
            long_positions=snapshot.long_positions,
            short_positions=snapshot.short_positions,
            option_positions=snapshot.option_positions,
            delta_coverage=ratio(snapshot.delta_coverage),
            reasons=words_of(snapshot.reasons),
            marks=list(snapshot.marks.words),
            warnings=list(snapshot.warnings),
        )


class Snapshots(BaseModel):
    """A portfolio's history, the newest first."""

    items: list[PortfolioSnapshot]
    next: Next = None

    @classmethod
    def of(cls, found: Sequence[Snapshot], following: str | None) -> "Snapshots":
        """The shape of a page."""
        return cls(items=[PortfolioSnapshot.of(each) for each in found], next=following)
