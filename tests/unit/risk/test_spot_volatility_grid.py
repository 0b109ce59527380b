"""Every spot and every volatility moved: shares in proportion, options by the library, the worst point and the edge."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.library.options import greeks
from sigmasight.risk.spot_volatility_grid import (
    SPOT_RETURNS,
    VOLATILITY_CHANGES,
    grid_of_instruments,
    worst_point,
)
from support.books import closes, option, portfolio, stock, world_of
from support.option_chains import black, european, index
from unit.risk.risk_strategies import scenes
from unit.risk.risk_worlds import NAN, TODAY, Scene, factor_set

ABC = stock(3, "ABC")
LATER = date(2025, 5, 30)
CALL = option(20, ABC, right=Right.CALL, strike=100, expiry=LATER)
PUT = option(21, ABC, right=Right.PUT, strike=95, expiry=LATER)
PRICES: Mapping[Instrument, float] = {ABC: 100.0, CALL: 4.0, PUT: 2.0}
EXAMPLES = settings(deadline=None, max_examples=25, derandomize=True)
SHAPE = (13, 7)


def scene_of(prices: Mapping[Instrument, float] = PRICES) -> Scene:
    table = {}
    for each, price in prices.items():
        if not np.isnan(price):
            table |= closes(each, {TODAY: price})
    return Scene(world_of(portfolio(), instruments=tuple(prices), prices=table), factor_set(), {})


def grid_of(scene: Scene, *, allow_estimates: bool = False) -> tuple[FloatArray, IntArray]:
    return grid_of_instruments(scene.frame, scene.at, scene.facts, scene.options, allow_estimates=allow_estimates)


def test_the_grid_is_from_minus_to_plus_thirty_per_cent_and_from_minus_ten_to_plus_twenty_points() -> None:
    assert [round(100 * each) for each in SPOT_RETURNS] == list(range(-30, 31, 5))
    assert [round(100 * each) for each in VOLATILITY_CHANGES] == [-10, -5, 0, 5, 10, 15, 20]
    assert SPOT_RETURNS[6] == VOLATILITY_CHANGES[2] == 0.0


def test_a_share_gains_in_proportion_whatever_volatility_does() -> None:
    pnl, reasons = grid_of(scene_of({ABC: 80.0}))
    assert pnl.shape == (1, *SHAPE)
    np.testing.assert_allclose(pnl[0], np.repeat(80.0 * SPOT_RETURNS[:, None], 7, axis=1), rtol=1e-14)
    assert reasons.tolist() == [0]


@pytest.mark.parametrize("held", [CALL, PUT], ids=["call", "put"])
def test_every_point_of_an_option_is_the_library_s(held: Instrument) -> None:
    scene = scene_of()
    pnl, _ = grid_of(scene)
    row = scene.facts.instrument_id.tolist().index(held.id)
    own = float(scene.facts.volatility[row])
    assert held.option
    price = greeks(
        spot=100.0 * (1.0 + SPOT_RETURNS[:, None]),
        strike=float(held.option.strike),
        tau_years=50 / 365,
        rate=0.05,
        dividend_yield=0.0,
        volatility=np.maximum(own + VOLATILITY_CHANGES, 0.0),
        is_call=held is CALL,
    ).price
    np.testing.assert_allclose(pnl[1 + (held is PUT)], price - price[6, 2], rtol=1e-7, atol=1e-8)
    assert pnl[1, 6, 2] == 0.0


def test_an_index_option_stays_on_its_forward() -> None:
    vix = index(1, "VIX")
    pair = [european(30 + at, vix, right, 22.0, LATER) for at, right in enumerate((Right.CALL, Right.PUT))]

    def worth(*, spot: float, volatility: float, is_call: bool) -> float:
        forward = 22.0 * spot / 20.0
        return black(forward=forward, strike=22.0, years=50 / 365, rate=0.05, volatility=volatility, is_call=is_call)[
            "price"
        ]

    quotes = {each: worth(spot=20.0, volatility=0.9, is_call=at == 0) for at, each in enumerate(pair)}
    pnl, _ = grid_of(scene_of({vix: 20.0, **quotes}))
    for at, each in enumerate(pair):
        for spot in (0, 12):
            for change in (0, 6):
                there = worth(
                    spot=20.0 * (1.0 + float(SPOT_RETURNS[spot])),
                    volatility=0.9 + float(VOLATILITY_CHANGES[change]),
                    is_call=at == 0,
                )
                assert pnl[1 + at, spot, change] == pytest.approx(there - quotes[each], abs=1e-8)


@EXAMPLES
@given(scenes(books=1, most=0), st.booleans())
def test_a_point_is_missing_if_and_only_if_a_blocking_reason_says_why(scene: Scene, allowed: bool) -> None:  # noqa: FBT001
    pnl, reasons = grid_of(scene, allow_estimates=allowed)
    blocked = (reasons & int(BLOCKING)) > 0
    np.testing.assert_array_equal(np.isnan(pnl).any(axis=(1, 2)), blocked)
    np.testing.assert_array_equal(np.isnan(pnl).all(axis=(1, 2)), blocked)
    shares = ~scene.frame.is_option & ~blocked
    price = scene.frame.price[scene.at]
    np.testing.assert_allclose(
        pnl[shares], np.broadcast_to(price[shares, None, None] * SPOT_RETURNS[:, None], pnl[shares].shape), rtol=1e-13
    )
    assert (pnl[~blocked][:, 6, 2] == 0.0).all()
    expired = scene.frame.is_option & ((reasons & int(Reason.EXPIRED)) > 0) & ~blocked
    assert (pnl[expired] == 0.0).all()


@EXAMPLES
@given(scenes(books=1, most=0))
def test_options_rise_with_volatility_and_calls_with_the_spot(scene: Scene) -> None:
    pnl, reasons = grid_of(scene, allow_estimates=True)
    for at, each in enumerate(scene.frame.instruments):
        if each.option and not reasons[at] & int(BLOCKING):
            assert (np.diff(pnl[at], axis=1) >= -1e-6).all()
            rising = np.diff(pnl[at], axis=0) * (1.0 if each.option.right is Right.CALL else -1.0)
            assert (rising >= -1e-6).all()


def test_an_estimate_counts_only_where_it_is_allowed() -> None:
    scene = scene_of({ABC: 120.0, CALL: 19.0})
    refused, why = grid_of(scene)
    allowed, marked = grid_of(scene, allow_estimates=True)
    assert np.isnan(refused[1]).all()
    assert np.isfinite(allowed).all()
    assert (Reason(int(why[1])), Reason(int(marked[1]))) == (Reason.NO_VOLATILITY, Reason.ESTIMATED)


def test_what_has_no_price_has_no_grid_nor_have_options_on_it() -> None:
    pnl, reasons = grid_of(scene_of({ABC: NAN, CALL: 4.0}))
    assert np.isnan(pnl).all()
    assert all(Reason(int(each)) & Reason.NO_PRICE for each in reasons)


def test_what_has_expired_stands_still() -> None:
    gone = option(22, ABC, right=Right.CALL, strike=90, expiry=TODAY)
    pnl, reasons = grid_of(scene_of({ABC: 100.0, gone: NAN}))
    assert (pnl[1] == 0.0).all()
    assert reasons.tolist() == [0, Reason.EXPIRED]


def test_where_only_some_contracts_have_facts_the_others_have_no_volatility() -> None:
    scene = scene_of()
    some = scene.facts.rows(np.flatnonzero(scene.facts.instrument_id == PUT.id))
    pnl, reasons = grid_of_instruments(scene.frame, scene.at, some, scene.options, allow_estimates=True)
    assert np.isnan(pnl).all(axis=(1, 2)).tolist() == [False, True, False]
    assert Reason(int(reasons[1])) == Reason.NO_VOLATILITY
    np.testing.assert_array_equal(pnl[2], grid_of(scene)[0][2])


# The worst point


def surface(worst_at: tuple[int, int]) -> FloatArray:
    pnl = np.zeros(SHAPE)
    pnl[worst_at] = -5.0
    return pnl


@pytest.mark.parametrize(
    ("where", "at_edge"),
    [
        ((0, 0), True),
        ((0, 3), True),
        ((12, 3), True),
        ((6, 0), True),
        ((6, 6), True),
        ((12, 6), True),
        ((1, 1), False),
        ((11, 5), False),
        ((6, 2), False),
    ],
)
def test_the_worst_point_and_whether_it_lies_at_the_edge(where: tuple[int, int], *, at_edge: bool) -> None:
    found = worst_point(surface(where))
    assert (found.pnl, found.at_edge) == (-5.0, at_edge)
    assert (found.spot_return, found.volatility_change) == (SPOT_RETURNS[where[0]], VOLATILITY_CHANGES[where[1]])


def test_a_long_share_is_worst_at_the_lower_edge_and_a_short_one_at_the_upper() -> None:
    pnl, _ = grid_of(scene_of({ABC: 80.0}))
    long, short = worst_point(10.0 * pnl[0]), worst_point(-10.0 * pnl[0])
    assert (long.spot_return, long.pnl, long.at_edge) == (-0.3, pytest.approx(-240.0), True)
    assert (short.spot_return, short.pnl, short.at_edge) == (0.3, pytest.approx(-240.0), True)


def test_a_bought_straddle_is_worst_inside_in_spot_and_at_the_edge_in_volatility() -> None:
    """Where nothing moves, and the volatility falls most."""
    straddle = replace(PUT, option=replace(PUT.option, strike=CALL.option.strike))  # type: ignore[type-var, union-attr]
    pnl, _ = grid_of(scene_of({ABC: 100.0, CALL: 4.0, straddle: 3.5}))
    found = worst_point(pnl[1] + pnl[2])
    assert found.spot_return == pytest.approx(0.0, abs=0.051)
    assert (found.volatility_change, found.at_edge) == (-0.1, True)
