"""The market, and what styles do beyond it: which factors say something, and that funds of them have their rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.factor_basis import FactorBasis, build_basis
from sigmasight.engines.regression import regress

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=50, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
scales = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)


def make_factors(seed: int = 0, sessions: int = 252, count: int = 7) -> FloatArray:
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.012, (sessions, 1))
    own = rng.normal(0.0, 0.004, (sessions, count - 1))
    return np.column_stack([market, rng.uniform(0.6, 1.4, count - 1) * market + own + 0.3 * own[:, ::-1]])


def turned(angles_to_first: list[float], scale: float = 0.01) -> FloatArray:
    """Columns with given correlations to the first and none else in common, over 8 sessions, without means."""
    signs = np.array([[(-1) ** (row >> bit & 1) for bit in range(3)] for row in range(8)], dtype=np.float64)
    signs = np.column_stack([signs, signs[:, 0] * signs[:, 1]])
    columns = [signs[:, 0]]
    for at, rho in enumerate(angles_to_first, start=1):
        columns.append(rho * signs[:, 0] + np.sqrt(1 - rho**2) * signs[:, at])
    return scale * np.column_stack(columns)


def assert_same(found: FactorBasis, expected: FactorBasis, places: list[int]) -> None:
    """The numbers of some factors are those of a basis that has no others."""
    every = np.ix_(places, places)
    np.testing.assert_allclose(found.market_slopes[places], expected.market_slopes, rtol=1e-10)
    np.testing.assert_allclose(found.returns[:, places], expected.returns, rtol=0, atol=1e-15)
    np.testing.assert_allclose(found.covariance[every], expected.covariance, rtol=1e-9, atol=1e-18)
    np.testing.assert_allclose(found.variance_inflation[places], expected.variance_inflation, rtol=1e-9)
    assert found.condition_number == pytest.approx(expected.condition_number, rel=1e-9)


# What the basis is


@EXAMPLES
@given(seed=seeds)
def test_styles_beyond_the_market_have_nothing_in_common_with_it(seed: int) -> None:
    factors = make_factors(seed)
    found = build_basis(factors)
    common = [np.corrcoef(found.returns[:, 0], style)[0, 1] for style in found.returns[:, 1:].T]
    np.testing.assert_allclose(common, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(found.returns, rowvar=False), rtol=1e-10, atol=1e-18)
    for style in range(1, 7):
        slope = np.polyfit(factors[:, 0], factors[:, style], 1)[0]
        assert found.market_slopes[style] == pytest.approx(slope, rel=1e-10)


@pytest.mark.parametrize("factor", [None, 0, 3])
def test_what_styles_do_beyond_and_the_market_are_together_the_styles(factor: int | None) -> None:
    factors = make_factors()
    if factor is not None:
        factors[9, factor] = NAN
    found = build_basis(factors)
    whole = found.returns + np.r_[0.0, found.market_slopes[1:]] * found.returns[:, :1]
    known = ~np.isnan(factors).any(axis=1)
    np.testing.assert_allclose(whole[known], factors[known], rtol=0, atol=1e-16)
    assert np.isnan(found.returns[~known]).all()
    assert found.market_slopes[0] == 1.0


def test_numbers_worked_by_hand() -> None:
    """Market 1, -1, 2, -2 %, style 2, -1, 3, -4 %: slope 17/10, beyond 0.3, 0.7, -0.4, -0.6 %."""
    found = build_basis(0.01 * np.array([[1.0, 2.0], [-1.0, -1.0], [2.0, 3.0], [-2.0, -4.0]]))
    np.testing.assert_allclose(found.market_slopes, [1.0, 1.7], rtol=1e-14)
    np.testing.assert_allclose(found.returns[:, 1], [0.003, 0.007, -0.004, -0.006], rtol=1e-12)
    np.testing.assert_allclose(np.diag(found.covariance), [1e-3 / 3, 1.10e-4 / 3], rtol=1e-12)
    rho_squared = 17**2 / (10 * 30)
    np.testing.assert_allclose(found.variance_inflation, 1 / (1 - rho_squared), rtol=1e-12)
    assert found.sessions == 4


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9, 0.999])
def test_inflation_and_condition_of_two_factors_are_functions_of_their_correlation(rho: float) -> None:
    found = build_basis(turned([rho]))
    np.testing.assert_allclose(found.variance_inflation, 1 / (1 - rho**2), rtol=1e-10)
    assert found.condition_number == pytest.approx((1 + abs(rho)) / (1 - abs(rho)), rel=1e-10)
    np.testing.assert_allclose(found.market_slopes[1], rho, rtol=0, atol=1e-15)


def test_factors_without_anything_in_common_inflate_nothing() -> None:
    found = build_basis(turned([0.0, 0.0, 0.0]))
    np.testing.assert_allclose(found.variance_inflation, 1.0, rtol=1e-14)
    assert found.condition_number == pytest.approx(1.0, rel=1e-14)


@EXAMPLES
@given(seed=seeds, units=st.lists(scales, min_size=7, max_size=7), drift=st.floats(-0.01, 0.01))
def test_units_and_drifts_of_factors_change_what_has_units_and_nothing_else(
    seed: int, units: list[float], drift: float
) -> None:
    factors, size = make_factors(seed), np.array(units)
    plain, other = build_basis(factors), build_basis(drift * size + factors * size)
    np.testing.assert_allclose(other.market_slopes[1:], plain.market_slopes[1:] * size[1:] / size[0], rtol=1e-9)
    units_gone = other.covariance / np.outer(size, size)
    np.testing.assert_allclose(units_gone, plain.covariance, rtol=1e-8, atol=1e-15)
    np.testing.assert_allclose(other.variance_inflation, plain.variance_inflation, rtol=1e-9)
    assert other.condition_number == pytest.approx(plain.condition_number, rel=1e-9)
    assert (other.variance_inflation >= 1).all()


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(1, 7)))
def test_styles_in_another_order_have_their_numbers_in_that_order(seed: int, order: list[int]) -> None:
    factors, places = make_factors(seed), [0, *order]
    assert_same(build_basis(factors[:, places]), build_basis(factors), np.argsort(places).tolist())


# Funds of the factors


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("prior_std", [np.inf, 0.5])
def test_a_fund_of_a_factor_has_its_row(prior_std: float, *, gaps: bool) -> None:
    """The market 1, 0, ...; a style its slope on the market, and 1 on what it does beyond."""
    factors = make_factors()
    basis = build_basis(factors)
    funds = factors.copy()
    if gaps:
        funds[np.random.default_rng(2).random(funds.shape) < 1 / 3] = NAN
    shrunk = np.array([False] + [True] * 6)
    found = regress(funds, basis.returns, min_obs=60, shrunk=shrunk, prior_std=prior_std)
    expected = np.eye(7)
    expected[1:, 0] = [np.polyfit(factors[:, 0], style, 1)[0] for style in factors[:, 1:].T]
    np.testing.assert_allclose(found.slope, expected, rtol=1e-11, atol=1e-11)
    assert found.exact.all()


@settings(EXAMPLES, max_examples=20)
@given(seed=seeds, prior_std=st.floats(0.01, 10.0))
def test_without_gaps_the_market_beta_is_that_of_the_market_alone(seed: int, prior_std: float) -> None:
    factors = make_factors(seed)
    stocks = factors @ np.random.default_rng(seed).normal(0.3, 0.5, (7, 4))
    stocks += np.random.default_rng(seed + 1).normal(0.0, 0.01, stocks.shape)
    shrunk = np.array([False] + [True] * 6)
    found = regress(stocks, build_basis(factors).returns, min_obs=60, shrunk=shrunk, prior_std=prior_std)
    alone = [np.polyfit(factors[:, 0], stock, 1)[0] for stock in stocks.T]
    np.testing.assert_allclose(found.slope[:, 0], alone, rtol=1e-9, atol=1e-12)


# Factors that say nothing


@pytest.mark.parametrize("still", [1, 3, 6])
def test_a_style_that_stands_still_is_not_usable_and_the_others_stand(still: int) -> None:
    factors = make_factors()
    factors[:, still] = 0.0
    others = [at for at in range(7) if at != still]
    found = build_basis(factors)
    assert found.usable.tolist() == [at != still for at in range(7)]
    assert np.isnan(found.covariance[still]).all()
    assert np.isnan(found.covariance[:, still]).all()
    assert np.isnan(found.variance_inflation[still])
    assert_same(found, build_basis(factors[:, others]), others)


@pytest.mark.parametrize("place", [0, 4])
def test_a_factor_that_grows_steadily_is_not_usable(place: int) -> None:
    factors = make_factors()
    for daily in (0.001, -0.00037, 0.1, 1 / 3):
        factors[:, place] = daily
        assert not build_basis(factors).usable[place], daily


def test_a_market_that_stands_still_says_nothing_of_slopes() -> None:
    factors = make_factors()
    factors[:, 0] = 0.0
    found = build_basis(factors)
    assert not found.usable[0]
    assert np.isnan(found.market_slopes[1:]).all()
    assert np.isnan(found.covariance).all()


def copies() -> dict[str, FloatArray]:
    """What style 5 may be made of."""
    factors = make_factors()
    return {
        "the market": factors[:, 0],
        "twice the market and a drift": 0.001 + 2 * factors[:, 0],
        "another style": factors[:, 2],
        "the opposite of another style": -factors[:, 2],
        "a mix": factors[:, [0, 1, 3]] @ [0.2, -1.5, 3.0],
        "almost another style": factors[:, 2] * (1 + 1e-9 * np.arange(252)),
    }


@pytest.mark.parametrize("of", sorted(copies()))
def test_a_copy_of_factors_before_it_is_not_usable_and_the_others_stand(of: str) -> None:
    factors = make_factors()
    factors[:, 5] = copies()[of]
    others = [0, 1, 2, 3, 4, 6]
    found = build_basis(factors)
    assert found.usable.tolist() == [at != 5 for at in range(7)]
    assert np.isnan(found.covariance[5]).all()
    assert_same(found, build_basis(factors[:, others]), others)


def test_of_two_copies_the_first_is_usable() -> None:
    factors = make_factors()
    factors[:, 1] = factors[:, 6]
    assert build_basis(factors).usable.tolist() == [True] * 6 + [False]


def test_a_factor_with_a_little_of_its_own_is_usable() -> None:
    factors = make_factors()
    factors[:, 5] = factors[:, 2] + np.random.default_rng(9).normal(0.0, 1e-6, 252)
    found = build_basis(factors)
    assert found.usable.all()
    assert found.variance_inflation[5] > 1e6


# Sessions


def test_a_session_that_lacks_a_factor_counts_for_nobody() -> None:
    factors = make_factors()
    factors[[0, 100, 251], [3, 0, 6]] = NAN
    known = ~np.isnan(factors).any(axis=1)
    found, expected = build_basis(factors), build_basis(factors[known])
    assert found.sessions == expected.sessions == 249
    np.testing.assert_allclose(found.market_slopes, expected.market_slopes, rtol=1e-14)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-13)
    np.testing.assert_allclose(found.returns[known], expected.returns, rtol=0, atol=1e-17)
    assert np.isnan(found.returns[~known]).all()


@pytest.mark.parametrize("sessions", [0, 1])
@pytest.mark.parametrize("lost", [False, True])
def test_without_two_sessions_nothing_is_usable(sessions: int, *, lost: bool) -> None:
    factors = make_factors(sessions=sessions)
    if lost:
        factors = np.concatenate([factors, np.full((5, 7), NAN)])
    found = build_basis(factors)
    assert not found.usable.any()
    assert found.sessions == sessions
    assert found.returns.shape == factors.shape
    assert np.isnan(found.covariance).all()
    assert np.isnan(found.variance_inflation).all()
    assert np.isnan(found.condition_number)


@pytest.mark.parametrize("sessions", [2, 3, 5, 8])
def test_no_more_factors_are_usable_than_sessions_can_tell_apart(sessions: int) -> None:
    found = build_basis(make_factors(sessions=sessions))
    assert found.usable.tolist() == [at < sessions - 1 for at in range(7)]


def test_a_market_alone() -> None:
    factors = make_factors()[:, :1]
    found = build_basis(factors)
    np.testing.assert_array_equal(found.returns, factors)
    assert found.market_slopes.tolist() == [1.0]
    assert found.covariance[0, 0] == pytest.approx(np.var(factors, ddof=1), rel=1e-12)
    assert found.variance_inflation[0] == pytest.approx(1.0, rel=1e-14)
    assert found.condition_number == pytest.approx(1.0, rel=1e-14)


def test_what_was_given_is_left_alone() -> None:
    factors = make_factors()
    before = factors.copy()
    factors.flags.writeable = False
    build_basis(factors)
    np.testing.assert_array_equal(factors, before)
