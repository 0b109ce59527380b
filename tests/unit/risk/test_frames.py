"""Records frozen into arrays: which price may be used at which close."""

from dataclasses import replace
from datetime import date

import numpy as np

from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import Reason
from sigmasight.risk.frames import NEVER, MarketFrame
from support.books import OPENED, SplitOn, World, april, closes, option, portfolio, stock, world_of
from support.evenings import frozen_market

ABC, XYZ = stock(5, "ABC"), stock(2, "XYZ")
NAN = np.nan


def world(*splits: SplitOn, **changed: object) -> World:
    prices = closes(ABC, {april(1): 60, april(3): 31}) | closes(XYZ, {april(day): 10 for day in range(1, 12)})
    made = world_of(portfolio(), *splits, instruments=(ABC, XYZ), prices=prices)
    return replace(made, **changed)  # type: ignore[arg-type]


def prices_of(frame: MarketFrame, symbol: str) -> list[float]:
    (at,) = [at for at, each in enumerate(frame.instruments) if each.symbol == symbol]
    return [float(price) for price in frame.price[:, at]]


def test_a_window_begins_with_the_session_before_its_first() -> None:
    frame = frozen_market(world(), april(7), april(8))
    assert [day.item() for day in frame.sessions.days] == [april(4), april(7), april(8)]
    assert frame.price.shape == frame.last_known.shape == frame.reasons.shape == (3, 2)


def test_days_are_numbered_by_the_session_that_ends_their_step() -> None:
    sessions = frozen_market(world(), april(7), april(8)).sessions
    days = np.array([april(2), april(4), april(5), april(7), april(9), "NaT"], dtype="datetime64[D]")
    assert sessions.index_from(days).tolist() == [-2, 0, 1, 1, 3, NEVER]
    assert sessions.index_until(days[:-1]).tolist() == [-2, 0, 0, 1, 3]


def test_instruments_are_ordered_by_id_whatever_the_order_they_come_in() -> None:
    frame = frozen_market(world(), april(2), april(3))
    assert [each.symbol for each in frame.instruments] == ["XYZ", "ABC"]
    assert prices_of(frame, "XYZ") == [10.0, 10.0, 10.0]
    assert prices_of(frame, "ABC") == [60.0, 60.0, 31.0]


def test_no_price_is_used_before_there_is_one() -> None:
    frame = frozen_market(world(prices=closes(ABC, {april(3): 31})), april(2), april(3))
    np.testing.assert_array_equal(prices_of(frame, "ABC"), [NAN, NAN, 31.0])
    np.testing.assert_array_equal(prices_of(frame, "XYZ"), [NAN, NAN, NAN])
    assert frame.reasons[:, 1].tolist() == [Reason.NO_PRICE, Reason.NO_PRICE, Reason.NONE]


def test_without_any_price_nothing_is_known() -> None:
    frame = frozen_market(world(prices={}), april(2), april(3))
    assert np.isnan(frame.price).all()
    assert np.isnan(frame.last_known).all()
    assert (frame.reasons == int(Reason.NO_PRICE)).all()


def test_a_market_without_instruments_has_no_columns() -> None:
    frame = frozen_market(world(instruments=(), prices={}), april(2), april(3))
    assert frame.price.shape == (3, 0)


def test_how_old_a_price_may_be_is_a_setting() -> None:
    # The 3rd is a Thursday; the 4th, 7th and 8th are 1, 2 and 3 sessions later.
    frame = frozen_market(world(stale_sessions=2), april(4), april(8))
    np.testing.assert_array_equal(prices_of(frame, "ABC"), [31.0, 31.0, 31.0, NAN])
    assert frame.last_known[:, 1].tolist() == [31.0] * 4
    stale = Reason.STALE_PRICE
    assert frame.reasons[:, 1].tolist() == [Reason.NONE, stale, stale, Reason.NO_PRICE]


def test_an_old_price_is_carried_over_splits_and_a_new_one_is_not() -> None:
    frame = frozen_market(world(SplitOn(5, april(2), new=2), SplitOn(2, april(2), new=1, old=10)), april(2), april(3))
    assert prices_of(frame, "ABC") == [60.0, 30.0, 31.0]
    assert prices_of(frame, "XYZ") == [10.0, 10.0, 10.0]


def test_a_price_of_a_saturday_is_as_old_as_fridays() -> None:
    frame = frozen_market(world(prices=closes(ABC, {april(4): 30, april(5): 33})), april(4), april(7))
    assert prices_of(frame, "ABC")[1:] == [30.0, 33.0]
    assert frame.reasons[1:, 1].tolist() == [Reason.NONE, Reason.STALE_PRICE]


def test_every_price_of_a_simulated_market_says_so() -> None:
    frame = frozen_market(world(market=Market.SIMULATED), april(4), april(4))
    assert frame.reasons[1].tolist() == [Reason.SIMULATED, Reason.SIMULATED | Reason.STALE_PRICE]


def frame_with_call(*splits: SplitOn, last: date, terms_as_of: date = OPENED) -> MarketFrame:
    call = option(9, ABC, right=Right.CALL, strike=20, expiry=april(3), terms_as_of=terms_as_of)
    return frozen_market(world(*splits, instruments=(call, ABC, XYZ)), april(2), last)


def test_an_option_is_settled_from_the_session_after_its_expiry_on() -> None:
    frame = frame_with_call(last=april(7))
    assert (frame.settlement[2], frame.settled_from[2]) == (11.0, 3)  # 31 - 20; 1st, 2nd, 3rd, then the 4th
    assert np.isnan(frame.settlement[:2]).all()
    assert (frame.settled_from[:2] == NEVER).all()
    assert frame.underlying.tolist() == [0, 1, 1]


def test_an_option_whose_expiry_lies_ahead_is_not_settled() -> None:
    frame = frame_with_call(last=april(2))
    assert (np.isnan(frame.settlement[2]), frame.settled_from[2]) == (True, NEVER)


def test_a_strike_listed_on_the_day_of_a_split_is_on_its_basis_already() -> None:
    split = SplitOn(5, april(2), new=2)
    before, after = (
        frame_with_call(split, last=april(3), terms_as_of=day).settlement[2] for day in (april(1), april(2))
    )
    assert (before, after) == (21.0, 11.0)  # 31 - 20 / 2, 31 - 20


def test_an_odd_split_before_the_listing_does_not_matter() -> None:
    split = SplitOn(5, april(2), new=3, old=2)
    before, after = (
        frame_with_call(split, last=april(3), terms_as_of=day).reasons[2, 2] for day in (april(1), april(2))
    )
    assert (before, after) == (Reason.NOT_MODELLED, Reason.EXPIRED)
