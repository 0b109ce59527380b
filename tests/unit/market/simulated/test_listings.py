"""Which contracts exist: expiries as the exchange lists them, strikes on one grid for ever."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import CalendarRangeError, NotFoundError
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.market.simulated import SimulatedMarket, listed_strike_nearest, standard_expiry_nearest
from sigmasight.market.simulated.listings import is_listed, listed_expiries, strikes_between

UNDERLYINGS = ["SPY", "QQQ", "VIX", "NVDA", "AAPL", "MSFT", "TSLA", "META"]


@pytest.mark.parametrize(
    ("underlying", "day", "expiry"),
    [
        pytest.param("SPY", date(2026, 12, 28), date(2026, 12, 18), id="third-friday"),
        pytest.param("SPY", date(2027, 1, 2), date(2027, 1, 15), id="next-year"),
        pytest.param("SPY", date(2027, 1, 1), date(2026, 12, 18), id="tie-goes-to-the-earlier"),
        pytest.param("AAPL", date(2025, 4, 20), date(2025, 4, 17), id="good-friday"),
        pytest.param("AAPL", date(2026, 6, 19), date(2026, 6, 18), id="juneteenth"),
        pytest.param("VIX", date(2026, 12, 20), date(2026, 12, 16), id="vix-wednesday"),
        pytest.param("VIX", date(2024, 6, 10), date(2024, 6, 18), id="vix-juneteenth"),
        pytest.param("VIX", date(2025, 3, 20), date(2025, 3, 18), id="vix-before-good-friday"),
        pytest.param("VIX", date(2026, 2, 1), date(2026, 1, 21), id="vix-january"),
    ],
)
def test_standard_expiries_are_the_exchanges(nyse: TradingCalendar, underlying: str, day: date, expiry: date) -> None:
    assert standard_expiry_nearest(underlying, day, nyse) == expiry


@settings(deadline=None)
@given(
    underlying=st.sampled_from(UNDERLYINGS),
    day=st.dates(date(2020, 3, 1), date(2032, 9, 1)),
)
def test_the_nearest_expiry_is_a_session_three_weeks_away_at_most(
    nyse: TradingCalendar, underlying: str, day: date
) -> None:
    expiry = standard_expiry_nearest(underlying, day, nyse)
    assert nyse.is_trading_day(expiry)
    assert abs(expiry - day) <= timedelta(days=18)
    assert standard_expiry_nearest(underlying, expiry, nyse) == expiry
    assert is_listed(OptionTerms(underlying, expiry, Right.CALL, Decimal(20)), nyse)


@pytest.mark.parametrize(
    ("underlying", "level", "strike"),
    [
        ("SPY", 556.5, "560"),
        ("SPY", 555, "560"),
        ("SPY", 554.99, "550"),
        ("AAPL", 202.5, "205"),
        ("AAPL", 199.2, "200"),
        ("AAPL", 161.2, "160"),
        ("TSLA", 216.75, "215"),
        ("NVDA", 805, "800"),
        ("NVDA", 811, "820"),
        ("VIX", 24.975, "25"),
        ("VIX", 18.4, "18"),
        ("VIX", 0.2, "1"),
        ("AAPL", 24.3, "24.5"),
        ("AAPL", Decimal("62.50"), "63"),
    ],
)
def test_strikes_lie_on_the_grid_of_their_level(underlying: str, level: float, strike: str) -> None:
    assert listed_strike_nearest(underlying, level) == Decimal(strike)


@settings(deadline=None)
@given(underlying=st.sampled_from(UNDERLYINGS), level=st.floats(0.5, 5000))
def test_the_nearest_strike_is_listed_and_no_other_is_nearer(
    nyse: TradingCalendar, underlying: str, level: float
) -> None:
    strike = listed_strike_nearest(underlying, level)
    assert listed_strike_nearest(underlying, strike) == strike
    assert is_listed(OptionTerms(underlying, date(2026, 12, 18), Right.PUT, strike), nyse) == (underlying != "VIX")
    rivals = strikes_between(underlying, max(level * 0.9 - 1, 0.1), level * 1.1 + 1)
    assert min(abs(rival - Decimal(level)) for rival in rivals) == abs(strike - Decimal(level))


def test_strikes_between_are_all_on_the_grid_and_ascending() -> None:
    strikes = strikes_between("TSLA", 90.3, 430)
    assert strikes == sorted(set(strikes))
    assert all(listed_strike_nearest("TSLA", strike) == strike for strike in strikes)
    assert strikes[0] == 91
    assert strikes[-1] == 430


@pytest.mark.parametrize(
    ("underlying", "expiry", "strike"),
    [
        pytest.param("JNJ", date(2026, 12, 18), "160", id="no-options-on-it"),
        pytest.param("SPY", date(2026, 12, 11), "550", id="a-weekly"),
        pytest.param("SPY", date(2026, 6, 19), "550", id="holiday"),
        pytest.param("SPY", date(2026, 12, 18), "551", id="between-strikes"),
        pytest.param("SPY", date(2026, 12, 18), "-550", id="negative"),
        pytest.param("SPY", date(2040, 12, 21), "550", id="beyond-the-calendar"),
        pytest.param("SPY", date(2019, 12, 20), "320", id="before-the-origin"),
        pytest.param("VIX", date(2026, 12, 18), "20", id="the-vix-expires-on-wednesdays"),
    ],
)
def test_contracts_that_do_not_exist_are_absent(
    market: SimulatedMarket, nyse: TradingCalendar, underlying: str, expiry: date, strike: str
) -> None:
    terms = OptionTerms(underlying, expiry, Right.CALL, Decimal(strike))
    assert not is_listed(terms, nyse)
    assert market.quotes([terms], date(2020, 1, 1), date(2032, 12, 31)) == ()


def test_underlyings_without_options_are_refused_by_name(nyse: TradingCalendar) -> None:
    with pytest.raises(NotFoundError, match="no options on 'JNJ'; it does on AAPL"):
        listed_strike_nearest("JNJ", 160)
    with pytest.raises(NotFoundError, match="no options on 'JNJ'"):
        standard_expiry_nearest("JNJ", date(2026, 12, 18), nyse)


def test_a_strike_must_be_positive_and_an_expiry_within_the_calendar(nyse: TradingCalendar) -> None:
    with pytest.raises(ValueError, match="positive"):
        listed_strike_nearest("SPY", 0.0)
    with pytest.raises(CalendarRangeError):
        standard_expiry_nearest("SPY", date(2032, 12, 31), nyse)


def test_a_listed_expiry_stays_listed_until_it_comes(nyse: TradingCalendar) -> None:
    known: set[date] = set()
    for day in nyse.sessions_between(date(2025, 6, 2), date(2026, 6, 30)):
        listed = listed_expiries("SPY", day, nyse)
        assert listed == sorted(set(listed))
        assert 10 <= len(listed) <= 13
        assert {expiry for expiry in known if expiry >= day} <= set(listed)
        known.update(listed)


@pytest.mark.parametrize("underlying", ["NVDA", "VIX"])
def test_a_contract_stays_in_the_chain_until_its_expiry(
    market: SimulatedMarket, nyse: TradingCalendar, underlying: str
) -> None:
    expiry = standard_expiry_nearest(underlying, date(2026, 7, 17), nyse)
    seen: set[OptionTerms] = set()
    for day in [*nyse.sessions_between(date(2025, 11, 3), expiry)[::24], expiry]:
        listed = {quotes.terms for quotes in market.chain(underlying, day) if quotes.terms.expiry == expiry}
        assert seen <= listed
        seen |= listed
    assert len(seen) > 30
    after = market.chain(underlying, nyse.next_session(expiry))
    assert expiry not in {quotes.terms.expiry for quotes in after}
