"""Closes as if neither splits nor dividends had been."""

import numpy as np

from sigmasight.engines.adjusted_closes import adjust_closes

NAN = float("nan")
NONE = np.zeros(0, dtype=np.int64)


def test_a_split_is_no_return() -> None:
    closes = np.array([[100.0], [102.0], [51.0], [52.0]])
    shares = np.array([[1.0], [1.0], [2.0], [2.0]])
    found = adjust_closes(closes, shares, session=NONE, asset=NONE, amount=np.zeros(0))
    np.testing.assert_allclose(found[:, 0], [50.0, 51.0, 51.0, 52.0], rtol=1e-15)


def test_a_dividend_is_reinvested() -> None:
    closes = np.array([[100.0, 10.0], [98.0, NAN], [99.0, 11.0]])
    found = adjust_closes(
        closes, np.ones((3, 2)), session=np.array([1, 2]), asset=np.array([0, 1]), amount=np.array([2.0, 1.0])
    )
    np.testing.assert_allclose(found[:, 0], [98.0, 98.0, 99.0], rtol=1e-15)
    np.testing.assert_allclose(found[:, 1], [9.0, NAN, 11.0], rtol=1e-15)


def test_a_dividend_on_the_day_of_a_split_is_of_the_new_share() -> None:
    closes, shares = np.array([[100.0], [49.0]]), np.array([[1.0], [2.0]])
    found = adjust_closes(closes, shares, session=np.array([1]), asset=np.array([0]), amount=np.array([1.0]))
    np.testing.assert_allclose(found[:, 0], [49.0, 49.0], rtol=1e-15)


def test_a_dividend_above_the_close_or_without_one_before_it_changes_nothing() -> None:
    closes = np.array([[NAN, 5.0], [4.0, 5.0]])
    found = adjust_closes(
        closes, np.ones((2, 2)), session=np.array([1, 1]), asset=np.array([0, 1]), amount=np.array([1.0, 6.0])
    )
    np.testing.assert_array_equal(found, closes)
