"""Nights over real HTTP are, number for number, the nights on the market behind the vendors."""

from collections import Counter
from dataclasses import replace

import psycopg

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Market
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.services.demo.books import HEDGE_FUND
from sigmasight.services.demo.lines import lines_of
from support.live_nights import PROXIES, RESULTS, Stored, bring_in, results, run_live, stored
from support.vendor_box import VendorBox, opened_box

from .conftest import HISTORY, SYMBOLS, TODAY

FUNDS = {"FXNAX": 500, "FCNTX": 900, "VNQ": -60, "BND": 300}
HEDGED = ("AAPL", "SPY", "VIX")
OPTIONS = tuple(option for option in HEDGE_FUND.options if option.underlying in HEDGED)


def test_a_hedge_fund_s_night_over_http_is_the_one_on_the_market_itself(
    url: str, market: SimulatedMarket, exchange: TradingCalendar
) -> None:
    lines = lines_of(market, exchange, replace(HEDGE_FUND, options=OPTIONS), TODAY)
    book = {line.symbol: int(line.quantity) for line in lines} | FUNDS
    symbols = {*(each.symbol for each in HEDGE_FUND.holdings), *FUNDS, *HEDGED, *PROXIES}
    bring_in(url, book, TODAY, *Market)
    with opened_box(VendorBox(market, tuple(symbols), TODAY)) as box:
        outcome = run_live(url, box)
    assert (outcome.status, outcome.errors, outcome.coverage) == ("ok", (), 1.0)
    assert set(box.asked.values()) == {1}
    with psycopg.connect(url) as conn:
        counted = conn.execute("SELECT provider, calls, errors FROM provider_usage ORDER BY provider").fetchall()
    assert counted == [(name, calls, 0) for name, calls in sorted(Counter(call.vendor for call in box.log).items())]
    assert stored(url, Market.LIVE) == stored(url, Market.SIMULATED)
    found = results(url, Market.LIVE)
    assert {table: len(found[table]) for table in RESULTS} == {**dict.fromkeys(RESULTS, 1), "position_greeks": 3}
    assert found == results(url, Market.SIMULATED)
    (snapshot,) = found["portfolio_snapshots"]
    assert (snapshot["short_positions"], snapshot["option_positions"]) == (11, 3)
    assert snapshot["short"] < 0 < snapshot["vega"]


def test_with_batches_the_next_night_takes_a_few_calls_and_is_the_same(
    url: str, market: SimulatedMarket, exchange: TradingCalendar, book: dict[str, int]
) -> None:
    yesterday = exchange.sessions_back(TODAY, 1)
    bring_in(url, book, yesterday, *Market)
    with opened_box(VendorBox(market, SYMBOLS, yesterday)) as box:
        first = run_live(url, box, SIGMASIGHT_FMP_BATCH="true", **HISTORY)
        box.log.clear()
        box.today = TODAY
        second = run_live(url, box, SIGMASIGHT_FMP_BATCH="true", **HISTORY)
    assert [(each.status, each.errors) for each in (first, second)] == [("ok", ())] * 2
    of_fmp = {path: count for path, count in box.calls.items() if path.startswith("/fmp/")}
    assert of_fmp == dict.fromkeys(("/fmp/batch-quote", "/fmp/dividends-calendar", "/fmp/splits-calendar"), 1)
    live, simulated = (_without_adjusted(stored(url, market)) for market in Market)
    assert live == simulated
    found = results(url, Market.LIVE)
    assert [row["as_of"] for row in found["portfolio_snapshots"]] == [yesterday, TODAY]
    assert found == results(url, Market.SIMULATED)


def _without_adjusted(found: Stored) -> Stored:
    """Adjusted closes are those of the day they were told: a quote's own close."""
    prices = {key: {**row, "adjusted_close": None} for key, row in found["prices"].items()}
    return {**found, "prices": prices}
