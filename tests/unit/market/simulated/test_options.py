"""The surface and its quotes: nothing to arbitrage, a skew and a term, intrinsic value at the end."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import OptionQuotes
from sigmasight.market.simulated import SimulatedMarket, listed_strike_nearest, standard_expiry_nearest
from sigmasight.market.simulated.model import Cells
from sigmasight.market.simulated.tree import TreeContracts, price_contracts
from sigmasight.market.simulated.volatility import SMILES, total_variance

DAYS = [date(2024, 3, 7), date(2026, 6, 30), date(2026, 11, 27)]
CHAINS = [(name, day) for name in ("SPY", "VIX", "NVDA", "TSLA") for day in DAYS]
CENT = 0.01  # a quote's mid is within half a cent of the model, so a comparison of two within one cent

Smile = dict[float, float]  # price by strike


def smiles(quotes: list[OptionTerms], prices: np.ndarray) -> dict[tuple[date, Right], Smile]:
    found: dict[tuple[date, Right], Smile] = {}
    for terms, price in zip(quotes, prices.tolist(), strict=True):
        found.setdefault((terms.expiry, terms.right), {})[float(terms.strike)] = price
    return found


def mids(chain: list[OptionQuotes]) -> np.ndarray:
    return np.array([(quotes.bid[0] + quotes.ask[0]) / 2 for quotes in chain])


def close(market: SimulatedMarket, symbol: str, day: date) -> float:
    return float(market.daily_bars([symbol], day, day)[symbol].close[0])


@pytest.mark.parametrize(("name", "day"), CHAINS)
def test_prices_are_monotone_and_convex_in_the_strike(market: SimulatedMarket, name: str, day: date) -> None:
    terms = [quotes.terms for quotes in market.chain(name, day)]
    for (_, right), smile in smiles(terms, market.model_prices(terms, day)).items():
        strikes, prices = np.array(list(smile)), np.array(list(smile.values()))
        slopes = np.diff(prices) / np.diff(strikes)
        falling = -slopes if right is Right.CALL else slopes
        assert len(strikes) > 8
        assert falling.min() >= -1e-10
        assert falling.max() <= 1 + 1e-10
        assert np.diff(slopes).min() >= -1e-10


@pytest.mark.parametrize(("name", "day"), CHAINS)
def test_mids_keep_the_order_of_strikes_within_a_cent(market: SimulatedMarket, name: str, day: date) -> None:
    chain = list(market.chain(name, day))
    for (_, right), smile in smiles([quotes.terms for quotes in chain], mids(chain)).items():
        strikes, prices = np.array(list(smile)), np.array(list(smile.values()))
        falling = -np.diff(prices) if right is Right.CALL else np.diff(prices)
        assert falling.min() >= -CENT
        left, right_side = np.diff(strikes)[:-1], np.diff(strikes)[1:]
        chord = (prices[:-2] * right_side + prices[2:] * left) / (left + right_side)
        assert (chord - prices[1:-1]).min() >= -CENT


@pytest.mark.parametrize(("name", "day"), [(name, day) for name, day in CHAINS if name != "VIX"])
def test_longer_american_options_are_worth_more_and_none_less_than_exercised(
    market: SimulatedMarket, name: str, day: date
) -> None:
    terms = [quotes.terms for quotes in market.chain(name, day)]
    priced = smiles(terms, market.model_prices(terms, day))
    spot = close(market, name, day)
    for right, sign in ((Right.CALL, 1), (Right.PUT, -1)):
        by_expiry = [smile for (_, of), smile in sorted(priced.items()) if of is right]
        for near, far in pairwise(by_expiry):
            assert all(far[strike] >= near[strike] - 1e-9 for strike in near.keys() & far.keys())
        for smile in by_expiry:
            assert all(price >= sign * (spot - strike) for strike, price in smile.items())


@pytest.mark.parametrize("name", list(SMILES))
@pytest.mark.parametrize("vix", [11.0, 18.5, 60.0])
def test_variance_only_grows_with_time_at_equal_forward_moneyness(name: str, vix: float) -> None:
    """Undiscounted prices over the forward must not fall with expiry: then total implied variance does not, either."""
    years = np.array([1, 7, 30, 60, 91, 182, 273, 365, 730, 900]) / 365
    moneyness = np.exp(np.linspace(-0.5, 0.5, 21))
    tau, strike = (grid.ravel() for grid in np.meshgrid(years, moneyness, indexing="ij"))
    one = np.ones_like(tau)
    smile = SMILES[name]
    prices = price_contracts(
        TreeContracts(
            spot=one,
            drift=0 * one,
            rate=0 * one,
            years=tau,
            variance=total_variance([smile] * len(tau), vix * one, tau),
            skew=smile.skew * one,
            width=smile.width * one,
            wings=smile.wings * one,
            strike=strike,
            sign=np.where(strike > 1, 1.0, -1.0),
            american=np.zeros(len(tau), dtype=np.bool_),
        )
    ).reshape(len(years), len(moneyness))
    assert np.diff(prices, axis=0).min() >= -1e-10


def test_put_call_parity_gives_the_vix_a_forward_of_its_own(market: SimulatedMarket) -> None:
    day = date(2024, 3, 7)
    spot = close(market, "VIX", day)
    terms = [quotes.terms for quotes in market.chain("VIX", day)]
    priced = smiles(terms, market.model_prices(terms, day))
    forwards = []
    for expiry in sorted({expiry for expiry, _ in priced}):
        calls, puts = priced[expiry, Right.CALL], priced[expiry, Right.PUT]
        strikes = np.array(sorted(calls))
        gap = np.array([calls[strike] - puts[strike] for strike in strikes])
        slope, intercept = np.polyfit(strikes, gap, 1)
        np.testing.assert_allclose(gap, intercept + slope * strikes, atol=1e-10)
        years = (expiry - day).days / 365
        assert 0.02 < -np.log(-slope) / years < 0.07
        forwards.append(-intercept / slope)
    assert spot < 16
    assert np.diff(forwards).min() > 0
    assert spot < forwards[0] < forwards[-1] < 20.5


def implied_volatility(market: SimulatedMarket, terms: OptionTerms, day: date) -> float:
    """The flat volatility that gives the model's price, at round numbers for the rate and the carry."""
    years = (terms.expiry - day).days / 365
    row = np.ones(1)
    flat = TreeContracts(
        spot=close(market, terms.underlying, day) * row,
        drift=0.03 * row,
        rate=0.04 * row,
        years=years * row,
        variance=row,
        skew=0 * row,
        width=row,
        wings=0 * row,
        strike=float(terms.strike) * row,
        sign=np.array([1.0 if terms.right is Right.CALL else -1.0]),
        american=np.array([True]),
    )
    price = market.model_prices([terms], day)
    gap = lambda sigma: float((price_contracts(replace(flat, variance=sigma**2 * flat.years)) - price)[0])
    return float(brentq(gap, 0.02, 3))


def test_index_options_have_a_skew_and_follow_the_vix(market: SimulatedMarket, nyse: TradingCalendar) -> None:
    levels = {}
    history = market.daily_bars(["VIX"], date(2021, 1, 4), date(2031, 1, 1))["VIX"]
    calm, wild = history.days[history.close.argmin()].item(), history.days[history.close.argmax()].item()
    for day in (calm, wild):
        spot = close(market, "SPY", day)
        expiry = standard_expiry_nearest("SPY", day + timedelta(days=85), nyse)
        sides = {0.85: Right.PUT, 1.0: Right.PUT, 1.15: Right.CALL}
        strikes = [(right, listed_strike_nearest("SPY", spot * share)) for share, right in sides.items()]
        smile = [implied_volatility(market, OptionTerms("SPY", expiry, *strike), day) for strike in strikes]
        assert smile[0] > smile[1] + 0.02
        assert smile[1] > smile[2] + 0.01
        levels[day] = smile[1]
    assert levels[calm] < 0.16
    assert levels[wild] > 0.25


@pytest.fixture(scope="module")
def until_expiry(market: SimulatedMarket) -> list[OptionQuotes]:
    """Contracts near and far from the money, from their listing to after their expiry."""
    expiry = {"SPY": date(2026, 10, 16), "VIX": date(2026, 10, 21), "TSLA": date(2026, 10, 16)}
    strikes = {"SPY": [300, 560, 900], "VIX": [5, 17, 60], "TSLA": [100, 300, 600]}
    contracts = [
        OptionTerms(name, expiry[name], right, Decimal(strike))
        for name, listed in strikes.items()
        for strike in listed
        for right in Right
    ]
    return list(market.quotes(contracts, date(2026, 3, 2), date(2026, 12, 31)))


def test_contracts_are_quoted_on_every_session_until_expiry_and_not_after(
    nyse: TradingCalendar, until_expiry: list[OptionQuotes]
) -> None:
    assert len(until_expiry) == 18
    for quotes in until_expiry:
        sessions = nyse.sessions_between(date(2026, 3, 2), quotes.terms.expiry)
        assert tuple(quotes.days.tolist()) == sessions
        assert np.isfinite([quotes.bid, quotes.ask, quotes.last]).all()


def test_quotes_on_the_day_of_expiry_are_intrinsic(market: SimulatedMarket, until_expiry: list[OptionQuotes]) -> None:
    for quotes in until_expiry:
        terms = quotes.terms
        sign = 1 if terms.right is Right.CALL else -1
        intrinsic = max(sign * (close(market, terms.underlying, terms.expiry) - float(terms.strike)), 0.0)
        mid = (quotes.bid[-1] + quotes.ask[-1]) / 2
        assert mid == pytest.approx(max(intrinsic, CENT / 2), abs=1e-9)


def test_quotes_look_like_quotes(until_expiry: list[OptionQuotes]) -> None:
    for quotes in until_expiry:
        for prices in (quotes.bid, quotes.ask, quotes.last):
            assert np.array_equal(prices, np.round(prices, 2))
        assert (quotes.bid >= 0).all()
        assert (quotes.ask >= CENT).all()
        assert (quotes.bid < quotes.ask).all()
        assert (quotes.last >= np.maximum(quotes.bid, CENT)).all()
        assert (quotes.last <= quotes.ask).all()
        for counts in (quotes.volume, quotes.open_interest):
            assert (counts >= 0).all()
            assert np.array_equal(counts, np.round(counts))


def test_the_mid_is_the_model_price_to_a_quarter_of_a_cent(market: SimulatedMarket) -> None:
    chain = list(market.chain("AAPL", DAYS[1]))
    prices = market.model_prices([quotes.terms for quotes in chain], DAYS[1])
    somebody_bids = prices >= CENT / 2
    assert np.abs(mids(chain) - prices)[somebody_bids].max() <= CENT / 4 + 1e-9
    assert np.abs(mids(chain) - prices).max() <= CENT / 2


def test_a_contract_is_not_quoted_before_it_is_listed(market: SimulatedMarket) -> None:
    monthly = OptionTerms("SPY", date(2026, 10, 16), Right.CALL, Decimal(550))
    january = OptionTerms("SPY", date(2027, 1, 15), Right.CALL, Decimal(550))
    quotes = market.quotes([monthly, january], date(2020, 1, 1), date(2032, 12, 31))
    assert [one.days[0].item() for one in quotes] == [date(2026, 1, 9), date(2024, 7, 29)]


def test_chains_hold_calls_and_puts_of_about_a_year(market: SimulatedMarket) -> None:
    for name in SMILES:
        chain = market.chain(name, DAYS[1])
        spot = close(market, name, DAYS[1])
        calls = {(one.terms.expiry, one.terms.strike) for one in chain if one.terms.right is Right.CALL}
        puts = {(one.terms.expiry, one.terms.strike) for one in chain if one.terms.right is Right.PUT}
        assert calls == puts
        assert 9 <= len({expiry for expiry, _ in calls}) <= 12
        assert min(strike for _, strike in calls) < spot * 0.85
        assert max(strike for _, strike in calls) > spot * 1.15
        assert len(chain) == len({one.terms for one in chain}) < 1200
    assert market.chain("SPY", date(2026, 11, 26)) == ()
    assert market.chain("SPY", date(2050, 1, 3)) == ()


def test_time_to_expiry_is_measured_from_each_sessions_own_close(market: SimulatedMarket) -> None:
    terms = OptionTerms("SPY", date(2026, 12, 18), Right.CALL, Decimal(560))
    before_thanksgiving, short_friday = date(2026, 11, 25), date(2026, 11, 27)
    model = market._board.model
    at = np.searchsorted(model.sessions, [before_thanksgiving.toordinal(), short_friday.toordinal()])
    years = model.contracts(Cells([terms, terms], at)).years
    np.testing.assert_allclose(years * 365, [23, 21 + 3 / 24], atol=1e-12)
