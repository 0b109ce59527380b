"""Scenarios: as they are written, and what they would do to a portfolio."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue

from sigmasight.api.shapes.answers import Answer, Marks, Money, Ratio, left_of, money, ratio
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity
from sigmasight.domain.snapshots import METHOD
from sigmasight.intake.scenarios_file import scenario_member
from sigmasight.services.replays import OwnHistory
from sigmasight.services.scenarios import ListedScenario, Origin
from sigmasight.services.spot_grid import Grid
from sigmasight.services.stress import Contribution, ScenarioLine, StressReport

_EXAMPLE: dict[str, JsonValue] = {
    "name": "Rates up, market down",
    "basis": "relative",
    "shocks": [{"factor": "Market", "size": -0.1}, {"factor": "10Y", "size": 0.01}],
    "volatility": 0.05,
}
_OWN: dict[str, JsonValue] = {
    "id": "rates_up_market_down",
    "category": "custom",
    "severity": "moderate",
    "active": True,
    **_EXAMPLE,
}


class FactorShock(BaseModel):
    """One shocked factor."""

    factor: str = Field(max_length=60, description="A factor's name, or one of 3M, 2Y, 10Y, 30Y.", examples=["Market"])
    size: FiniteFloat = Field(description="-0.10 is -10 %; of a yield 0.01 is +100 basis points.", examples=[-0.1])


Shocks = Annotated[list[FactorShock], Field(min_length=1, max_length=20)]
Volatility = Annotated[
    FiniteFloat | None,
    Field(description="Of every implied volatility: 0.10 is +10 points; else 1 point for each 1 % the market falls."),
]
ScenarioId = Annotated[str, Field(min_length=1, max_length=60, description="Small letters, digits, underscores.")]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Description = Annotated[str, Field(max_length=1000)]


class GivenShock(BaseModel):
    """A scenario to be run once; it is not kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: Title = "Given shock"
    basis: Basis = Field(default=Basis.RELATIVE, description="Of a style's shock: beyond the market's move, or total.")
    shocks: Shocks
    volatility: Volatility = None


class NewScenario(BaseModel):
    """A scenario of one's own, run every night."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_OWN]})

    id: ScenarioId
    name: Title
    category: Category = Category.CUSTOM
    severity: Severity
    active: bool = True
    basis: Basis = Basis.RELATIVE
    shocks: Shocks
    volatility: Volatility = None
    from_: date | None = Field(default=None, alias="from", description="First close of what it replays.")
    to: date | None = Field(default=None, description="Last close of what it replays.")
    description: Description = ""


class ScenarioChange(BaseModel):
    """What is to be another in a scenario; what is left out stays, null takes it away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"active": False}]})

    name: Title | None = None
    category: Category | None = None
    severity: Severity | None = None
    active: bool | None = None
    basis: Basis | None = None
    shocks: Shocks | None = None
    volatility: Volatility = None
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    description: Description | None = None


class StressScenario(BaseModel):
    """A scenario as it is written."""

    id: str = Field(examples=["market_crash_35"])
    name: str
    category: Category
    severity: Severity
    active: bool = Field(description="An inactive one is listed and not run.")
    basis: Basis
    shocks: list[FactorShock]
    volatility: Volatility = None
    from_: date | None = Field(default=None, alias="from", description="First close of what it replays.")
    to: date | None = Field(default=None, description="Last close of what it replays.")
    description: str = ""
    origin: Origin
    is_run: bool = Field(description="Whether the night runs it.")

    @classmethod
    def of(cls, listed: ListedScenario) -> "StressScenario":
        """The shape of a scenario."""
        member = scenario_member(listed.scenario)
        return cls.model_validate({**member, "origin": listed.origin, "is_run": listed.is_run})


class StressScenarios(BaseModel):
    """Those that come with SigmaSight, the replays, then one's own."""

    items: list[StressScenario]


class Part(BaseModel):
    """What a factor or a position brings."""

    name: str
    direct: Money
    correlated: Money


class OwnReplay(BaseModel):
    """A replay by what the underlyings themselves did."""

    pnl: Money
    coverage: Ratio = Field(description="Share of gross that has that history.")

    @classmethod
    def of(cls, found: OwnHistory | None) -> "OwnReplay | None":
        """The shape of a replay; None of what replays nothing."""
        return None if found is None else cls(pnl=money(found.pnl), coverage=ratio(found.coverage))


class ScenarioResult(BaseModel):
    """What one scenario would do, USD."""

    id: str
    name: str
    category: Category
    severity: Severity
    direct: Money = Field(description="Only what is shocked moves.")
    correlated: Money = Field(description="What is shocked drags the rest along.")
    effect: Money = Field(description="Correlated less direct.")
    raw_direct: Money = Field(description="Not clipped; the classic method clips at 99 % of the value.")
    raw_correlated: Money
    own_history: OwnReplay | None
    by_factor: list[Part] = Field(description="The factors, then yields, volatility and convexity: they add up.")
    by_position: list[Part] = Field(description="The largest direct one first.")
    coverage: Ratio = Field(description="Share of gross.")
    reasons: list[str] = Field(description="Why there is no result.")
    distance: Ratio = Field(description="Of the shocks from an ordinary move over 21 sessions, standard deviations.")
    share_beyond: Ratio = Field(description="Of the window's moves over 21 sessions, how many were further out.")
    plausibility: str | None = Field(examples=["rare"])


class Summary(BaseModel):
    """The ends of the scenarios, by their correlated results."""

    worst: str | None = Field(description="A scenario's id.")
    best: str | None
    mean_effect: Money
    worst_by_category: dict[str, Money]


class StressResults(Answer):
    """Scenarios of a portfolio at a session's close."""

    coverage: Ratio = Field(description="Share of gross, of the scenario that covers least.")
    scenarios: list[ScenarioResult]
    summary: Summary
    marks: Marks

    @classmethod
    def of(cls, report: StressReport, positions: int) -> "StressResults":
        """The shape of a report, with at most so many positions of each scenario."""
        summary = report.summary
        return cls(
            as_of=report.as_of,
            method=report.method,
            coverage=ratio(min(line.coverage for line in report.lines)),
            not_included=left_of(report.results.not_included),
            scenarios=[_result(line, positions) for line in report.lines],
            summary=Summary(
                worst=summary.worst,
                best=summary.best,
                mean_effect=money(summary.mean_effect),
                worst_by_category={category: money(pnl) for category, pnl in summary.worst_by_category},
            ),
            marks=list(report.results.marks.words),
        )


class WorstCell(BaseModel):
    """Where a grid loses most."""

    spot_return: float
    volatility_change: float
    pnl: Money
    at_edge: bool = Field(description="Then beyond the grid it may be worse.")


class StressGrid(Answer):
    """A portfolio where every spot and every volatility moves, all of it priced again."""

    spot_returns: list[float] = Field(description="Of the rows: -0.30 is -30 %.")
    volatility_changes: list[float] = Field(description="Of the columns: 0.05 is +5 points.")
    pnl: list[list[Money]]
    worst: WorstCell | None

    @classmethod
    def of(cls, grid: Grid) -> "StressGrid":
        """The shape of a grid."""
        worst = grid.worst
        return cls(
            as_of=grid.as_of,
            method=METHOD,
            coverage=ratio(grid.coverage),
            not_included=left_of(grid.not_included),
            spot_returns=grid.spot_returns.tolist(),
            volatility_changes=grid.volatility_changes.tolist(),
            pnl=[[money(value) for value in row] for row in grid.pnl.tolist()],
            worst=None
            if worst is None
            else WorstCell(
                spot_return=worst.spot_return,
                volatility_change=worst.volatility_change,
                pnl=money(worst.pnl),
                at_edge=worst.at_edge,
            ),
        )


def _result(line: ScenarioLine, positions: int) -> ScenarioResult:
    scenario: Scenario = line.scenario
    return ScenarioResult(
        id=scenario.id,
        name=scenario.name,
        category=scenario.category,
        severity=scenario.severity,
        direct=money(line.direct),
        correlated=money(line.correlated),
        effect=money(line.effect),
        raw_direct=money(line.raw_direct),
        raw_correlated=money(line.raw_correlated),
        own_history=OwnReplay.of(line.own_history),
        by_factor=[_part(each) for each in line.by_factor],
        by_position=[_part(each) for each in line.by_position[:positions]],
        coverage=ratio(line.coverage),
        reasons=list(line.reasons.words),
        distance=ratio(line.distance),
        share_beyond=ratio(line.share_beyond),
        plausibility=line.plausibility,
    )


def _part(each: Contribution) -> Part:
    return Part(name=each.name, direct=money(each.direct), correlated=money(each.correlated))
