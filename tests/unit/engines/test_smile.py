"""Volatilities from siblings of the same expiry."""

import numpy as np
import pytest

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.smile import interpolate_smile


def smile(asked: list[tuple[int, float]], known: list[tuple[int, float, float]]) -> FloatArray:
    return interpolate_smile(
        np.array([place for _, place in asked], dtype=np.float64),
        np.array([group for group, _ in asked], dtype=np.int64),
        known_log_moneyness=np.array([place for _, place, _ in known], dtype=np.float64),
        known_volatility=np.array([volatility for *_, volatility in known], dtype=np.float64),
        known_group=np.array([group for group, *_ in known], dtype=np.int64),
    )


@pytest.mark.parametrize(
    ("place", "volatility"),
    [(-9.0, 0.4), (-0.2, 0.4), (-0.1, 0.3), (0.0, 0.2), (0.05, 0.225), (0.1, 0.25), (9.0, 0.25)],
)
def test_volatilities_are_linear_between_what_is_known_and_flat_beyond(place: float, volatility: float) -> None:
    known = [(7, 0.0, 0.2), (7, 0.1, 0.25), (7, -0.2, 0.4)]
    np.testing.assert_allclose(smile([(7, place)], known), [volatility])


def test_of_one_place_the_mean_counts() -> None:
    known = [(7, 0.0, 0.2), (7, 0.0, 0.3), (7, 0.1, 0.35)]
    np.testing.assert_allclose(smile([(7, 0.0), (7, 0.05)], known), [0.25, 0.3])


def test_no_group_knows_another() -> None:
    found = smile([(1, 0.0), (2, 0.0), (3, 0.0), (1, 5.0)], [(1, 0.3, 0.2), (3, 0.0, 0.6)])
    np.testing.assert_allclose(found, [0.2, np.nan, 0.6, 0.2])


def test_nothing_known_says_nothing_and_nothing_asked_needs_nothing() -> None:
    assert np.isnan(smile([(1, 0.0)], [])).tolist() == [True]
    assert smile([], [(1, 0.0, 0.2)]).shape == (0,)
