"""How a portfolio did, and where its P&L came from."""

from datetime import date

from pydantic import BaseModel, Field

from sigmasight.api.shapes.answers import Answer, Money, Ratio, left_of, money, ratio
from sigmasight.domain.snapshots import METHOD
from sigmasight.services.attribution import Attribution as Found
from sigmasight.services.attribution import AttributionLine, By
from sigmasight.services.performance import Figure, PerformanceReport


class PerformanceFigure(BaseModel):
    """A number with what it stands on."""

    value: Ratio
    sessions: int | None = Field(description="How many daily returns; null of what stands on none.")
    reasons: list[str] = Field(description="Why it is not known, or what it is marked with.")

    @classmethod
    def of(cls, figure: Figure) -> "PerformanceFigure":
        """The shape of a figure."""
        return cls(value=ratio(figure.value), sessions=figure.sessions, reasons=list(figure.reasons.words))


class Performance(Answer):
    """A portfolio up to a session's close, by its snapshots."""

    first_snapshot: date = Field(description="Returns begin on the session after.")
    returns: dict[str, PerformanceFigure] = Field(description="Time-weighted, by period.")
    volatility: dict[str, PerformanceFigure] = Field(description="Per year, by sessions.")
    sharpe: PerformanceFigure = Field(description="Over the 3-month yield.")
    sortino: PerformanceFigure
    max_drawdown: PerformanceFigure = Field(description="Never above 0.")
    beta: PerformanceFigure = Field(description="To the market, of what is held at the session.")

    @classmethod
    def of(cls, report: PerformanceReport) -> "Performance":
        """The shape of a report."""
        alone = ("sharpe", "sortino", "max_drawdown", "beta")
        return cls(
            as_of=report.as_of,
            method=report.method,
            coverage=ratio(report.coverage),
            not_included=left_of(report.not_included),
            first_snapshot=report.first,
            returns={name: PerformanceFigure.of(figure) for name, figure in report.returns},
            volatility={str(count): PerformanceFigure.of(figure) for count, figure in report.volatility},
            **{name: PerformanceFigure.of(getattr(report, name)) for name in alone},
        )


class ProfitPart(BaseModel):
    """One part of a P&L."""

    name: str = Field(description="Empty by tag: what carries none.", examples=["AAPL"])
    pnl: Money

    @classmethod
    def of(cls, line: AttributionLine) -> "ProfitPart":
        """The shape of a part."""
        return cls(name=line.name, pnl=money(line.pnl))


class OptionProfit(BaseModel):
    """An option position's P&L by Greek."""

    symbol: str
    pnl: Money
    parts: dict[str, Money] = Field(description="What is not known is part of the residual.")


class Attribution(Answer):
    """A session's P&L in parts that add up to it, but for the rounding of each to cents."""

    coverage: Ratio = Field(description="Share of gross whose P&L is known.")
    since: date = Field(description="The session before, at whose close the P&L begins.")
    by: By
    pnl: Money
    lines: list[ProfitPart]
    options: list[OptionProfit] = Field(description="By Greek only.")

    @classmethod
    def of(cls, found: Found) -> "Attribution":
        """The shape of an attribution."""
        return cls(
            as_of=found.as_of,
            method=METHOD,
            coverage=ratio(found.coverage),
            not_included=left_of(found.not_included),
            since=found.since,
            by=found.by,
            pnl=money(found.pnl),
            lines=[ProfitPart.of(line) for line in found.lines],
            options=[
                OptionProfit(
                    symbol=each.symbol,
                    pnl=money(each.pnl),
                    parts={part.name: money(part.pnl) for part in each.parts},
                )
                for each in found.options
            ],
        )
