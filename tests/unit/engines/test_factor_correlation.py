"""Exponentially weighted correlations: by hand, at the edges, and their laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.factor_correlation import CAP, DECAY, correlate_factors

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=60, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def make_factors(seed: int = 0, sessions: int = 252, count: int = 5) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(0.0, 0.01, (sessions, count)) @ (np.eye(count) + rng.uniform(-1, 1, (count, count))))


@pytest.mark.parametrize("decay", [0.94, 0.5])
def test_two_sessions_by_hand(decay: float) -> None:
    """Weights decay : 1, so a variance of their product times the squared difference."""
    found = correlate_factors(np.array([[0.01, 0.02], [0.03, -0.06]]), decay=decay)
    product = decay / (1 + decay) ** 2
    expected = product * np.array([[0.02**2, -0.02 * 0.08], [-0.02 * 0.08, 0.08**2]])
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-12)
    np.testing.assert_allclose(found.volatility, np.sqrt(product) * np.array([0.02, 0.08]), rtol=1e-12)
    np.testing.assert_allclose(found.correlation, [[1, -1], [-1, 1]], rtol=1e-12)
    np.testing.assert_allclose(found.capped, [[1, -0.95], [-0.95, 1]], rtol=1e-15)
    assert found.effective_sessions == pytest.approx((1 + decay) ** 2 / (1 + decay**2), rel=1e-14)


def test_the_usual_decay_and_cap() -> None:
    assert (DECAY, CAP) == (0.94, 0.95)


def test_a_loop_says_the_same() -> None:
    factors, decay = make_factors(sessions=30), 0.9
    weights = [decay**age for age in range(29, -1, -1)]
    total, mean = sum(weights), np.zeros(5)
    for weight, session in zip(weights, factors, strict=True):
        mean += weight / total * session
    covariance = np.zeros((5, 5))
    for weight, session in zip(weights, factors, strict=True):
        covariance += weight / total * np.outer(session - mean, session - mean)
    found = correlate_factors(factors, decay=decay)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-11)


def test_without_decay_it_is_the_ordinary_covariance() -> None:
    factors = make_factors()
    found = correlate_factors(factors, decay=1.0)
    np.testing.assert_allclose(found.covariance, np.cov(factors, rowvar=False, ddof=0), rtol=1e-11)
    np.testing.assert_allclose(found.correlation, np.corrcoef(factors, rowvar=False), rtol=1e-11)
    assert found.effective_sessions == pytest.approx(252, rel=1e-12)


@pytest.mark.parametrize("sessions", [1, 2, 60, 252])
def test_effective_sessions_are_kishs(sessions: int) -> None:
    """Geometric series, summed."""
    expected = (1 - 0.94**sessions) ** 2 * (1 - 0.94**2) / ((1 - 0.94) ** 2 * (1 - 0.94 ** (2 * sessions)))
    assert correlate_factors(make_factors(sessions=sessions)).effective_sessions == pytest.approx(expected, rel=1e-12)


@EXAMPLES
@given(seed=seeds, cap=st.floats(0.0, 1.0), decay=st.floats(0.5, 1.0))
def test_correlations_are_correlations(seed: int, cap: float, decay: float) -> None:
    found = correlate_factors(make_factors(seed), decay=decay, cap=cap)
    assert np.diag(found.correlation).tolist() == np.diag(found.capped).tolist() == [1.0] * 5
    np.testing.assert_allclose(found.correlation, found.correlation.T, rtol=1e-12)
    assert np.linalg.eigvalsh(found.correlation).min() > -1e-12
    assert np.abs(found.correlation).max() <= 1 + 1e-12
    off = ~np.eye(5, dtype=np.bool_)
    assert np.abs(found.capped[off]).max() <= cap
    inside = off & (np.abs(found.correlation) <= cap)
    np.testing.assert_array_equal(found.capped[inside], found.correlation[inside])
    outside = off & ~inside
    np.testing.assert_array_equal(np.sign(found.capped[outside]) * cap, found.capped[outside])


@EXAMPLES
@given(seed=seeds, units=st.lists(st.sampled_from([-100.0, -1.0, 0.01, 3.0]), min_size=5, max_size=5))
def test_units_change_volatilities_and_signs_and_nothing_else(seed: int, units: list[float]) -> None:
    factors, size = make_factors(seed), np.array(units)
    plain, other = correlate_factors(factors), correlate_factors(0.02 + factors * size)
    signs = np.outer(np.sign(size), np.sign(size))
    np.testing.assert_allclose(other.volatility, np.abs(size) * plain.volatility, rtol=1e-9)
    np.testing.assert_allclose(other.correlation, signs * plain.correlation, rtol=1e-8, atol=1e-12)


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(5)))
def test_factors_in_another_order_have_their_numbers_in_that_order(seed: int, order: list[int]) -> None:
    factors = make_factors(seed)
    plain, other = correlate_factors(factors), correlate_factors(factors[:, order])
    np.testing.assert_allclose(other.covariance, plain.covariance[np.ix_(order, order)], rtol=1e-11, atol=1e-20)
    np.testing.assert_allclose(other.capped, plain.capped[np.ix_(order, order)], rtol=1e-11, atol=1e-14)


def test_what_is_long_ago_hardly_counts() -> None:
    factors = make_factors()
    wild = factors.copy()
    wild[0] = [0.5, -0.5, 0.5, -0.5, 0.5]
    np.testing.assert_allclose(correlate_factors(wild).covariance, correlate_factors(factors).covariance, atol=1e-7)
    wild = np.concatenate([wild[1:], wild[:1]])
    assert correlate_factors(wild).covariance[0, 1] == pytest.approx(0.06 * 0.94 * -0.25, rel=0.1)  # w (1 - w) x y


# What is missing


def test_lost_sessions_at_either_end_are_as_if_never_held() -> None:
    factors = make_factors()
    factors[:3], factors[-4:, 2] = NAN, NAN
    found, expected = correlate_factors(factors), correlate_factors(factors[3:-4])
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-12)
    assert found.effective_sessions == pytest.approx(expected.effective_sessions, rel=1e-12)


def test_a_lost_session_ages_those_before_it() -> None:
    """Three sessions, the second lost: weights decay^2 : 1."""
    found = correlate_factors(np.array([[0.01], [NAN], [0.03]]), decay=0.5)
    assert found.covariance[0, 0] == pytest.approx(0.25 / 1.25**2 * 0.02**2, rel=1e-12)


@pytest.mark.parametrize("still", [0, 3])
def test_a_factor_that_stands_still_has_no_correlation_and_the_others_stand(still: int) -> None:
    factors = make_factors()
    factors[:, still] = 0.0
    found, others = correlate_factors(factors), [at for at in range(5) if at != still]
    expected = correlate_factors(factors[:, others])
    for matrix in (found.correlation, found.capped):
        assert np.isnan(matrix[still]).all()
        assert np.isnan(matrix[:, still]).all()
    assert np.isnan(found.volatility).tolist() == [at == still for at in range(5)]
    np.testing.assert_allclose(found.capped[np.ix_(others, others)], expected.capped, rtol=1e-11)


def test_a_factor_that_grows_steadily_has_no_correlation() -> None:
    factors = make_factors()
    for daily in (0.0007, 0.001, 0.013, 0.07, 0.1, 0.3, 1 / 3, 0.7):
        factors[:, 1] = daily
        assert np.isnan(correlate_factors(factors).correlation[1]).all(), daily


@pytest.mark.parametrize("factors", [np.empty((0, 3)), np.full((9, 3), NAN), np.array([[0.01, 0.02, 0.03]])])
def test_without_two_sessions_nothing_is_correlated(factors: FloatArray) -> None:
    found = correlate_factors(factors)
    assert np.isnan(found.volatility).all()
    assert np.isnan(found.correlation).all()
    assert np.isnan(found.capped).all()
    assert found.effective_sessions == len(factors[~np.isnan(factors).any(axis=1)])
