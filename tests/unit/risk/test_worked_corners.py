"""Rare days worked by hand: splits around an expiry, currencies, amounts that are only rounding."""

from datetime import date

import numpy as np
import pytest

from sigmasight.domain.instruments import Right
from sigmasight.domain.reasons import Reason
from support.agreement import assert_agrees
from support.books import OPENED, SplitOn, World, april, cash, closes, holding, option, portfolio, stock, world_of
from support.evenings import snapshots_of

ABC, XYZ, QRS = stock(1, "ABC"), stock(2, "XYZ"), stock(3, "QRS")
BOOK = portfolio()
SATURDAY, SUNDAY = april(5), april(6)


def book_with_call(*records: SplitOn, expiry: date, closing: dict[date, float]) -> World:
    """One call struck at 50 that was brought in on the 1st, and 1,000 of cash."""
    call = option(7, ABC, right=Right.CALL, strike=50, expiry=expiry)
    return world_of(
        BOOK,
        cash(BOOK, OPENED, 1_000),
        holding(BOOK, call, 1, entry_price=4, held_from=OPENED, brought_in=True),
        *records,
        instruments=(ABC, call),
        prices=closes(ABC, closing) | closes(call, {april(1): 4, april(2): 4, april(3): 4}),
    )


@pytest.mark.parametrize("ex_date", [april(7), april(8), april(9)])
def test_an_odd_split_after_expiry_leaves_the_settlement_as_it_was(ex_date: date) -> None:
    # Friday's close of 58.00 makes the call worth 800, paid on Monday the 7th; what the share does then is its affair.
    world = book_with_call(SplitOn(1, ex_date, new=3, old=2), expiry=april(4), closing={april(4): 58, april(7): 58})
    days = snapshots_of(world)
    assert [days[april(day)].measures.nav for day in (3, 4, 7, 8, 9)] == [1_400, 1_800, 1_800, 1_800, 1_800]
    assert [days[april(day)].positions for day in (4, 7, 9)] == [1, 0, 0]
    assert_agrees(world)


def test_an_odd_split_after_expiry_does_not_change_the_days_before_it() -> None:
    # The night of the 8th and the recomputation a day later must say the same of the 8th.
    world = book_with_call(SplitOn(1, april(9), new=3, old=2), expiry=april(4), closing={april(4): 58, april(7): 58})
    that_night, a_day_later = snapshots_of(world, last=april(8)), snapshots_of(world, last=april(9))
    assert that_night[april(8)].measures.nav == a_day_later[april(8)].measures.nav == 1_800


@pytest.mark.parametrize("ex_date", [SUNDAY, april(7)])
def test_a_split_between_expiry_and_the_next_session_does_not_multiply_an_expired_contract(ex_date: date) -> None:
    # Expired on Saturday by Friday's close of 58.00: 800 at Monday's close, 800 paid on Tuesday.
    world = book_with_call(SplitOn(1, ex_date, new=2), expiry=SATURDAY, closing={april(4): 58, april(7): 29})
    days = snapshots_of(world)
    assert (days[april(7)].measures.net, days[april(7)].measures.cash) == (800, 1_000)
    assert (days[april(8)].measures.cash, days[april(8)].measures.daily_pnl) == (1_800, 0)
    assert_agrees(world)


def test_an_expired_option_whose_value_is_not_known_has_no_known_delta() -> None:
    # Whether it ended in the money is what nobody knows, so no exposure of 0 may be claimed for it.
    now = snapshots_of(book_with_call(expiry=april(4), closing={}))[april(4)]
    assert (now.coverage, now.delta_coverage) == (0, 0)
    assert np.isnan(now.measures.delta_adjusted_exposure)
    assert now.reasons["delta_adjusted_exposure"] & Reason.NO_PRICE


def test_an_option_that_is_not_modelled_has_no_notional() -> None:
    # After 3 for 2 a contract delivers something else than 100 shares a piece: 1.5 x 100 x 52 is not its notional.
    world = book_with_call(SplitOn(1, april(3), new=3, old=2), expiry=april(25), closing={april(2): 52, april(3): 35})
    days = snapshots_of(world)
    assert days[april(2)].measures.notional == 5_200
    assert np.isnan(days[april(3)].measures.notional)
    assert days[april(3)].reasons["notional"] == Reason.NOT_MODELLED


def test_a_trade_in_another_currency_has_no_profit_in_dollars() -> None:
    # Bought at 30 and sold at 35 Canadian dollars on one day: not 0 US dollars, but not known.
    foreign = stock(1, "CNQ", currency="CAD")
    world = world_of(
        BOOK,
        cash(BOOK, OPENED, 1_000),
        holding(BOOK, foreign, 10, entry_price=30, held_from=april(2), exit_date=april(2), exit_price=35),
        instruments=(foreign,),
        prices={},
    )
    now = snapshots_of(world)[april(2)]
    assert (now.measures.nav, now.measures.coverage_change) == (1_000, 0)
    assert np.isnan(now.measures.daily_pnl)


def test_an_option_that_was_settled_before_it_came_is_not_reported_as_settled() -> None:
    # Expired on the 3rd and settled on the 4th; recorded on the 8th, when there was nothing left to hold.
    call = option(7, ABC, right=Right.CALL, strike=50, expiry=april(3))
    world = world_of(
        BOOK,
        holding(BOOK, ABC, 1, entry_price=50, held_from=OPENED, brought_in=True),
        holding(BOOK, call, 1, entry_price=4, held_from=april(8), brought_in=True),
        instruments=(ABC, call),
        prices=closes(ABC, {april(day): 55 for day in (1, 2, 3, 4, 7, 8)}),
    )
    days = snapshots_of(world)
    assert days[april(4)].warnings == days[april(8)].warnings == ()
    assert days[april(8)].measures.cash == 0


def test_a_return_on_a_nav_that_is_not_known_is_not_known() -> None:
    # On the 1st nothing of the book is known. On the 2nd 1,000 are brought in, and a trade gains 50: 5 % of what?
    world = world_of(
        BOOK,
        holding(BOOK, QRS, 10, entry_price=44, held_from=OPENED, brought_in=True),
        holding(BOOK, ABC, 10, entry_price=100, held_from=april(2), brought_in=True),
        holding(BOOK, XYZ, 10, entry_price=20, held_from=april(2)),
        instruments=(ABC, XYZ, QRS),
        prices=closes(ABC, {april(2): 100}) | closes(XYZ, {april(2): 25}),
    )
    before, now = (snapshots_of(world)[april(day)] for day in (1, 2))
    assert np.isnan(before.measures.nav)
    assert (now.measures.daily_pnl, now.measures.flows) == (50, 1_000)
    assert np.isnan(now.measures.daily_return)
    assert now.reasons["daily_return"] == Reason.NO_PRICE


def test_a_nav_that_is_nothing_but_rounding_is_not_positive() -> None:
    # Bought and sold short at the mark without any cash: 454.80 - 1,093.65 - 1,264.50 of value and as much of debt.
    # The NAV is 0, in floating point 2e-13; a leverage of 1e16 is no number to show.
    records = (
        holding(BOOK, ABC, 30, entry_price=15.16, held_from=OPENED),
        holding(BOOK, XYZ, -15, entry_price=72.91, held_from=OPENED),
        holding(BOOK, QRS, -15, entry_price=84.30, held_from=OPENED),
    )
    prices = closes(ABC, {OPENED: 15.16}) | closes(XYZ, {OPENED: 72.91}) | closes(QRS, {OPENED: 84.30})
    days = snapshots_of(world_of(BOOK, *records, instruments=(ABC, XYZ, QRS), prices=prices))
    for day, name in ((OPENED, "leverage"), (april(2), "leverage"), (april(2), "daily_return")):
        assert abs(days[day].measures.nav) < 1e-9
        assert np.isnan(getattr(days[day].measures, name)), name
        assert days[day].reasons[name] == Reason.NAV_NOT_POSITIVE


def test_lots_that_cancel_leave_nothing_to_be_concentrated_in() -> None:
    # 33 + 18 - 51 shares: no exposure to the name, in floating point 5e-13 dollars of it.
    lots = tuple(holding(BOOK, ABC, q, entry_price=73.88, held_from=OPENED, label=str(q)) for q in (33, 18, -51))
    now = snapshots_of(world_of(BOOK, *lots, instruments=(ABC,), prices=closes(ABC, {OPENED: 73.88})))[OPENED].measures
    assert abs(now.net) < 1e-9
    assert (now.hhi, now.effective_positions, now.top_3, now.top_10) == (0, 0, 0, 0)
