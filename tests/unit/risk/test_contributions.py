"""Where a result comes from: positions and factors add up to it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from sigmasight.domain.reasons import BLOCKING
from sigmasight.risk.contributions import position_exposures, split_scenarios
from support.books import april, cash, closes, holding, portfolio, world_of
from unit.risk.risk_strategies import AAA, CALL, EXPIRING, SCENARIOS, scenes
from unit.risk.risk_worlds import NAN, TODAY, Scene, Told, factor_set, scenario, with_books

EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
BOOK = portfolio()


def scene_of(*positions: tuple[int, object], told: Told | None, price: float = 100.0) -> Scene:
    held = [holding(BOOK, each, units, entry_price=90, held_from=april(2)) for units, each in positions]  # type: ignore[arg-type]
    prices = closes(CALL, {TODAY: 4.0}) | ({} if np.isnan(price) else closes(AAA, {TODAY: price}))
    scenarios = (
        scenario("both", shocks={"Market": -0.1, "Value": 0.05}),
        scenario("rates", shocks={"Market": -0.1, "10Y": 0.01}),
    )
    world = world_of(BOOK, *held, cash(BOOK, april(2), 1e5), instruments=(AAA, CALL), prices=prices)
    return Scene(
        world, factor_set(slopes=(0.9,), market_yield_slope=4.0), {} if told is None else {AAA.id: told}, scenarios
    )


def test_a_share_by_hand() -> None:
    """With u = 1.5 ln 0.9 - 0.5 ln 1.05: each factor has its part of expm1(u), the yield what comes on top."""
    scene = scene_of((10, AAA), told=Told(loading=(1.5, -0.5), yield_beta=-3.0))
    found = split_scenarios(scene.held, scene.assessed, correlated=False)
    market, value = 1.5 * np.log(0.9), -0.5 * np.log(1.05)
    both = market + value
    parts = 1000.0 * np.array([market, value]) * np.expm1(both) / both
    np.testing.assert_allclose(found.factor[0], parts, rtol=1e-12)
    np.testing.assert_allclose(found.other[0], 0.0, atol=1e-9)
    np.testing.assert_allclose(found.position[0], [parts.sum(), 1000.0 * (0.9**1.5 * 0.97 - 1.0)], rtol=1e-12)
    np.testing.assert_allclose(found.factor[1], [1000.0 * np.expm1(market), 0.0], rtol=1e-12)
    np.testing.assert_allclose(found.other[1], 1000.0 * 0.9**1.5 * -0.03, rtol=1e-9)


def test_of_an_option_its_delta_is_the_factor_s_and_the_rest_is_volatility_and_convexity() -> None:
    scene = scene_of((2, CALL), told=Told(loading=(1.5,), yield_beta=0.0))
    found = split_scenarios(scene.held, scene.assessed, correlated=False)
    row = scene.facts.instrument_id.tolist().index(CALL.id)
    delta = 200.0 * 100.0 * float(scene.facts.delta[row])
    np.testing.assert_allclose(found.factor[:, 0], delta * np.expm1(1.5 * np.log(0.9)), rtol=1e-12)
    assert (found.other > 0.0).all()  # volatility rises, and a bought call gains by convexity


@EXAMPLES
@given(scenes(books=2))
def test_positions_and_factors_add_up_to_the_result(scene: Scene) -> None:
    for at, book in enumerate(scene.world.portfolios):
        held = scene.hold(with_books(scene.world, book))
        result, exposures = scene.results()[at], scene.exposures()[at]
        scale = 1.0 + 1e3 * float(np.abs(held.shares).sum())
        responses = (scene.arranged.response.direct, scene.arranged.response.correlated)
        for correlated, total in ((False, result.direct), (True, result.correlated)):
            told = np.isfinite(responses[correlated]).all(axis=1)  # the exception is a fault, see below
            parts = split_scenarios(held, scene.assessed, correlated=correlated)
            assert parts.position.shape == (len(held.shares), len(SCENARIOS))
            known = ~np.isnan(total)
            np.testing.assert_allclose(
                np.nansum(parts.position, axis=0)[known], total[known], rtol=1e-10, atol=1e-11 * scale
            )
            added = parts.factor.sum(axis=1) + parts.other
            np.testing.assert_allclose(added[known & told], total[known & told], rtol=1e-10, atol=1e-11 * scale)
            assert np.isfinite(parts.factor[told & known]).all()
            blocked = (parts.reasons & int(BLOCKING)) > 0
            assert np.isnan(parts.position[blocked]).all()
        mine = position_exposures(held, scene.assessed)
        known = ~np.isnan(exposures.exposure)
        np.testing.assert_allclose(
            np.nansum(mine, axis=0)[known], exposures.exposure[known], rtol=1e-10, atol=1e-11 * scale
        )


@EXAMPLES
@given(scenes(books=1))
def test_what_only_moves_the_market_is_the_market_s_and_what_is_left_is_of_options(scene: Scene) -> None:
    held = scene.held
    parts = split_scenarios(held, scene.assessed, correlated=False)
    known = ~np.isnan(parts.other)
    assert (parts.factor[0, 1:] == 0.0).all() or not known[0]
    if not scene.frame.is_option[held.instrument].any():
        scale = 1.0 + 1e3 * float(np.abs(held.shares).sum())
        without_yields = known & np.isin(np.arange(len(known)), [0, 1, 2, 3, 6])
        np.testing.assert_allclose(parts.other[without_yields], 0.0, atol=1e-11 * scale)


def test_a_position_without_a_result_has_no_part_and_the_others_have() -> None:
    scene = scene_of((10, AAA), (1, CALL), told=Told(loading=(1.5, -0.5)))
    found = split_scenarios(scene.held, scene.assessed, correlated=False)
    assert np.isnan(found.position).tolist() == [[False, True], [False, True]]
    assert (found.factor[0] != 0.0).all()


def test_an_empty_book_has_parts_of_nothing() -> None:
    scene = scene_of(told=Told(loading=(1.0,)))
    found = split_scenarios(scene.held, scene.assessed, correlated=True)
    assert found.position.shape == (0, 2)
    assert found.factor.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert found.other.tolist() == [0.0, 0.0]
    assert position_exposures(scene.held, scene.assessed).shape == (0, 2)


@pytest.mark.parametrize(("told", "price"), [(None, 100.0), (Told(loading=(1.0,)), NAN)], ids=["no betas", "no price"])
def test_where_nothing_is_known_no_factor_brings_anything(told: Told | None, price: float) -> None:
    scene = scene_of((10, AAA), told=told, price=price)
    (result,) = scene.results()
    assert np.isnan(result.direct).all()
    found = split_scenarios(scene.held, scene.assessed, correlated=False)
    assert np.isnan(found.factor).all()
    assert np.isnan(found.other).all()


def test_what_has_expired_has_parts_of_nothing_whatever_a_scenario_shocks() -> None:
    world = replace(
        scene_of(told=None).world,
        instruments=(AAA, EXPIRING),
        positions=(holding(BOOK, EXPIRING, 1, entry_price=5, held_from=april(2)),),
        prices=closes(AAA, {TODAY: 100}),
    )
    scene = Scene(world, factor_set(slopes=(0.9,)), {}, (scenario("g", shocks={"Ghost": 0.1}),))
    assert scene.results()[0].direct.tolist() == [0.0]
    found = split_scenarios(scene.held, scene.assessed, correlated=False)
    assert (found.factor.tolist(), found.other.tolist()) == ([[0.0, 0.0]], [0.0])
