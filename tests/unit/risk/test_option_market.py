"""What options are priced with at each session, worked by hand."""

from dataclasses import fields, replace
from datetime import date, time
from decimal import Decimal

import numpy as np
import pytest

from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.options import DividendSource
from sigmasight.domain.reasons import Reason
from sigmasight.risk.option_market import OptionMarket
from support.books import DividendOn, SplitOn, World, april, closes, option, portfolio, stock, weekdays, world_of
from support.option_chains import european, flat_yields, index, option_market, paying

ABC = stock(1, "ABC")
CALL = option(7, ABC, right=Right.CALL, strike=100, expiry=april(17))
BOOK = portfolio()
NAN = np.nan
WEEK = (april(7), april(8), april(9), april(10), april(11))


def world(
    *records: SplitOn | DividendOn, share: Instrument = ABC, contract: Instrument = CALL, **changed: object
) -> World:
    prices = closes(share, dict.fromkeys(WEEK, 100)) | closes(contract, dict.fromkeys(WEEK, 5))
    made = world_of(BOOK, *records, instruments=(share, contract), prices=prices)
    return replace(made, **changed)  # type: ignore[arg-type]


def at(market: OptionMarket, day: date) -> int:
    return market.frame.sessions.days.tolist().index(day)


def test_strikes_and_quotes_follow_a_split_of_two_for_one() -> None:
    prices = closes(ABC, {april(7): 110, april(8): 111, april(9): 56}) | closes(CALL, {april(7): 12, april(8): 13})
    market = option_market(world(SplitOn(1, april(9), new=2), prices=prices), april(8), april(10))
    assert market.strike[:, 0].tolist() == [100.0, 100.0, 50.0, 50.0]
    np.testing.assert_array_equal([market.own_price(day)[0] for day in range(4)], [12.0, 13.0, NAN, NAN])
    assert market.frame.price[:, 1].tolist() == [12.0, 13.0, 6.5, 6.5]
    before, after = (market.contracts(np.array([day])) for day in (1, 2))
    assert (before.spot[0], before.strike[0], after.spot[0], after.strike[0]) == (111.0, 100.0, 56.0, 50.0)


def test_a_strike_listed_after_the_split_is_on_its_basis() -> None:
    late = replace(CALL, terms_as_of=april(9))
    market = option_market(world(SplitOn(1, april(9), new=2), contract=late), april(8), april(10))
    assert market.strike[:, 0].tolist() == [200.0, 200.0, 100.0, 100.0]


def test_an_odd_split_leaves_no_price_to_imply_a_volatility_from() -> None:
    market = option_market(world(SplitOn(1, april(9), new=3, old=2)), april(8), april(10))
    np.testing.assert_array_equal([market.own_price(day)[0] for day in range(4)], [5.0, 5.0, NAN, NAN])
    assert market.frame.reasons[:, 1].tolist() == [0, 0, Reason.NOT_MODELLED, Reason.NOT_MODELLED]


def test_time_runs_from_the_close_to_four_in_the_afternoon_of_the_expiry() -> None:
    market = option_market(world(), april(8), april(10))
    np.testing.assert_allclose(market.tau_years[:, 0], np.array([10, 9, 8, 7]) / 365, rtol=1e-15)


def test_an_early_close_leaves_three_hours_more() -> None:
    calendar = replace(world().calendar, early_closes={april(9): time(13, 0)})
    market = option_market(world(calendar=calendar), april(8), april(10))
    np.testing.assert_allclose(market.tau_years[:, 0] * 365, [10, 9, 8 + 3 / 24, 7], rtol=1e-15)


def test_a_change_to_summer_time_takes_an_hour() -> None:
    # In 2025 the clocks go forward on Sunday, 9 March.
    calendar = weekdays(date(2025, 3, 3), date(2025, 3, 31))
    call = replace(CALL, option=replace(CALL.option, expiry=date(2025, 3, 21)))  # type: ignore[type-var]
    made = replace(world(contract=call), calendar=calendar)
    market = option_market(made, date(2025, 3, 7), date(2025, 3, 10))
    np.testing.assert_allclose(market.tau_years[:, 0] * 365, [15 - 1 / 24, 14 - 1 / 24, 11], rtol=1e-14)


def test_a_yield_is_carried_five_days_and_not_six() -> None:
    # Thursday's and Friday's curves are 5 and 6 days from the 8th; the 9th has its own again.
    days = (april(2), april(9))
    market = option_market(world(), april(7), april(10), yields=flat_yields(*days))
    fresh = dict(zip(market.frame.sessions.days.tolist(), market.rate[:, 0].tolist(), strict=True))
    assert fresh.pop(april(7)) == pytest.approx(0.05, abs=1e-15)
    assert np.isnan(fresh.pop(april(8)))
    assert list(fresh) == [april(4), april(9), april(10)]
    assert list(fresh.values()) == pytest.approx([0.05] * 3, abs=1e-15)


def test_each_contract_has_the_rate_of_its_own_life() -> None:
    far = option(8, ABC, right=Right.CALL, strike=100, expiry=date(2026, 5, 26))  # 1.125 years and a bit from the 10th
    prices = closes(ABC, dict.fromkeys(WEEK, 100))
    made = world_of(BOOK, instruments=(ABC, CALL, far), prices=prices)
    curve = (np.array([april(10)], dtype="datetime64[D]"), np.array([[0.02, 0.04, 0.05, 0.06]]))
    market = option_market(made, april(10), april(10), yields=curve)
    share = (411 / 365 - 0.25) / 1.75
    np.testing.assert_allclose(market.rate[1], 2 * np.log1p(np.array([0.02, 0.02 + share * 0.02]) / 2), rtol=1e-13)


@pytest.mark.parametrize(
    ("dividends", "paid"),
    [
        ((), 0.0),
        (((date(2025, 1, 6), 1),), 1.0),
        (((date(2024, 4, 10), 4), (date(2024, 4, 11), 1), (april(10), 2)), 3.0),  # the first a year and a day ago
        (((april(10), 1), (april(11), 9)), 1.0),  # what comes tomorrow was not paid
        (((date(2025, 1, 6), 500),), 90.0),  # nothing pays more than 90 % of itself
    ],
)
def test_what_was_paid_in_a_year_stands_for_the_yield(dividends: tuple[tuple[date, int], ...], paid: float) -> None:
    records = (DividendOn(1, day, Decimal(amount)) for day, amount in dividends)
    market = option_market(world(*records), april(10), april(10))
    assert market.dividend_source.tolist() == [DividendSource.TRAILING]
    assert market.carry[1, 0] == pytest.approx(-np.log(1 - paid / 100), abs=1e-15)


def test_what_was_paid_before_a_split_counts_per_new_share() -> None:
    records = (DividendOn(1, april(8), Decimal(4)), DividendOn(1, april(10), Decimal(1)))
    market = option_market(world(*records, SplitOn(1, april(9), new=2)), april(9), april(10))
    # 4 of 100 before; 2 of 100 after, and 3 when the next one was paid.
    np.testing.assert_allclose(market.carry[:, 0], -np.log1p(-np.array([0.04, 0.02, 0.03])), rtol=1e-14)


def test_a_yield_that_is_known_counts_and_what_was_paid_does_not() -> None:
    share = paying(ABC, 0.03)
    market = option_market(world(DividendOn(1, april(8), Decimal(9)), share=share), april(10), april(10))
    assert (market.carry[:, 0].tolist(), market.dividend_source.tolist()) == ([0.03, 0.03], [DividendSource.YIELD])
    assert market.contracts(np.array([1])).dividend_yield.tolist() == [0.03]


def test_announced_dividends_are_dated_and_the_yield_goes_on_after_the_last_one() -> None:
    call = option(7, ABC, right=Right.CALL, strike=100, expiry=april(30))  # 20 days from the 10th
    announced = [DividendOn(1, april(14), Decimal("0.5")), DividendOn(1, april(25), Decimal("0.75"))]
    market = option_market(world(contract=call, share=paying(ABC, 0.04)), april(10), april(10), announced=announced)
    assert market.dividend_source.tolist() == [DividendSource.DATED]
    # 15 of 20 days lie before the last dividend: a quarter of the yield is left. On the 9th 16 of 21.
    np.testing.assert_allclose(market.carry[:, 0], [0.04 * 5 / 21, 0.04 * 5 / 20], rtol=1e-12)
    contracts = market.contracts(np.array([1]))
    np.testing.assert_allclose(contracts.dividend_tau * 365, [4, 15])
    assert contracts.dividend_amount.tolist() == [0.5, 0.75]


def test_a_dividend_after_the_expiry_is_not_of_the_contract() -> None:
    announced = [DividendOn(1, april(18), Decimal("0.5"))]
    market = option_market(world(share=paying(ABC, 0.04)), april(10), april(10), announced=announced)
    assert (market.dividend_source.tolist(), market.carry[1].tolist()) == ([DividendSource.YIELD], [0.04])
    assert market.contracts(np.array([1])).dividend_contract.tolist() == []


def test_what_was_paid_within_the_window_is_dated_for_a_quote_from_before_it() -> None:
    # For the session before its ex-date the dividend of the 9th is still to come, from the 9th on it is gone.
    announced = [DividendOn(1, april(16), Decimal("0.5"))]
    made = world(DividendOn(1, april(9), Decimal(2)), share=paying(ABC, 0.04))
    market = option_market(made, april(8), april(10), announced=announced)
    for day, coming in ((april(8), [1, 8]), (april(9), [0, 7]), (april(10), [-1, 6])):
        np.testing.assert_allclose(market.contracts(np.array([at(market, day)])).dividend_tau * 365, coming)


def test_what_was_paid_on_the_sessions_before_a_split_is_dated_per_share_of_the_session() -> None:
    announced = [DividendOn(1, april(16), Decimal("0.5"))]
    made = world(DividendOn(1, april(8), Decimal(2)), SplitOn(1, april(9), new=2))
    market = option_market(made, april(8), april(10), announced=announced)
    before, after = (market.contracts(np.array([at(market, april(day))])).dividend_amount for day in (7, 10))
    assert (before.tolist(), after.tolist()) == ([2.0, 1.0], [1.0, 0.5])


@pytest.mark.parametrize(
    "session",
    [pytest.param(date(2025, 3, 6), id="before summer time"), pytest.param(date(2025, 3, 20), id="in it")],
)
def test_a_dividend_on_the_day_of_expiry_lies_within_the_life(session: date) -> None:
    # The share opens without it, and is worth that much less at four.
    calendar = weekdays(date(2025, 3, 3), date(2025, 3, 31))
    call = replace(CALL, option=replace(CALL.option, expiry=date(2025, 3, 21)))  # type: ignore[type-var]
    made = world(contract=call, calendar=calendar, prices=closes(ABC, {session: 100}))
    announced = [DividendOn(1, date(2025, 3, 21), Decimal(2))]
    market = option_market(made, session, session, announced=announced)
    contracts = market.contracts(np.array([1]))
    assert contracts.dividend_tau[0] <= contracts.tau_years[0]


VIX = index(1, "VIX")
EXPIRY = april(16)
CALLS = tuple(european(10 + n, VIX, Right.CALL, strike, EXPIRY) for n, strike in enumerate((18, 20, 22)))
PUTS = tuple(european(20 + n, VIX, Right.PUT, strike, EXPIRY) for n, strike in enumerate((18, 20, 22)))


def chain(*quotes: dict[date, tuple[float, ...]]) -> OptionMarket:
    """Calls and puts struck at 18, 20 and 22 with quotes by session."""
    prices = closes(VIX, dict.fromkeys(WEEK, 25))
    for contracts, quoted in zip((CALLS, PUTS), quotes, strict=True):
        for day, three in quoted.items():
            for contract, price in zip(contracts, three, strict=True):
                if not np.isnan(price):
                    prices |= closes(contract, {day: price})
    return option_market(world_of(BOOK, instruments=(VIX, *CALLS, *PUTS), prices=prices), april(9), april(10))


def test_an_index_is_priced_on_the_forward_of_the_pair_nearest_the_money() -> None:
    # Differences 2.9, 1.0 and -1.1: the strike of 20 tells, with 6 days to go.
    market = chain({april(10): (3.5, 2.0, 1.0)}, {april(10): (0.6, 1.0, 2.1)})
    forward = 20 + 1.0 * np.exp(0.05 * 6 / 365)
    assert market.on_forward.all()
    assert np.isnan(market.forward[:2]).all()
    np.testing.assert_allclose(market.forward[2], [forward] * 6, rtol=1e-14)
    found = market.contracts(np.full(6, 2))
    np.testing.assert_allclose(found.spot * np.exp((found.rate - found.dividend_yield) * 6 / 365), [forward] * 6)


def test_a_forward_is_carried_from_the_last_session_with_a_pair() -> None:
    # On the 10th only puts are quoted; on the 9th, with 7 days to go, the pair at 18 told.
    market = chain({april(9): (3.0, NAN, NAN)}, {april(9): (1.0, NAN, NAN), april(10): (1.0, 2.0, 3.0)})
    forward = 18 + 2.0 * np.exp(0.05 * 7 / 365)
    assert np.isnan(market.forward[0]).all()
    np.testing.assert_allclose(market.forward[1:], np.full((2, 6), forward), rtol=1e-14)


def test_without_a_pair_there_is_no_forward_and_an_index_has_no_yield() -> None:
    market = chain({april(10): (3.0, NAN, NAN)}, {april(10): (NAN, 2.0, 3.0)})
    assert np.isnan(market.forward).all()
    assert np.isnan(market.contracts(np.full(6, 2)).dividend_yield).all()
    assert set(market.dividend_source.tolist()) == {DividendSource.NONE}


def test_forwards_are_those_of_their_own_expiry() -> None:
    later = tuple(
        european(each.id + 20, VIX, each.option.right, 20, date(2025, 5, 21))  # type: ignore[union-attr]
        for each in (CALLS[1], PUTS[1])
    )
    prices = closes(VIX, {april(10): 25}) | closes(CALLS[1], {april(10): 3}) | closes(PUTS[1], {april(10): 1})
    prices |= closes(later[0], {april(10): 1}) | closes(later[1], {april(10): 2})
    made = world_of(BOOK, instruments=(VIX, CALLS[1], PUTS[1], *later), prices=prices)
    market = option_market(made, april(10), april(10))
    near, far = 20 + 2 * np.exp(0.05 * 6 / 365), 20 - np.exp(0.05 * 41 / 365)
    np.testing.assert_allclose(market.forward[1], [near, near, far, far], rtol=1e-14)
    assert market.family.tolist() == [0, 0, 1, 1]


def test_a_european_option_on_a_share_needs_no_forward() -> None:
    made = world(contract=european(7, ABC, Right.CALL, 100, april(17)))
    market = option_market(made, april(10), april(10))
    assert (market.on_forward.tolist(), market.american.tolist()) == ([False], [False])
    assert np.isnan(market.forward).all()


def test_an_index_whose_yield_is_known_is_carried_by_it_where_no_pair_tells() -> None:
    spx = paying(index(1, "SPX"), 0.015)
    call = european(7, spx, Right.CALL, 100, april(17))
    market = option_market(world(share=spx, contract=call), april(10), april(10))
    assert market.contracts(np.array([1])).dividend_yield.tolist() == [0.015]


def test_as_european_no_contract_is_exercised_early_and_nothing_else_changes() -> None:
    market = option_market(world(), april(10), april(10))
    plain = market.as_european()
    assert (market.american.tolist(), plain.american.tolist()) == ([True], [False])
    assert all(
        getattr(plain, each.name) is getattr(market, each.name)
        for each in fields(OptionMarket)
        if each.name != "american"
    )


def test_a_market_without_contracts_is_empty() -> None:
    market = option_market(world_of(BOOK, instruments=(ABC,), prices={}), april(10), april(10))
    assert market.forward.shape == market.rate.shape == market.strike.shape == (2, 0)
    assert len(market.contracts(np.array([], dtype=np.int64))) == 0
