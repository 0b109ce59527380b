"""Exposures of a portfolio, by group."""

from pydantic import BaseModel, Field

from sigmasight.api.shapes.answers import Answer, Left, Money, Ratio, left_of, ratio
from sigmasight.domain.snapshots import METHOD, ShownExposures
from sigmasight.domain.units import money_text
from sigmasight.services.exposures import ExposureLine, ExposureReport, Grouping


class ExposureSums(BaseModel):
    """What some positions add up to; gross and net are the sums of what is shown."""

    positions: int = Field(examples=[12])
    gross: Money = Field(description="Long less short, USD.")
    net: Money = Field(description="Long and short together, USD.")
    long: Money = Field(description="Of the positive exposures, at the instruments' own prices, USD.")
    short: Money = Field(description="Of the negative exposures: never above 0, USD.")
    notional: Money = Field(description="Options by the price of what they are written on, USD, signed.")
    delta_adjusted: Money = Field(description="Options by their delta, USD, signed.")
    coverage: Ratio = Field(description="Share of the gross that has a price.")
    delta_coverage: Ratio = Field(description="Share of the gross whose delta-adjusted exposure is known.")
    not_included: list[Left]


class ExposureGroup(ExposureSums):
    """One group of positions."""

    group: str = Field(description="Empty: what carries no tag.", examples=["Information Technology"])


class Exposures(Answer):
    """Exposures at a session's close."""

    by: Grouping
    portfolio: ExposureSums = Field(description="All positions, each counted once.")
    groups: list[ExposureGroup] = Field(
        description="The largest gross first. A position with several tags counts fully in each."
    )
    warnings: list[str] = Field(description="`empty`: the portfolio holds nothing.")

    @classmethod
    def of(cls, report: ExposureReport) -> "Exposures":
        """The shape of a report."""
        whole = ExposureSums.model_validate(_sums(report.whole))
        return cls(
            as_of=report.as_of,
            method=METHOD,
            coverage=whole.coverage,
            not_included=whole.not_included,
            by=report.by,
            portfolio=whole,
            groups=[ExposureGroup.model_validate({"group": line.group, **_sums(line)}) for line in report.lines],
            warnings=[] if whole.positions else ["empty"],
        )


def _sums(line: ExposureLine) -> dict[str, object]:
    shown = ShownExposures.of(line.long, line.short)
    return {
        "positions": line.positions,
        **{name: money_text(getattr(shown, name)) for name in ("gross", "net", "long", "short")},
        **{name: money_text(getattr(line, name)) for name in ("notional", "delta_adjusted")},
        **{name: ratio(getattr(line, name)) for name in ("coverage", "delta_coverage")},
        "not_included": left_of(line.not_included),
    }
