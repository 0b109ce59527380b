"""What assets return under log moves and yields: compounded, bounded, and split into parts that add up."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.regression import regress
from sigmasight.engines.scenario_returns import factor_moves, scenario_returns, split_by_factor

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=100, derandomize=True)
log_moves = arrays(np.float64, (4, 2, 3), elements=st.floats(-200, 200))
small_moves = arrays(np.float64, (4, 2, 3), elements=st.floats(-1, 1) | st.floats(-1e-8, 1e-8))
yield_betas = arrays(np.float64, (4, 2), elements=st.floats(-1e6, 1e6))
yield_changes = arrays(np.float64, (2,), elements=st.floats(-1, 1))


def one_return(move: float, yield_beta: float = NAN, yield_change: float = 0.0) -> float:
    found = scenario_returns(np.array([[[move]]]), np.array([[yield_beta]]), np.array([yield_change]))
    return float(found[0, 0])


# Moves


def test_a_move_is_a_loading_times_a_coordinate() -> None:
    loadings = np.array([[1.0, -2.0], [0.5, 0.0], [3.0, 1.0]])
    response = np.array([[-0.1, 0.2], [0.0, 0.3]])
    found = factor_moves(loadings, response)
    assert found.shape == (3, 2, 2)
    np.testing.assert_allclose(found[0], [[-0.1, -0.4], [0.0, -0.6]], rtol=1e-15)
    np.testing.assert_allclose(found[2], [[-0.3, 0.2], [0.0, 0.3]], rtol=1e-15)


def test_a_loading_that_is_not_known_matters_only_where_its_factor_moves() -> None:
    loadings = np.array([[1.0, NAN], [2.0, 1.0]])
    found = factor_moves(loadings, np.array([[-0.1, 0.0], [-0.1, 0.2]]))
    np.testing.assert_array_equal(found[0], [[-0.1, 0.0], [-0.1, NAN]])
    returns = scenario_returns(found, np.full((2, 2), NAN), np.zeros(2))
    assert np.isnan(returns).tolist() == [[False, True], [False, False]]
    assert returns[0, 0] == np.expm1(-0.1)


def test_a_coordinate_that_is_not_known_is_not_taken_for_none() -> None:
    found = factor_moves(np.array([[1.0, 0.0]]), np.array([[NAN, 0.2]]))
    assert np.isnan(found[0, 0, 0])
    assert np.isnan(scenario_returns(found, np.array([[NAN]]), np.zeros(1))).all()


@pytest.mark.parametrize(("assets", "scenarios"), [(0, 2), (2, 0), (0, 0)])
def test_nothing_asked_nothing_answered(assets: int, scenarios: int) -> None:
    moves = factor_moves(np.empty((assets, 3)), np.empty((scenarios, 3)))
    assert moves.shape == (assets, scenarios, 3)
    assert split_by_factor(moves).shape == (assets, scenarios, 3)
    assert scenario_returns(moves, np.empty((assets, scenarios)), np.empty(scenarios)).shape == (assets, scenarios)


# Returns


def test_the_market_falls_ten_per_cent() -> None:
    fall = np.log(0.9)
    assert one_return(1.0 * fall) == pytest.approx(-0.10, rel=1e-15)
    assert one_return(2.0 * fall) == pytest.approx(0.81 - 1, rel=1e-14)
    assert one_return(-1.0 * fall) == pytest.approx(1 / 9, rel=1e-14)


@EXAMPLES
@given(moves=log_moves, beta=yield_betas, change=yield_changes)
def test_a_long_never_loses_more_than_all(moves: FloatArray, beta: FloatArray, change: FloatArray) -> None:
    found = scenario_returns(moves, beta, change)
    assert np.isfinite(found).all()
    assert (found >= -1.0).all()


@EXAMPLES
@given(
    loadings=arrays(np.float64, (4, 3), elements=st.floats(-20, 20)),
    sizes=arrays(np.float64, (2, 3), elements=st.floats(-0.99, 5.0)),
)
def test_returns_are_products_of_what_is_left_after_each_factor(loadings: FloatArray, sizes: FloatArray) -> None:
    moves = factor_moves(loadings, np.log1p(sizes))
    found = scenario_returns(moves, np.full((4, 2), NAN), np.zeros(2))
    left = np.prod((1 + sizes)[None] ** loadings[:, None], axis=2)
    np.testing.assert_allclose(1 + found, left, rtol=1e-11, atol=1e-15)


@EXAMPLES
@given(one=small_moves, other=small_moves)
def test_scenarios_one_after_the_other_compound(one: FloatArray, other: FloatArray) -> None:
    unknown, still = np.full((4, 2), NAN), np.zeros(2)
    first, second, both = (scenario_returns(moves, unknown, still) for moves in (one, other, one + other))
    np.testing.assert_allclose(both, (1 + first) * (1 + second) - 1, rtol=1e-12, atol=1e-14)


# Yields


@pytest.mark.parametrize("duration", [0.25, 7.0, 22.5, -3.0])
@pytest.mark.parametrize("change", [0.0025, 0.01, -0.01, 0.03])
def test_a_fund_of_a_duration_returns_it_times_the_change(duration: float, change: float) -> None:
    """Found by regression from r = -D dy, and used."""
    changes = np.random.default_rng(1).normal(0.0, 0.0006, 252)
    found = regress(-duration * changes[:, None], changes[:, None], min_obs=60)
    assert found.slope[0, 0] == pytest.approx(-duration, rel=1e-12)
    assert found.exact.tolist() == [True]
    assert one_return(0.0, found.slope[0, 0], change) == pytest.approx(-duration * change, rel=1e-11)


def test_a_fund_with_noise_and_a_market_still_has_its_duration() -> None:
    rng = np.random.default_rng(2)
    changes, market = rng.normal(0.0, 0.0006, 252), rng.normal(0.0, 0.01, 252)
    returns = 0.0001 - 7.0 * changes + 0.3 * market
    found = regress(returns[:, None], np.column_stack([changes, market]), min_obs=60)
    np.testing.assert_allclose(found.slope[0], [-7.0, 0.3], rtol=1e-11)


def test_factors_and_yields_compound() -> None:
    assert one_return(np.log(0.8), -7.0, 0.01) == pytest.approx(0.8 * 0.93 - 1, rel=1e-14)


@pytest.mark.parametrize("change", [0.05, 0.06, 1.0])
def test_yields_take_no_more_than_all(change: float) -> None:
    assert one_return(0.5, -20.0, change) == -1.0


def test_a_yield_beta_that_is_not_known_matters_only_where_the_yield_moves() -> None:
    assert one_return(np.log(0.9)) == pytest.approx(-0.1, rel=1e-15)
    assert np.isnan(one_return(np.log(0.9), NAN, 0.01))


# Parts


@EXAMPLES
@given(moves=small_moves | log_moves)
def test_parts_add_up_to_the_return(moves: FloatArray) -> None:
    found = split_by_factor(moves)
    whole = np.expm1(np.minimum(moves.sum(axis=2), 500.0))  # beyond it a return would be no number
    size = np.abs(found).sum(axis=2)
    assert (np.abs(found.sum(axis=2) - whole) <= 1e-12 * size).all()


@EXAMPLES
@given(moves=small_moves)
def test_parts_are_in_proportion_to_the_moves_and_have_their_signs(moves: FloatArray) -> None:
    found = split_by_factor(moves)
    assert (np.sign(found) == np.sign(moves)).all()
    crossed = found[..., :1] * moves - found * moves[..., :1]
    assert (np.abs(crossed) <= 1e-14 * np.abs(found[..., :1] * moves)).all()


@pytest.mark.parametrize(
    "move", [-2.0, -1e-3, 3e-5, -2e-6, -1e-8, -1.0000001e-9, -1e-9, -9.999999e-10, 1e-10, 1e-300, 1e-9, 3.0]
)
def test_a_factor_that_moves_alone_has_the_whole_return(move: float) -> None:
    """In fractions: e^u - 1 as far as it matters."""
    exact, term = Fraction(0), Fraction(1)
    for power in range(1, 60):
        term *= Fraction(move) / power
        exact += term
    found = split_by_factor(np.array([[[move, 0.0]]]))[0, 0]
    assert found[0] == pytest.approx(float(exact), rel=1e-15)
    assert found[1] == 0.0


def test_factors_that_cancel_have_opposite_parts() -> None:
    found = split_by_factor(np.array([[[0.3, -0.3], [0.0, 0.0]]]))[0]
    np.testing.assert_allclose(found, [[0.3, -0.3], [0.0, 0.0]], rtol=1e-15)


def test_a_part_that_is_not_known_leaves_the_other_scenarios_alone() -> None:
    found = split_by_factor(np.array([[[0.3, NAN], [0.1, 0.1]]]))[0]
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], np.expm1(0.2) / 2, rtol=1e-14)
