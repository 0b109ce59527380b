"""TradeFeeds over real HTTP: what its box says is what the market behind it says, and no more is spent than may be."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import numpy as np
import pytest

from sigmasight.domain.errors import ProviderError
from sigmasight.market.adapters.client import Time, VendorClient
from sigmasight.market.adapters.tradefeeds import TradeFeeds
from sigmasight.market.ports import Actions
from sigmasight.market.requests import ActionRequest, HoldingsRequest, PriceRequest
from sigmasight.market.simulated import SimulatedMarket
from support.box_tradefeeds import KEY, OK, TradeFeedsBox, opened_tradefeeds

from .conftest import HURRIED, SYMBOLS, TODAY

FIRST = date(2024, 12, 2)  # two calls from there to today
SHARES = tuple(symbol for symbol in SYMBOLS if symbol != "VIX")
FUNDS = ("SPY", "FXNAX")
QUARTER_END = date(2026, 9, 30)
Make = Callable[..., TradeFeeds]


@pytest.fixture
def box(market: SimulatedMarket) -> Iterator[TradeFeedsBox]:
    with opened_tradefeeds(TradeFeedsBox(market, SYMBOLS, TODAY)) as opened:
        yield opened


@pytest.fixture
def tradefeeds(box: TradeFeedsBox) -> Iterator[Make]:
    """Makes adapters on the box."""
    made: list[VendorClient] = []

    def make(*, key: str = KEY, **more: float) -> TradeFeeds:
        clock = Time(lambda: datetime.now(UTC), time.monotonic, time.sleep)
        named = {"key_setting": "TRADEFEEDS_API_KEY", "limit_setting": "THE_LIMIT", "params": {"key": key}}
        made.append(VendorClient("tradefeeds", box.address, HURRIED, clock, **named, **more))  # type: ignore[arg-type]
        return TradeFeeds(made[-1])

    yield make
    for each in made:
        each.close()


def test_bars_are_the_market_s_over_several_calls(
    box: TradeFeedsBox, market: SimulatedMarket, tradefeeds: Make
) -> None:
    mine = tradefeeds()
    found = mine.daily_bars([*SYMBOLS, "NOBODY"], FIRST, TODAY)
    assert set(found) == set(SHARES)
    for symbol, expected in market.daily_bars(SHARES, FIRST, TODAY).items():
        order = np.argsort(found[symbol].days)
        for name in ("days", "open", "high", "low", "close", "adjusted_close", "volume"):
            np.testing.assert_array_equal(getattr(found[symbol], name)[order], getattr(expected, name), err_msg=name)
    asked = PriceRequest((*SYMBOLS, "NOBODY"), (FIRST, TODAY))
    assert len(box.calls) == mine.calls_for(asked) == 2 * len([*SHARES, "NOBODY"])


@pytest.mark.parametrize(
    ("first", "calls"), [(TODAY, 1), (date(2025, 9, 23), 1), (date(2025, 9, 22), 2), (date(2019, 1, 2), 7)]
)
def test_a_range_takes_as_many_calls_as_it_has_spans_that_one_answers(
    box: TradeFeedsBox, market: SimulatedMarket, tradefeeds: Make, first: date, calls: int
) -> None:
    mine = tradefeeds()
    bars = mine.daily_bars(["AAPL"], first, TODAY)["AAPL"]
    assert sorted(bars.days.tolist()) == market.daily_bars(["AAPL"], first, TODAY)["AAPL"].days.tolist()
    assert len(box.calls) == mine.calls_for(PriceRequest(("AAPL",), (first, TODAY))) == calls


def test_dividends_and_splits_are_not_asked_for(box: TradeFeedsBox, tradefeeds: Make) -> None:
    mine = tradefeeds()
    assert not isinstance(mine, Actions)
    assert mine.calls_for(ActionRequest(SHARES, (FIRST, TODAY))) == len(box.calls) == 0


@pytest.mark.parametrize("has_tickers", [True, False])
def test_holdings_are_those_of_the_last_report_with_a_symbol_where_a_ticker_is_told(
    box: TradeFeedsBox, market: SimulatedMarket, tradefeeds: Make, *, has_tickers: bool
) -> None:
    box.has_tickers = has_tickers
    mine = tradefeeds()
    found = mine.holdings([*FUNDS, "NOBODY"], TODAY)
    assert set(found) == set(FUNDS)
    for fund, expected in market.holdings(FUNDS, date(2026, 10, 1)).items():
        assert (found[fund].fund, found[fund].as_of) == (fund, QUARTER_END)
        told = [line.symbol if has_tickers else None for line in expected.lines]
        assert [line.symbol for line in found[fund].lines] == told
        assert [line.name for line in found[fund].lines] == [line.name for line in expected.lines]
        weights = [line.weight for line in found[fund].lines]
        np.testing.assert_allclose(weights, [line.weight for line in expected.lines], rtol=1e-15)
        assert {(line.shares, line.market_value) for line in found[fund].lines} == {(1_234.5, 2e6)}
    assert len(box.calls) == mine.calls_for(HoldingsRequest((*FUNDS, "NOBODY"), TODAY)) == 3


def test_a_report_of_a_later_day_is_not_taken(tradefeeds: Make, box: TradeFeedsBox) -> None:
    later = {"attributes": {"repPdDate": "2026:11:21"}, "invstOrSecs": [{"invstOrSec": {"name": "x", "pctVal": "1"}}]}
    earlier = {**later, "attributes": {}, "signature": {"repPdDate": "2026-08-31"}}
    box.answer = lambda *_: {"status": OK, "result": {"output": [later, earlier]}}  # type: ignore[method-assign]
    assert tradefeeds().holdings(["SPY"], TODAY)["SPY"].as_of == date(2026, 8, 31)
    box.answer = lambda *_: {"status": OK, "result": {"output": [later]}}  # type: ignore[method-assign]
    assert tradefeeds().holdings(["SPY"], TODAY) == {}


KNOWS_NOTHING = {
    "no result": {"status": OK, "result": None},
    "no output": {"status": OK, "result": {"output": None}},
    "empty output": {"status": OK, "result": {"output": []}},
    "not found with status 200": {"status": {"code": "404", "message": "Not Found"}, "result": None},
    "not found": None,
}


@pytest.mark.parametrize("document", KNOWS_NOTHING.values(), ids=KNOWS_NOTHING)
def test_what_it_knows_nothing_of_is_absent(box: TradeFeedsBox, tradefeeds: Make, document: object) -> None:
    box.answer = lambda *_: document  # type: ignore[method-assign]
    assert tradefeeds().daily_bars(["AAPL"], TODAY, TODAY) == {}
    assert tradefeeds().holdings(["SPY"], TODAY) == {}


def test_a_status_written_as_text_is_one(box: TradeFeedsBox, tradefeeds: Make) -> None:
    box.status = {**OK, "code": "200"}
    assert len(tradefeeds().daily_bars(["AAPL"], TODAY, TODAY)["AAPL"].days) == 1


def test_what_a_row_does_not_tell_is_missing_and_the_adjusted_close_is_the_close(
    box: TradeFeedsBox, tradefeeds: Make
) -> None:
    rows = [{"date": "2026:11:20", "open": "12", "high": "13", "low": "11", "close": "12.5"}]
    box.answer = lambda *_: {"status": OK, "result": {"output": {"daily_stock_data": rows}}}  # type: ignore[method-assign]
    bars = tradefeeds().daily_bars(["AAPL"], TODAY, TODAY)["AAPL"]
    np.testing.assert_array_equal([bars.adjusted_close[0], bars.volume[0]], [12.5, np.nan])


REFUSED = {
    "403 Not in your plan": {"status": {"code": 403, "message": "Not in your plan"}, "result": None},
    "429 Too many calls": {"status": {"code": "429", "message": "Too many calls"}},
    r"401 \(the key\) is no key": {"status": {"code": 401, "message": f"{KEY} is no key"}},
    "no status": {"result": {"output": {"daily_stock_data": []}}},
    "no status$": [{"date": "2026-11-20", "close": 1.0}],
    "no daily_stock_data in the answer for AAPL": {"status": OK, "result": {"output": [{"close": 1.0}]}},
    "answered something else than a list of rows": {"status": OK, "result": {"output": {"daily_stock_data": {"a": 1}}}},
    "answered '20 Nov 202' for a day": {
        "status": OK,
        "result": {"output": {"daily_stock_data": [{"date": "20 Nov 2026"}]}},
    },
}


@pytest.mark.parametrize(("said", "document"), REFUSED.items(), ids=REFUSED)
def test_what_it_says_with_status_200_that_is_no_answer_is_a_failure(
    box: TradeFeedsBox, tradefeeds: Make, said: str, document: object
) -> None:
    box.answer = lambda *_: document  # type: ignore[method-assign]
    with pytest.raises(ProviderError, match=rf"tradefeeds .*{said}") as raised:
        tradefeeds().daily_bars(["AAPL"], TODAY, TODAY)
    assert KEY not in str(raised.value)


def test_a_report_without_a_day_is_a_failure(box: TradeFeedsBox, tradefeeds: Make) -> None:
    box.answer = lambda *_: {"status": OK, "result": {"output": [{"attributes": {}}]}}  # type: ignore[method-assign]
    with pytest.raises(ProviderError, match="tradefeeds answered 'None' for a day"):
        tradefeeds().holdings(["SPY"], TODAY)


def test_the_page_that_asks_for_a_person_is_a_failure(box: TradeFeedsBox, tradefeeds: Make) -> None:
    box.http_status = 202
    with pytest.raises(ProviderError, match="tradefeeds answered 202"):
        tradefeeds().daily_bars(["AAPL"], TODAY, TODAY)


def test_a_wrong_key_names_its_setting(tradefeeds: Make) -> None:
    with pytest.raises(ProviderError, match=r"tradefeeds refuses the key \(401\): look at TRADEFEEDS_API_KEY"):
        tradefeeds(key="another").daily_bars(["AAPL"], TODAY, TODAY)


def test_beyond_what_may_be_spent_nothing_is_asked(box: TradeFeedsBox, tradefeeds: Make) -> None:
    mine = tradefeeds(credits=20.0, allowance=50.0)
    said = "tradefeeds has no credits left this month: a call takes 20, and 10 are left of THE_LIMIT"
    with pytest.raises(ProviderError, match=said):
        mine.daily_bars(SHARES, TODAY, TODAY)
    assert (len(box.calls), mine.client.usage.credits) == (2, 40.0)
    with pytest.raises(ProviderError, match="a call takes 20, and 0 are left of THE_LIMIT"):
        tradefeeds(credits=20.0, allowance=-300.0).daily_bars(SHARES, TODAY, TODAY)
    assert len(box.calls) == 2
