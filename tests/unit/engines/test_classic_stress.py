"""The textbook's stress: exposures times shocks, and times correlations; no loss above 99 % of what there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.classic_stress import stress_classically

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
CORRELATION = np.array([[1.0, 0.5, -0.2], [0.5, 1.0, 0.3], [-0.2, 0.3, 1.0]])
exposures = arrays(np.float64, (3, 3), elements=st.integers(-10_000, 10_000).map(float))
shocks = arrays(np.float64, (2, 3), elements=st.integers(-99, 200).map(lambda percent: percent / 100))
ENOUGH = np.full(3, 1e9)


def test_a_book_worked_by_hand() -> None:
    """200, -100, 50 USD; the market -10 % drags the second -5 % and the third +2 %: -20, and +5 + 1."""
    found = stress_classically(
        np.array([[200.0, -100.0, 50.0]]), np.array([[-0.1, 0.0, 0.0]]), CORRELATION, np.array([1000.0])
    )
    np.testing.assert_allclose(found.direct, [[-20.0]], rtol=1e-14)
    np.testing.assert_allclose(found.correlated, [[-14.0]], rtol=1e-14)


@EXAMPLES
@given(exposure=exposures, shock=shocks)
def test_a_loop_says_the_same(exposure: FloatArray, shock: FloatArray) -> None:
    found = stress_classically(exposure, shock, CORRELATION, ENOUGH)
    for book in range(3):
        for scenario in range(2):
            pairs = [(a, b) for a in range(3) for b in range(3)]
            dragged = sum(shock[scenario, a] * CORRELATION[a, b] * exposure[book, b] for a, b in pairs)
            own = sum(shock[scenario, a] * exposure[book, a] for a in range(3))
            assert found.direct_raw[book, scenario] == pytest.approx(own, rel=1e-12, abs=1e-9)
            assert found.correlated_raw[book, scenario] == pytest.approx(dragged, rel=1e-12, abs=1e-9)


@EXAMPLES
@given(exposure=exposures, shock=shocks)
def test_books_and_scenarios_add_up_and_a_short_gains_what_a_long_loses(
    exposure: FloatArray, shock: FloatArray
) -> None:
    both = np.array([exposure[0], exposure[1], exposure[0] + exposure[1], -exposure[0]])
    more = np.array([shock[0], shock[1], shock[0] + shock[1]])
    found = stress_classically(both, more, CORRELATION, np.full(4, 1e9))
    for raw in (found.direct_raw, found.correlated_raw):
        np.testing.assert_allclose(raw[2], raw[0] + raw[1], rtol=1e-11, atol=1e-9)
        np.testing.assert_allclose(raw[:, 2], raw[:, 0] + raw[:, 1], rtol=1e-11, atol=1e-9)
        np.testing.assert_array_equal(raw[3], -raw[0])


@EXAMPLES
@given(exposure=exposures, shock=shocks)
def test_factors_without_anything_in_common_drag_nothing(exposure: FloatArray, shock: FloatArray) -> None:
    found = stress_classically(exposure, shock, np.eye(3), ENOUGH)
    np.testing.assert_allclose(found.correlated, found.direct, rtol=1e-12, atol=1e-9)


@EXAMPLES
@given(exposure=exposures, shock=shocks, value=st.floats(1.0, 1e5))
def test_no_loss_is_above_99_per_cent_and_no_gain_is_touched(
    exposure: FloatArray, shock: FloatArray, value: float
) -> None:
    found = stress_classically(exposure, shock, CORRELATION, np.full(3, value))
    for clipped, raw in ((found.direct, found.direct_raw), (found.correlated, found.correlated_raw)):
        deep = raw < -0.99 * value
        np.testing.assert_array_equal(clipped[~deep], raw[~deep])
        np.testing.assert_array_equal(clipped[deep], np.full(deep.sum(), -0.99 * value))


def test_each_book_is_clipped_at_its_own_value_and_the_raw_loss_is_kept() -> None:
    exposure = np.array([[300.0], [300.0], [-300.0]])
    found = stress_classically(exposure, np.array([[-0.5]]), np.eye(1), np.array([100.0, 200.0, 100.0]))
    assert found.direct[:, 0].tolist() == [-99.0, -150.0, 150.0]
    assert found.correlated[:, 0].tolist() == [-99.0, -150.0, 150.0]
    assert found.direct_raw[:, 0].tolist() == [-150.0, -150.0, 150.0]


@pytest.mark.parametrize("value", [0.0, -50.0, NAN])
def test_without_a_positive_value_nothing_is_clipped(value: float) -> None:
    found = stress_classically(np.array([[300.0]]), np.array([[-0.5]]), np.eye(1), np.array([value]))
    assert found.direct.tolist() == found.correlated.tolist() == [[-150.0]]


def test_an_exposure_that_is_not_known_leaves_the_other_books_alone() -> None:
    exposure = np.array([[100.0, NAN], [100.0, 50.0]])
    found = stress_classically(exposure, np.array([[-0.1, 0.2]]), np.eye(2), np.full(2, 1000.0))
    for numbers in (found.direct, found.correlated, found.direct_raw, found.correlated_raw):
        np.testing.assert_array_equal(numbers, [[NAN], [0.0]])


@pytest.mark.parametrize(("books", "scenarios"), [(0, 2), (2, 0)])
def test_nothing_asked_nothing_answered(books: int, scenarios: int) -> None:
    found = stress_classically(np.ones((books, 3)), np.ones((scenarios, 3)), CORRELATION, np.ones(books))
    assert found.direct.shape == found.correlated.shape == found.direct_raw.shape == (books, scenarios)
