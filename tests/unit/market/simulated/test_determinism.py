"""An answer depends on symbol and date alone: not on range, order, the calendar's end, the object or the process."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import numpy as np
import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import CalendarRangeError
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import TREASURY_SERIES, DailyBars, OptionQuotes
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.market.simulated import SimulatedMarket, listed_strike_nearest, standard_expiry_nearest

SYMBOLS = ["SPY", "TSLA", "BND", "FXNAX", "V", "VIX", "XOM", "GLD"]
FIRST, LAST = date(2025, 3, 3), date(2026, 11, 20)


def columns(bars: DailyBars) -> np.ndarray:
    prices = [bars.open, bars.high, bars.low, bars.close, bars.adjusted_close, bars.volume]
    return np.array([bars.days.astype(np.float64), *prices])


def quote_columns(quotes: OptionQuotes) -> np.ndarray:
    shown = [quotes.bid, quotes.ask, quotes.last, quotes.volume, quotes.open_interest]
    return np.array([quotes.days.astype(np.float64), *shown])


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    return left.shape == right.shape and left.tobytes() == right.tobytes()


def some_contracts(market: SimulatedMarket, calendar: TradingCalendar) -> list[OptionTerms]:
    wanted = [("SPY", 1.05), ("VIX", 1.35), ("TSLA", 0.85), ("NVDA", 1.15)]
    day = date(2026, 8, 20)
    spots = {name: float(market.daily_bars([name], day, day)[name].close[0]) for name, _ in wanted}
    expiry = {name: standard_expiry_nearest(name, date(2026, 12, 28), calendar) for name, _ in wanted}
    return [
        OptionTerms(name, expiry[name], right, listed_strike_nearest(name, spots[name] * share))
        for name, share in wanted
        for right in Right
    ]


def test_asking_in_another_order_and_range_changes_no_bit(nyse: TradingCalendar) -> None:
    narrow_first, wide_first = SimulatedMarket(nyse), SimulatedMarket(nyse)
    narrow = {name: narrow_first.daily_bars([name], FIRST, LAST)[name] for name in SYMBOLS}
    wide = wide_first.daily_bars(list(reversed(SYMBOLS)), date(2000, 1, 1), date(2100, 1, 1))
    for name in SYMBOLS:
        days = wide[name].days
        inside = (days >= np.datetime64(FIRST)) & (days <= np.datetime64(LAST))
        assert same_bits(columns(narrow[name]), columns(wide[name])[:, inside])


def test_a_calendar_that_ends_later_changes_no_bit_of_the_past(market: SimulatedMarket) -> None:
    short = SimulatedMarket(build_nyse_calendar(date(2015, 1, 1), date(2027, 3, 19)))
    everything = [*SYMBOLS, "AAPL", "MSFT", "JNJ", "VTIAX", "TLT"]
    before, after = (one.daily_bars(everything, FIRST, LAST) for one in (short, market))
    assert all(same_bits(columns(before[name]), columns(after[name])) for name in everything)
    assert short.dividends(everything, FIRST, LAST) == market.dividends(everything, FIRST, LAST)
    assert short.splits(everything, FIRST, LAST) == market.splits(everything, FIRST, LAST)
    yields = [one.yields(TREASURY_SERIES, FIRST, LAST) for one in (short, market)]
    assert all(same_bits(yields[0][name].values, yields[1][name].values) for name in TREASURY_SERIES)


def test_option_quotes_are_the_same_alone_together_and_from_a_longer_calendar(
    market: SimulatedMarket, nyse: TradingCalendar
) -> None:
    contracts = some_contracts(market, nyse)
    first = date(2026, 8, 20)
    short = SimulatedMarket(build_nyse_calendar(date(2019, 12, 1), date(2027, 3, 19)))
    together = market.quotes(contracts, first, LAST)
    assert [quotes.terms for quotes in together] == contracts
    for quotes, terms in zip(together, contracts, strict=True):
        assert len(quotes.days) == 66
        assert same_bits(quote_columns(short.quotes([terms], first, LAST)[0]), quote_columns(quotes))
        assert same_bits(quote_columns(market.quotes([terms], LAST, LAST)[0]), quote_columns(quotes)[:, -1:])


def test_the_chain_quotes_what_the_contract_alone_quotes(market: SimulatedMarket) -> None:
    chain = market.chain("MSFT", LAST)
    alone = market.quotes([quotes.terms for quotes in chain[::17]], LAST, LAST)
    for one, other in zip(chain[::17], alone, strict=True):
        assert same_bits(quote_columns(one), quote_columns(other))


def test_a_session_that_disappears_moves_no_earlier_day(market: SimulatedMarket, nyse: TradingCalendar) -> None:
    mourning = date(2026, 9, 10)
    rest = tuple(day for day in nyse.sessions if day != mourning)
    bereaved = SimulatedMarket(replace(nyse, sessions=rest))
    before, after = (one.daily_bars(SYMBOLS, date(2020, 1, 1), date(2026, 9, 9)) for one in (market, bereaved))
    assert all(same_bits(columns(before[name]), columns(after[name])) for name in SYMBOLS)
    later = [one.daily_bars(SYMBOLS, date(2026, 9, 11), LAST) for one in (market, bereaved)]
    assert all(same_bits(later[0][name].close, later[1][name].close) for name in SYMBOLS)
    assert len(bereaved.daily_bars(["SPY"], mourning, mourning)["SPY"].days) == 0


def test_answers_are_read_only(market: SimulatedMarket) -> None:
    bars = market.daily_bars(["SPY"], FIRST, LAST)["SPY"]
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        market.yields(["DGS10"], FIRST, LAST)["DGS10"].values[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        market.chain("VIX", LAST)[0].bid[0] = 1.0


WEEKDAYS = """
import hashlib
from datetime import date, timedelta
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.market.simulated import SimulatedMarket
days = [date(2020, 1, 1) + timedelta(days=number) for number in range(2600)]
market = SimulatedMarket(TradingCalendar(tuple(day for day in days if day.weekday() < 5), days[0], days[-1]))
bars = market.daily_bars(["NVDA", "BND", "VIX"], date(2021, 1, 1), date(2026, 11, 20)).values()
chain = market.chain("SPY", date(2026, 7, 6))
columns = [column for b in bars for column in (b.open, b.high, b.low, b.close, b.adjusted_close)]
columns += [column for quotes in chain for column in (quotes.bid, quotes.ask, quotes.last, quotes.open_interest)]
print(hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest())
"""


def test_other_processes_with_other_hash_seeds_see_the_same_market() -> None:
    digests = set()
    for seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", WEEKDAYS], capture_output=True, text=True, check=True, env=environment
        )
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("symbol", "day", "close", "adjusted"),
    [
        ("SPY", date(2020, 1, 2), 249.57, 229.3161897391085),
        ("SPY", date(2026, 11, 20), 541.76, 545.2986882595429),
        ("AAPL", date(2024, 7, 1), 207.5, 205.4330335418244),
        ("TSLA", date(2025, 3, 12), 297.78, 297.78),
        ("FXNAX", date(2023, 10, 2), 17.85, 16.254548548023855),
        ("V", date(2028, 2, 29), 185.99, 376.36291402937155),
        ("VIX", date(2026, 8, 27), 17.07, 17.07),
        ("BND", date(2032, 12, 31), 74.24, 93.8465001976537),
    ],
)
def test_prices_stay_as_they_were_first_published(
    market: SimulatedMarket, symbol: str, day: date, close: float, adjusted: float
) -> None:
    bars = market.daily_bars([symbol], day, day)[symbol]
    assert bars.close.tolist() == [close]
    assert bars.adjusted_close[0] == pytest.approx(adjusted, rel=1e-12)


def test_yields_and_quotes_stay_as_they_were_first_published(market: SimulatedMarket) -> None:
    yields = market.yields(TREASURY_SERIES, LAST, LAST)
    assert [yields[series].values.tolist() for series in TREASURY_SERIES] == [[0.0408], [0.0368], [0.0416], [0.047]]
    contracts = [
        OptionTerms("SPY", date(2026, 12, 18), Right.CALL, Decimal(570)),
        OptionTerms("VIX", date(2027, 1, 20), Right.CALL, Decimal(22)),
        OptionTerms("TSLA", date(2027, 1, 15), Right.PUT, Decimal(250)),
    ]
    quoted = market.quotes(contracts, LAST, LAST)
    assert [(one.bid[0], one.ask[0]) for one in quoted] == [(1.02, 1.04), (2.32, 2.35), (5.25, 5.29)]


def test_a_calendar_without_origin_or_anchor_is_refused(nyse: TradingCalendar) -> None:
    for first, last in [(date(2024, 1, 1), date(2027, 1, 1)), (date(2019, 1, 1), date(2026, 6, 29))]:
        with pytest.raises(CalendarRangeError, match="needs a trading calendar from 2020-01-01 to 2026-06-30"):
            SimulatedMarket(build_nyse_calendar(first, last))
    without = tuple(day for day in nyse.sessions if day != date(2026, 6, 30))
    with pytest.raises(CalendarRangeError, match="with a session on 2026-06-30"):
        SimulatedMarket(replace(nyse, sessions=without))


def test_a_session_on_a_weekend_is_refused() -> None:
    days = (date(2020, 1, 4), date(2026, 6, 30))
    with pytest.raises(ValueError, match="weekend"):
        SimulatedMarket(TradingCalendar(days, date(2020, 1, 1), date(2026, 12, 31), {days[0]: time(13)}))
