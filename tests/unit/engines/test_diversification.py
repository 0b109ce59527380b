"""How many positions a book really is: by hand, at its limits, and under splits."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.diversification import Diversification, measure_diversification

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def measure(
    correlation: FloatArray | list[list[float]], weight: list[float], volatility: list[float]
) -> Diversification:
    return measure_diversification(np.array(correlation), np.array(weight), np.array(volatility))


def make_book(seed: int, names: int = 6) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Correlations, signed exposures in USD, volatilities."""
    rng = np.random.default_rng(seed)
    panel = rng.normal(size=(90, 2)) @ rng.normal(size=(2, names)) + rng.normal(size=(90, names))
    correlation = np.atleast_2d(np.corrcoef(panel, rowvar=False))
    return correlation, rng.normal(0.0, 1e5, names), rng.uniform(0.005, 0.05, names)


def test_two_names_by_hand() -> None:
    """Three quarters and one quarter, correlated by a half, of 1 and 2 % volatility.

    9 + 1 + 3 sixteenths; 0.75^2 + 0.5^2 + 0.75 x 0.5 = 1.1875 square per cent, of 1.25 per cent in all.
    """
    found = measure([[1.0, 0.5], [0.5, 1.0]], [3_000.0, 1_000.0], [0.01, 0.02])
    assert found.effective_classic == pytest.approx(1 / 0.75, rel=1e-14)
    assert found.effective == pytest.approx(16 / 13, rel=1e-14)
    assert found.effective_by_weight == pytest.approx(1.6, rel=1e-14)
    assert found.ratio_squared == pytest.approx(1.25**2 / 1.1875, rel=1e-13)
    assert found.average_correlation == 0.5


def test_a_long_and_a_short_by_hand() -> None:
    """The same, with the smaller one short: 9 + 1 - 3 sixteenths; 0.5625 + 0.25 - 0.375 = 0.4375."""
    found = measure([[1.0, 0.5], [0.5, 1.0]], [3_000.0, -1_000.0], [0.01, 0.02])
    assert found.effective_classic == pytest.approx(1 / 0.75, rel=1e-14)
    assert found.effective == pytest.approx(16 / 7, rel=1e-14)
    assert found.effective_by_weight == pytest.approx(1.6, rel=1e-14)
    assert found.ratio_squared == pytest.approx(1.25**2 / 0.4375, rel=1e-13)


def test_the_average_is_over_pairs() -> None:
    found = measure([[1.0, 0.2, 0.6], [0.2, 1.0, -0.5], [0.6, -0.5, 1.0]], [1.0, 1.0, 1.0], [0.01] * 3)
    assert found.average_correlation == pytest.approx(0.1, rel=1e-14)


@pytest.mark.parametrize("weight", [[1.0, 1.0], [5.0, 1.0], [-2.0, -7.0]])
def test_two_names_that_move_as_one_are_one_position(weight: list[float]) -> None:
    found = measure(np.ones((2, 2)), weight, [0.01, 0.03])
    assert found.effective == pytest.approx(1.0, rel=1e-14)
    assert found.effective_classic == 1.0
    assert found.ratio_squared == pytest.approx(1.0, rel=1e-14)
    assert found.average_correlation == 1.0


@pytest.mark.parametrize("names", [1, 2, 5, 40])
def test_so_many_independent_names_of_one_size_are_so_many_positions(names: int) -> None:
    signs = np.where(np.arange(names) % 2 == 0, 1.0, -1.0)
    found = measure_diversification(np.eye(names), 250.0 * signs, np.full(names, 0.02))
    effective = [found.effective, found.effective_classic, found.effective_by_weight, found.ratio_squared]
    np.testing.assert_allclose(effective, names, rtol=1e-13)


# Hedges


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_a_perfect_hedge_has_no_effective_number_and_no_infinite_one(size: float) -> None:
    found = measure(np.ones((2, 2)), [size, -size], [0.01, 0.01])
    assert np.isnan([found.effective, found.ratio_squared]).all()
    assert found.effective_classic == 1.0
    assert found.effective_by_weight == pytest.approx(2.0, rel=1e-14)


def test_a_hedge_that_rounding_spoils_is_still_perfect() -> None:
    """Two lots against a third that moves as they do."""
    for seed in range(20):
        first, second = np.random.default_rng(seed).normal(0.0, 1e6, 2).tolist()
        found = measure(np.ones((3, 3)), [first, second, -(first + second)], [0.013] * 3)
        assert np.isnan([found.effective, found.ratio_squared]).all(), seed


def test_opposites_held_alike_hedge_each_other() -> None:
    """Then the classic number, which knows no signs, is missing as well."""
    found = measure([[1.0, -1.0], [-1.0, 1.0]], [1.0, 1.0], [0.01, 0.01])
    assert np.isnan([found.effective, found.effective_classic, found.ratio_squared]).all()
    assert found.effective_by_weight == 2.0
    assert found.average_correlation == -1.0


def test_a_hedge_of_weights_need_not_be_one_of_risks() -> None:
    """As much short of a calm name as is long of a wild one."""
    found = measure(np.ones((2, 2)), [1.0, -1.0], [0.01, 0.03])
    assert np.isnan(found.effective)
    assert found.ratio_squared == pytest.approx((0.04 / 0.02) ** 2, rel=1e-12)


def test_nearly_a_hedge_is_many_positions() -> None:
    """A thousandth is left of each two: 2,001 squared times one over one."""
    found = measure(np.ones((2, 2)), [1.001, -1.0], [0.01, 0.01])
    assert found.effective == pytest.approx(2_001.0**2, rel=1e-9)
    assert found.ratio_squared == pytest.approx(2_001.0**2, rel=1e-9)


# What is missing


@pytest.mark.parametrize(("names", "size"), [(0, 0.0), (3, 0.0)])
def test_nothing_held_nothing_known(names: int, size: float) -> None:
    found = measure_diversification(np.eye(names), np.full(names, size), np.full(names, 0.01))
    assert np.isnan([found.effective, found.effective_by_weight, found.ratio_squared]).all()


def test_a_single_name_is_one_position_and_has_no_pair() -> None:
    found = measure([[1.0]], [-5.0], [0.01])
    assert astuple(found)[:4] == pytest.approx((1.0, 1.0, 1.0, 1.0), rel=1e-14)
    assert np.isnan(found.average_correlation)


def test_without_a_volatility_there_is_no_ratio_and_the_rest_stands() -> None:
    correlation, weight, volatility = make_book(1)
    plain = measure_diversification(correlation, weight, volatility)
    volatility[2] = NAN
    found = measure_diversification(correlation, weight, volatility)
    assert np.isnan(found.ratio_squared)
    for name in ("effective", "effective_classic", "effective_by_weight", "average_correlation"):
        assert getattr(found, name) == getattr(plain, name)


@pytest.mark.parametrize("volatility", [0.0, 1e-12])
def test_the_ratio_has_no_scale_but_needs_some_risk(volatility: float) -> None:
    correlation, weight, _ = make_book(1)
    found = measure_diversification(correlation, weight, np.full(6, volatility)).ratio_squared
    expected = measure_diversification(correlation, weight, np.full(6, 0.01)).ratio_squared
    assert np.isnan(found) if volatility == 0.0 else found == pytest.approx(expected, rel=1e-9)


# Laws


@EXAMPLES
@given(seed=seeds, size=st.sampled_from([-1.0, 1e-6, 3.0, -1e6]), risk=st.sampled_from([1.0, 100.0]))
def test_neither_the_size_of_the_book_nor_its_side_matters(seed: int, size: float, risk: float) -> None:
    correlation, weight, volatility = make_book(seed)
    plain = measure_diversification(correlation, weight, volatility)
    other = measure_diversification(correlation, size * weight, risk * volatility)
    np.testing.assert_allclose(astuple(other), astuple(plain), rtol=1e-9)


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(6)))
def test_the_order_of_the_names_does_not_matter(seed: int, order: list[int]) -> None:
    correlation, weight, volatility = make_book(seed)
    plain = measure_diversification(correlation, weight, volatility)
    other = measure_diversification(correlation[np.ix_(order, order)], weight[order], volatility[order])
    np.testing.assert_allclose(astuple(other), astuple(plain), rtol=1e-9)


@EXAMPLES
@given(seed=seeds, share=st.floats(0.05, 0.95))
def test_a_name_held_under_two_symbols_is_the_same_risk_but_more_weights(seed: int, share: float) -> None:
    correlation, weight, volatility = make_book(seed)
    rows = [0, 0, 1, 2, 3, 4, 5]
    split = weight[rows] * np.array([share, 1 - share, 1, 1, 1, 1, 1])
    plain = measure_diversification(correlation, weight, volatility)
    other = measure_diversification(correlation[np.ix_(rows, rows)], split, volatility[rows])
    assert other.effective == pytest.approx(plain.effective, rel=1e-9)
    assert other.ratio_squared == pytest.approx(plain.ratio_squared, rel=1e-9)
    assert other.effective_by_weight > plain.effective_by_weight


@EXAMPLES
@given(seed=seeds, names=st.integers(1, 8))
def test_longs_alone_are_between_one_position_and_the_names(seed: int, names: int) -> None:
    """With correlations that are not negative their weights alone say at most as many."""
    correlation, weight, volatility = make_book(seed, names)
    found = measure_diversification(correlation**2, np.abs(weight), volatility)
    assert 1.0 - 1e-12 <= found.effective <= found.effective_by_weight + 1e-12 <= names + 2e-12
    assert 1.0 - 1e-12 <= found.effective_classic <= names + 1e-12
    assert found.ratio_squared >= 1.0 - 1e-12


@EXAMPLES
@given(seed=seeds)
def test_with_equal_weights_the_classic_number_is_the_signed_one(seed: int) -> None:
    correlation, _, volatility = make_book(seed)
    found = measure_diversification(correlation, np.full(6, 5_000.0), volatility)
    assert found.effective == pytest.approx(found.effective_classic, rel=1e-11)
    average = (1 + 5 * found.average_correlation) / 6
    assert found.effective_classic == pytest.approx(1 / average, rel=1e-9)


@EXAMPLES
@given(seed=seeds)
def test_with_equal_volatilities_the_ratio_is_the_effective_number(seed: int) -> None:
    correlation, weight, _ = make_book(seed)
    found = measure_diversification(correlation, weight, np.full(6, 0.02))
    assert found.ratio_squared == pytest.approx(found.effective, rel=1e-9)
