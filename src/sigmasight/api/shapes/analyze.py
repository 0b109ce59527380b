"""A whole book in a request, and all its risk in the answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, model_validator

from sigmasight.api.shapes.answers import (
    Answer,
    Greek,
    Marks,
    Money,
    Price,
    Ratio,
    Reasons,
    greek,
    left_of,
    money,
    price,
    ratio,
    words_of,
)
from sigmasight.api.shapes.correlations import CorrelationFilters, Correlations
from sigmasight.api.shapes.risk import Tail
from sigmasight.api.shapes.snapshots import PortfolioSnapshot
from sigmasight.api.shapes.stress import GivenShock
from sigmasight.domain.instruments import ExerciseStyle, Kind
from sigmasight.domain.risk_results import TAIL_LEVELS, TAIL_METHODS, ScenarioResults
from sigmasight.library.analysis import Analysis, PositionAnalysis

MOST_POSITIONS = 2_000
MOST_PRICES = 2_000_000
_MOST_DAYS = 2_600
_MOST_SYMBOLS = 10_000
_MOST_ACTIONS = 100_000
_LARGEST_SPLIT = 1e6
_LARGEST = 1_000_000_000_000

Symbol = Annotated[str, Field(min_length=1, max_length=25, examples=["AAPL"])]
Amount = Annotated[Decimal, Field(ge=-_LARGEST, le=_LARGEST)]
Close = Annotated[FiniteFloat, Field(gt=0.0, le=1e9)]
Yield = Annotated[FiniteFloat, Field(ge=-0.5, le=0.5)]

_EXAMPLE: dict[str, JsonValue] = {
    "as_of": "2026-11-20",
    "cash": "1000.00",
    "positions": [
        {"symbol": "AAPL", "quantity": "100", "entry_price": "201.50", "tags": ["Tech"]},
        {"symbol": "AAPL270115P00190000", "quantity": "-1", "entry_price": "6.10"},
    ],
    "prices": {
        "days": ["2026-11-18", "2026-11-19", "2026-11-20"],
        "closes": {
            "AAPL": [199.1, 200.4, 201.5],
            "AAPL270115P00190000": [6.5, 6.3, 6.1],
            "SPY": [670.1, 671.9, 670.4],
        },
        "yields": {"DGS3MO": [0.041, 0.041, 0.041]},
    },
}


class BookPosition(BaseModel):
    """What is held, and how much of it."""

    symbol: Symbol = Field(description="A ticker or an OCC option symbol.")
    quantity: Amount = Field(description="Short below 0; contracts of options.", examples=["100"])
    entry_price: Annotated[Decimal, Field(gt=0, le=1_000_000_000, description="USD per share.", examples=["201.50"])]
    entry_date: date | None = Field(default=None, description="Without it, when the book was opened.")
    tags: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)] = []


class BookDividend(BaseModel):
    """A dated cash dividend."""

    symbol: Symbol
    ex_date: date
    amount: Close = Field(description="USD per share.", examples=[0.26])


class BookSplit(BaseModel):
    """A split: new shares replace old ones from the ex-date on."""

    symbol: Symbol
    ex_date: date
    new_shares: Annotated[int, Field(ge=1, le=100_000)]
    old_shares: Annotated[int, Field(ge=1, le=100_000)]


class BookProfile(BaseModel):
    """What a ticker is."""

    kind: Annotated[Kind, Field(description="Of what is no option.")] = Kind.STOCK
    name: Annotated[str, Field(max_length=200)] = ""
    sector: Annotated[str | None, Field(max_length=100)] = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] = "USD"
    dividend_yield: Annotated[FiniteFloat | None, Field(ge=-1.0, le=1.0, description="Continuous, per year.")] = None
    option_exercise: ExerciseStyle | None = Field(default=None, description="Of the options listed on it.")


class BookPrices(BaseModel):
    """A market as columns over sessions."""

    days: Annotated[
        list[date], Field(min_length=1, max_length=_MOST_DAYS, description="Sessions of the NYSE, ascending.")
    ]
    closes: Annotated[
        dict[Symbol, list[Close | None]],
        Field(
            max_length=_MOST_SYMBOLS,
            description="By symbol, one for each day: raw closes, of options mids; null where missing. "
            "Betas need the factors' funds among them.",
        ),
    ]
    yields: Annotated[
        dict[str, list[Yield | None]],
        Field(max_length=4, description="By FRED's series, one for each day: par yields as fractions."),
    ] = {}
    dividends: Annotated[list[BookDividend], Field(max_length=_MOST_ACTIONS)] = []
    splits: Annotated[list[BookSplit], Field(max_length=_MOST_ACTIONS)] = []
    profiles: Annotated[
        dict[Symbol, BookProfile], Field(max_length=_MOST_SYMBOLS, description="Else: a stock without a sector.")
    ] = {}
    simulated: bool = Field(default=False, description="Then every number is marked so.")

    @model_validator(mode="after")
    def _bounded(self) -> "BookPrices":
        if len(self.days) * len(self.closes) > MOST_PRICES:
            raise ValueError(f"at most {MOST_PRICES:,} prices, days x symbols")
        ratios: dict[str, float] = {}
        for each in self.splits:
            ratios[each.symbol] = ratios.get(each.symbol, 1.0) * each.new_shares / each.old_shares
            if not 1.0 / _LARGEST_SPLIT <= ratios[each.symbol] <= _LARGEST_SPLIT:
                raise ValueError(f"the splits of {each.symbol} come to more than {_LARGEST_SPLIT:,.0f} for 1")
        return self


class GivenBook(BaseModel):
    """A book, and all that is to be known of its market."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    positions: Annotated[list[BookPosition], Field(max_length=MOST_POSITIONS)]
    prices: BookPrices
    as_of: date | None = Field(default=None, description="The session; without it, the last of the prices.")
    opened_on: date | None = Field(default=None, description="P&L begins at that close; without it, at as_of's.")
    cash: Amount = Field(default=Decimal(0), description="USD when the book was opened.")
    unmodelled_assets: Amount = Field(default=Decimal(0), description="USD that carries no risk here.")
    allow_estimates: bool = Field(default=False, description="Stand-ins for volatilities and rate betas, marked.")
    scenarios: Annotated[
        list[GivenShock], Field(max_length=50, description="Further stress tests; the answer has them as given_1 ...")
    ] = []
    correlations: CorrelationFilters = CorrelationFilters()


class AnalyzedPosition(BaseModel):
    """One position at the session's close."""

    symbol: str
    underlying: str
    quantity: float
    price: Price
    exposure: Money
    unrealised_pnl: Money
    daily_pnl: Money
    delta: Greek
    gamma: Greek
    theta_per_day: Money
    vega_per_point: Money
    rho_per_percent: Money
    dollar_delta: Money
    factor_exposures: dict[str, Money] = Field(description="By factor, USD.")
    value_at_risk: Money = Field(description="Its part of the portfolio's; the parts add up.")
    expected_shortfall: Money = Field(description="Likewise.")
    reasons: list[str]


class AnalyzedFactor(BaseModel):
    """The book on one factor."""

    factor: str
    proxy: str
    exposure: Money
    beta: Ratio
    risk_share: Ratio


class AnalyzedScenario(BaseModel):
    """What one scenario would do, USD."""

    id: str
    direct: Money
    correlated: Money
    coverage: Ratio
    reasons: list[str]


class BookAnalysis(Answer):
    """All risk of a book at a session's close; nothing of it is stored."""

    coverage: Ratio = Field(description="Share of gross that has a price.")
    snapshot: PortfolioSnapshot
    factors: list[AnalyzedFactor]
    specific_share: Ratio = Field(description="Of the variance; with the factors' shares it is 1.")
    factor_coverage: Ratio = Field(description="Share of gross whose betas are known.")
    market_scenarios: list[AnalyzedScenario]
    stress: list[AnalyzedScenario]
    value_at_risk: list[Tail]
    value_at_risk_coverage: Ratio
    correlations: Correlations
    positions: list[AnalyzedPosition]
    reasons: Reasons
    marks: Marks

    @classmethod
    def of(cls, found: Analysis) -> "BookAnalysis":
        """The shape of an analysis."""
        tails, exposures = found.value_at_risk, found.exposures
        return cls(
            as_of=found.as_of,
            method=found.snapshot.method,
            coverage=ratio(found.coverage),
            not_included=left_of(found.not_included),
            snapshot=PortfolioSnapshot.of(found.snapshot),
            factors=_factors(found),
            specific_share=ratio(exposures.specific_share),
            factor_coverage=ratio(exposures.coverage),
            market_scenarios=_scenarios(found.market_scenarios),
            stress=_scenarios(found.stress),
            value_at_risk=_tails(found),
            value_at_risk_coverage=ratio(tails.coverage),
            correlations=Correlations.of(found.correlations),
            positions=[_position(exposures.factors, each) for each in found.positions],
            reasons=words_of({**found.snapshot.reasons, **exposures.reasons, **tails.reasons}),
            marks=list((found.snapshot.marks | exposures.marks | tails.marks).words),
        )


def _factors(found: Analysis) -> list[AnalyzedFactor]:
    exposures = found.exposures
    columns = (exposures.factors, found.factors.proxies, exposures.exposure, exposures.beta, exposures.risk_share)
    return [
        AnalyzedFactor(
            factor=name, proxy=proxy, exposure=money(float(amount)), beta=ratio(beta), risk_share=ratio(share)
        )
        for name, proxy, amount, beta, share in zip(*columns, strict=True)
    ]


def _scenarios(found: ScenarioResults) -> list[AnalyzedScenario]:
    columns = (found.scenarios, found.direct.tolist(), found.correlated.tolist(), found.coverage.tolist())
    return [
        AnalyzedScenario(
            id=name,
            direct=money(direct),
            correlated=money(correlated),
            coverage=ratio(coverage),
            reasons=list(found.reasons[name].words) if name in found.reasons else [],
        )
        for name, direct, correlated, coverage in zip(*columns, strict=True)
    ]


def _tails(found: Analysis) -> list[Tail]:
    tails = found.value_at_risk
    return [
        Tail(method=method, level=level, value_at_risk=money(value), expected_shortfall=money(shortfall))
        for method in TAIL_METHODS
        for level in TAIL_LEVELS
        for value, shortfall in [tails.at(method, level)]
    ]


def _position(factors: Sequence[str], each: PositionAnalysis) -> AnalyzedPosition:
    amounts = (
        *("exposure", "unrealised_pnl", "daily_pnl", "theta_per_day", "vega_per_point", "rho_per_percent"),
        *("dollar_delta", "value_at_risk", "expected_shortfall"),
    )
    return AnalyzedPosition.model_validate(
        {
            "symbol": each.symbol,
            "underlying": each.underlying,
            "quantity": each.quantity,
            "price": price(each.price),
            "delta": greek(each.delta),
            "gamma": greek(each.gamma),
            **{name: money(getattr(each, name)) for name in amounts},
            "factor_exposures": {
                name: money(amount) for name, amount in zip(factors, each.factor_exposure.tolist(), strict=True)
            },
            "reasons": list(each.reasons.words),
        }
    )
