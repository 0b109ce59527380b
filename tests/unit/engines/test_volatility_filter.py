"""Returns at tomorrow's volatility: by hand, their laws, and sessions that are missing."""

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.volatility_filter import DECAY, filter_returns

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=60, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def make_returns(seed: int = 0, sessions: int = 120, assets: int = 4) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.asarray(0.0005 + rng.standard_t(4, (sessions, assets)) * rng.uniform(0.001, 0.05, assets))


def pierce(returns: FloatArray, seed: int) -> FloatArray:
    return np.where(np.random.default_rng(seed).random(returns.shape) < 0.3, NAN, returns)


def column(*returns: float) -> FloatArray:
    return np.array(returns)[:, None]


def test_three_sessions_by_hand() -> None:
    """Their variance is (1 + 4 + 9) / 3 - (2 / 3)^2 = 38 / 9 square per cent; half of it stays each day."""
    first = Fraction(38, 9)
    second = (first + 1) / 2
    third = (second + 4) / 2
    tomorrow = (third + 9) / 2
    found = filter_returns(column(0.01, -0.02, 0.03), decay=0.5)
    sizes = [Fraction(1) / first, Fraction(4) / second, Fraction(9) / third]
    expected = [sign * 0.01 * sqrt(size * tomorrow) for sign, size in zip((1, -1, 1), sizes, strict=True)]
    np.testing.assert_allclose(found.returns[:, 0], expected, rtol=1e-14)
    assert found.volatility[0] == pytest.approx(0.01 * sqrt(tomorrow), rel=1e-14)
    own = [0.01 * sqrt(each) for each in (first, second, third)]
    np.testing.assert_allclose(found.own_volatility[:, 0], own, rtol=1e-14)


def test_the_usual_decay() -> None:
    assert DECAY == 0.94


@pytest.mark.parametrize("sessions", [2, 60, 504])
@pytest.mark.parametrize("size", [1e-6, 0.01, 0.3])
def test_at_a_constant_volatility_returns_stay_as_they_are(size: float, sessions: int) -> None:
    returns = np.tile(column(size, -size), (sessions // 2, 1))
    found = filter_returns(returns)
    np.testing.assert_allclose(found.returns, returns, rtol=1e-12)
    np.testing.assert_allclose(found.volatility, [size], rtol=1e-12)


@EXAMPLES
@given(seed=seeds)
def test_without_decay_returns_stay_as_they_are(seed: int) -> None:
    returns = pierce(make_returns(seed), seed)
    found = filter_returns(returns, decay=1.0)
    np.testing.assert_allclose(found.returns, returns, rtol=1e-12)
    np.testing.assert_allclose(found.volatility, np.nanstd(returns, axis=0), rtol=1e-12)


@EXAMPLES
@given(seed=seeds, size=st.sampled_from([-3.0, -1.0, 1e-3, 0.5, 100.0]))
def test_returns_of_another_size_or_sign_are_filtered_alike(seed: int, size: float) -> None:
    returns = make_returns(seed)
    plain, other = filter_returns(returns), filter_returns(size * returns)
    np.testing.assert_allclose(other.returns, size * plain.returns, rtol=1e-11)
    np.testing.assert_allclose(other.volatility, abs(size) * plain.volatility, rtol=1e-11)


@EXAMPLES
@given(seed=seeds)
def test_filtered_returns_keep_their_signs(seed: int) -> None:
    returns = make_returns(seed)
    np.testing.assert_array_equal(np.sign(filter_returns(returns).returns), np.sign(returns))


@EXAMPLES
@given(seed=seeds)
def test_each_return_is_divided_by_the_volatility_of_its_day_and_scaled_up_by_tomorrows(seed: int) -> None:
    returns = pierce(make_returns(seed), seed)
    found = filter_returns(returns)
    expected = returns / found.own_volatility * found.volatility
    np.testing.assert_allclose(found.returns, expected, rtol=1e-12)


def test_a_days_volatility_does_not_know_the_day() -> None:
    """A large and a small return in either order leave the seed as it is."""
    returns = make_returns(4, 60)
    returns[[30, 31]] = column(0.1, 0.0)
    turned = returns.copy()
    turned[[30, 31]] = column(0.0, 0.1)
    first, second = filter_returns(returns).own_volatility, filter_returns(turned).own_volatility
    np.testing.assert_allclose(first[:31], second[:31], rtol=1e-12)
    assert (first[31] > second[31]).all()


def test_calm_days_are_scaled_up_after_a_storm_and_stormy_ones_down_after_a_calm() -> None:
    calm, storm = 0.01 * make_returns(1, 250), make_returns(2, 250)
    calm *= 0.005 / calm.std(axis=0)
    storm *= 0.02 / storm.std(axis=0)
    after_storm = filter_returns(np.concatenate([calm, storm])).returns
    after_calm = filter_returns(np.concatenate([storm, calm])).returns
    assert (after_storm[60:250].std(axis=0) > 2.0 * calm[60:].std(axis=0)).all()
    assert (after_calm[60:250].std(axis=0) < 0.5 * storm[60:].std(axis=0)).all()


def test_a_jump_on_the_last_day_raises_the_days_before_it_by_the_scale_of_tomorrows_volatility() -> None:
    """The seed knows the window, so the same two returns are in both, in other places."""
    returns = np.random.default_rng(3).normal(0.0, 0.01, (120, 4))
    early, late = returns.copy(), returns.copy()
    early[[60, -1]], late[[60, -1]] = column(0.2, 0.001), column(0.001, 0.2)
    first, last = filter_returns(early), filter_returns(late)
    assert (last.volatility > 3.0 * first.volatility).all()
    before = last.returns[:60] / first.returns[:60]
    np.testing.assert_allclose(before, np.tile(last.volatility / first.volatility, (60, 1)), rtol=1e-9)


# What is missing


@EXAMPLES
@given(seed=seeds)
def test_a_missing_session_is_as_if_never_held(seed: int) -> None:
    returns = pierce(make_returns(seed), seed)
    found = filter_returns(returns)
    np.testing.assert_array_equal(np.isnan(found.returns), np.isnan(returns))
    for asset in range(returns.shape[1]):
        own = ~np.isnan(returns[:, asset])
        alone = filter_returns(np.tile(returns[own, asset, None], 2))
        np.testing.assert_allclose(found.returns[own, asset], alone.returns[:, 0], rtol=1e-12)
        assert found.volatility[asset] == pytest.approx(alone.volatility[0], rel=1e-12)


def test_an_asset_without_returns_has_none_and_its_neighbours_stand() -> None:
    returns = make_returns()
    expected = filter_returns(returns[:, [0, 2, 3]].copy()).returns
    returns[:, 1] = NAN
    found = filter_returns(returns).returns
    assert np.isnan(found[:, 1]).all()
    np.testing.assert_array_equal(found[:, [0, 2, 3]], expected)


def test_what_never_moves_stays_as_it_is() -> None:
    found = filter_returns(np.column_stack([np.zeros(60), make_returns(sessions=60)]))
    assert (found.returns[:, 0] == 0.0).all()
    assert found.volatility[0] == 0.0
    assert (found.volatility[1:] > 0.0).all()


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(6)), count=st.integers(1, 6))
def test_the_bits_of_an_asset_do_not_depend_on_its_neighbours(seed: int, order: list[int], count: int) -> None:
    returns = pierce(make_returns(seed, assets=6), seed)
    whole, some = filter_returns(returns), filter_returns(returns[:, order[:count]].copy())
    np.testing.assert_array_equal(some.returns, whole.returns[:, order[:count]])
    np.testing.assert_array_equal(some.volatility, whole.volatility[order[:count]])
    np.testing.assert_array_equal(some.own_volatility, whole.own_volatility[:, order[:count]])
    turned = filter_returns(np.asfortranarray(returns))  # as a transposed table lies in memory
    np.testing.assert_array_equal(turned.returns, whole.returns)


@pytest.mark.parametrize(("sessions", "assets"), [(0, 3), (5, 0), (0, 0)])
def test_nothing_to_filter(sessions: int, assets: int) -> None:
    found = filter_returns(np.empty((sessions, assets)))
    assert (found.returns.shape, found.volatility.shape) == ((sessions, assets), (assets,))


def test_what_is_given_is_not_changed() -> None:
    returns = pierce(make_returns(), 0)
    kept = returns.copy()
    filter_returns(returns)
    np.testing.assert_array_equal(returns, kept)


# What was once wrong


def test_what_only_grows_is_left_as_it_is() -> None:
    """A return of 0.02 % every day; 0.02 % and a ten thousandth of a per cent up and down: nothing foretells 4 %."""
    steady = np.full((504, 1), 0.0002)
    np.testing.assert_allclose(filter_returns(steady).returns, steady, rtol=1e-9)
    nearly = steady + np.where(np.arange(504) % 2, 1e-6, -1e-6)[:, None]
    np.testing.assert_allclose(filter_returns(nearly).returns, nearly, rtol=0.02)


def test_after_a_long_halt_a_move_is_not_a_hundredfold() -> None:
    returns = np.zeros((600, 1))
    returns[:400, 0] = np.where(np.arange(400) % 2, 0.01, -0.01)
    returns[-1, 0] = -0.05
    found = filter_returns(returns)
    floor = 0.1 * returns[:, 0].std()
    assert found.own_volatility[-1, 0] == pytest.approx(floor)
    assert found.returns[-1, 0] == pytest.approx(-0.05 * found.volatility[0] / floor)


def test_what_has_no_return_has_no_volatility() -> None:
    found = filter_returns(np.array([[np.nan, 0.01], [np.nan, -0.01]]))
    assert np.isnan(found.volatility).tolist() == [True, False]
    assert np.isnan(found.own_volatility[:, 0]).all()
