"""The provider's manners: it fills the ports, knows its symbols, and is silent about the rest."""

from datetime import date
from math import exp

import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import ExerciseStyle, Kind, OptionTerms, Right
from sigmasight.domain.market_data import TREASURY_SERIES
from sigmasight.market.ports import Options, Prices, Profiles, Rates
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.market.simulated.universe import GICS_SECTORS, universe

DAY = date(2026, 11, 20)
STRANGER = "NOSUCH"


def test_it_fills_every_port(market: SimulatedMarket) -> None:
    profiles: Profiles = market
    prices: Prices = market
    rates: Rates = market
    options: Options = market
    assert {port.name for port in (profiles, prices, rates, options)} == {"simulated"}


@pytest.mark.parametrize(
    ("symbol", "kind", "sector"),
    [
        ("AAPL", Kind.STOCK, "Information Technology"),
        ("MSFT", Kind.STOCK, "Information Technology"),
        ("NVDA", Kind.STOCK, "Information Technology"),
        ("AMD", Kind.STOCK, "Information Technology"),
        ("SHOP", Kind.STOCK, "Information Technology"),
        ("ZM", Kind.STOCK, "Information Technology"),
        ("AMZN", Kind.STOCK, "Consumer Discretionary"),
        ("TSLA", Kind.STOCK, "Consumer Discretionary"),
        ("HD", Kind.STOCK, "Consumer Discretionary"),
        ("F", Kind.STOCK, "Consumer Discretionary"),
        ("PTON", Kind.STOCK, "Consumer Discretionary"),
        ("GOOGL", Kind.STOCK, "Communication Services"),
        ("META", Kind.STOCK, "Communication Services"),
        ("NFLX", Kind.STOCK, "Communication Services"),
        ("ROKU", Kind.STOCK, "Communication Services"),
        ("JNJ", Kind.STOCK, "Health Care"),
        ("UNH", Kind.STOCK, "Health Care"),
        ("JPM", Kind.STOCK, "Financials"),
        ("C", Kind.STOCK, "Financials"),
        ("V", Kind.STOCK, "Financials"),
        ("BRK.B", Kind.STOCK, "Financials"),
        ("PG", Kind.STOCK, "Consumer Staples"),
        ("XOM", Kind.STOCK, "Energy"),
        ("GE", Kind.STOCK, "Industrials"),
        ("NEE", Kind.STOCK, "Utilities"),
        ("LIN", Kind.STOCK, "Materials"),
        ("PLD", Kind.STOCK, "Real Estate"),
        ("SPY", Kind.ETF, None),
        ("QQQ", Kind.ETF, None),
        ("BND", Kind.ETF, None),
        ("VNQ", Kind.ETF, "Real Estate"),
        ("GLD", Kind.ETF, None),
        ("DJP", Kind.ETF, None),
        ("SLY", Kind.ETF, None),
        ("FXNAX", Kind.MUTUAL_FUND, None),
        ("FCNTX", Kind.MUTUAL_FUND, None),
        ("FMAGX", Kind.MUTUAL_FUND, None),
        ("VTIAX", Kind.MUTUAL_FUND, None),
        ("VIX", Kind.INDEX, None),
    ],
)
def test_symbols_are_of_their_kind_and_sector(
    market: SimulatedMarket, symbol: str, kind: Kind, sector: str | None
) -> None:
    profile = market.profiles([symbol])[symbol]
    assert (profile.symbol, profile.kind, profile.sector, profile.currency) == (symbol, kind, sector, "USD")
    assert profile.name


def test_every_share_has_a_sector_and_a_size(market: SimulatedMarket) -> None:
    profiles = market.profiles(list(universe())).values()
    shares = [profile for profile in profiles if profile.kind is Kind.STOCK]
    assert {profile.sector for profile in shares} == GICS_SECTORS
    assert all(profile.market_cap is not None and profile.market_cap > 1e9 for profile in shares)


def test_options_are_american_on_what_can_be_held_and_european_on_the_vix(market: SimulatedMarket) -> None:
    listed = {
        symbol: profile.option_exercise
        for symbol, profile in market.profiles(list(universe())).items()
        if profile.option_exercise is not None
    }
    assert set(listed) == {"SPY", "QQQ", "IWM", "AAPL", "MSFT", "NVDA", "TSLA", "META", "AMZN", "GOOGL", "VIX"}
    assert listed.pop("VIX") is ExerciseStyle.EUROPEAN
    assert set(listed.values()) == {ExerciseStyle.AMERICAN}


def test_the_yield_in_the_profile_is_the_one_the_dated_dividends_pay(market: SimulatedMarket) -> None:
    spy = market.profiles(["SPY"])["SPY"].dividend_yield
    assert spy is not None
    assert exp(-spy) == pytest.approx((1 - 0.013 / 4) ** 4, abs=1e-15)
    assert market.profiles(["TSLA"])["TSLA"].dividend_yield == 0
    assert market.profiles(["VIX"])["VIX"].dividend_yield is None
    assert market.profiles(["JNJ"])["JNJ"].dividend_yield is None


def test_strangers_are_absent_from_the_answer(market: SimulatedMarket) -> None:
    assert set(market.profiles([STRANGER, "SPY"])) == {"SPY"}
    assert set(market.daily_bars([STRANGER, "SPY"], DAY, DAY)) == {"SPY"}
    assert market.dividends([STRANGER], date(2020, 1, 1), DAY) == []
    assert market.splits([STRANGER], date(2020, 1, 1), DAY) == []
    assert set(market.yields(["DGS5", "DGS10"], DAY, DAY)) == {"DGS10"}
    assert market.chain("JNJ", DAY) == ()
    assert market.chain(STRANGER, DAY) == ()


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        pytest.param(date(1995, 1, 1), date(2019, 12, 31), [], id="before-the-origin"),
        pytest.param(date(1995, 1, 1), date(2020, 1, 3), [date(2020, 1, 2), date(2020, 1, 3)], id="across-the-origin"),
        pytest.param(date(2026, 11, 21), date(2026, 11, 22), [], id="weekend"),
        pytest.param(date(2026, 11, 26), date(2026, 11, 26), [], id="thanksgiving"),
        pytest.param(date(2026, 11, 20), date(2026, 11, 19), [], id="backwards"),
        pytest.param(date(2032, 12, 30), date(2050, 1, 1), [date(2032, 12, 30), date(2032, 12, 31)], id="to-the-end"),
    ],
)
def test_a_range_is_answered_as_far_as_there_are_sessions(
    market: SimulatedMarket, first: date, last: date, days: list[date]
) -> None:
    bars = market.daily_bars(["SPY"], first, last)["SPY"]
    assert bars.days.tolist() == days
    assert len(bars.close) == len(bars.volume) == len(days)
    assert market.yields(["DGS2"], first, last)["DGS2"].days.tolist() == days


def test_yields_are_quoted_on_sessions_only_in_whole_basis_points(
    market: SimulatedMarket, nyse: TradingCalendar
) -> None:
    answered = market.yields(TREASURY_SERIES, date(2020, 1, 1), date(2032, 12, 31))
    assert tuple(answered) == TREASURY_SERIES
    for series in answered.values():
        assert tuple(series.days.tolist()) == nyse.sessions_between(date(2020, 1, 1), date(2032, 12, 31))
        assert series.values.min() > 0.001
        assert series.values.max() < 0.09
        assert (abs(series.values * 1e4 - (series.values * 1e4).round()) < 1e-9).all()


def test_a_known_contract_without_sessions_has_empty_columns(market: SimulatedMarket) -> None:
    terms = OptionTerms("SPY", date(2026, 12, 18), Right.CALL, universe()["SPY"].price)
    (weekend,) = market.quotes([terms], date(2026, 11, 21), date(2026, 11, 22))
    assert weekend.terms == terms
    assert len(weekend.days) == len(weekend.bid) == 0
    assert market.quotes([], DAY, DAY) == ()
