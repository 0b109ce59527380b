"""Value at risk and expected shortfall: by hand, the laws of a coherent measure, and components that sum."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.tail_losses import (
    TailLosses,
    measure_normal_tails,
    measure_tails,
    split_normal_tails,
    split_tails,
)

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=60, derandomize=True)
LEVELS = np.array([0.5, 0.9, 0.95, 0.975, 0.99])
Measure = Callable[[FloatArray, FloatArray], TailLosses]
Split = Callable[[FloatArray, float], TailLosses]
BOTH = pytest.mark.parametrize("measure", [measure_tails, measure_normal_tails])
BOTH_SPLIT = pytest.mark.parametrize(
    ("split", "measure"), [(split_tails, measure_tails), (split_normal_tails, measure_normal_tails)]
)
seeds = st.integers(0, 2**32 - 1)
levels = st.floats(0.5, 0.999)
books = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(2, 60)), elements=st.integers(-1_000, 1_000).map(float)
)


def make_pnl(seed: int, rows: int = 4, sessions: int = 252) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.standard_t(4, (rows, sessions)) * rng.uniform(1.0, 1e5, (rows, 1)) + rng.normal(0.0, 10.0))


def pierce(pnl: FloatArray, seed: int) -> FloatArray:
    return np.where(np.random.default_rng(seed).random(pnl.shape) < 0.2, NAN, pnl)


def one(measure: Measure, pnl: list[float] | FloatArray, level: float) -> tuple[float, float]:
    found = measure(np.array(pnl)[None], np.array([level]))
    return float(found.value_at_risk[0, 0]), float(found.expected_shortfall[0, 0])


def assert_near(found: TailLosses, at_risk: FloatArray, shortfall: FloatArray, scale: float) -> None:
    np.testing.assert_allclose(found.value_at_risk, at_risk, rtol=1e-11, atol=1e-13 * scale)
    np.testing.assert_allclose(found.expected_shortfall, shortfall, rtol=1e-11, atol=1e-13 * scale)


# By hand

TWENTY = [-7.0, -20.0, -1.0, -13.0, -4.0, -18.0, -9.0, -2.0, -15.0, -11.0]
TWENTY += [-6.0, -19.0, -3.0, -10.0, -16.0, -5.0, -12.0, -8.0, -17.0, -14.0]


@pytest.mark.parametrize(
    ("level", "at_risk", "shortfall"),
    [
        (0.50, 10.5, 15.5),  # between the 10th and the 11th; the ten worst
        (0.90, 18.1, 19.5),  # 1.9 places below the worst; the two worst
        (0.93, 18.67, (20 + 0.4 * 19) / 1.4),  # 1.33 places below; one and two fifths
        (0.95, 19.05, 20.0),  # 0.95 places below; the worst alone
        (0.99, 19.81, 20.0),  # a fifth of the worst is as bad as the worst
    ],
)
def test_twenty_losses_by_hand(level: float, at_risk: float, shortfall: float) -> None:
    """1 to 20 USD."""
    assert sorted(TWENTY) == [float(-loss) for loss in range(20, 0, -1)]
    assert one(measure_tails, TWENTY, level) == pytest.approx((at_risk, shortfall), rel=1e-13)


def test_four_sessions_of_the_normal_law_by_hand() -> None:
    """Two of +1 and two of -1: mean 0, deviation sqrt(4 / 3); of the normal law 1.6449 and 2.0627."""
    at_risk, shortfall = one(measure_normal_tails, [1.0, -1.0, 1.0, -1.0], 0.95)
    assert at_risk == pytest.approx(1.6448536269514722 * sqrt(4 / 3), rel=1e-13)
    assert shortfall == pytest.approx(2.0627128075074257 * sqrt(4 / 3), rel=1e-12)


def test_the_mean_of_the_normal_law_is_a_gain() -> None:
    """Half of the time less than the mean comes; beyond it the mean of a half normal."""
    at_risk, shortfall = one(measure_normal_tails, [2.0, 4.0], 0.5)
    assert at_risk == pytest.approx(-3.0, rel=1e-14)
    assert shortfall == pytest.approx(sqrt(2) * sqrt(2 / np.pi) - 3.0, rel=1e-13)


def test_a_book_that_cannot_lose_has_a_negative_value_at_risk() -> None:
    at_risk, shortfall = one(measure_tails, [3.0, 1.0, 2.0], 0.99)
    assert at_risk == pytest.approx(-1.02, rel=1e-13)
    assert shortfall == -1.0


@pytest.mark.parametrize("level", LEVELS)
def test_a_single_scenario_is_all_that_can_happen(level: float) -> None:
    assert one(measure_tails, [NAN, -7.0, NAN], level) == (7.0, 7.0)
    assert np.isnan(one(measure_normal_tails, [NAN, -7.0, NAN], level)).all()


# Laws


@BOTH
@EXAMPLES
@given(pnl=books)
def test_expected_shortfall_is_never_below_value_at_risk(measure: Measure, pnl: FloatArray) -> None:
    found = measure(pnl, LEVELS)
    assert (found.expected_shortfall >= found.value_at_risk).all()


@pytest.mark.parametrize("pnl", [-7.3, -0.1, 0.7])
def test_not_even_rounding_puts_it_below(pnl: float) -> None:
    """Where every session is like every other, the two are sums of other weights."""
    for sessions in range(1, 120):
        found = measure_tails(np.full((1, sessions), pnl), LEVELS)
        assert (found.expected_shortfall >= found.value_at_risk).all()
        np.testing.assert_allclose(found.expected_shortfall, -pnl, rtol=1e-13)


@BOTH
@EXAMPLES
@given(pnl=books)
def test_a_higher_level_is_a_greater_loss(measure: Measure, pnl: FloatArray) -> None:
    found = measure(pnl, LEVELS)
    assert (np.diff(found.value_at_risk, axis=1) >= -1e-9).all()
    assert (np.diff(found.expected_shortfall, axis=1) >= -1e-9).all()


@EXAMPLES
@given(pnl=books)
def test_nothing_worse_than_the_worst_session_is_simulated(pnl: FloatArray) -> None:
    found = measure_tails(pnl, LEVELS)
    worst, best = -pnl.min(axis=1)[:, None], -pnl.max(axis=1)[:, None]
    for losses in (found.value_at_risk, found.expected_shortfall):
        assert (losses <= worst + 1e-9).all()
        assert (losses >= best - 1e-9).all()


@BOTH
@EXAMPLES
@given(pnl=books, size=st.sampled_from([0.0, 1e-3, 0.5, 3.0, 1e6]))
def test_a_book_so_many_times_has_so_many_times_the_loss(measure: Measure, pnl: FloatArray, size: float) -> None:
    once = measure(pnl, LEVELS)
    many = measure(size * pnl, LEVELS)
    assert_near(many, size * once.value_at_risk, size * once.expected_shortfall, 1_000 * size)


@BOTH
@EXAMPLES
@given(pnl=books, gain=st.integers(-5_000, 5_000))
def test_what_is_sure_to_be_gained_is_lost_less(measure: Measure, pnl: FloatArray, gain: int) -> None:
    plain, richer = measure(pnl, LEVELS), measure(pnl + gain, LEVELS)
    assert_near(richer, plain.value_at_risk - gain, plain.expected_shortfall - gain, 10_000)


@BOTH
@EXAMPLES
@given(seed=seeds, sessions=st.integers(2, 60))
def test_two_books_together_lose_no_more_than_both(measure: Measure, seed: int, sessions: int) -> None:
    """Of expected shortfall, which is coherent."""
    pnl = make_pnl(seed, 2, sessions)
    apart = measure(pnl, LEVELS).expected_shortfall.sum(axis=0)
    together = measure(pnl.sum(axis=0)[None], LEVELS).expected_shortfall[0]
    assert (together <= apart + 1e-9 * np.abs(pnl).max()).all()


@EXAMPLES
@given(pnl=books, data=st.data())
def test_the_order_of_the_sessions_does_not_matter(pnl: FloatArray, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(pnl.shape[1])))
    plain, other = measure_tails(pnl, LEVELS), measure_tails(pnl[:, order], LEVELS)
    np.testing.assert_array_equal(other.value_at_risk, plain.value_at_risk)
    np.testing.assert_array_equal(other.expected_shortfall, plain.expected_shortfall)


@pytest.mark.parametrize("split", [split_tails, split_normal_tails])
@EXAMPLES
@given(pnl=books, level=levels)
def test_components_of_expected_shortfall_bring_no_less_than_those_of_value_at_risk(
    split: Split, pnl: FloatArray, level: float
) -> None:
    """So that the greater of both, above, only mends rounding."""
    found = split(pnl, level)
    assert found.expected_shortfall.sum() >= found.value_at_risk.sum() - 1e-9


# What is missing, and who else is there


@BOTH
@EXAMPLES
@given(seed=seeds)
def test_a_missing_session_is_no_scenario(measure: Measure, seed: int) -> None:
    pnl = pierce(make_pnl(seed), seed)
    found = measure(pnl, LEVELS)
    for row, book in enumerate(pnl):
        known = book[~np.isnan(book)]
        alone = measure(known[None], LEVELS)
        scale = float(np.abs(known).max())
        here = TailLosses(found.value_at_risk[[row]], found.expected_shortfall[[row]])
        assert_near(here, alone.value_at_risk, alone.expected_shortfall, scale)


@BOTH
@EXAMPLES
@given(seed=seeds, order=st.permutations(range(6)), count=st.integers(1, 6))
def test_the_bits_of_a_book_do_not_depend_on_its_neighbours(
    measure: Measure, seed: int, order: list[int], count: int
) -> None:
    pnl = make_pnl(seed, 6)
    pnl[::2] = pierce(pnl[::2], seed)
    whole, some = measure(pnl, LEVELS), measure(pnl[order[:count]], LEVELS)
    np.testing.assert_array_equal(some.value_at_risk, whole.value_at_risk[order[:count]])
    np.testing.assert_array_equal(some.expected_shortfall, whole.expected_shortfall[order[:count]])


@BOTH
def test_a_book_without_scenarios_has_no_number_and_the_others_stand(measure: Measure) -> None:
    pnl = make_pnl(1, 3)
    expected = measure(pnl[[0, 2]], LEVELS)
    pnl[1] = NAN
    found = measure(pnl, LEVELS)
    assert np.isnan(found.value_at_risk[1]).all()
    assert np.isnan(found.expected_shortfall[1]).all()
    np.testing.assert_array_equal(found.value_at_risk[[0, 2]], expected.value_at_risk)
    np.testing.assert_array_equal(found.expected_shortfall[[0, 2]], expected.expected_shortfall)


@BOTH
@pytest.mark.parametrize(("rows", "sessions", "count"), [(0, 5, 2), (3, 5, 0), (0, 0, 0)])
def test_nothing_asked_nothing_answered(measure: Measure, rows: int, sessions: int, count: int) -> None:
    found = measure(np.ones((rows, sessions)), np.full(count, 0.95))
    assert found.value_at_risk.shape == found.expected_shortfall.shape == (rows, count)


@BOTH
def test_without_sessions_nothing_is_known(measure: Measure) -> None:
    found = measure(np.empty((2, 0)), np.array([0.95]))
    assert np.isnan(found.value_at_risk).tolist() == np.isnan(found.expected_shortfall).tolist() == [[True], [True]]


# Components


@BOTH_SPLIT
@EXAMPLES
@given(seed=seeds, rows=st.integers(1, 8), sessions=st.integers(2, 504), level=levels)
def test_components_sum_to_the_books_loss(
    split: Split, measure: Measure, seed: int, rows: int, sessions: int, level: float
) -> None:
    parts = make_pnl(seed, rows, sessions)
    found = split(parts, level)
    assert found.value_at_risk.shape == found.expected_shortfall.shape == (rows, 1)
    at_risk, shortfall = one(measure, parts.sum(axis=0), level)
    for components, whole in ((found.value_at_risk, at_risk), (found.expected_shortfall, shortfall)):
        assert abs(components.sum() - whole) <= 1e-12 * np.abs(components).sum()


@BOTH_SPLIT
@EXAMPLES
@given(seed=seeds, level=levels)
def test_a_component_is_the_slope_of_the_loss_in_the_size_of_its_part(
    split: Split, measure: Measure, seed: int, level: float
) -> None:
    """Euler, by differences so small that the sessions of the tail stay in their order."""
    parts, step = np.random.default_rng(seed).normal(0.0, 100.0, (3, 100)), 1e-6
    found = split(parts, level)
    for part in range(3):
        size = 1.0 + step * np.eye(3)[part] * np.array([[1.0], [-1.0]])
        up, down = (np.array(one(measure, each @ parts, level)) for each in size)
        slopes = (up - down) / (2 * step)
        assert slopes[0] == pytest.approx(found.value_at_risk[part, 0], rel=1e-6, abs=1e-4)
        assert slopes[1] == pytest.approx(found.expected_shortfall[part, 0], rel=1e-6, abs=1e-4)


def test_components_of_four_sessions_by_hand() -> None:
    """Together -10, -6, +1, +8. At 75 % the worst is the tail; the quantile lies at 0.75 of the way to the second."""
    parts = np.array([[-9.0, 2.0, 1.0, 3.0], [-1.0, -8.0, 0.0, 5.0]])
    found = split_tails(parts, 0.75)
    np.testing.assert_allclose(found.expected_shortfall[:, 0], [9.0, 1.0], rtol=1e-14)
    np.testing.assert_allclose(found.value_at_risk[:, 0], [0.25 * 9 - 0.75 * 2, 0.25 * 1 + 0.75 * 8], rtol=1e-14)


@BOTH_SPLIT
def test_a_single_part_brings_all_and_an_empty_one_nothing(split: Split, measure: Measure) -> None:
    pnl = make_pnl(2, 1)
    found = split(np.concatenate([pnl, np.zeros((1, 252))]), 0.975)
    at_risk, shortfall = one(measure, pnl[0], 0.975)
    np.testing.assert_allclose(found.value_at_risk[:, 0], [at_risk, 0.0], rtol=1e-12)
    np.testing.assert_allclose(found.expected_shortfall[:, 0], [shortfall, 0.0], rtol=1e-12)


@BOTH_SPLIT
def test_a_part_that_hedges_brings_less_than_nothing(split: Split, measure: Measure) -> None:
    pnl = np.random.default_rng(3).normal(0.0, 100.0, 252)
    found = split(np.array([pnl, -0.25 * pnl]), 0.99)
    at_risk, shortfall = one(measure, 0.75 * pnl, 0.99)
    np.testing.assert_allclose(found.value_at_risk[:, 0] * 0.75, [at_risk, -0.25 * at_risk], rtol=1e-10)
    np.testing.assert_allclose(found.expected_shortfall[:, 0] * 0.75, [shortfall, -0.25 * shortfall], rtol=1e-10)


@BOTH_SPLIT
@EXAMPLES
@given(seed=seeds, order=st.permutations(range(4)))
def test_parts_in_another_order_have_their_components_in_that_order(
    split: Split, measure: Measure, seed: int, order: list[int]
) -> None:
    parts = make_pnl(seed)
    plain, other = split(parts, 0.975), split(parts[order], 0.975)
    assert_near(other, plain.value_at_risk[order], plain.expected_shortfall[order], 1e6)
    at_risk, _ = one(measure, parts[order].sum(axis=0), 0.975)
    assert other.value_at_risk.sum() == pytest.approx(at_risk, rel=1e-10)


def test_a_book_hedged_to_the_cent_has_no_normal_risk() -> None:
    """Two positions of one instrument, long and short: no spread; each brings its mean, and they cancel."""
    pnl = np.random.default_rng(4).normal(5.0, 100.0, 252)
    assert one(measure_normal_tails, pnl - pnl, 0.99) == (0.0, 0.0)
    found = split_normal_tails(np.array([pnl, -pnl]), 0.99)
    np.testing.assert_allclose(found.value_at_risk[:, 0], [-pnl.mean(), pnl.mean()], rtol=1e-12)
    np.testing.assert_array_equal(found.expected_shortfall, found.value_at_risk)


# What was once wrong


def test_parts_that_hedge_each_other_up_to_rounding_bring_no_noise() -> None:
    x = np.array([3.0, -1.0, 2.0, -4.0])
    found = split_normal_tails(np.array([0.1 * x, 0.2 * x, -0.3 * x]), 0.99)
    np.testing.assert_allclose(found.value_at_risk[:, 0], 0.0, atol=1e-15)


def test_the_layout_of_an_array_changes_no_bit() -> None:
    pnl = np.random.default_rng(5).normal(0.0, 1.0, (7, 504))
    whole = measure_normal_tails(np.asfortranarray(pnl), np.array([0.95, 0.99]))
    for row in range(7):
        alone = measure_normal_tails(pnl[[row]], np.array([0.95, 0.99]))
        np.testing.assert_array_equal(whole.value_at_risk[row], alone.value_at_risk[0])
