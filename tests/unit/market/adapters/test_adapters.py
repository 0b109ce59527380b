"""What adapters make of the vendors' answers, over real HTTP, is what the market behind them says."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.instruments import ExerciseStyle, Kind
from sigmasight.domain.market_data import TREASURY_SERIES, DailyBars
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.adapters.fred import Fred
from sigmasight.market.adapters.massive import Massive
from sigmasight.market.checks import check_bars
from sigmasight.market.simulated import SimulatedMarket
from support.vendor_box import Fault, Query, VendorBox

from .conftest import SYMBOLS, TODAY, MakeClient

FIRST = date(2025, 1, 2)


def ordered(bars: DailyBars) -> DailyBars:
    order = np.argsort(bars.days)
    names = ("open", "high", "low", "close", "adjusted_close", "volume")
    return DailyBars(bars.symbol, bars.days[order], *(getattr(bars, name)[order] for name in names))


def assert_same_bars(found: DailyBars, expected: DailyBars) -> None:
    np.testing.assert_array_equal(found.days, expected.days)
    for name in ("open", "high", "low", "close", "adjusted_close", "volume"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_fmp_bars_are_the_market_s(market: SimulatedMarket, client: MakeClient) -> None:
    found = Fmp(client()).daily_bars([*SYMBOLS, "NOBODY"], FIRST, TODAY)
    assert set(found) == set(SYMBOLS)
    for symbol, expected in market.daily_bars(SYMBOLS, FIRST, TODAY).items():
        assert_same_bars(ordered(found[symbol]), expected)


def test_fmp_asks_once_for_a_single_day(box: VendorBox, client: MakeClient) -> None:
    Fmp(client()).daily_bars(["AAPL"], TODAY, TODAY)
    assert sum(box.calls.values()) == 1


def test_fmp_dividends_and_splits_are_the_market_s(market: SimulatedMarket, client: MakeClient) -> None:
    fmp = Fmp(client())
    span = (date(2021, 1, 1), TODAY)
    key = lambda each: (each.symbol, each.ex_date)
    assert sorted(fmp.dividends(SYMBOLS, *span), key=key) == sorted(market.dividends(SYMBOLS, *span), key=key)
    assert sorted(fmp.splits(SYMBOLS, *span), key=key) == sorted(market.splits(SYMBOLS, *span), key=key)


@pytest.mark.parametrize("numerator", [None, "NaN", 1.5, 0, -2, "two"])
def test_a_split_that_is_no_ratio_of_whole_numbers_comes_as_one_that_the_checks_refuse(
    box: VendorBox, client: MakeClient, numerator: object
) -> None:
    row = {"symbol": "AAPL", "date": "2026-06-01", "numerator": numerator, "denominator": 1}
    box.answer = lambda *_: [row]  # type: ignore[method-assign]
    (found,) = Fmp(client()).splits(["AAPL"], FIRST, TODAY)
    assert (found.new_shares, found.old_shares) == (0, 1)


def test_fmp_profiles_say_what_a_symbol_is(market: SimulatedMarket, client: MakeClient) -> None:
    found = Fmp(client()).profiles(SYMBOLS)
    for symbol, expected in market.profiles(SYMBOLS).items():
        assert (found[symbol].kind, found[symbol].name, found[symbol].sector) == (
            expected.kind,
            expected.name,
            expected.sector,
        )
    assert (found["VIX"].kind, found["VIX"].option_exercise) == (Kind.INDEX, ExerciseStyle.EUROPEAN)


def test_fmp_that_answers_for_another_symbol_has_failed(box: VendorBox, client: MakeClient) -> None:
    box.always(Fault.WRONG_SYMBOL)
    with pytest.raises(ProviderError, match="answered for 'OTHER' when asked for AAPL"):
        Fmp(client()).daily_bars(["AAPL"], FIRST, TODAY)


@pytest.mark.parametrize("fault", [Fault.DOUBLED, Fault.NULLS])
def test_what_is_wrong_in_rows_is_left_to_the_door(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, calendar: TradingCalendar, fault: Fault
) -> None:
    box.always(fault)
    found = Fmp(client()).daily_bars(["AAPL"], FIRST, TODAY)["AAPL"]
    sessions = np.array(calendar.sessions, dtype="datetime64[D]")
    checked = check_bars(found, today=TODAY, splits=(), previous_close=None, sessions=sessions)
    expected = market.daily_bars(["AAPL"], FIRST, TODAY)["AAPL"]
    kept = {Fault.DOUBLED: len(expected.days), Fault.NULLS: 0}[fault]
    assert len(checked.accepted.days) == kept
    assert np.isin(checked.accepted.close, expected.close).all()


def test_fred_yields_are_fractions_and_days_without_one_are_left_out(
    market: SimulatedMarket, client: MakeClient
) -> None:
    found = Fred(client("fred")).yields(TREASURY_SERIES, FIRST, TODAY)
    for series, expected in market.yields(TREASURY_SERIES, FIRST, TODAY).items():
        np.testing.assert_array_equal(found[series].days, expected.days)
        np.testing.assert_allclose(found[series].values, expected.values, rtol=1e-12)


def test_massive_chains_are_the_market_s_over_all_pages(market: SimulatedMarket, client: MakeClient) -> None:
    for underlying in ("AAPL", "VIX"):
        found = {each.terms: each for each in Massive(client("massive")).chain(underlying, TODAY)}
        expected = {each.terms: each for each in market.chain(underlying, TODAY)}
        assert found.keys() == expected.keys()
        for terms, quotes in expected.items():
            for name in ("days", "bid", "ask", "last", "open_interest"):
                np.testing.assert_array_equal(getattr(found[terms], name), getattr(quotes, name))


@pytest.mark.parametrize(("underlying", "root"), [("AAPL", "AAPL1"), ("VIX", "VIXW")])
def test_a_contract_of_another_root_is_not_taken_for_the_standard_one_of_the_same_terms(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, underlying: str, root: str
) -> None:
    def with_strangers(path: str, query: Query) -> object:
        page = answer(path, query)
        return {**page, "results": [each for row in page["results"] for each in (row, adjusted(row, root))]}

    answer: Callable[[str, Query], dict[str, Any]] = box.answer  # type: ignore[assignment]
    box.answer = with_strangers  # type: ignore[method-assign]
    found = Massive(client("massive")).chain(underlying, TODAY)
    assert sorted(occ_symbol(each.terms) for each in found) == sorted(
        occ_symbol(each.terms) for each in market.chain(underlying, TODAY)
    )
    assert all(each.bid[0] < 5_000.0 for each in found)


def adjusted(row: dict[str, Any], root: str) -> dict[str, Any]:
    details = row["details"]
    ticker = "O:" + root + details["ticker"].removeprefix("O:").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return {**row, "details": {**details, "ticker": ticker}, "last_quote": {"bid": 9_000.0, "ask": 9_001.0}}


def test_massive_last_prices_of_contracts_are_the_market_s(market: SimulatedMarket, client: MakeClient) -> None:
    terms = [each.terms for each in market.chain("AAPL", TODAY)[:3]]
    found = Massive(client("massive")).quotes(terms, date(2026, 11, 2), TODAY)
    for mine, theirs in zip(found, market.quotes(terms, date(2026, 11, 2), TODAY), strict=True):
        assert mine.terms == theirs.terms
        np.testing.assert_array_equal(mine.days, theirs.days)
        np.testing.assert_array_equal(mine.last, theirs.last)
        assert np.isnan(mine.bid).all()
