"""From quotes to volatilities and Greeks, against closed forms and QuantLib."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from math import exp, log, sqrt

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - as its own documentation calls it
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import DayArray, FloatArray, Market
from sigmasight.domain.options import DividendSource, OptionFacts, PricingModel, VolatilitySource
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.risk.option_facts import compose_facts, from_estimates, from_quotes, from_smile
from sigmasight.risk.option_market import OptionMarket
from support.books import DividendOn, SplitOn, World, april, closes, option, portfolio, stock, world_of
from support.option_chains import black, european, flat_yields, index, option_market, paying

ABC = paying(stock(1, "ABC"), 0.0)
BOOK = portfolio()
NAN = np.nan
WEEK = (april(7), april(8), april(9), april(10), april(11))
EXPIRY = date(2025, 7, 18)
SPOT, RATE, SIGMA = 100.0, 0.05, 0.3
NUMBERS = ("price", "delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
Quotes = Mapping[Instrument, Mapping[date, float]]


def european_on(
    instrument_id: int, strike: float, right: Right = Right.CALL, *, share: Instrument = ABC, expiry: date = EXPIRY
) -> Instrument:
    return european(instrument_id, share, right, strike, expiry)


def years(since: date, expiry: date = EXPIRY) -> float:
    return (expiry - since).days / 365


def worth(strike: float, day: date, *, spot: float = SPOT, volatility: float = SIGMA, is_call: bool = True) -> float:
    """What a European option on a share without dividends costs, out of a book."""
    tau = years(day)
    forward = spot * exp(RATE * tau)
    return black(forward=forward, strike=strike, years=tau, rate=RATE, volatility=volatility, is_call=is_call)["price"]


def world(quotes: Quotes, *records: SplitOn | DividendOn, spots: Mapping[date, float] | None = None) -> World:
    """Contracts with their quotes, and their share: at 100.00 on every session of the week unless told otherwise."""
    prices = closes(ABC, dict.fromkeys(WEEK, SPOT) if spots is None else spots)
    for contract, quoted in quotes.items():
        prices |= {(contract.id, day): Decimal(price) for day, price in quoted.items()}
    return world_of(BOOK, *records, instruments=(ABC, *quotes), prices=prices)


def facts_of(market: OptionMarket, *, history: FloatArray | None = None) -> OptionFacts:
    """Facts of every contract, as the service makes them; history is the adjusted closes of its one underlying."""
    count = len(market.asset)
    closes_of = np.full((64, count), NAN) if history is None else np.tile(history[:, None], (1, count))
    own = from_quotes(market)
    return compose_facts(market, from_estimates(from_smile(market, own, market, own), closes_of), np.arange(count))


def facts(
    quotes: Quotes,
    *records: SplitOn | DividendOn,
    spots: Mapping[date, float] | None = None,
    yields: tuple[DayArray, FloatArray] | None = None,
    announced: Sequence[DividendOn] = (),
    history: FloatArray | None = None,
) -> OptionFacts:
    """Facts at the close of the 10th, four sessions before it being looked at."""
    market = option_market(
        world(quotes, *records, spots=spots), april(7), april(10), yields=yields, announced=announced
    )
    return facts_of(market, history=history)


def assert_nothing_is_known(found: OptionFacts, reasons: Reason, *, row: int = 0) -> None:
    assert Reason(int(found.reasons[row])) == reasons
    for name in NUMBERS:
        assert np.isnan(getattr(found, name)[row]), name
    assert found.model[row] == PricingModel.NONE


@pytest.mark.parametrize("is_call", [True, False], ids=["call", "put"])
def test_a_quote_of_the_day_tells_the_volatility_and_all_greeks_follow(is_call: bool) -> None:  # noqa: FBT001
    right = Right.CALL if is_call else Right.PUT
    price = worth(110, april(10), is_call=is_call)
    found = facts({european_on(7, 110, right): {april(10): price}})
    tau = years(april(10))
    book = black(forward=SPOT * exp(RATE * tau), strike=110, years=tau, rate=RATE, volatility=SIGMA, is_call=is_call)
    delta = book["delta by forward"] * exp(RATE * tau)
    assert found.volatility[0] == pytest.approx(SIGMA, rel=1e-9)
    assert (found.price[0], found.market_price[0]) == pytest.approx((price, price), rel=1e-9)
    assert found.delta[0] == pytest.approx(delta, rel=1e-9)
    assert found.gamma[0] == pytest.approx(book["density"] / (SPOT * SIGMA * sqrt(tau)), rel=1e-9)
    assert found.vega_per_point[0] == pytest.approx(SPOT * book["density"] * sqrt(tau) / 100, rel=1e-9)
    owed = delta * SPOT - price  # the debt in the replicating portfolio
    theta = -SPOT * book["density"] * SIGMA / (2 * sqrt(tau)) - RATE * owed
    assert found.theta_per_day[0] == pytest.approx(theta / 365, rel=1e-9)
    assert found.rho_per_percent[0] == pytest.approx(owed * tau / 100, rel=1e-9)
    assert (found.instrument_id[0], found.as_of[0], found.quote_day[0]) == (7, np.datetime64("2025-04-10"), found.as_of)
    assert (found.volatility_source[0], found.model[0]) == (VolatilitySource.QUOTE, PricingModel.EUROPEAN)
    assert (found.reasons[0], found.dividend_source[0]) == (Reason.NONE, DividendSource.YIELD)
    assert (found.spot[0], found.tau_years[0]) == (SPOT, pytest.approx(tau, rel=1e-14))
    assert found.forward[0] == pytest.approx(SPOT * exp(RATE * tau), rel=1e-14)


def quantlib_put(spot: float, strike: float, tau_days: int, *, dividend_yield: float) -> dict[str, float]:
    """An American put by QuantLib's own collocation at its highest accuracy."""
    today = ql.Date(10, 4, 2025)
    ql.Settings.instance().evaluationDate = today
    count = ql.Actual365Fixed()
    flat = [ql.YieldTermStructureHandle(ql.FlatForward(today, rate, count)) for rate in (dividend_yield, RATE)]
    sigma = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), SIGMA, count))
    process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(spot)), *flat, sigma)
    exercise = ql.AmericanExercise(today, today + tau_days)
    put = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Put, strike), exercise)
    put.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme()))
    price = put.NPV()
    process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(spot + 0.01)), *flat, sigma)
    put.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme()))
    return {"price": price, "delta": (put.NPV() - price) / 0.01}


def test_an_american_put_has_the_volatility_and_the_delta_of_quantlib() -> None:
    share = paying(ABC, 0.02)
    put = option(7, share, right=Right.PUT, strike=110, expiry=EXPIRY)
    expected = quantlib_put(SPOT, 110, (EXPIRY - april(10)).days, dividend_yield=0.02)
    prices = closes(share, dict.fromkeys(WEEK, SPOT)) | {(7, april(10)): Decimal(expected["price"])}
    made = world_of(BOOK, instruments=(share, put), prices=prices)
    found = facts_of(option_market(made, april(10), april(10)))
    assert found.volatility[0] == pytest.approx(SIGMA, abs=2e-4)
    assert found.delta[0] == pytest.approx(expected["delta"], abs=1e-3)
    assert found.price[0] == pytest.approx(expected["price"], rel=1e-8)
    assert (found.model[0], found.dividend_yield[0]) == (PricingModel.AMERICAN, 0.02)


def test_a_quote_of_two_sessions_ago_tells_the_volatility_of_its_own_market() -> None:
    # Struck at 105, quoted on the 8th with the share at 100; on the 10th the share is at 104 and nobody quotes.
    old = worth(105, april(8))
    spots = {april(8): 100, april(9): 101, april(10): 104}
    found = facts({european_on(7, 105): {april(8): old}}, spots=spots)
    assert found.volatility[0] == pytest.approx(SIGMA, rel=1e-9)
    assert found.price[0] == pytest.approx(worth(105, april(10), spot=104), rel=1e-9)
    assert (found.market_price[0], found.quote_day[0]) == (pytest.approx(old, rel=1e-12), np.datetime64("2025-04-08"))
    assert (found.volatility_source[0], found.reasons[0]) == (VolatilitySource.QUOTE, Reason.STALE_PRICE)


def test_a_quote_from_before_a_split_tells_the_volatility_of_before() -> None:
    # Two for one on the 9th: struck at 105, then at 52.50; the old quote counts half now.
    old = worth(105, april(8))
    spots = {april(8): 100, april(9): 50, april(10): 52}
    found = facts({european_on(7, 105): {april(8): old}}, SplitOn(1, april(9), new=2), spots=spots)
    assert found.volatility[0] == pytest.approx(SIGMA, rel=1e-9)
    assert found.price[0] == pytest.approx(worth(52.5, april(10), spot=52), rel=1e-9)
    assert found.market_price[0] == pytest.approx(old / 2, rel=1e-12)


def test_a_quote_in_a_market_without_a_rate_is_read_with_that_of_no_other_session() -> None:
    # The yields of the 9th come after the quote of the 8th: what it says is not known, though the 10th has a rate.
    found = facts({european_on(7, 105): {april(8): worth(105, april(8))}}, yields=flat_yields(april(9)))
    assert found.volatility_source[0] == VolatilitySource.ASSUMED
    assert found.reasons[0] == Reason.ESTIMATED


def test_a_quote_that_is_too_old_tells_nothing() -> None:
    early = replace(world({european_on(7, 105): {april(2): worth(105, april(2))}}), stale_sessions=5)
    found = facts_of(option_market(early, april(4), april(10)))
    assert (found.volatility_source[0], found.reasons[0]) == (VolatilitySource.ASSUMED, Reason.ESTIMATED)
    assert (np.isnan(found.market_price[0]), np.isnat(found.quote_day[0])) == (True, True)


def chain_of(day: date, volatilities: Mapping[float, float]) -> dict[Instrument, Mapping[date, float]]:
    """Calls above 100 and puts below, quoted at volatilities of their own."""
    return {
        european_on(20 + at, strike, Right.CALL if strike > SPOT else Right.PUT): {
            day: worth(strike, day, volatility=volatility, is_call=strike > SPOT)
        }
        for at, (strike, volatility) in enumerate(volatilities.items())
    }


@pytest.mark.parametrize(
    "quoted",
    [{}, {april(10): 9.0}, {april(10): 0.0001}, {april(10): 99.999}],
    ids=["without a quote", "below intrinsic", "far below intrinsic", "above all volatilities"],
)
def test_what_its_own_quote_does_not_tell_the_smile_does(quoted: Mapping[date, float]) -> None:
    # A call struck at 90 is worth 10 and more. Between the puts at 80 and 95: linear in the logarithm of the strike.
    found = facts({european_on(7, 90): quoted} | chain_of(april(10), {80: 0.40, 95: 0.28, 110: 0.25}))
    share = log(90 / 80) / log(95 / 80)
    volatility = 0.40 + share * (0.28 - 0.40)
    assert found.volatility[0] == pytest.approx(volatility, rel=1e-9)
    assert found.price[0] == pytest.approx(worth(90, april(10), volatility=volatility), rel=1e-9)
    assert (found.volatility_source[0], found.reasons[0]) == (VolatilitySource.SMILE, Reason.NONE)
    assert set(found.volatility_source[1:].tolist()) == {VolatilitySource.QUOTE}


def test_of_a_call_and_a_put_on_one_strike_the_one_out_of_the_money_tells() -> None:
    quotes = {
        european_on(7, 100.5): {},
        european_on(8, 90, Right.CALL): {april(10): worth(90, april(10), volatility=0.9)},
        european_on(9, 90, Right.PUT): {april(10): worth(90, april(10), volatility=0.4, is_call=False)},
        european_on(10, 120, Right.PUT): {april(10): worth(120, april(10), volatility=0.8, is_call=False)},
        european_on(11, 120, Right.CALL): {april(10): worth(120, april(10), volatility=0.2)},
    }
    found = facts(quotes)
    expected = 0.4 + (0.2 - 0.4) * log(100.5 / 90) / log(120 / 90)
    assert found.volatility[0] == pytest.approx(expected, rel=1e-9)


def test_beyond_the_last_strike_the_smile_is_flat_and_an_estimate_is_no_part_of_it() -> None:
    found = facts({european_on(7, 150): {}, european_on(8, 160): {}} | chain_of(april(10), {80: 0.4, 110: 0.25}))
    assert found.volatility[:2].tolist() == pytest.approx([0.25, 0.25], rel=1e-9)


def test_a_smile_is_of_the_quotes_of_the_session_and_an_old_one_counts_where_there_are_none() -> None:
    old, new = chain_of(april(9), {80: 0.6}), {european_on(30, 120): {april(10): worth(120, april(10), volatility=0.2)}}
    fresh, stale = facts({european_on(7, 110): {}} | old | new), facts({european_on(7, 110): {}} | old)
    assert (fresh.volatility[0], fresh.reasons[0]) == (pytest.approx(0.2, rel=1e-9), Reason.NONE)
    assert (stale.volatility[0], stale.reasons[0]) == (pytest.approx(0.6, rel=1e-9), Reason.STALE_PRICE)
    assert fresh.volatility_source[0] == stale.volatility_source[0] == VolatilitySource.SMILE


def test_a_smile_is_that_of_the_expiry() -> None:
    june = european_on(7, 110, expiry=date(2025, 6, 20))
    found = facts({june: {}} | chain_of(april(10), {80: 0.4, 110: 0.25}))
    assert found.volatility_source[0] == VolatilitySource.ASSUMED


def history(*log_returns: float) -> FloatArray:
    """64 closes of which the last returns are given, and before them there are none."""
    path = np.full(64, NAN)
    path[63 - len(log_returns) :] = 50 * np.exp(np.concatenate([[0.0], np.cumsum(log_returns)]))
    return path


def test_without_a_smile_what_the_share_realised_is_an_estimate() -> None:
    # 22 returns of 2 % up and down: 22 x 0.0004 / 21 a day.
    found = facts({european_on(7, 110): {}}, history=history(*(0.02, -0.02) * 11))
    volatility = sqrt(22 * 0.0004 / 21 * 252)
    assert found.volatility[0] == pytest.approx(volatility, rel=1e-12)
    assert found.price[0] == pytest.approx(worth(110, april(10), volatility=volatility), rel=1e-12)
    assert (found.volatility_source[0], found.reasons[0]) == (VolatilitySource.REALISED, Reason.ESTIMATED)


@pytest.mark.parametrize(
    "returns", [(), (0.02, -0.02) * 10, (0.0,) * 63], ids=["no history", "20 returns", "a price that stands still"]
)
def test_without_history_a_quarter_is_assumed(returns: tuple[float, ...]) -> None:
    found = facts({european_on(7, 110): {}}, history=history(*returns))
    assert (found.volatility[0], found.volatility_source[0]) == (0.25, VolatilitySource.ASSUMED)
    assert found.price[0] == pytest.approx(worth(110, april(10), volatility=0.25), rel=1e-12)
    assert found.reasons[0] == Reason.ESTIMATED


def test_until_there_is_an_estimate_there_is_no_volatility() -> None:
    market = option_market(world({european_on(7, 110): {}}), april(10), april(10))
    own = from_quotes(market)
    assert (own.missing.tolist(), own.source.tolist()) == ([True], [VolatilitySource.NONE])
    assert_nothing_is_known(compose_facts(market, own, np.array([0])), Reason.NO_VOLATILITY)


@pytest.mark.parametrize("multiplier", [10, 100, 150])
def test_facts_are_per_share_whatever_the_contract_holds(multiplier: int) -> None:
    contract = replace(european_on(7, 110), multiplier=Decimal(multiplier))
    found = facts({contract: {april(10): worth(110, april(10))}})
    assert found.price[0] == pytest.approx(worth(110, april(10)), rel=1e-9)
    assert found.volatility[0] == pytest.approx(SIGMA, rel=1e-9)


VIX = index(1, "VIX")
VIX_EXPIRY = date(2025, 5, 21)
VIX_CALL = european(7, VIX, Right.CALL, 25, VIX_EXPIRY)
VIX_PAIR = (european(8, VIX, Right.CALL, 21, VIX_EXPIRY), european(9, VIX, Right.PUT, 21, VIX_EXPIRY))


def vix_facts(forward: float = 21.5, *, paired: bool = True) -> OptionFacts:
    """A call on an index at 30 whose forward a pair at 21 tells, each option quoted at a volatility of 80 %."""
    contracts = (VIX_CALL, *VIX_PAIR) if paired else (VIX_CALL,)
    prices = closes(VIX, {april(10): 30})
    for each in contracts:
        terms = each.option
        assert terms is not None
        price = black(
            forward=forward,
            strike=float(terms.strike),
            years=years(april(10), VIX_EXPIRY),
            rate=RATE,
            volatility=0.8,
            is_call=terms.right is Right.CALL,
        )["price"]
        prices |= {(each.id, april(10)): Decimal(price)}
    return facts_of(option_market(world_of(BOOK, instruments=(VIX, *contracts), prices=prices), april(10), april(10)))


def test_an_option_on_an_index_is_priced_on_the_forward_and_its_theta_and_rho_hold_it() -> None:
    found, tau = vix_facts(), years(april(10), VIX_EXPIRY)
    expected = black(forward=21.5, strike=25, years=tau, rate=RATE, volatility=0.8, is_call=True)
    later = black(forward=21.5, strike=25, years=tau - 1e-6, rate=RATE, volatility=0.8, is_call=True)
    assert found.forward[0] == pytest.approx(21.5, rel=1e-12)
    assert found.volatility[0] == pytest.approx(0.8, rel=1e-9)
    assert found.price[0] == pytest.approx(expected["price"], rel=1e-9)
    assert found.delta[0] == pytest.approx(expected["delta by forward"] * 21.5 / 30, rel=1e-9)
    assert found.theta_per_day[0] == pytest.approx((later["price"] - expected["price"]) / 1e-6 / 365, rel=1e-4)
    assert found.rho_per_percent[0] == pytest.approx(-tau * expected["price"] / 100, rel=1e-9)
    assert (found.model[0], found.dividend_source[0]) == (PricingModel.FORWARD, DividendSource.NONE)
    assert (found.spot[0], found.reasons[0]) == (30, Reason.NONE)
    np.testing.assert_allclose(found.spot * np.exp((found.rate - found.dividend_yield) * tau), [21.5] * 3, rtol=1e-12)


def test_an_option_on_an_index_without_a_chain_is_not_modelled() -> None:
    assert_nothing_is_known(vix_facts(paired=False), Reason.NOT_MODELLED)


def test_an_index_whose_yield_is_known_has_none_told_by_it_where_the_forward_does() -> None:
    spx = paying(VIX, 0.015)
    pair = tuple(european(each, spx, right, 30, VIX_EXPIRY) for each, right in ((8, Right.CALL), (9, Right.PUT)))
    prices = closes(spx, {april(10): 30}) | closes(pair[0], {april(10): 3}) | closes(pair[1], {april(10): 2})
    market = option_market(world_of(BOOK, instruments=(spx, *pair), prices=prices), april(10), april(10))
    found = facts_of(market)
    assert found.model.tolist() == [PricingModel.FORWARD] * 2
    assert found.dividend_source.tolist() == [DividendSource.NONE] * 2


def test_without_a_rate_there_are_no_greeks() -> None:
    contract = european_on(7, 110)
    found = facts({contract: {april(10): worth(110, april(10))}}, yields=flat_yields(april(1)))
    assert_nothing_is_known(found, Reason.NO_RATE)
    assert np.isnan(found.rate[0])


def test_a_volatility_of_before_does_not_help_where_there_is_no_rate_any_more() -> None:
    # Yields of the 3rd serve until the 8th.
    found = facts({european_on(7, 110): {april(8): worth(110, april(8))}}, yields=flat_yields(april(3)))
    assert_nothing_is_known(found, Reason.NO_RATE | Reason.STALE_PRICE)
    assert found.volatility[0] == pytest.approx(SIGMA, rel=1e-9)


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(ABC, id="yield known"),
        pytest.param(replace(ABC, dividend_yield=None), id="yield not known"),
    ],
)
def test_without_a_price_of_the_share_there_are_no_greeks(share: Instrument) -> None:
    contract = option(7, share, right=Right.CALL, strike=110, expiry=EXPIRY)
    made = world_of(BOOK, instruments=(share, contract), prices=closes(contract, {april(10): 5}))
    assert_nothing_is_known(facts_of(option_market(made, april(10), april(10))), Reason.NO_PRICE)


def test_an_old_price_of_the_share_is_used_and_marked() -> None:
    found = facts({european_on(7, 110): {}}, spots={april(9): SPOT})
    assert found.reasons[0] == Reason.STALE_PRICE | Reason.ESTIMATED
    assert found.price[0] == pytest.approx(worth(110, april(10), volatility=0.25), rel=1e-12)


def test_a_contract_that_delivers_something_else_is_not_modelled() -> None:
    contract = european_on(7, 110)
    found = facts({contract: {april(8): 5.0, april(10): 5.0}}, SplitOn(1, april(9), new=3, old=2))
    assert_nothing_is_known(found, Reason.NOT_MODELLED)
    assert np.isnan(found.market_price[0])


def test_a_foreign_contract_is_not_modelled() -> None:
    share = replace(ABC, currency="CAD")
    contract = replace(european_on(7, 110, share=share), currency="CAD")
    prices = closes(share, {april(10): 100}) | closes(contract, {april(10): 5})
    found = facts_of(option_market(world_of(BOOK, instruments=(share, contract), prices=prices), april(10), april(10)))
    assert Reason(int(found.reasons[0])) & BLOCKING & ~Reason.NO_PRICE == Reason.NOT_MODELLED


def test_everything_of_the_simulated_market_says_so() -> None:
    made = replace(world({european_on(7, 110): {april(10): worth(110, april(10))}}), market=Market.SIMULATED)
    assert facts_of(option_market(made, april(10), april(10))).reasons.tolist() == [Reason.SIMULATED]


def test_nothing_loses_more_in_a_day_than_it_is_worth() -> None:
    # One day before expiry and 5 % out of the money: at its pace it would be worthless in a few hours.
    contract = european_on(7, 105, expiry=april(11))
    found = facts({contract: {}})
    tau = 1 / 365
    price = black(forward=SPOT * exp(RATE * tau), strike=105, years=tau, rate=RATE, volatility=0.25, is_call=True)
    assert found.price[0] == pytest.approx(price["price"], rel=1e-9)
    assert found.theta_per_day[0] == -found.price[0]


def test_an_expired_contract_among_others_is_worth_its_intrinsic_value_and_moves_with_nothing() -> None:
    gone = european_on(7, 90, expiry=april(9))
    found = facts({gone: {april(8): 10.5}, european_on(8, 110): {april(10): worth(110, april(10))}})
    assert (found.price[0], found.volatility[1]) == (10, pytest.approx(SIGMA, rel=1e-9))
    assert [getattr(found, name)[0] for name in NUMBERS[1:]] == [0] * 5


def test_announced_dividends_leave_the_share_before_the_expiry() -> None:
    # European: Black-Scholes on the spot less what is paid. American: by the tree.
    announced = [DividendOn(1, april(25), Decimal(2)), DividendOn(1, date(2025, 7, 25), Decimal(2))]
    tau, until = years(april(10)), 15 / 365
    forward = (SPOT - 2 * exp(-RATE * until)) * exp(RATE * tau)
    book = black(forward=forward, strike=110, years=tau, rate=RATE, volatility=SIGMA, is_call=True)
    american = option(8, ABC, right=Right.CALL, strike=110, expiry=EXPIRY)
    found = facts({european_on(7, 110): {april(10): book["price"]}, american: {}}, announced=announced)
    assert found.volatility[0] == pytest.approx(SIGMA, rel=1e-9)
    assert found.forward[0] == pytest.approx(forward, rel=1e-12)
    assert found.model.tolist() == [PricingModel.EUROPEAN, PricingModel.TREE]
    assert found.dividend_source.tolist() == [DividendSource.DATED] * 2
    assert found.volatility[1] == pytest.approx(SIGMA, rel=1e-9)  # by the smile, of one member
    assert found.price[1] >= book["price"]


@pytest.mark.parametrize(("amount", "reasons"), [("89.99", Reason.ESTIMATED), ("90", Reason.NOT_MODELLED)])
def test_announced_dividends_of_nine_tenths_of_the_share_are_not_believed(amount: str, reasons: Reason) -> None:
    announced = [DividendOn(1, april(25), Decimal(amount))]
    american = option(8, ABC, right=Right.PUT, strike=20, expiry=EXPIRY)
    found = facts({european_on(7, 20): {}, american: {}}, announced=announced)
    assert found.reasons.tolist() == [reasons] * 2
    assert np.isnan(found.price).tolist() == [bool(reasons & BLOCKING)] * 2


def test_facts_of_some_contracts_are_those_of_all() -> None:
    market = option_market(world(chain_of(april(10), {80: 0.4, 95: 0.28, 110: 0.25})), april(10), april(10))
    every, some = (compose_facts(market, from_quotes(market), rows) for rows in (np.arange(3), np.array([0, 2])))
    for field in fields(OptionFacts):
        np.testing.assert_array_equal(getattr(every, field.name)[[0, 2]], getattr(some, field.name), field.name)


quotes_drawn = st.dictionaries(st.sampled_from(WEEK[:4]), st.sampled_from((0.01, 1.0, 9.5, 12.0, 40.0, 99.0)))
days_drawn = st.sets(st.sampled_from((april(1), april(3), april(9)))).map(sorted)


@settings(max_examples=60, deadline=None)
@given(
    quoted=st.lists(quotes_drawn, min_size=6, max_size=6),
    spots=st.dictionaries(st.sampled_from(WEEK[:4]), st.sampled_from((60, 100, 140))),
    days=days_drawn,
    split=st.none() | st.tuples(st.sampled_from(WEEK[:4]), st.sampled_from(((2, 1), (3, 2)))),
    with_estimates=st.booleans(),
    share=st.sampled_from((ABC, replace(ABC, dividend_yield=None), VIX)),
)
def test_greeks_are_missing_if_and_only_if_a_blocking_reason_says_why(
    quoted: list[Mapping[date, float]],
    spots: Mapping[date, float],
    days: list[date],
    split: tuple[date, tuple[int, int]] | None,
    with_estimates: bool,  # noqa: FBT001
    share: Instrument,
) -> None:
    contracts = (
        european(10, share, Right.CALL, 90, EXPIRY),
        european(11, share, Right.PUT, 90, EXPIRY),
        european(12, share, Right.CALL, 110, april(17)),
        option(13, share, right=Right.PUT, strike=90, expiry=EXPIRY),
        option(14, share, right=Right.CALL, strike=110, expiry=EXPIRY, terms_as_of=april(9)),
        option(15, share, right=Right.CALL, strike=110, expiry=april(11)),
    )
    prices = closes(share, spots)
    for contract, quote in zip(contracts, quoted, strict=True):
        prices |= closes(contract, quote)
    records = () if split is None or share is VIX else (SplitOn(1, split[0], *split[1]),)
    made = world_of(BOOK, *records, instruments=(share, *contracts), prices=prices)
    market = option_market(made, april(7), april(10), yields=flat_yields(*days))
    own = from_quotes(market)
    volatilities = from_smile(market, own, market, own)
    if with_estimates:
        volatilities = from_estimates(volatilities, np.full((64, len(contracts)), NAN))
    found = compose_facts(market, volatilities, np.arange(len(contracts)))
    blocked = (found.reasons & int(BLOCKING)) > 0
    for name in NUMBERS:
        np.testing.assert_array_equal(np.isnan(getattr(found, name)), blocked, name)
    np.testing.assert_array_equal(found.model == PricingModel.NONE, blocked)
    estimated = np.isin(found.volatility_source, (VolatilitySource.REALISED, VolatilitySource.ASSUMED))
    np.testing.assert_array_equal((found.reasons & int(Reason.ESTIMATED)) > 0, estimated & ~blocked)
    np.testing.assert_array_equal(np.isnat(found.quote_day), np.isnan(found.market_price))
    assert (np.abs(found.theta_per_day[~blocked]) <= found.price[~blocked]).all()
