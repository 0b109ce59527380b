"""Cumulative split factors."""

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.market_data import DayArray
from sigmasight.engines.splits import SplitTable, odd_splits, split_factor, tabulate_splits

DAY = date(2025, 4, 1)
RATIOS = ((2, 1), (3, 1), (3, 2), (1, 10), (20, 1))


def days(*numbers: int) -> DayArray:
    return np.array([DAY + timedelta(days=n) for n in numbers], dtype="datetime64[D]")


def table_of(*splits: tuple[int, int, float]) -> SplitTable:
    """A table of (asset, day, ratio)."""
    return tabulate_splits(
        np.array([asset for asset, _, _ in splits], dtype=np.int64),
        days(*(day for _, day, _ in splits)),
        np.array([ratio for _, _, ratio in splits], dtype=np.float64),
    )


def test_a_split_counts_from_its_ex_date_on_and_for_its_own_asset_only() -> None:
    table = table_of((2, 5, 2.0), (2, 9, 3.0), (4, 7, 1.5))
    assert split_factor(table, np.full(5, 2), days(4, 5, 8, 9, 99)).tolist() == [1.0, 2.0, 2.0, 6.0, 6.0]
    assert split_factor(table, np.array([0, 3, 4, 4, 5]), days(99, 99, 6, 7, 99)).tolist() == [1.0, 1.0, 1.0, 1.5, 1.0]


def test_days_and_assets_broadcast() -> None:
    table = table_of((1, 5, 2.0))
    found = split_factor(table, np.array([0, 1]), days(4, 5)[:, None])
    assert found.tolist() == [[1.0, 1.0], [1.0, 2.0]]


def test_without_any_split_every_factor_is_one() -> None:
    table = table_of()
    assert split_factor(table, np.array([0, 1]), days(4, 5)[:, None]).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert odd_splits(table, np.array([0]), days(4)).tolist() == [0.0]


def test_splits_that_are_no_whole_number_to_one_are_counted() -> None:
    table = table_of((1, 5, 1.5), (1, 6, 2.0), (1, 7, 0.1), (2, 6, 3.0))
    assert odd_splits(table, np.array([1, 1, 1, 1, 2, 0]), days(4, 5, 6, 7, 9, 9)).tolist() == [0, 1, 1, 2, 0, 0]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-9_000, 9_000), st.sampled_from(RATIOS)), max_size=12),
    st.integers(-1, 4),
    st.integers(-9_500, 9_500),
)
def test_factors_are_the_products_of_the_ratios_so_far(
    splits: list[tuple[int, int, tuple[int, int]]], asset: int, day: int
) -> None:
    table = table_of(*((of, when, new / old) for of, when, (new, old) in splits))
    expected = Fraction(1)
    for of, when, (new, old) in splits:
        if of == asset and when <= day:
            expected *= Fraction(new, old)
    assert split_factor(table, np.array([asset]), days(day))[0] == pytest.approx(float(expected), rel=1e-12)
    odd = sum(1 for of, when, (new, old) in splits if of == asset and when <= day and new % old)
    assert odd_splits(table, np.array([asset]), days(day))[0] == odd
