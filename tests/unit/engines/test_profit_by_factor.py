"""P&L by factor: by hand, a fund that is its factor, and that the parts are the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.engines.profit_by_factor import explain_by_factor

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
pnls = arrays(np.float64, 5, elements=st.integers(-10_000, 10_000).map(float))
exposures = arrays(np.float64, (5, 3), elements=st.integers(-100_000, 100_000).map(float))
returns = arrays(np.float64, 3, elements=st.integers(-200, 200).map(lambda size: size / 1_000))
slopes = arrays(np.float64, 3, elements=st.integers(-200, 200).map(lambda size: size / 100))
holes = arrays(np.bool_, (5, 3), elements=st.booleans())


def test_a_position_by_hand() -> None:
    """The market rises by 1 %; value by 2 %, of which 0.8 % is the market's; size falls by 0.5 %, 1.5 % behind it."""
    found = explain_by_factor(
        np.array([170.0, 170.0]),
        np.array([[10_000.0, 2_000.0, -1_000.0], [-10_000.0, 0.0, 0.0]]),
        np.array([0.01, 0.02, -0.005]),
        np.array([1.0, 0.8, 1.0]),
    )
    np.testing.assert_allclose(found.factor, [[100.0, 24.0, 15.0], [-100.0, 0.0, 0.0]], rtol=1e-13)
    np.testing.assert_allclose(found.specific, [31.0, 270.0], rtol=1e-13)


@EXAMPLES
@given(pnl=pnls, exposure=exposures, factor_return=returns, market_slopes=slopes, unknown=holes)
def test_factors_that_are_known_and_the_specific_part_are_the_whole(
    pnl: FloatArray, exposure: FloatArray, factor_return: FloatArray, market_slopes: FloatArray, unknown: BoolArray
) -> None:
    exposure = np.where(unknown, NAN, exposure)
    found = explain_by_factor(pnl, exposure, factor_return, market_slopes)
    np.testing.assert_array_equal(np.isnan(found.factor), unknown)
    size = np.nansum(np.abs(found.factor), axis=1) + np.abs(pnl)
    assert (np.abs(np.nansum(found.factor, axis=1) + found.specific - pnl) <= 1e-14 * size).all()


@EXAMPLES
@given(factor_return=returns, market_slopes=slopes, value=st.integers(-100_000, 100_000))
def test_a_fund_that_is_a_factor_has_nothing_specific(
    factor_return: FloatArray, market_slopes: FloatArray, value: int
) -> None:
    """Its beta to the market is its slope, to itself 1: the market's part and its own make its return."""
    exposure = value * np.array([[1.0, 0.0, 0.0], [market_slopes[1], 1.0, 0.0], [market_slopes[2], 0.0, 1.0]])
    found = explain_by_factor(value * factor_return, exposure, factor_return, market_slopes)
    np.testing.assert_allclose(found.specific, 0.0, rtol=0, atol=1e-15 * 10 * (1 + abs(value)))


@EXAMPLES
@given(pnl=pnls, exposure=exposures, factor_return=returns, market_slopes=slopes, size=st.sampled_from([-1.0, 0.5, 3]))
def test_so_many_positions_have_so_many_times_each_part(
    pnl: FloatArray, exposure: FloatArray, factor_return: FloatArray, market_slopes: FloatArray, size: float
) -> None:
    once = explain_by_factor(pnl, exposure, factor_return, market_slopes)
    many = explain_by_factor(size * pnl, size * exposure, factor_return, market_slopes)
    np.testing.assert_allclose(many.factor, size * once.factor, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(many.specific, size * once.specific, rtol=1e-12, atol=1e-9)


@EXAMPLES
@given(pnl=pnls, exposure=exposures, factor_return=returns, market_slopes=slopes)
def test_positions_add_up_factor_by_factor(
    pnl: FloatArray, exposure: FloatArray, factor_return: FloatArray, market_slopes: FloatArray
) -> None:
    each = explain_by_factor(pnl, exposure, factor_return, market_slopes)
    book = explain_by_factor(pnl.sum(keepdims=True), exposure.sum(axis=0, keepdims=True), factor_return, market_slopes)
    np.testing.assert_allclose(book.factor[0], each.factor.sum(axis=0), rtol=1e-12, atol=1e-8)
    np.testing.assert_allclose(book.specific[0], each.specific.sum(), rtol=1e-12, atol=1e-8)


@pytest.mark.parametrize("own", [1.0, 0.0, -3.0, NAN])
def test_the_market_is_not_measured_against_itself(own: float) -> None:
    found = explain_by_factor(np.zeros(1), np.ones((1, 2)), np.array([0.01, 0.02]), np.array([own, 0.5]))
    np.testing.assert_allclose(found.factor, [[0.01, 0.015]], rtol=1e-14)


# What is missing


@pytest.mark.parametrize("unknown", ["return", "slope"])
def test_a_style_that_is_not_known_is_left_to_the_specific_part(unknown: str) -> None:
    factor_return, market_slopes = np.array([0.01, 0.02, 0.03]), np.array([1.0, 0.5, 0.5])
    (factor_return if unknown == "return" else market_slopes)[1] = NAN
    found = explain_by_factor(np.array([100.0]), np.full((1, 3), 1_000.0), factor_return, market_slopes)
    np.testing.assert_allclose(found.factor, [[10.0, NAN, 25.0]], rtol=1e-13)
    np.testing.assert_allclose(found.specific, [65.0], rtol=1e-13)


def test_without_the_market_no_factor_is_known() -> None:
    """What is beyond it is not either."""
    found = explain_by_factor(np.array([100.0]), np.ones((1, 2)), np.array([NAN, 0.02]), np.array([1.0, 0.5]))
    assert np.isnan(found.factor).all()
    assert found.specific.tolist() == [100.0]


def test_without_a_pnl_there_is_no_specific_part_and_no_factor_s() -> None:
    found = explain_by_factor(np.array([NAN, 1.0]), np.full((2, 1), 500.0), np.array([0.01]), np.array([1.0]))
    assert np.isnan(found.factor[0, 0])
    assert found.factor[1, 0] == 5.0
    assert np.isnan(found.specific).tolist() == [True, False]


def test_no_positions() -> None:
    found = explain_by_factor(np.empty(0), np.empty((0, 2)), np.array([0.01, 0.02]), np.ones(2))
    assert (found.factor.shape, found.specific.shape) == ((0, 2), (0,))
