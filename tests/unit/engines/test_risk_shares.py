"""Whose a portfolio's variance is: shares that sum to one, by hand and by slopes of the volatility."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.risk_shares import RiskShares, share_risk

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=100, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def make_covariance(seed: int = 0, factors: int = 4) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.asarray(
        np.cov(rng.normal(0.0, 0.01, (60, factors)) @ rng.normal(0.0, 1.0, (factors, factors)), rowvar=False)
    )


def share(exposure: list[float], covariance: FloatArray, specific: float = 0.0) -> RiskShares:
    """Of one portfolio; its rows."""
    found = share_risk(np.array([exposure]), covariance, np.array([specific]))
    return RiskShares(found.factor[0], found.specific[0], found.volatility[0])


def test_shares_worked_by_hand() -> None:
    """300 and -100 USD on deviations 2 and 1 % with correlation 0.5: 36 + 1 - 2 x 3 = 31, and 9 of its own."""
    covariance = np.array([[4e-4, 1e-4], [1e-4, 1e-4]])
    found = share([300.0, -100.0], covariance, 9.0)
    np.testing.assert_allclose(found.factor, [(36 - 3) / 40, (1 - 3) / 40], rtol=1e-13)
    assert found.specific == pytest.approx(9 / 40, rel=1e-13)
    assert found.volatility == pytest.approx(np.sqrt(40.0), rel=1e-13)


def test_a_factor_that_hedges_has_a_negative_share() -> None:
    found = share([100.0, -20.0], np.array([[4e-4, 3e-4], [3e-4, 4e-4]]))
    assert found.factor[1] < 0 < found.factor[0]
    assert found.factor.sum() == pytest.approx(1.0, rel=1e-14)


@EXAMPLES
@given(seed=seeds, scale=st.sampled_from([1e-6, 1.0, 1e12]), specific=st.floats(0.0, 1.0))
def test_shares_sum_to_one(seed: int, scale: float, specific: float) -> None:
    rng = np.random.default_rng(seed)
    exposure = scale * rng.normal(size=(5, 4))
    found = share_risk(exposure, make_covariance(seed), np.full(5, specific * 1e-4 * scale**2))
    np.testing.assert_allclose(found.factor.sum(axis=1) + found.specific, 1.0, rtol=1e-11)
    assert (found.volatility > 0).all()
    assert ((found.specific >= 0) & (found.specific <= 1 + 1e-12)).all()


@EXAMPLES
@given(seed=seeds)
def test_a_share_is_exposure_times_the_slope_of_the_volatility(seed: int) -> None:
    """Euler: by differences, of which the specific share is what grows with the size of the positions."""
    rng, covariance = np.random.default_rng(seed), make_covariance(seed)
    exposure, specific, step = rng.normal(0.0, 1e4, 4), float(rng.uniform(1e3, 1e4)), 1e-5
    found = share(exposure.tolist(), covariance, specific)
    for factor in range(4):
        bump = exposure * (1 + step * np.eye(4)[factor] * np.array([[1.0], [-1.0]]))
        up, down = share_risk(bump, covariance, np.full(2, specific)).volatility
        slope = (up - down) / (2 * step)
        assert slope / found.volatility == pytest.approx(found.factor[factor], rel=1e-5, abs=1e-8)
    sizes = specific * (1 + step * np.array([1.0, -1.0])) ** 2
    up, down = share_risk(np.tile(exposure, (2, 1)), covariance, sizes).volatility
    assert (up - down) / (2 * step) / found.volatility == pytest.approx(found.specific, rel=1e-5, abs=1e-8)


@EXAMPLES
@given(seed=seeds, size=st.floats(1e-3, 1e6))
def test_twice_the_book_or_its_opposite_has_the_same_shares(seed: int, size: float) -> None:
    exposure, covariance = np.random.default_rng(seed).normal(size=4), make_covariance(seed)
    once = share(exposure.tolist(), covariance, 1e-4)
    for sign in (1.0, -1.0):
        other = share((sign * size * exposure).tolist(), covariance, 1e-4 * size**2)
        np.testing.assert_allclose(other.factor, once.factor, rtol=1e-10, atol=1e-12)
        assert other.specific == pytest.approx(once.specific, rel=1e-10)
        assert other.volatility == pytest.approx(size * once.volatility, rel=1e-10)


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(4)))
def test_factors_in_another_order_have_their_shares_in_that_order(seed: int, order: list[int]) -> None:
    exposure, covariance = np.random.default_rng(seed).normal(size=4), make_covariance(seed)
    plain = share(exposure.tolist(), covariance, 1e-4)
    other = share(exposure[order].tolist(), covariance[np.ix_(order, order)], 1e-4)
    np.testing.assert_allclose(other.factor, plain.factor[order], rtol=1e-10, atol=1e-12)


# Nothing to share


def test_a_book_without_exposure_has_no_shares_and_no_volatility() -> None:
    found = share([0.0, 0.0, 0.0, 0.0], make_covariance())
    assert np.isnan(found.factor).all()
    assert np.isnan(found.specific)
    assert found.volatility == 0.0


@pytest.mark.parametrize("size", [1.0, 1e6, 1e-6])
def test_a_perfectly_hedged_book_has_no_shares(size: float) -> None:
    """Two factors that are one, held against each other."""
    found = share([size, -size], np.array([[1e-4, 1e-4], [1e-4, 1e-4]]))
    assert np.isnan(found.factor).all()
    assert np.isnan(found.specific)
    assert found.volatility == 0.0


def test_a_book_hedged_but_for_rounding_has_no_shares() -> None:
    volatility = np.array([0.01, 0.013, 0.007])
    for seed in range(20):
        first, second = np.random.default_rng(seed).normal(0.0, 1e6, 2)
        last = -(first * volatility[0] + second * volatility[1]) / volatility[2]
        found = share([first, second, last], np.outer(volatility, volatility))
        assert np.isnan(found.factor).all(), seed


def test_a_book_that_is_hedged_but_for_its_specific_risk_has_that() -> None:
    found = share([5.0, -5.0], np.array([[1e-4, 1e-4], [1e-4, 1e-4]]), 1e-6)
    np.testing.assert_allclose(found.factor, 0.0, atol=1e-12)
    assert found.specific == pytest.approx(1.0, rel=1e-12)
    assert found.volatility == pytest.approx(1e-3, rel=1e-12)


def test_a_small_risk_is_still_a_risk() -> None:
    """A millionth of what the legs have alone."""
    close = 1.0 - 0.5e-12
    found = share([1.0, -1.0], 1e-4 * np.array([[1.0, close], [close, 1.0]]))
    assert found.volatility == pytest.approx(1e-8, rel=1e-3)
    np.testing.assert_allclose(found.factor, [0.5, 0.5], rtol=1e-3)


# Factors and exposures that are not known


def test_a_factor_that_is_not_usable_takes_no_part() -> None:
    covariance = make_covariance()
    expected = share([1.0, 2.0, -1.0], covariance[np.ix_([0, 1, 3], [0, 1, 3])], 1e-4)
    covariance[2] = covariance[:, 2] = NAN
    for exposure in (NAN, 7.0, 0.0):
        found = share([1.0, 2.0, exposure, -1.0], covariance, 1e-4)
        assert np.isnan(found.factor).tolist() == [False, False, True, False]
        np.testing.assert_allclose(found.factor[[0, 1, 3]], expected.factor, rtol=1e-12)
        assert found.specific == pytest.approx(expected.specific, rel=1e-12)


def test_without_usable_factors_all_risk_is_specific() -> None:
    found = share([1.0, 2.0], np.full((2, 2), NAN), 4e-4)
    assert np.isnan(found.factor).all()
    assert found.specific == 1.0
    assert found.volatility == 0.02


@pytest.mark.parametrize(("exposure", "specific"), [([NAN, 1.0], 1e-4), ([1.0, 1.0], NAN)])
def test_a_portfolio_that_is_not_known_leaves_the_others_alone(exposure: list[float], specific: float) -> None:
    covariance = make_covariance(factors=2)
    found = share_risk(np.array([[2.0, -1.0], exposure]), covariance, np.array([1e-4, specific]))
    assert np.isnan(found.factor[1]).all()
    assert np.isnan([found.specific[1], found.volatility[1]]).all()
    alone = share([2.0, -1.0], covariance, 1e-4)
    np.testing.assert_array_equal(found.factor[0], alone.factor)
    assert found.volatility[0] == alone.volatility


def test_no_portfolios() -> None:
    found = share_risk(np.empty((0, 4)), make_covariance(), np.empty(0))
    assert (found.factor.shape, found.specific.shape, found.volatility.shape) == ((0, 4), (0,), (0,))
