"""Market data as they are stored: prices, option chains, what funds hold, instruments."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query

from sigmasight.api.place import Days, Limit, MarketName, page_of
from sigmasight.api.shapes.market import (
    STORED,
    DailyPrices,
    FactorPanel,
    FundReport,
    InstrumentRecord,
    OptionChain,
    OptionQuote,
)
from sigmasight.api.site import Desk, Reader
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import parse_occ
from sigmasight.services.price_panels import list_factor_prices
from sigmasight.store.database import Connection
from sigmasight.store.funds import load_holdings, load_sources
from sigmasight.store.market_pages import (
    ChainFilter,
    bars_back,
    describe,
    find_symbol,
    last_chain_day,
    load_chain,
)

router = APIRouter(tags=["market"])

On = Annotated[date | None, Query(alias="as_of", description="The day; without it, today.")]
Before = Annotated[date | None, Query(description="`next` of the page before.")]
Start = Annotated[int, Query(ge=0, description="`next` of the page before.")]
Strike = Annotated[Decimal | None, Query(ge=0, le=1_000_000_000, description="USD.")]
AfterContract = Annotated[str | None, Query(max_length=21, description="`next` of the page before.")]


@router.get("/prices/{symbol}")
def read_prices(
    desk: Reader,
    symbol: str,
    days: Days,
    market: MarketName = Market.LIVE,
    limit: Limit = 252,
    cursor: Before = None,
) -> DailyPrices:
    """Daily prices of a stock, fund or index, raw and adjusted, with who gave them."""
    with desk.reading() as conn:
        asset = _found(conn, desk, symbol, None)
        found = bars_back(conn, market, asset.id, days.first, days.last, before=cursor, limit=limit + 1)
    if not found:
        raise NotFoundError(f"No prices of {asset.symbol} are stored of these days in the {market} market.")
    return DailyPrices.of(asset, market, found, limit)


@router.get("/factors/prices")
def read_factor_prices(
    desk: Reader,
    first: Annotated[date | None, Query(alias="from", description="Without it, 90 sessions; at most 504.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Without it, up to the last night.")] = None,
    market: MarketName = Market.LIVE,
) -> FactorPanel:
    """Closes of the funds that stand for the factors."""
    with desk.reading() as conn:
        return FactorPanel.of(list_factor_prices(conn, desk.site.valuation, market, first, last))


@router.get("/options/{underlying}")
def read_options(
    desk: Reader,
    underlying: str,
    *,
    as_of: On = None,
    market: MarketName = Market.LIVE,
    expiry_from: date | None = None,
    expiry_to: date | None = None,
    strike_from: Strike = None,
    strike_to: Strike = None,
    right: Annotated[Right | None, Query(alias="type")] = None,
    limit: Limit = 1000,
    cursor: AfterContract = None,
) -> OptionChain:
    """Contracts on an underlying, as they were quoted on the last day that has quotes."""
    after = parse_occ(cursor) if cursor else None
    wanted = ChainFilter(expiry_from, expiry_to, strike_from, strike_to, right, after)
    with desk.reading() as conn:
        asset = _found(conn, desk, underlying, as_of)
        day = last_chain_day(conn, market, asset.id, as_of or desk.today)
        if day is None:
            raise NotFoundError(f"No options on {asset.symbol} are quoted in the {market} market by then.")
        found = load_chain(conn, market, asset.id, day, wanted, limit=limit + 1)
    page, following = page_of(found, limit, lambda quote: quote.symbol)
    return OptionChain(
        as_of=day,
        method=STORED,
        coverage=1.0,
        not_included=[],
        underlying=asset.symbol,
        market=market,
        items=[OptionQuote.of(quote) for quote in page],
        next=following,
    )


@router.get("/funds/{symbol}/holdings")
def read_fund_holdings(
    desk: Reader,
    symbol: str,
    as_of: On = None,
    market: MarketName = Market.LIVE,
    limit: Limit = 1000,
    cursor: Start = 0,
) -> FundReport:
    """What a fund held, by its last report of a day or before."""
    with desk.reading() as conn:
        asset = _found(conn, desk, symbol, as_of)
        reports = load_holdings(conn, market, [asset.id], as_of or desk.today)
        if asset.id not in reports:
            raise NotFoundError(f"No report of what {asset.symbol} holds is stored in the {market} market by then.")
        source = load_sources(conn, market, reports)[asset.id]
    return FundReport.of(reports[asset.id], market, source, cursor, limit)


@router.get("/instruments/{symbol}")
def read_instrument(desk: Reader, symbol: str, as_of: On = None) -> InstrumentRecord:
    """What the security master knows of a symbol, in any spelling, and what it meant on a day."""
    with desk.reading() as conn:
        return InstrumentRecord.of(describe(conn, _found(conn, desk, symbol, as_of)))


def _found(conn: Connection, desk: Desk, symbol: str, on: date | None) -> Instrument:
    asset = find_symbol(conn, symbol, on or desk.today)
    if asset is None:
        raise NotFoundError(f"Nobody knows the symbol {symbol}.")
    return asset
