"""Regressions of many assets: edges, company, laws. Against statsmodels they are held under tests/oracle."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.engines.regression import Regression, regress

NAN = np.nan
BLOCK = 512
EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
SHRUNK = np.array([False] + [True] * 6)
ERRORS = ("shrunk_error", "plain_error", "hac_error")
seeds = st.integers(0, 2**32 - 1)
scales = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)
priors = st.sampled_from([np.inf, 0.5, 0.05])


def make_variables(seed: int = 0, sessions: int = 100, count: int = 3) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.asarray(0.0003 + rng.normal(0.0, 0.01, (sessions, count)) @ (np.eye(count) + 0.4))


def make_assets(x: FloatArray, seed: int = 0, count: int = 4) -> FloatArray:
    rng = np.random.default_rng(seed + 1)
    noise = rng.normal(0.0, 0.01, (len(x), count))
    return np.asarray(x @ rng.normal(0.5, 0.5, (x.shape[1], count)) + noise)


def fit(y: FloatArray, x: FloatArray, prior_std: float = np.inf, *, min_obs: int = 60, lags: int = 5) -> Regression:
    return regress(y, x, min_obs=min_obs, shrunk=SHRUNK[: x.shape[1]], prior_std=prior_std, lags=lags)


def assert_near(found: FloatArray, expected: object, scale: float = 1.0) -> None:
    np.testing.assert_allclose(found, np.asarray(expected, dtype=np.float64), rtol=1e-9, atol=1e-12 * scale)


def rows(found: Regression, at: int) -> list[list[float]]:
    """One asset's numbers, to the bit."""
    return [np.atleast_1d(getattr(found, field.name)[at]).tolist() for field in fields(Regression)]


def assert_same_bits(left: list[list[float]], right: list[list[float]]) -> None:
    for mine, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(mine, other)


def by_least_squares(y: FloatArray, x: FloatArray) -> FloatArray:
    """Slopes of one asset on its own sessions, by numpy's decomposition of the matrix with its column of ones."""
    known = ~np.isnan(y)
    return np.asarray(np.linalg.lstsq(np.column_stack([np.ones(known.sum()), x[known]]), y[known], rcond=None)[0][1:])


# How many observations


@pytest.mark.parametrize("from_the_end", [False, True])
@pytest.mark.parametrize("observed", [0, 1, 5, 59, 60, 61, 251, 252])
def test_an_asset_is_fitted_from_sixty_observations_on(observed: int, *, from_the_end: bool) -> None:
    x = make_variables(sessions=252)
    y = make_assets(x, count=1)
    y[(slice(0, 252 - observed) if from_the_end else slice(observed, 252))] = NAN
    found = fit(y, x)
    assert found.n_obs.tolist() == [observed]
    assert np.isfinite(found.slope).all() == (observed >= 60)
    if observed >= 60:
        assert_near(found.slope[0], by_least_squares(y[:, 0], x))


def test_where_there_is_no_fit_nothing_is_said_but_how_many_observations_there_were() -> None:
    x = make_variables(sessions=252)
    y = make_assets(x, count=1)
    y[59:] = NAN
    found = fit(y, x)
    for name in ("slope", *ERRORS, "t", "r_squared", "residual_std"):
        assert np.isnan(getattr(found, name)).all(), name
    assert found.n_obs.tolist() == [59]
    assert found.exact.tolist() == [False]


def test_sessions_without_a_variable_do_not_count() -> None:
    x = make_variables(sessions=65)
    y = make_assets(x, count=2)
    y[:3, 0] = NAN
    x[1:5, 2] = NAN
    x[64, 0] = NAN
    found = fit(y, x)
    assert found.n_obs.tolist() == [59, 60]  # 65 less 5, and less those of the first three that were not lost anyway
    assert np.isnan(found.slope).all(axis=1).tolist() == [True, False]


def test_nothing_is_known_of_any_variable() -> None:
    x = make_variables()
    x[:, 1] = NAN
    found = fit(make_assets(x, count=2), x)
    assert np.isnan(found.slope).all()
    assert found.n_obs.tolist() == [0, 0]


def test_without_sessions_there_is_nothing() -> None:
    found = fit(np.empty((0, 2)), np.empty((0, 3)))
    assert np.isnan(found.slope).all()
    assert found.n_obs.tolist() == [0, 0]


def test_a_degree_of_freedom_has_to_be_left() -> None:
    x = make_variables(sessions=5)
    y = make_assets(x)
    with pytest.raises(ValueError, match="3 variables need at least 5"):
        fit(y, x, min_obs=4)
    found = fit(y, x, min_obs=5)
    assert_near(found.slope[0], by_least_squares(y[:, 0], x))


def test_sessions_of_assets_and_variables_have_to_be_the_same() -> None:
    with pytest.raises(ValueError, match="y has 99 sessions and x has 100"):
        fit(np.zeros((99, 1)), make_variables())


# Which assets


@pytest.mark.parametrize("count", [0, 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1])
def test_any_number_of_assets(count: int) -> None:
    x = make_variables()
    y = make_assets(x, count=count)
    y[::7, ::3] = NAN
    found = fit(y, x)
    assert found.slope.shape == found.t.shape == found.hac_error.shape == (count, 3)
    assert found.n_obs.shape == found.exact.shape == found.r_squared.shape == (count,)
    for at in {0, count // 2, BLOCK - 1, BLOCK, count - 1} & set(range(count)):
        assert_near(found.slope[at], by_least_squares(y[:, at], x))


def pierced_assets(x: FloatArray, seed: int, count: int) -> FloatArray:
    """Most of them with gaps."""
    y = make_assets(x, seed, count)
    y[10:30, 1::3] = NAN
    y[::9, 2::3] = NAN
    return y


USUAL = [(252, 7, np.inf), (252, 7, 0.5)]  # sessions, variables, prior
UNUSUAL = [(252, 1, np.inf), (252, 2, np.inf), (252, 3, 0.5), (504, 7, 0.5)]
BY_WIDTH = "OpenBLAS multiplies matrices of up to 1e6 products in another order: bits depend on how wide a block is"


def companies(x: FloatArray) -> list[FloatArray]:
    """Few and many, whole, pierced, unknown, still and exact."""
    unknown, still = np.full((len(x), BLOCK), NAN), np.zeros((len(x), 5))
    return [
        np.empty((len(x), 0)),
        make_assets(x, 6, 3),
        make_assets(x, 6, 130),
        pierced_assets(x, 7, 300),
        make_assets(x, 6, BLOCK),
        pierced_assets(x, 7, 2 * BLOCK),
        unknown,
        still,
        x[:, [0] * 200],
    ]


def assert_same_in_whatever_company(sessions: int, variables: int, prior_std: float) -> None:
    x = make_variables(sessions=sessions, count=variables)
    mine = pierced_assets(x, 5, 3)
    expected = [rows(fit(mine, x, prior_std), at) for at in range(3)]
    for company in companies(x):
        together = fit(np.concatenate([mine, company], axis=1), x, prior_std)
        for at in range(3):
            assert_same_bits(rows(together, at), expected[at])


def assert_same_in_any_block(sessions: int, variables: int, prior_std: float) -> None:
    x = make_variables(sessions=sessions, count=variables)
    block = pierced_assets(x, 0, BLOCK)
    found = fit(np.concatenate([block, make_assets(x, seed=3, count=BLOCK), block[:, :7]], axis=1), x, prior_std)
    for at in range(7):
        assert_same_bits(rows(found, at), rows(found, at + 2 * BLOCK))


@pytest.mark.parametrize(("sessions", "variables", "prior_std"), USUAL)
def test_the_same_bits_in_whatever_company(sessions: int, variables: int, prior_std: float) -> None:
    assert_same_in_whatever_company(sessions, variables, prior_std)


@pytest.mark.parametrize(("sessions", "variables", "prior_std"), USUAL)
def test_the_same_bits_in_the_first_block_and_in_the_last(sessions: int, variables: int, prior_std: float) -> None:
    assert_same_in_any_block(sessions, variables, prior_std)


def test_the_same_bits_of_any_number_of_variables_in_whatever_company() -> None:
    for way in UNUSUAL:
        assert_same_in_whatever_company(*way)


def test_the_same_bits_of_any_number_of_variables_in_the_first_block_and_in_the_last() -> None:
    for way in UNUSUAL:
        assert_same_in_any_block(*way)


@pytest.mark.parametrize(("sessions", "variables", "prior_std"), [*USUAL, *UNUSUAL])
def test_the_same_bits_wherever_an_asset_stands(sessions: int, variables: int, prior_std: float) -> None:
    x = make_variables(sessions=sessions, count=variables)
    block = pierced_assets(x, 0, 300)
    order = np.random.default_rng(0).permutation(300)
    straight, shuffled = fit(block, x, prior_std), fit(block[:, order], x, prior_std)
    for place, at in enumerate(order):
        assert_same_bits(rows(shuffled, place), rows(straight, at))


def test_the_same_bits_however_the_arrays_lie_in_memory() -> None:
    x = make_variables()
    y = make_assets(x)
    expected = fit(y, x)
    strided = np.repeat(y, 2, axis=1)[:, ::2]
    for other in (fit(np.asfortranarray(y), x), fit(strided, x), fit(y, np.asfortranarray(x))):
        for at in range(4):
            assert_same_bits(rows(other, at), rows(expected, at))


def test_what_was_given_is_left_alone() -> None:
    x, y = make_variables(), make_assets(make_variables())
    y[3:9, 1] = NAN
    x[50, 0] = NAN
    before = x.copy(), y.copy()
    x.flags.writeable = y.flags.writeable = False
    fit(y, x, 0.5)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_an_asset_without_any_price_leaves_its_neighbours_alone() -> None:
    x = make_variables()
    y = make_assets(x)
    y[:, 2] = NAN
    found = fit(y, x)
    assert np.isnan(found.slope).any(axis=1).tolist() == [False, False, True, False]
    assert found.n_obs.tolist() == [100, 100, 0, 100]
    assert not found.exact.any()
    assert_near(found.slope[3], by_least_squares(y[:, 3], x))


# What has nothing left over


@pytest.mark.parametrize("prior_std", [np.inf, 0.5, 0.01])
@pytest.mark.parametrize("gaps", [False, True])
def test_an_asset_that_is_a_variable_has_its_unit_row(prior_std: float, *, gaps: bool) -> None:
    x = make_variables()
    y = x.copy()
    if gaps:
        y[np.random.default_rng(1).random(y.shape) < 0.3] = NAN
    found = fit(y, x, prior_std)
    assert_near(found.slope, np.eye(3))
    assert found.exact.all()
    assert np.isnan(found.t).all()
    assert_near(found.r_squared, np.ones(3))
    assert (found.residual_std < 1e-13).all()


@pytest.mark.parametrize("prior_std", [np.inf, 0.5])
def test_an_asset_that_stands_still_has_slopes_of_zero(prior_std: float) -> None:
    x = make_variables()
    found = fit(np.zeros((100, 2)), x, prior_std)
    assert found.slope.tolist() == [[0.0] * 3] * 2
    assert np.isnan(found.r_squared).all()
    assert np.isnan(found.t).all()
    assert found.residual_std.tolist() == [0.0, 0.0]
    assert found.exact.all()


@pytest.mark.parametrize("prior_std", [np.inf, 0.5])
def test_an_asset_that_hugs_the_variables_is_not_one_of_them(prior_std: float) -> None:
    """What is left over is a hundred-millionth, but it is more than rounding."""
    x, rng = make_variables(), np.random.default_rng(8)
    found = fit(x @ np.eye(3) + rng.normal(0.0, 1e-10, x.shape), x, prior_std)
    assert not found.exact.any()
    assert np.isfinite(found.t).all()
    np.testing.assert_allclose(found.slope, np.eye(3), atol=1e-8)
    np.testing.assert_allclose(found.residual_std, 1e-10, rtol=0.3)


STEADY = [0.001, -0.00037, 0.01, 0.1, 1 / 3]


@pytest.mark.parametrize("daily", STEADY)
def test_an_asset_that_grows_steadily_has_slopes_of_zero(daily: float) -> None:
    x = make_variables()
    found = fit(np.full((100, 1), daily), x)
    np.testing.assert_allclose(found.slope, 0.0, atol=1e-12)
    assert found.residual_std[0] < 1e-15


def test_an_asset_that_grows_steadily_does_not_vary() -> None:
    found = fit(np.tile(STEADY, (252, 1)), make_variables(sessions=252))
    assert found.exact.all()
    assert np.isnan(found.r_squared).all()
    assert np.isnan(found.t).all()


# Variables that are not told apart


@pytest.mark.parametrize("prior_std", [np.inf, 0.5])
@pytest.mark.parametrize("multiple", [1.0, -3.0, 1e-4])
def test_copies_of_a_variable_leave_nothing_fitted(multiple: float, prior_std: float) -> None:
    x = make_variables()
    y = make_assets(x)
    x[:, 2] = 0.02 + multiple * x[:, 0]
    found = fit(y, x, prior_std)
    assert np.isnan(found.slope).all()
    assert found.n_obs.tolist() == [100] * 4
    assert not found.exact.any()


def test_a_variable_with_little_of_its_own_still_tells() -> None:
    """A hundred-thousandth of its deviation: its slope is large, and found."""
    x, rng = make_variables(), np.random.default_rng(8)
    x[:, 2] = x[:, 0] + rng.normal(0.0, 1e-7, 100)
    y = make_assets(x)
    found = fit(y, x)
    for at in range(4):
        expected = by_least_squares(y[:, at], x)
        np.testing.assert_allclose(found.slope[at, [0, 2]], expected[[0, 2]], rtol=1e-4)
        assert found.slope[at, 1] == pytest.approx(expected[1], rel=1e-4)


def test_variables_that_are_one_on_an_assets_sessions_leave_only_that_asset_unfitted() -> None:
    x = make_variables(sessions=200)
    x[100:, 2] = 2.0 * x[100:, 1]
    y = make_assets(x)
    y[:100, 1] = NAN
    found = fit(y, x)
    assert np.isnan(found.slope).any(axis=1).tolist() == [False, True, False, False]
    assert found.n_obs.tolist() == [200, 100, 200, 200]
    assert_near(found.slope[2], by_least_squares(y[:, 2], x))


def test_a_variable_that_stands_still_on_an_assets_sessions_leaves_it_unfitted() -> None:
    for seed in range(10):
        x = make_variables(seed, sessions=252)
        y = make_assets(x, seed)
        x[100:, 2] = 0.0
        y[:100] = NAN
        assert np.isnan(fit(y, x).slope).all(), seed


def test_a_variable_that_stands_still_leaves_nothing_fitted() -> None:
    x = make_variables()
    y = make_assets(x)
    x[:, 1] = 0.0
    assert np.isnan(fit(y, x).slope).all()


def test_a_variable_that_grows_steadily_leaves_nothing_fitted() -> None:
    x = make_variables(sessions=252)
    for daily in STEADY:
        assert np.isnan(regress(x[:, :1], np.full((252, 1), daily), min_obs=60).slope).all(), daily


# Laws


@EXAMPLES
@given(seed=seeds, factor=scales, prior_std=priors)
def test_a_return_times_c_has_slopes_times_c_when_the_prior_grows_with_it(
    seed: int, factor: float, prior_std: float
) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[20:30, 1] = NAN
    once, scaled = fit(y, x, prior_std), fit(factor * y, x, abs(factor) * prior_std)
    assert_near(scaled.slope, factor * once.slope, abs(factor))
    for name in ERRORS:
        assert_near(getattr(scaled, name), abs(factor) * getattr(once, name))
    assert_near(scaled.residual_std, abs(factor) * once.residual_std)
    assert_near(scaled.r_squared, once.r_squared)
    assert_near(scaled.t, np.sign(factor) * once.t, 1e3)


@EXAMPLES
@given(seed=seeds, prior_std=priors)
def test_a_short_has_the_opposite_slopes_to_the_bit(seed: int, prior_std: float) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[::6, 0] = NAN
    long, short = fit(y, x, prior_std), fit(-y, x, prior_std)
    np.testing.assert_array_equal(short.slope, -long.slope)
    np.testing.assert_array_equal(short.t, -long.t)
    for name in (*ERRORS, "r_squared", "residual_std", "n_obs"):
        np.testing.assert_array_equal(getattr(short, name), getattr(long, name))


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(6)), prior_std=priors)
def test_assets_in_another_order_have_their_numbers_in_that_order(
    seed: int, order: list[int], prior_std: float
) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed, count=6)
    y[::5, 2:4] = NAN
    straight, shuffled = fit(y, x, prior_std), fit(y[:, order], x, prior_std)
    for field in fields(Regression):
        assert_near(getattr(shuffled, field.name), getattr(straight, field.name)[order])


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(3)))
def test_variables_in_another_order_have_their_slopes_in_that_order(seed: int, order: list[int]) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[::5, 1] = NAN
    straight, shuffled = fit(y, x), fit(y, x[:, order])
    for name in ("slope", *ERRORS, "t"):
        assert_near(getattr(shuffled, name), getattr(straight, name)[:, order], 1e3)
    assert_near(shuffled.r_squared, straight.r_squared)


@EXAMPLES
@given(seed=seeds, units=st.lists(scales, min_size=3, max_size=3))
def test_a_variable_in_another_unit_has_its_slope_per_that_unit(seed: int, units: list[float]) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[::5, 1] = NAN
    plain, other = fit(y, x), fit(y, x / units)
    for name in ERRORS:
        assert_near(getattr(other, name) / np.abs(units), getattr(plain, name))
    np.testing.assert_allclose(other.slope / units, plain.slope, rtol=1e-9, atol=1e-11)
    assert_near(other.r_squared, plain.r_squared)


@EXAMPLES
@given(seed=seeds)
def test_the_slope_of_a_sum_is_the_sum_of_the_slopes(seed: int) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed, count=3)
    y[40:50] = NAN
    y = np.column_stack([y, y.sum(axis=1), 0.5 * y[:, 0] - 2.0 * y[:, 1]])
    found = fit(y, x).slope
    assert_near(found[3], found[:3].sum(axis=0))
    assert_near(found[4], 0.5 * found[0] - 2.0 * found[1])


@EXAMPLES
@given(seed=seeds, drift=st.floats(-0.05, 0.05), slopes=st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_what_the_variables_explain_moves_the_slopes_and_nothing_else(
    seed: int, drift: float, slopes: list[float]
) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[::5, 1] = NAN
    plain, moved = fit(y, x), fit(y + drift + (x @ slopes)[:, None], x)
    np.testing.assert_allclose(moved.slope, plain.slope + slopes, rtol=1e-9, atol=1e-11)
    for name in (*ERRORS, "residual_std"):
        assert_near(getattr(moved, name), getattr(plain, name))


@EXAMPLES
@given(seed=seeds)
def test_time_may_run_backwards(seed: int) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[5:17, 1] = NAN
    forth, back = fit(y, x, 0.5), fit(y[::-1], x[::-1], 0.5)
    for field in fields(Regression):
        assert_near(getattr(back, field.name), getattr(forth, field.name), 1e3)


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(100)))
def test_only_lags_ask_for_the_order_of_the_sessions(seed: int, order: list[int]) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[5:17, 1] = NAN
    straight, shuffled = fit(y, x, 0.5, lags=0), fit(y[order], x[order], 0.5, lags=0)
    for field in fields(Regression):
        assert_near(getattr(shuffled, field.name), getattr(straight, field.name), 1e3)


@EXAMPLES
@given(seed=seeds, tighter=st.floats(0.01, 0.9), prior_std=st.floats(0.01, 10.0))
def test_a_tighter_prior_holds_slopes_nearer_to_zero(seed: int, tighter: float, prior_std: float) -> None:
    x = make_variables(seed)
    y = make_assets(x, seed)
    y[::4, 0] = NAN
    every = np.ones(3, dtype=np.bool_)
    lengths = [
        np.linalg.norm(regress(y, x, min_obs=60, shrunk=every, prior_std=std).slope, axis=1)
        for std in (tighter * prior_std, prior_std, np.inf)
    ]
    assert (lengths[0] <= lengths[1] * (1 + 1e-12)).all()
    assert (lengths[1] <= lengths[2] * (1 + 1e-12)).all()


def test_a_prior_of_almost_nothing_leaves_the_other_slopes_as_if_alone() -> None:
    x = make_variables()
    y = make_assets(x)
    found = fit(y, x, 1e-9)
    np.testing.assert_allclose(found.slope[:, 1:], 0.0, atol=1e-12)
    np.testing.assert_allclose(found.slope[:, 0], regress(y, x[:, :1], min_obs=60).slope[:, 0], rtol=1e-9)


@EXAMPLES
@given(seed=seeds, prior_std=priors)
def test_shares_and_errors_are_what_their_names_allow(seed: int, prior_std: float) -> None:
    x = make_variables(seed)
    found = fit(make_assets(x, seed), x, prior_std)
    assert ((found.r_squared >= 0) & (found.r_squared <= 1)).all()
    assert (found.shrunk_error <= found.plain_error * (1 + 1e-12)).all()
    for name in ERRORS:
        assert (getattr(found, name) > 0).all()


def test_numbers_worked_by_hand() -> None:
    """Of 1, 2, 3, 4 and 1, 3, 2, 4: slope 4/5, residuals -0.3, 0.9, -0.9, 0.3, s2 = 1.8 / 2."""
    found = regress(np.array([[1.0], [3.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0], [4.0]]), min_obs=3, lags=1)
    assert found.slope[0, 0] == pytest.approx(0.8, rel=1e-14)
    assert found.plain_error[0, 0] == pytest.approx(np.sqrt(0.9 / 5), rel=1e-14)
    assert found.r_squared[0] == pytest.approx(0.64, rel=1e-14)
    assert found.residual_std[0] == pytest.approx(np.sqrt(0.9), rel=1e-14)
    # Scores 0.45, -0.45, -0.45, 0.45: squares 0.81, neighbours -0.2025 + 0.2025 - 0.2025, each twice by half.
    assert found.hac_error[0, 0] == pytest.approx(np.sqrt(0.81 - 0.2025) / 5, rel=1e-14)
    assert found.t[0, 0] == pytest.approx(4.0 / np.sqrt(0.6075), rel=1e-14)


def test_a_prior_worked_by_hand() -> None:
    """The same, with a prior of 0.3: s2 / prior^2 = 10, slope 4 / (5 + 10), posterior variance s2 / 15."""
    shrunk: BoolArray = np.array([True])
    y, x = np.array([[1.0], [3.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0], [4.0]])
    found = regress(y, x, min_obs=3, shrunk=shrunk, prior_std=0.3)
    assert found.slope[0, 0] == pytest.approx(4 / 15, rel=1e-14)
    assert found.shrunk_error[0, 0] == pytest.approx(np.sqrt(0.9 / 15), rel=1e-14)
    assert found.plain_error[0, 0] == pytest.approx(np.sqrt(0.9 / 5), rel=1e-14)
