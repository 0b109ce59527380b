"""Value at risk, expected shortfall, and what they were worth."""

from pydantic import BaseModel, Field

from sigmasight.api.shapes.answers import Answer, Money, Ratio, left_of, money, ratio
from sigmasight.domain.risk_results import TAIL_LEVELS, TAIL_METHODS, TailMethod
from sigmasight.engines.value_at_risk_backtests import Backtest as Test
from sigmasight.services.risk import PositionTail, RiskReport


class Tail(BaseModel):
    """One method at one level; losses are positive."""

    method: TailMethod
    level: float = Field(examples=[0.99])
    value_at_risk: Money
    expected_shortfall: Money


class PositionRisk(BaseModel):
    """What one position brings to the book's losses."""

    symbol: str
    dollar_delta: Money
    value_at_risk: Money = Field(description="Its part; the parts add up.")
    share: Ratio
    expected_shortfall: Money
    marginal: Ratio = Field(description="Value at risk per USD of dollar delta more.")
    incremental: Money = Field(description="Value at risk with it less that without it.")
    reasons: list[str]


class Backtest(BaseModel):
    """How often losses went beyond the forecast, and whether that is plausible."""

    forecasts: int
    breaks: int
    kupiec_p: Ratio
    christoffersen_p: Ratio
    conditional_p: Ratio

    @classmethod
    def of(cls, found: Test | None) -> "Backtest | None":
        """The shape of a backtest."""
        if found is None:
            return None
        return cls(
            forecasts=found.forecasts,
            breaks=found.breaks,
            kupiec_p=ratio(found.unconditional_p),
            christoffersen_p=ratio(found.independent_p),
            conditional_p=ratio(found.conditional_p),
        )


class Risk(Answer):
    """What a portfolio may lose."""

    horizon_days: int = Field(description="Longer than one: by the square root of time.")
    sessions: int = Field(description="Of history that tomorrow is simulated from.")
    level: float = Field(description="Of positions and backtests.")
    methods: list[Tail]
    positions: list[PositionRisk] = Field(description="One day, by the method and level of the answer.")
    backtests: dict[TailMethod, Backtest | None] = Field(description="Of today's holdings.")
    backtest_of_stored_nights: Backtest | None
    reasons: dict[str, list[str]]
    marks: list[str]

    @classmethod
    def of(cls, report: RiskReport) -> "Risk":
        """The shape of a report."""
        tails = report.tails
        return cls(
            as_of=tails.as_of,
            method=report.method,
            coverage=ratio(tails.coverage),
            not_included=left_of(tails.not_included),
            horizon_days=report.horizon,
            sessions=tails.sessions,
            level=report.level,
            methods=[_tail(report, method, level) for method in TAIL_METHODS for level in TAIL_LEVELS],
            positions=[_position(each) for each in report.positions],
            backtests={method: Backtest.of(found) for method, found in report.backtests.items()},
            backtest_of_stored_nights=Backtest.of(report.stored),
            reasons={name: list(why.words) for name, why in tails.reasons.items()},
            marks=list(tails.marks.words),
        )


def _tail(report: RiskReport, method: TailMethod, level: float) -> Tail:
    value, shortfall = report.tails.at(method, level)
    return Tail(
        method=method,
        level=level,
        value_at_risk=money(report.scale * value),
        expected_shortfall=money(report.scale * shortfall),
    )


def _position(each: PositionTail) -> PositionRisk:
    return PositionRisk(
        symbol=each.symbol,
        dollar_delta=money(each.dollar_delta),
        value_at_risk=money(each.value_at_risk),
        share=ratio(each.share),
        expected_shortfall=money(each.expected_shortfall),
        marginal=ratio(each.marginal),
        incremental=money(each.incremental),
        reasons=list(each.reasons.words),
    )
