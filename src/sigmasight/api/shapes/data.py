"""What a portfolio's numbers stand on: data quality, fund look-through, prices of what is held."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from sigmasight.api.place import page_of
from sigmasight.api.shapes.answers import (
    Answer,
    Left,
    Marks,
    Money,
    Next,
    Price,
    Ratio,
    Reasons,
    left_of,
    money,
    price,
    ratio,
    words_of,
)
from sigmasight.domain.instruments import Kind
from sigmasight.domain.snapshots import METHOD
from sigmasight.risk.look_through import Line, LineKind, LookThrough
from sigmasight.services.data_quality import DataQualityReport
from sigmasight.services.look_through import FactorsBeside, LookThroughReport
from sigmasight.services.price_panels import HeldPrices

_CONCENTRATION = ("hhi", "effective_positions", "top_3", "top_10")


class EngineCoverage(BaseModel):
    """What one engine made of the book in that night."""

    engine: str = Field(examples=["factors"])
    coverage: Ratio = Field(description="Share of gross; null where the night has no result of it.")
    not_included: list[Left]


class InstrumentData(BaseModel):
    """What there is of one instrument that is held, or that a held option is written on."""

    symbol: str
    kind: Kind
    last_price_on: date | None
    age_sessions: int | None = Field(description="Of the last price; 0: it is the session's own.")
    source: str | None = Field(description="Who gave the last price.", examples=["fmp"])
    sessions: int = Field(description="With a price, in the window of the betas.")
    beta_sessions: int | None = Field(description="That its betas stand on; null of options.")
    kept_aside: int = Field(description="Rows that were refused at the door.")


class KeptAside(BaseModel):
    """A row of a vendor that was not taken."""

    symbol: str
    day: date | None
    field: str
    value: str = Field(description="As it was told.")
    why: str
    source: str
    times: int
    last_at: datetime


class NightCovered(BaseModel):
    """How much of the gross had a price in a night."""

    as_of: date
    coverage: Ratio


class PortfolioDataQuality(Answer):
    """What of a portfolio can be computed, what not, and what data it stands on."""

    window_sessions: int = Field(description="Of the betas.")
    engines: list[EngineCoverage]
    instruments: list[InstrumentData] = Field(description="The worst first.")
    kept_aside: list[KeptAside] = Field(description="The newest first.")
    coverage_over_time: list[NightCovered]

    @classmethod
    def of(cls, report: DataQualityReport) -> "PortfolioDataQuality":
        """The shape of a report."""
        engines = [
            EngineCoverage(
                engine=each.engine,
                coverage=None if each.coverage is None else ratio(each.coverage),
                not_included=left_of(each.not_included),
            )
            for each in report.engines
        ]
        values = next(each for each in engines if each.engine == "values")
        return cls(
            as_of=report.as_of,
            method=METHOD,
            coverage=values.coverage,
            not_included=values.not_included,
            window_sessions=report.window_sessions,
            engines=engines,
            instruments=[
                InstrumentData(
                    symbol=each.symbol,
                    kind=each.kind,
                    last_price_on=each.last_day,
                    age_sessions=each.age_sessions,
                    source=each.source,
                    sessions=each.sessions,
                    beta_sessions=each.beta_sessions,
                    kept_aside=each.refused,
                )
                for each in report.assets
            ],
            kept_aside=[KeptAside.model_validate(row, from_attributes=True) for row in report.refused],
            coverage_over_time=[NightCovered(as_of=day, coverage=ratio(share)) for day, share in report.trend],
        )


class ViaFund(BaseModel):
    """Exposure to a name by a fund that holds it."""

    fund: str
    exposure: Money


class LookThroughLine(BaseModel):
    """One name, a fund that stays closed, or what an opened fund does not name."""

    name: str
    kind: LineKind
    symbol: str = Field(description="Of what is not named, the fund's.")
    direct: Money = Field(description="By positions in it, and options on it.")
    via: list[ViaFund] = Field(description="The largest first.")
    total: Money
    reason: str | None = Field(description="Why a fund stays closed: no_report, too_deep.")


class FundLookedInto(BaseModel):
    """A fund whose report was used."""

    fund: str
    held: Money
    inside: Money = Field(description="By other funds that hold it.")
    named: Ratio = Field(description="Share of the fund that ends in names.")
    as_of: date = Field(description="Of the report.")
    age_days: int
    source: str
    total_weight: Ratio
    whole: bool = Field(description="Whether the weights add up to 90-100 %.")


class ConcentrationByName(BaseModel):
    """How concentrated a book is by name."""

    hhi: Ratio
    effective_positions: Ratio
    top_3: Ratio
    top_10: Ratio


class Concentrations(BaseModel):
    """Concentration as held, and looked through."""

    before: ConcentrationByName
    after: ConcentrationByName


class FactorBeside(BaseModel):
    """Exposure to a factor, by the funds' own betas and by those of what they hold."""

    factor: str
    exposure: Money
    look_through: Money


class FactorsThroughFunds(BaseModel):
    """The book on the factors twice."""

    exposures: list[FactorBeside]
    coverage: Ratio
    look_through_coverage: Ratio
    fund_share_by_names: Ratio = Field(description="Of what is in funds, how much is told by its names' own betas.")
    reasons: Reasons
    marks: Marks
    not_included: list[Left]

    @classmethod
    def of(cls, beside: FactorsBeside) -> "FactorsThroughFunds":
        """The shape of both."""
        columns = (beside.plain.factors, beside.plain.exposure.tolist(), beside.through.exposure.tolist())
        return cls(
            exposures=[
                FactorBeside(factor=name, exposure=money(plain), look_through=money(through))
                for name, plain, through in zip(*columns, strict=True)
            ],
            coverage=ratio(beside.plain.coverage),
            look_through_coverage=ratio(beside.through.coverage),
            fund_share_by_names=ratio(beside.through.by_names),
            reasons=words_of(beside.plain.reasons),
            marks=list(beside.plain.marks.words),
            not_included=left_of(beside.plain.not_included),
        )


class FundLookThrough(Answer):
    """A portfolio by where its exposure ends; the lines add up, but for the rounding of each to cents."""

    coverage: Ratio = Field(description="Share of the delta-adjusted gross in names, or looked through to them.")
    delta_adjusted_exposure: Money
    delta_adjusted_gross: Money
    lines: list[LookThroughLine] = Field(description="The largest total first; a page of them.")
    next: Next = None
    funds: list[FundLookedInto]
    concentration: Concentrations
    factors: FactorsThroughFunds | None = Field(description="With factors=true.")

    @classmethod
    def of(cls, report: LookThroughReport, start: int, limit: int) -> "FundLookThrough":
        """The shape of a report, with a page of its lines."""
        found = report.found
        rows, following = page_of(list(enumerate(found.lines))[start:], limit, lambda row: str(row[0] + 1))
        return cls(
            as_of=report.as_of,
            method=METHOD,
            coverage=ratio(found.coverage),
            not_included=left_of(report.not_included),
            delta_adjusted_exposure=money(found.net),
            delta_adjusted_gross=money(found.gross),
            lines=[_line(line) for _, line in rows],
            next=following,
            funds=_funds(found),
            concentration=Concentrations(before=_concentration(found, 0), after=_concentration(found, 1)),
            factors=None if report.factors is None else FactorsThroughFunds.of(report.factors),
        )


class HeldClose(BaseModel):
    """The closes of one instrument."""

    symbol: str
    kind: Kind
    closes: list[Price] = Field(description="By `days`, raw; of options the mid, else the last.")


class PricePanel(Answer):
    """Closes of what is held at a session, over the sessions before it."""

    days: list[date]
    instruments: list[HeldClose] = Field(description="By symbol; underlyings of options too.")
    next: Next = None

    @classmethod
    def of(cls, panel: HeldPrices, limit: int) -> "PricePanel":
        """The shape of a page of a panel, of which one instrument more was looked up."""
        rows, following = page_of(panel.instruments, limit, lambda asset: asset.symbol)
        return cls(
            as_of=panel.as_of,
            method=METHOD,
            coverage=ratio(panel.coverage),
            not_included=left_of(panel.not_included),
            days=list(panel.days),
            instruments=[
                HeldClose(symbol=asset.symbol, kind=asset.kind, closes=[price(each) for each in panel.closes[:, at]])
                for at, asset in enumerate(rows)
            ],
            next=following,
        )


def _line(line: Line) -> LookThroughLine:
    return LookThroughLine(
        name=line.label,
        kind=line.kind,
        symbol=line.symbol,
        direct=money(line.direct),
        via=[ViaFund(fund=fund, exposure=money(amount)) for fund, amount in line.via.items()],
        total=money(line.total),
        reason=line.reason or None,
    )


def _funds(found: LookThrough) -> list[FundLookedInto]:
    return [
        FundLookedInto(
            fund=fund.symbol,
            held=money(fund.held),
            inside=money(fund.inside),
            named=ratio(fund.named),
            as_of=fund.as_of,
            age_days=fund.age_days,
            source=fund.source,
            total_weight=ratio(fund.total_weight),
            whole=fund.is_whole,
        )
        for fund in found.funds
    ]


def _concentration(found: LookThrough, group: int) -> ConcentrationByName:
    return ConcentrationByName.model_validate(
        {name: ratio(getattr(found.concentration, name)[group]) for name in _CONCENTRATION}
    )
