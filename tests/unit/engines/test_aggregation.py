"""Sums by group, what they cover, and how concentrated they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.aggregation import (
    add_up,
    concentrate,
    share_known,
    sum_exposures,
    sum_known,
    tagged,
)

NAN = np.nan
GROUPS = 4
dollars = st.integers(-10_000, 10_000).map(float)
lines = st.lists(st.tuples(dollars | st.just(NAN), st.integers(0, GROUPS - 1), st.integers(0, 12)), max_size=40)


def columns(rows: list[tuple[float, int, int]]) -> tuple[FloatArray, IntArray, IntArray]:
    return (
        np.array([row[0] for row in rows], dtype=np.float64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.int64),
    )


def test_amounts_are_added_by_group() -> None:
    total = add_up(np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), 4)
    assert total.tolist() == [2.0, 0.0, 5.0, 0.0]


def test_a_sum_of_what_is_known_is_zero_for_nobody_and_missing_when_nothing_is_known() -> None:
    total = sum_known(np.array([1.0, NAN, NAN]), np.array([0, 0, 1]), 3)
    np.testing.assert_array_equal(total, [1.0, NAN, 0.0])


def test_a_share_is_of_the_weight_and_whole_for_a_group_without_weight() -> None:
    share = share_known(np.array([True, False, False]), np.array([1.0, 3.0, 0.0]), np.array([0, 0, 1]), 3)
    assert share.tolist() == [0.25, 1.0, 1.0]


def test_a_share_of_everything_is_exactly_one_however_it_rounds() -> None:
    weight = np.array([0.1, 0.7, 0.2, 1e-17])
    assert share_known(np.ones(4, dtype=bool), weight, np.zeros(4, dtype=np.int64), 1).tolist() == [1.0]


def test_gross_and_net_come_from_long_and_short() -> None:
    # Group 0: 300 - 100, one of three unknown with a weight of 100. Group 1: nothing known. Group 2: nobody.
    sums = sum_exposures(
        np.array([300.0, -100.0, NAN, NAN]), np.array([300.0, 100.0, 100.0, 5.0]), np.array([0, 0, 0, 1]), 3
    )
    np.testing.assert_array_equal(sums.long, [300.0, NAN, 0.0])
    np.testing.assert_array_equal(sums.short, [-100.0, NAN, 0.0])
    np.testing.assert_array_equal(sums.gross, [400.0, NAN, 0.0])
    np.testing.assert_array_equal(sums.net, [200.0, NAN, 0.0])
    assert sums.coverage.tolist() == [0.8, 0.0, 1.0]
    assert sums.positions.tolist() == [3, 1, 0]


def test_concentration_weighs_names_without_their_sign() -> None:
    # Weights 1/2, 1/4, 1/8, 1/8: squares 16/64 + 4/64 + 1/64 + 1/64 = 22/64; the three largest hold 7/8.
    found = concentrate(np.array([40.0, -20.0, 10.0, -10.0]), np.array([3, 0, 2, 1]), np.zeros(4, dtype=np.int64), 1)
    assert found.hhi.tolist() == [22 / 64]
    assert found.effective_positions.tolist() == [64 / 22]
    assert (found.top_3.tolist(), found.top_10.tolist()) == ([0.875], [1.0])


def test_lots_of_one_asset_are_one_name_in_each_group_apart() -> None:
    found = concentrate(
        np.array([30.0, 50.0, 20.0, 50.0]), np.array([7, 5, 7, 7]), np.array([0, 0, 0, 1], dtype=np.int64), 2
    )
    assert found.hhi.tolist() == [0.5, 1.0]


def test_ten_of_twelve_equal_names_hold_ten_twelfths() -> None:
    found = concentrate(np.full(12, 5.0), np.arange(12), np.zeros(12, dtype=np.int64), 1)
    assert found.top_10[0] == pytest.approx(10 / 12, abs=1e-15)
    assert found.top_3[0] == pytest.approx(3 / 12, abs=1e-15)
    assert found.effective_positions[0] == pytest.approx(12, abs=1e-12)


def test_nothing_is_concentrated_where_nothing_is_exposed_and_missing_where_nothing_is_known() -> None:
    found = concentrate(np.array([0.0, NAN]), np.array([0, 0]), np.array([0, 1]), 3)
    for shares in (found.hhi, found.effective_positions, found.top_3, found.top_10):
        np.testing.assert_array_equal(shares, [0.0, NAN, 0.0])


@given(lines)
def test_gross_is_never_less_than_net_and_both_add_up(rows: list[tuple[float, int, int]]) -> None:
    exposure, group, _ = columns(rows)
    sums = sum_exposures(exposure, np.abs(np.nan_to_num(exposure)) + 1.0, group, GROUPS)
    known = ~np.isnan(sums.gross)
    assert (sums.gross[known] >= np.abs(sums.net[known])).all()
    assert np.nansum(sums.net) == np.nansum(exposure)
    assert np.nansum(sums.gross) == np.nansum(np.abs(exposure))
    assert ((sums.coverage >= 0) & (sums.coverage <= 1)).all()
    whole = [not np.isnan(exposure[group == at]).any() for at in range(GROUPS)]
    assert (sums.coverage == 1.0).tolist() == whole


@given(lines)
def test_a_group_is_as_concentrated_alone_as_among_others(rows: list[tuple[float, int, int]]) -> None:
    exposure, group, asset = columns(rows)
    together = concentrate(exposure, asset, group, GROUPS)
    for at in range(GROUPS):
        mine = group == at
        alone = concentrate(exposure[mine], asset[mine], np.zeros(mine.sum(), dtype=np.int64), 1)
        for name in ("hhi", "effective_positions", "top_3", "top_10"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(together, name)[at : at + 1])


@given(lines)
def test_concentration_is_what_sorting_by_hand_says(rows: list[tuple[float, int, int]]) -> None:
    exposures, groups, assets = columns(rows)
    found = concentrate(exposures, assets, groups, GROUPS)
    for at in range(GROUPS):
        names: dict[int, float] = {}
        for exposure, group, asset in rows:
            if group == at and not np.isnan(exposure):
                names[asset] = names.get(asset, 0.0) + exposure
        sizes = sorted((abs(size) for size in names.values()), reverse=True)
        total = sum(sizes)
        if total:
            assert found.hhi[at] == pytest.approx(sum((size / total) ** 2 for size in sizes), rel=1e-12)
            assert found.top_3[at] == pytest.approx(sum(sizes[:3]) / total, rel=1e-12)
            assert found.top_10[at] == pytest.approx(sum(sizes[:10]) / total, rel=1e-12)
            assert found.effective_positions[at] * found.hhi[at] == pytest.approx(1.0, rel=1e-12)


def test_tags_choose_by_any_or_by_all() -> None:
    membership = np.array([[True, True, False], [True, False, False], [False, False, True]])
    wanted = np.array([True, True, False])
    assert tagged(membership, wanted, every=False).tolist() == [True, True, False]
    assert tagged(membership, wanted, every=True).tolist() == [True, False, False]
