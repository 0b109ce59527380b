"""What adapters make of the vendors' answers, over real HTTP, is what the market behind them says."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.instruments import ExerciseStyle, Kind
from sigmasight.domain.market_data import TREASURY_SERIES, DailyBars
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.adapters.fred import Fred
from sigmasight.market.checks import check_bars, check_yields
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


KEPT = {Fault.DOUBLED: 1.0, Fault.NULLS: 1.0 / 3.0}
"""What share of the rows is taken at the door."""


@pytest.mark.parametrize("fault", KEPT)
@pytest.mark.parametrize("page", ["non-split-adjusted", "dividend-adjusted"])
def test_what_is_wrong_in_bars_is_left_to_the_door(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, calendar: TradingCalendar, fault: Fault, page: str
) -> None:
    box.next_fault = lambda call: fault if call.path.endswith(page) else None
    found = Fmp(client()).daily_bars(["AAPL"], FIRST, TODAY)["AAPL"]
    sessions = np.array(calendar.sessions, dtype="datetime64[D]")
    accepted = check_bars(found, today=TODAY, splits=(), previous_close=None, sessions=sessions).accepted
    expected = market.daily_bars(["AAPL"], FIRST, TODAY)["AAPL"]
    assert len(accepted.days) == int(KEPT[fault] * len(expected.days))
    rows = np.isin(expected.days, accepted.days)
    for name in ("close", "adjusted_close"):
        np.testing.assert_array_equal(getattr(accepted, name), getattr(expected, name)[rows])


@pytest.mark.parametrize(("lost", "told"), [(slice(0, 2), 2), (slice(4, None), None), (slice(None), None)])
def test_a_close_is_its_own_adjusted_one_only_after_the_last_that_is_told_or_where_there_is_no_such_page(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, lost: slice, told: int | None
) -> None:
    def without(path: str, query: Query) -> object:
        rows: Any = answer(path, query)
        return [row for row in rows if row not in rows[lost]] if path.endswith("dividend-adjusted") else rows

    answer, box.answer = box.answer, without  # type: ignore[method-assign]
    found = ordered(Fmp(client()).daily_bars(["AAPL"], FIRST, TODAY)["AAPL"])
    expected = market.daily_bars(["AAPL"], FIRST, TODAY)["AAPL"]
    if lost == slice(None):
        np.testing.assert_array_equal(found.adjusted_close, expected.close)
    elif told:
        np.testing.assert_array_equal(found.adjusted_close[-told:], expected.close[-told:])
        np.testing.assert_array_equal(found.adjusted_close[:-told], expected.adjusted_close[:-told])
    else:
        assert np.isnan(found.adjusted_close[:-4]).all()
        np.testing.assert_array_equal(found.adjusted_close[-4:], expected.adjusted_close[-4:])


@pytest.mark.parametrize("fault", KEPT)
def test_what_is_wrong_in_yields_is_left_to_the_door(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, fault: Fault
) -> None:
    box.always(fault)
    found = Fred(client("fred")).yields(["DGS2"], FIRST, TODAY)["DGS2"]
    accepted = check_yields(found, today=TODAY).accepted
    expected = market.yields(["DGS2"], FIRST, TODAY)["DGS2"]
    rows = np.isin(expected.days, accepted.days)
    np.testing.assert_array_equal(accepted.values, expected.values[rows])
    assert rows.all() if fault is Fault.DOUBLED else 0.3 < rows.mean() < 0.4


def test_fred_yields_are_fractions_and_days_without_one_are_left_out(
    market: SimulatedMarket, client: MakeClient
) -> None:
    found = Fred(client("fred")).yields(TREASURY_SERIES, FIRST, TODAY)
    for series, expected in market.yields(TREASURY_SERIES, FIRST, TODAY).items():
        np.testing.assert_array_equal(found[series].days, expected.days)
        np.testing.assert_array_equal(found[series].values, expected.values)
