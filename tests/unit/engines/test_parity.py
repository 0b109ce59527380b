"""Forwards that put-call parity implies."""

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.parity import imply_forwards

NAN = np.nan
Quote = tuple[int, str, float, float]
"""Group, call or put, strike, price."""


def forwards(*quotes: Quote, groups: int, growth: float = 1.05) -> FloatArray:
    return imply_forwards(
        price=np.array([price for *_, price in quotes], dtype=np.float64),
        strike=np.array([strike for _, _, strike, _ in quotes], dtype=np.float64),
        growth=np.full(len(quotes), growth),
        is_call=np.array([right == "call" for _, right, _, _ in quotes], dtype=np.bool_),
        group=np.array([group for group, *_ in quotes], dtype=np.int64),
        groups=groups,
    )


def test_the_pair_with_the_nearest_prices_tells() -> None:
    near = ((0, "call", 20, 3.0), (0, "put", 20, 1.0))
    far = ((0, "put", 15, 0.1), (0, "call", 15, 7.0))
    np.testing.assert_allclose(forwards(*far, *near, groups=1), [20 + 2.0 * 1.05])


def test_of_two_equally_near_pairs_the_lower_strike_tells() -> None:
    upper = ((0, "call", 22, 1.0), (0, "put", 22, 2.0))
    lower = ((0, "call", 20, 2.5), (0, "put", 20, 1.5))
    np.testing.assert_allclose(forwards(*upper, *lower, groups=1), [20 + 1.05])


def test_calls_and_puts_of_different_strikes_are_no_pair() -> None:
    assert np.isnan(forwards((0, "call", 20, 3.0), (0, "put", 21, 3.0), groups=1)).all()


def test_a_call_and_a_put_of_different_groups_are_no_pair() -> None:
    assert np.isnan(forwards((0, "put", 20, 3.0), (1, "call", 20, 3.0), groups=2)).all()


def test_every_group_has_a_forward_of_its_own() -> None:
    found = forwards(
        *((2, "put", 30, 4.0), (0, "call", 10, 1.0), (3, "call", 5, NAN), (2, "call", 30, 3.0)),
        *((3, "put", 5, 1.0), (0, "put", 10, 1.0)),
        groups=5,
    )
    np.testing.assert_allclose(found, [10.0, NAN, 30 - 1.05, NAN, NAN])


def test_a_pair_that_implies_nothing_above_zero_tells_nothing() -> None:
    assert np.isnan(forwards((0, "call", 1, 0.5), (0, "put", 1, 3.0), groups=1)).all()


def test_without_a_rate_there_is_no_forward() -> None:
    assert np.isnan(forwards((0, "call", 20, 3.0), (0, "put", 20, 1.0), groups=1, growth=NAN)).all()


def test_without_options_there_are_no_forwards() -> None:
    assert forwards(groups=0).shape == (0,)
    assert np.isnan(forwards(groups=2)).tolist() == [True, True]
