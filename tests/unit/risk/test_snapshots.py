"""What a snapshot says beside its numbers."""

from dataclasses import replace

import numpy as np

from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import METHOD, NotIncluded
from support.books import (
    OPENED,
    World,
    april,
    cash,
    closes,
    greeks_on,
    holding,
    option,
    portfolio,
    stock,
    world_of,
)
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
    assert snapshots_of(mixed_world())[april(2)].not_included == (
        NotIncluded("XYZ", "no_price"),
        NotIncluded("O7", "no_volatility"),
    )


def test_an_option_without_price_and_greeks_is_named_once_with_both_reasons() -> None:
    world = replace(mixed_world(), prices=closes(ABC, {april(2): 52}))
    assert snapshots_of(world)[april(2)].not_included == (
        NotIncluded("XYZ", "no_price"),
        NotIncluded("O7", "no_price,no_volatility"),
    )


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
    assert now.reasons == dict.fromkeys(("beta", "value_at_risk"), Reason.NOT_MODELLED)
    # Of 10 x 52 + 9 unknown ... 520 of ABC, 440 of XYZ's lots by their entry price, 300 of the call.
    assert (now.coverage, now.delta_coverage) == (820 / 1_260, 520 / 1_260)
    # What is known of Greeks is that of the shares: 10 x 52, and nothing else that moves them.
    measures = now.measures
    assert (measures.delta, measures.delta_adjusted_exposure, measures.hhi) == (520, 520, 1)
    assert (measures.gamma, measures.theta, measures.vega, measures.rho) == (0, 0, 0, 0)


def test_greeks_of_an_option_are_those_of_its_contracts_in_dollars() -> None:
    greeks = greeks_on(CALL, april(2), delta=0.75, gamma=0.125, theta=-0.25, vega=0.0625, rho=0.03125)
    now = snapshots_of(replace(mixed_world(), greeks=(greeks,)))[april(2)]
    # Of -100 shares: delta 520 - 0.75 x 100 x 52, gamma -0.01 x 0.125 x 100 x 52^2.
    found = now.measures
    assert (found.delta, found.theta, found.vega, found.rho) == (520 - 3_900, 25, -6.25, -3.125)
    np.testing.assert_allclose(found.gamma, -338, rtol=1e-15)
    # Concentration: 520 of ABC and 3,900 of its call.
    np.testing.assert_allclose(found.top_3, 1, rtol=1e-15)
    np.testing.assert_allclose(found.hhi, (520**2 + 3_900**2) / 4_420**2, rtol=1e-15)
    assert (now.coverage, now.delta_coverage) == (820 / 1_260, 820 / 1_260)
    assert now.not_included == (NotIncluded("XYZ", "no_price"),)


def test_an_estimate_counts_where_it_is_allowed_and_is_said() -> None:
    greeks = greeks_on(CALL, april(2), delta=0.5, reasons=Reason.ESTIMATED)
    refusing = replace(mixed_world(), greeks=(greeks,))
    allowing = replace(refusing, portfolios=(replace(BOOK, allow_estimates=True),))
    refused, allowed = snapshots_of(refusing)[april(2)], snapshots_of(allowing)[april(2)]
    assert (refused.measures.delta, refused.marks, refused.warnings) == (520, Reason.NONE, ())
    assert refused.not_included[1:] == (NotIncluded("O7", "no_volatility"),)
    assert (allowed.measures.delta, allowed.marks, allowed.warnings) == (-2_080, Reason.ESTIMATED, ("estimated: O7",))
    assert allowed.not_included == (NotIncluded("XYZ", "no_price"),)


def test_a_book_of_nothing_but_options_without_greeks_says_why_it_has_none() -> None:
    greeks = greeks_on(CALL, april(2), reasons=Reason.NO_RATE)
    world = replace(mixed_world(), greeks=(greeks,))
    world = replace(world, positions=tuple(each for each in world.positions if each.instrument_id == CALL.id))
    now, before = snapshots_of(world)[april(2)], snapshots_of(world)[april(1)]
    of_greeks = ("delta_adjusted_exposure", "hhi", "effective_positions", "top_3", "top_10")
    of_greeks += ("delta", "gamma", "theta", "vega", "rho")
    for snapshot, why in ((before, Reason.NO_VOLATILITY), (now, Reason.NO_RATE)):
        unmodelled = dict.fromkeys(("beta", "value_at_risk"), Reason.NOT_MODELLED)
        assert snapshot.reasons == dict.fromkeys(of_greeks, why) | unmodelled
        assert (snapshot.coverage, snapshot.delta_coverage) == (1, 0)


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
