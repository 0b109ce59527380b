"""What a snapshot says beside its numbers."""

from dataclasses import replace

import numpy as np

from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import METHOD, NotIncluded
from support.books import OPENED, World, april, cash, closes, holding, option, portfolio, stock, world_of
from support.evenings import evenings, snapshots_of

ABC, XYZ = stock(1, "ABC"), stock(2, "XYZ")
CALL = option(7, ABC, right=Right.CALL, strike=50, expiry=april(4))
BOOK = portfolio()


def mixed_world() -> World:
    """Two lots of a share without a price, one with, a short call that expires on Friday the 4th."""
    return world_of(
        BOOK,
        cash(BOOK, OPENED, 1_000),
        holding(BOOK, ABC, 10, entry_price=50, held_from=OPENED, brought_in=True),
        holding(BOOK, XYZ, 10, entry_price=40, held_from=OPENED, brought_in=True, label="first lot"),
        holding(BOOK, XYZ, -1, entry_price=40, held_from=OPENED, brought_in=True, label="second lot"),
        holding(BOOK, CALL, -1, entry_price=4, held_from=OPENED, brought_in=True),
        instruments=(ABC, XYZ, CALL),
        prices=closes(ABC, {april(day): 52 for day in (1, 2, 4)}) | closes(CALL, {april(1): 4, april(2): 3}),
    )


def test_a_snapshot_counts_what_it_holds() -> None:
    now = snapshots_of(mixed_world())[april(2)]
    assert (now.positions, now.long_positions, now.short_positions, now.option_positions) == (4, 2, 2, 1)
    assert (now.portfolio_id, now.as_of, now.method) == (BOOK.id, april(2), METHOD)


def test_what_is_left_out_is_named_once() -> None:
    assert snapshots_of(mixed_world())[april(2)].not_included == (NotIncluded("XYZ", "no_price"),)


def test_stale_expired_and_settled_are_said() -> None:
    days = snapshots_of(mixed_world())
    assert [days[april(day)].warnings for day in (2, 3, 4, 7)] == [
        (),
        ("stale_price: ABC", "stale_price: O7"),
        ("expired: O7",),
        ("stale_price: ABC", "settled: O7"),
    ]
    assert [days[april(day)].marks for day in (2, 3, 4)] == [Reason.NONE, Reason.STALE_PRICE, Reason.EXPIRED]


def test_what_needs_a_model_says_that_there_is_none() -> None:
    now = snapshots_of(mixed_world())[april(2)]
    assert set(now.reasons.values()) == {Reason.NOT_MODELLED}
    assert set(now.reasons) == {"delta", "gamma", "theta", "vega", "rho", "beta", "value_at_risk"}
    # Of 10 x 52 + 9 unknown ... 520 of ABC, 440 of XYZ's lots by their entry price, 300 of the call.
    assert (now.coverage, now.delta_coverage) == (820 / 1_260, 520 / 1_260)


def test_a_simulated_market_marks_every_snapshot_even_an_empty_one() -> None:
    world = replace(mixed_world(), market=Market.SIMULATED)
    empty = replace(world, positions=())
    assert snapshots_of(world)[april(2)].marks == Reason.SIMULATED
    assert snapshots_of(empty)[april(2)].marks == Reason.SIMULATED


def test_no_snapshot_lies_before_the_opening() -> None:
    early, late = portfolio("early"), portfolio("late", opened_on=april(5))
    world = replace(
        world_of(early, cash(early, OPENED, 1), cash(late, OPENED, 2), instruments=(), prices={}),
        portfolios=(late, early),
    )
    walked = {each.day: each.snapshots for each in evenings(world)}
    assert walked[april(4)].keys() == {early.id}
    assert walked[april(7)].keys() == {early.id, late.id}
    # What was stated before the opening is there at its first close, as a flow.
    assert (walked[april(7)][late.id].measures.cash, walked[april(7)][late.id].measures.flows) == (2, 2)


def test_cumulative_profit_begins_when_the_first_profit_is_known() -> None:
    world = world_of(
        BOOK,
        holding(BOOK, ABC, 10, entry_price=50, held_from=OPENED, brought_in=True),
        instruments=(ABC,),
        prices=closes(ABC, {april(3): 52, april(4): 53}),
    )
    days = snapshots_of(world)
    found = [days[april(day)].measures.cumulative_pnl for day in (1, 2, 3, 4, 7)]
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, 10.0, 10.0])
    assert days[OPENED].reasons["cumulative_pnl"] == Reason.NO_PRICE
