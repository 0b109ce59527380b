"""Reference prices on the anchor, bars that hang together, dividends and splits that explain the adjusted close."""

from datetime import date

import numpy as np
import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import DailyBars
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.market.simulated.universe import universe

ANCHOR = date(2026, 6, 30)
ALWAYS = (date(2020, 1, 1), date(2032, 12, 31))
REFERENCE_PRICES = {
    "AAPL": 225,
    "MSFT": 420,
    "AMZN": 170,
    "GOOGL": 160,
    "TSLA": 255,
    "NVDA": 700,
    "JNJ": 160,
    "JPM": 170,
    "V": 268,
    "FXNAX": 20,
    "FCNTX": 15,
    "FMAGX": 15,
    "VTIAX": 30,
    "VTI": 250,
    "BND": 77,
    "VNQ": 95,
    "SPY": 530,
    "QQQ": 420,
    "BRK.B": 440,
    "META": 530,
    "UNH": 545,
    "HD": 350,
    "PG": 165,
    "GLD": 219.23,
    "DJP": 30,
    "AMD": 162,
    "NFLX": 490,
    "SHOP": 195,
    "ZM": 70,
    "PTON": 40,
    "ROKU": 60,
    "XOM": 110,
    "F": 12,
    "GE": 140,
    "C": 55,
    "VIX": 18.5,
}
FACTOR_FUNDS = ["VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV", "IWM", "SIZE"]
FUNDS = ["FXNAX", "FCNTX", "FMAGX", "VTIAX"]
EVERYTHING = sorted(universe())


@pytest.fixture(scope="module")
def histories(market: SimulatedMarket) -> dict[str, DailyBars]:
    return dict(market.daily_bars(EVERYTHING, *ALWAYS))


def test_the_reference_prices_are_the_closes_of_the_anchor(market: SimulatedMarket) -> None:
    bars = market.daily_bars(list(REFERENCE_PRICES), ANCHOR, ANCHOR)
    assert {symbol: bars[symbol].close.tolist() for symbol in REFERENCE_PRICES} == {
        symbol: [float(price)] for symbol, price in REFERENCE_PRICES.items()
    }
    assert all(bars[symbol].adjusted_close[0] == bars[symbol].close[0] for symbol in REFERENCE_PRICES)


@pytest.mark.parametrize("symbol", [*REFERENCE_PRICES, *FACTOR_FUNDS])
def test_what_the_demo_needs_has_a_close_on_every_session(
    market: SimulatedMarket, nyse: TradingCalendar, symbol: str
) -> None:
    first, last = date(2024, 1, 2), date(2027, 12, 31)
    bars = market.daily_bars([symbol], first, last)[symbol]
    assert tuple(bars.days.tolist()) == nyse.sessions_between(first, last)
    assert np.isfinite(bars.close).all()
    assert np.isfinite(bars.adjusted_close).all()


@pytest.mark.parametrize("symbol", EVERYTHING)
def test_bars_hang_together(histories: dict[str, DailyBars], symbol: str) -> None:
    bars = histories[symbol]
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    for prices in (bars.open, bars.high, bars.low, bars.close):
        assert (prices > 0).all()
        assert np.array_equal(prices, np.round(prices, 2))
    traded = bars.volume[np.isfinite(bars.volume)]
    assert (traded > 0).all()
    assert np.array_equal(traded, np.round(traded))


def test_shares_and_funds_trade_and_mutual_funds_have_one_price_a_day(histories: dict[str, DailyBars]) -> None:
    for symbol in FUNDS:
        bars = histories[symbol]
        assert np.array_equal(bars.open, bars.close)
        assert np.array_equal(bars.high, bars.low)
        assert np.isnan(bars.volume).all()
    for symbol in ("SPY", "AAPL", "F", "BND"):
        bars = histories[symbol]
        assert np.isfinite(bars.volume).all()
        assert (bars.high > bars.low).mean() > 0.95


@pytest.mark.parametrize("symbol", EVERYTHING)
def test_prices_stay_plausible_for_years(histories: dict[str, DailyBars], symbol: str) -> None:
    close, price = histories[symbol].close, float(universe()[symbol].price)
    assert close.min() > 1
    assert close.min() > price / 12
    assert close.max() < price * 12


def test_most_of_the_market_grows_moderately(histories: dict[str, DailyBars]) -> None:
    years = 13
    growth = [np.log(bars.adjusted_close[-1] / bars.adjusted_close[0]) / years for bars in histories.values()]
    assert 0.03 < np.median(growth) < 0.11
    assert min(growth) > -0.10
    assert max(growth) < 0.30


@pytest.mark.parametrize("symbol", EVERYTHING)
def test_adjusted_returns_are_price_changes_plus_dividends_and_splits(
    market: SimulatedMarket, histories: dict[str, DailyBars], symbol: str
) -> None:
    bars = histories[symbol]
    at = {day: position for position, day in enumerate(bars.days.tolist())}
    paid, factor = np.zeros(len(at)), np.ones(len(at))
    for dividend in market.dividends([symbol], *ALWAYS):
        paid[at[dividend.ex_date]] += dividend.amount
    for split in market.splits([symbol], *ALWAYS):
        factor[at[split.ex_date]] *= split.new_shares / split.old_shares
    expected = (bars.close[1:] * factor[1:] + paid[1:]) / bars.close[:-1] - 1
    stated = bars.adjusted_close[1:] / bars.adjusted_close[:-1] - 1
    np.testing.assert_allclose(stated, expected, rtol=0, atol=1e-13)


def test_what_pays_nothing_needs_no_adjustment(histories: dict[str, DailyBars]) -> None:
    for symbol in ("TSLA", "AMZN", "GLD", "VIX"):
        assert np.array_equal(histories[symbol].adjusted_close, histories[symbol].close)


def test_payers_pay_about_their_yield(market: SimulatedMarket, histories: dict[str, DailyBars]) -> None:
    last_year = (date(2025, 7, 1), ANCHOR)
    for symbol, listing in universe().items():
        paid = sum(dividend.amount for dividend in market.dividends([symbol], *last_year))
        days = histories[symbol].days
        inside = (days >= np.datetime64(last_year[0])) & (days <= np.datetime64(last_year[1]))
        assert paid == pytest.approx(listing.dividend_yield * histories[symbol].close[inside].mean(), rel=0.1, abs=0.03)


def test_dividends_come_in_their_rhythm_and_in_whole_cents(market: SimulatedMarket, nyse: TradingCalendar) -> None:
    for symbol, a_year in [("JNJ", 4), ("SPY", 4), ("BND", 12), ("FXNAX", 12), ("AMZN", 0), ("VIX", 0)]:
        paid = market.dividends([symbol], date(2021, 1, 1), date(2030, 12, 31))
        assert len(paid) == 10 * a_year
        assert all(nyse.is_trading_day(dividend.ex_date) for dividend in paid)
        assert all(dividend.amount > 0 for dividend in paid)
    assert all(round(paid.amount, 2) == paid.amount for paid in market.dividends(["JNJ", "AAPL", "F"], *ALWAYS))
    assert all(round(paid.amount, 4) == paid.amount for paid in market.dividends(["SPY", "BND"], *ALWAYS))


def test_the_raw_price_falls_by_the_dividend(market: SimulatedMarket, histories: dict[str, DailyBars]) -> None:
    bars = histories["FXNAX"]
    raw, total = np.diff(np.log(bars.close)), np.diff(np.log(bars.adjusted_close))
    ex_dates = np.isin(bars.days[1:], [np.datetime64(paid.ex_date) for paid in market.dividends(["FXNAX"], *ALWAYS)])
    np.testing.assert_allclose((total - raw)[ex_dates], 0.034 / 12, atol=1e-5)
    np.testing.assert_allclose((total - raw)[~ex_dates], 0, atol=1e-12)


def test_a_share_splits_within_any_520_sessions(market: SimulatedMarket, nyse: TradingCalendar) -> None:
    sessions = nyse.sessions_between(*ALWAYS)
    splits = market.splits(EVERYTHING, *ALWAYS)
    assert {split.ex_date.year: split.symbol for split in splits} == {
        2021: "UNH",
        2023: "HD",
        2025: "PG",
        2027: "V",
        2029: "JPM",
        2031: "NFLX",
    }
    splits = sorted(splits, key=lambda split: split.ex_date)
    at = np.array([sessions.index(split.ex_date) for split in splits])
    assert at[0] < 520
    assert np.diff(at).max() <= 520
    assert len(sessions) - at[-1] <= 520


def test_a_split_halves_the_price_and_leaves_wealth_alone(
    market: SimulatedMarket, histories: dict[str, DailyBars]
) -> None:
    splits = market.splits(EVERYTHING, *ALWAYS)
    payments = market.dividends([split.symbol for split in splits], *ALWAYS)
    for split in splits:
        bars = histories[split.symbol]
        at = bars.days.tolist().index(split.ex_date)
        assert (split.new_shares, split.old_shares) == (2, 1)
        assert 0.42 < bars.close[at] / bars.close[at - 1] < 0.58
        assert 0.84 < bars.adjusted_close[at] / bars.adjusted_close[at - 1] < 1.16
        assert bars.high[at] / bars.low[at] < 1.2
        assert (split.symbol, split.ex_date) not in {(payment.symbol, payment.ex_date) for payment in payments}
