"""Market data: prices, option chains, what funds hold, instruments."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from pydantic import BaseModel, Field

from sigmasight.api.place import page_of
from sigmasight.api.shapes.answers import Answer, Left, Money, Next, Price, Ratio, money, price, ratio
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import ExerciseStyle, Instrument, Kind, Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import Reason
from sigmasight.services.price_panels import FactorPrices
from sigmasight.store.market_pages import Bar, ChainQuote, Described

STORED = "stored"
"""The method of what is served as a vendor told it."""


class DailyBar(BaseModel):
    """One session's prices."""

    day: date
    open: Price
    high: Price
    low: Price
    close: Price = Field(description="USD per share, raw: what valuation uses.")
    adjusted_close: Price = Field(description="Adjusted for splits and dividends: what returns use.")
    volume: float | None = Field(description="Shares.")
    source: str = Field(description="Who gave it.", examples=["fmp"])


class DailyPrices(Answer):
    """Daily prices of one symbol, as of the newest of the page."""

    coverage: Ratio = Field(description="1: a session without a price is absent.")
    symbol: str
    kind: Kind
    market: Market
    items: list[DailyBar] = Field(description="The newest first.")
    next: Next = None

    @classmethod
    def of(cls, asset: Instrument, market: Market, found: Sequence[Bar], limit: int) -> "DailyPrices":
        """The shape of a page, of which one bar more was looked up."""
        page, following = page_of(found, limit, lambda bar: bar.day.isoformat())
        return cls(
            as_of=page[0].day,
            method=STORED,
            coverage=1.0,
            not_included=[],
            symbol=asset.symbol,
            kind=asset.kind,
            market=market,
            items=[DailyBar.model_validate(bar, from_attributes=True) for bar in page],
            next=following,
        )


class FactorSeries(BaseModel):
    """The closes of the fund that stands for a factor."""

    factor: str
    proxy: str
    closes: list[Price] = Field(description="By `days`, raw.")


class FactorPanel(Answer):
    """Prices of the factors' funds."""

    coverage: Ratio = Field(description="Share of the sessions and funds that have a close.")
    market: Market
    days: list[date]
    factors: list[FactorSeries]

    @classmethod
    def of(cls, found: FactorPrices) -> "FactorPanel":
        """The shape of a panel."""
        known = ~np.isnan(found.closes)
        lacking = [symbol for at, (_, symbol) in enumerate(found.proxies) if not known[:, at].any()]
        return cls(
            as_of=found.days[-1],
            method=STORED,
            coverage=ratio(float(known.mean())) if known.size else 1.0,
            not_included=[Left(symbol=symbol, reason=Reason.NO_PRICE.words[0]) for symbol in lacking],
            market=found.market,
            days=list(found.days),
            factors=[
                FactorSeries(factor=name, proxy=symbol, closes=[price(each) for each in found.closes[:, at]])
                for at, (name, symbol) in enumerate(found.proxies)
            ],
        )


class OptionQuote(BaseModel):
    """One contract as it was quoted at a close; prices in USD per share."""

    symbol: str = Field(examples=["AAPL250815P00200000"])
    type: Right
    expiry: date
    strike: str = Field(description="USD, a decimal string.", examples=["200"])
    bid: Price
    ask: Price
    last: Price
    volume: float | None = Field(description="Contracts.")
    open_interest: float | None = Field(description="Contracts.")
    source: str

    @classmethod
    def of(cls, quote: ChainQuote) -> "OptionQuote":
        """The shape of a quote."""
        return cls(
            symbol=quote.symbol,
            type=quote.right,
            expiry=quote.expiry,
            strike=f"{quote.strike.normalize():f}",
            bid=quote.bid,
            ask=quote.ask,
            last=quote.last,
            volume=quote.volume,
            open_interest=quote.open_interest,
            source=quote.source,
        )


class OptionChain(Answer):
    """Contracts on an underlying, as they were quoted on one day."""

    coverage: Ratio = Field(description="1: what has no quote is absent.")
    underlying: str
    market: Market
    items: list[OptionQuote] = Field(description="By expiry, strike and type.")
    next: Next = None


class FundLine(BaseModel):
    """One line of a fund's report."""

    symbol: str | None = Field(description="null: it has no ticker, as cash and most bonds.")
    name: str
    weight: Ratio = Field(description="Of the net assets; below 0: sold short.")
    shares: float | None
    market_value: Money

    @classmethod
    def of(cls, line: Holding) -> "FundLine":
        """The shape of a line."""
        return cls(
            symbol=line.symbol,
            name=line.name,
            weight=ratio(line.weight),
            shares=price(line.shares),
            market_value=money(line.market_value),
        )


class FundReport(Answer):
    """What a fund held, by its last report of a day or before."""

    as_of: date = Field(description="Of the report.")
    coverage: Ratio = Field(description="Weight of the lines that have a ticker.")
    fund: str
    market: Market
    source: str
    total_weight: Ratio
    whole: bool = Field(description="Whether the weights add up to 90-100 %.")
    items: list[FundLine] = Field(description="As the fund lists them.")
    next: Next = None

    @classmethod
    def of(cls, report: FundHoldings, market: Market, source: str, start: int, limit: int) -> "FundReport":
        """The shape of a report, with a page of its lines."""
        rows, following = page_of(list(enumerate(report.lines))[start:], limit, lambda row: str(row[0] + 1))
        return cls(
            as_of=report.as_of,
            method=STORED,
            coverage=ratio(sum(line.weight for line in report.lines if line.symbol)),
            not_included=[],
            fund=report.fund,
            market=market,
            source=source,
            total_weight=ratio(report.total_weight),
            whole=report.is_whole,
            items=[FundLine.of(line) for _, line in rows],
            next=following,
        )


class Alias(BaseModel):
    """Another name of an instrument."""

    source: str
    symbol: str
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer holds.")


class OptionContract(BaseModel):
    """The terms of an option."""

    underlying: str
    type: Right
    expiry: date
    strike: str = Field(description="USD, a decimal string, as listed.", examples=["200"])
    exercise: ExerciseStyle | None
    terms_as_of: date | None = Field(description="The split basis of the strike.")


class InstrumentRecord(BaseModel):
    """One row of the security master."""

    symbol: str = Field(description="Canonical.", examples=["BRK.B"])
    kind: Kind
    name: str
    sector: str | None
    industry: str | None
    exchange: str | None
    country: str | None
    currency: str
    multiplier: str = Field(description="Shares per unit, a decimal string.", examples=["100"])
    market_cap: Money
    dividend_yield: Ratio = Field(description="Continuous, per year.")
    option: OptionContract | None
    listed_options: ExerciseStyle | None = Field(description="Style of the options listed on it; null: none are known.")
    aliases: list[Alias]

    @classmethod
    def of(cls, found: Described) -> "InstrumentRecord":
        """The shape of a row."""
        asset, profile = found.instrument, found.profile
        return cls(
            symbol=asset.symbol,
            kind=asset.kind,
            name=asset.name,
            sector=asset.sector,
            industry=asset.industry,
            exchange=profile.exchange if profile else None,
            country=profile.country if profile else None,
            currency=asset.currency,
            multiplier=f"{asset.multiplier.normalize():f}",
            market_cap=money(profile.market_cap) if profile else None,
            dividend_yield=ratio(asset.dividend_yield),
            option=_contract(asset),
            listed_options=profile.option_exercise if profile else None,
            aliases=[
                Alias(source=source, symbol=symbol, valid_from=first, valid_to=end)
                for source, symbol, first, end in found.aliases
            ],
        )


def _contract(asset: Instrument) -> OptionContract | None:
    terms = asset.option
    if terms is None:
        return None
    return OptionContract(
        underlying=terms.underlying,
        type=terms.right,
        expiry=terms.expiry,
        strike=f"{terms.strike.normalize():f}",
        exercise=asset.exercise,
        terms_as_of=asset.terms_as_of,
    )
