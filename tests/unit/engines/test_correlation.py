"""Correlations on common sessions: by hand, who takes part, and what a correlation matrix always is."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.correlation import Correlation, correlate

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def make_log_returns(seed: int = 0, sessions: int = 90, names: int = 6) -> FloatArray:
    rng = np.random.default_rng(seed)
    together = rng.normal(0.0, 0.01, (sessions, 2)) @ rng.normal(size=(2, names))
    return np.asarray(0.0004 + together + rng.normal(0.0, 0.01, (sessions, names)))


def pierce(log_returns: FloatArray, seed: int) -> FloatArray:
    """Scattered holes, late starts, names that stand still, copies, opposites and sums of others."""
    rng = np.random.default_rng(seed)
    panel = log_returns.copy()
    sessions, names = panel.shape
    kinds = rng.integers(0, 6, names)
    panel[:, kinds == 1] = rng.choice([0.0, 0.0003, -0.1])
    panel[:, kinds == 2] = panel[:, :1] * rng.choice([2.0, -0.5])
    panel[:, kinds == 3] = panel[:, :1] - panel[:, 1:2]
    panel[np.arange(sessions)[:, None] < rng.choice([0, 0, 0, 30, 60, 90], names)] = NAN
    panel[rng.random(panel.shape) < rng.choice([0.0, 0.0, 0.02, 0.5], names)] = NAN
    return panel


def empty_after(panel: FloatArray, counts: list[int]) -> FloatArray:
    """Leave each name its first so many returns."""
    return np.where(np.arange(len(panel))[:, None] < np.array(counts), panel, NAN)


# By hand


def test_three_sessions_by_hand() -> None:
    """Deviations -1, 0, 1 against -1, 1, 0: one of two; against 2, 0, -2: the opposite."""
    found = correlate(np.array([[1.0, 1.0, 7.0], [2.0, 3.0, 5.0], [3.0, 2.0, 3.0]]), min_obs=3)
    np.testing.assert_allclose(found.matrix, [[1, 0.5, -1], [0.5, 1, -0.5], [-1, -0.5, 1]], rtol=1e-14)
    np.testing.assert_allclose(found.volatility, [1.0, 1.0, 2.0], rtol=1e-14)
    assert found.used.all()
    assert found.sessions == 3


def test_volatilities_are_standard_deviations_of_a_sample() -> None:
    panel = make_log_returns()
    expected = [statistics.stdev(column) for column in panel.T.tolist()]
    np.testing.assert_allclose(correlate(panel, min_obs=60).volatility, expected, rtol=1e-12)


# Who takes part


def assert_left_out(found: Correlation, names: list[int]) -> None:
    assert np.flatnonzero(~found.used).tolist() == names
    unknown = ~found.used[:, None] | ~found.used
    np.testing.assert_array_equal(np.isnan(found.matrix), unknown)
    np.testing.assert_array_equal(np.isnan(found.volatility), ~found.used)


def test_a_name_with_too_few_returns_takes_no_part_and_the_others_stand() -> None:
    panel = make_log_returns()
    expected = correlate(panel[:, [0, 1, 3, 4, 5]].copy(), min_obs=60)
    panel[:31, 2] = NAN
    found = correlate(panel, min_obs=60)
    assert_left_out(found, [2])
    assert found.sessions == 90
    np.testing.assert_array_equal(found.matrix[np.ix_(found.used, found.used)], expected.matrix)
    panel[30, 2] = 0.01  # the sixtieth
    found = correlate(panel, min_obs=60)
    assert_left_out(found, [])
    assert found.sessions == 60


def test_all_are_correlated_on_the_sessions_that_all_have() -> None:
    panel = make_log_returns()
    panel[[3, 17], 1] = NAN
    panel[[17, 80], 4] = NAN
    kept = np.delete(panel, [3, 17, 80], axis=0)
    found, expected = correlate(panel, min_obs=60), correlate(kept, min_obs=60)
    assert found.sessions == 87
    np.testing.assert_array_equal(found.matrix, expected.matrix)
    np.testing.assert_array_equal(found.volatility, expected.volatility)


def test_with_too_few_common_sessions_the_shortest_leaves() -> None:
    """70 from the start and 75 from the end have 55 in common; without the 70 there are 75."""
    panel = empty_after(make_log_returns(names=4), [90, 70, 90, 90])
    panel[:15, 3] = NAN
    found = correlate(panel, min_obs=60)
    assert_left_out(found, [1])
    assert found.sessions == 75


def test_of_two_that_are_as_short_the_last_leaves() -> None:
    panel = empty_after(make_log_returns(names=4), [90, 70, 90, 90])
    panel[:20, 3] = NAN
    found = correlate(panel, min_obs=60)
    assert_left_out(found, [3])
    assert found.sessions == 70


def test_names_leave_one_after_the_other_until_enough_is_common() -> None:
    """Three windows of 65, 62 and 61 sessions that overlap less and less."""
    panel = make_log_returns(names=4)
    panel[65:, 0] = NAN
    panel[:28, 1] = NAN
    panel[[*range(14), *range(75, 90)], 2] = NAN
    found = correlate(panel, min_obs=60)
    assert_left_out(found, [1, 2])
    assert found.sessions == 65


def test_names_that_never_meet_leave_one() -> None:
    panel = make_log_returns(names=2)
    panel[:45, 0], panel[45:, 1] = NAN, NAN
    found = correlate(panel, min_obs=20)
    assert_left_out(found, [1])
    assert (found.sessions, found.matrix[0, 0]) == (45, 1.0)


@pytest.mark.parametrize("daily", [0.0, 0.0003, 0.001, -0.1, 1 / 3, 1e-300])
def test_what_does_not_vary_takes_no_part(daily: float) -> None:
    """Not even where its mean is rounded."""
    panel = make_log_returns()
    panel[:, 3] = daily
    assert_left_out(correlate(panel, min_obs=60), [3])


def test_what_varies_only_on_other_days_takes_no_part() -> None:
    panel = make_log_returns()
    panel[:, 1], panel[:9, 1] = 0.0, 0.02 * np.arange(9)
    panel[:9, 0] = NAN
    found = correlate(panel, min_obs=60)
    assert_left_out(found, [1])
    assert found.sessions == 81


@pytest.mark.parametrize("names", [[], [0], [0, 1, 2]])
def test_nobody_takes_part_in_too_short_a_panel(names: list[int]) -> None:
    found = correlate(make_log_returns(sessions=59)[:, names], min_obs=60)
    assert_left_out(found, names)
    assert found.sessions == 0


def test_without_sessions_nobody_takes_part() -> None:
    found = correlate(np.empty((0, 3)), min_obs=20)
    assert_left_out(found, [0, 1, 2])
    assert found.sessions == 0


# What a correlation matrix is


@EXAMPLES
@given(seed=seeds, min_obs=st.sampled_from([2, 20, 60]), names=st.integers(1, 12))
def test_whatever_is_missing_it_is_a_correlation_matrix(seed: int, min_obs: int, names: int) -> None:
    panel = pierce(make_log_returns(seed, names=max(names, 2)), seed)[:, :names]
    found = correlate(panel, min_obs=min_obs)
    used = found.used
    assert_left_out(found, np.flatnonzero(~used).tolist())
    matrix = found.matrix[np.ix_(used, used)]
    np.testing.assert_array_equal(np.diag(matrix), np.ones(used.sum()))
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.abs(matrix) <= 1.0).all()
    assert np.linalg.eigvalsh(matrix).min(initial=0.0) >= -1e-12
    assert (found.volatility[used] > 0.0).all()
    if used.any():
        assert found.sessions == (~np.isnan(panel[:, used])).all(axis=1).sum() >= min_obs
    known = ~np.isnan(panel)
    assert not used[known.sum(axis=0) < min_obs].any()
    spread = np.nanmax(panel, axis=0, initial=-np.inf) - np.nanmin(panel, axis=0, initial=np.inf)
    assert not used[spread <= 0.0].any()


@EXAMPLES
@given(seed=seeds, sizes=st.lists(st.sampled_from([-100.0, -1.0, 0.01, 3.0]), min_size=6, max_size=6))
def test_units_change_volatilities_and_signs_and_nothing_else(seed: int, sizes: list[float]) -> None:
    panel, size = make_log_returns(seed), np.array(sizes)
    plain, other = correlate(panel, min_obs=60), correlate(0.02 + panel * size, min_obs=60)
    np.testing.assert_allclose(other.volatility, np.abs(size) * plain.volatility, rtol=1e-9)
    signs = np.outer(np.sign(size), np.sign(size))
    np.testing.assert_allclose(other.matrix, signs * plain.matrix, rtol=1e-9, atol=1e-12)


@EXAMPLES
@given(seed=seeds, order=st.permutations(range(6)))
def test_names_in_another_order_have_their_numbers_in_that_order(seed: int, order: list[int]) -> None:
    """No two are equally short, so that nobody's leaving depends on the order."""
    counts = (90 - np.random.default_rng(seed).permutation(np.arange(0, 48, 8))).tolist()
    panel = empty_after(make_log_returns(seed), counts)
    panel[:5, 0] = NAN
    plain, other = correlate(panel, min_obs=60), correlate(panel[:, order], min_obs=60)
    np.testing.assert_array_equal(other.used, plain.used[order])
    assert other.sessions == plain.sessions
    np.testing.assert_allclose(other.matrix, plain.matrix[np.ix_(order, order)], rtol=1e-12, atol=1e-15)


@EXAMPLES
@given(seed=seeds)
def test_the_order_of_the_sessions_does_not_matter(seed: int) -> None:
    panel = pierce(make_log_returns(seed), seed)
    shuffled = np.random.default_rng(seed).permutation(panel, axis=0)
    plain, other = correlate(panel, min_obs=20), correlate(shuffled, min_obs=20)
    np.testing.assert_array_equal(other.used, plain.used)
    np.testing.assert_allclose(other.matrix, plain.matrix, rtol=1e-9, atol=1e-12)


def test_what_is_given_is_not_changed() -> None:
    panel = pierce(make_log_returns(), 3)
    kept = panel.copy()
    correlate(panel, min_obs=60)
    np.testing.assert_array_equal(panel, kept)


def test_a_name_that_leaves_takes_its_missing_sessions_with_it() -> None:
    """The second lacks the first 20 days; the third moves on those alone, lacks 20 others, and leaves: they return."""
    panel = np.random.default_rng(3).normal(0.0, 0.01, (90, 3))
    panel[:20, 1] = np.nan
    panel[20:40, 2], panel[40:, 2] = np.nan, 0.0
    found = correlate(panel, min_obs=40)
    assert found.used.tolist() == [True, True, False]
    assert found.sessions == 70
