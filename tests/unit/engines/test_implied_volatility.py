"""The search for a root, on functions that no option has."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.implied_volatility import HIGHEST, LOWEST, Roots, imply_volatility

Shape = Callable[[FloatArray], FloatArray]
SHAPES: dict[str, Shape] = {
    "linear": lambda x: x,
    "quadratic": lambda x: x**2,
    "steep": lambda x: x**40,
    "flat": lambda x: 1.0 + 1e-6 * x,
    "like the far end of the normal": lambda x: np.exp(-9.0 / x**2),
    "bounded": lambda x: x / (1.0 + x),
    "with a step": lambda x: np.where(x < 0.3, 1e-9, 1.0) * (1.0 + x),
    "with a plateau": lambda x: np.where(x < 0.5, x, np.where(x < 4.0, 0.5 + 1e-9 * x, x - 3.4)),
}
NAMES = list(SHAPES)


def search(shape: Shape, wanted: list[float], *, start: float = 0.3, slope: float = 5.0) -> Roots:
    count = len(wanted)

    def time_value(at: FloatArray, rows: IntArray) -> FloatArray:
        assert len(at) == len(rows)
        return shape(at)

    return imply_volatility(time_value, np.array(wanted), np.full(count, start), np.full(count, slope))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", [0.0, 0.01, 0.3, 5.0, 99.0])
@pytest.mark.parametrize("slope", [1e-6, 5.0, 100.0])
def test_the_root_is_found_from_anywhere(name: str, start: float, slope: float) -> None:
    shape = SHAPES[name]
    roots = [0.2, 0.29, 0.31, 1.0, 3.0, 9.9]
    found = search(shape, [float(shape(np.array([root]))[0]) for root in roots], start=start, slope=slope)
    np.testing.assert_allclose(np.log(shape(found.volatility)), np.log(shape(np.array(roots))), rtol=1e-9, atol=1e-9)
    assert not found.at_lowest.any()
    assert not found.at_highest.any()


@pytest.mark.parametrize("root", [LOWEST * 1.01, 1e-5, 1e-3, HIGHEST * 0.999, HIGHEST * 0.99999])
def test_a_root_near_an_end_is_found_and_is_not_the_end(root: float) -> None:
    found = search(lambda x: x, [root])
    assert found.volatility[0] == pytest.approx(root, rel=1e-9)
    assert (found.at_lowest[0], found.at_highest[0]) == (False, False)


@pytest.mark.parametrize("name", ["linear", "quadratic", "flat", "bounded", "with a step"])
def test_without_a_root_the_search_ends_at_an_end_and_says_so(name: str) -> None:
    shape = SHAPES[name]
    too_little, too_much = (float(shape(np.array([end]))[0]) for end in (LOWEST, HIGHEST))
    found = search(shape, [0.9 * too_little, 1.1 * too_much])
    assert found.at_lowest.tolist() == [True, False]
    assert found.at_highest.tolist() == [False, True]


def test_a_function_that_is_nothing_everywhere_ends_at_the_highest() -> None:
    assert search(np.zeros_like, [1.0]).at_highest.tolist() == [True]


def test_a_search_in_the_unknown_ends_and_leaves_the_others_alone() -> None:
    found = imply_volatility(
        lambda at, rows: np.where(rows == 1, np.nan, at), np.full(3, 0.2), np.full(3, 0.3), np.full(3, 5.0)
    )
    np.testing.assert_allclose(found.volatility[[0, 2]], [0.2, 0.2], rtol=1e-9)


def test_a_search_in_the_unknown_finds_nothing() -> None:
    found = search(lambda x: np.full(len(x), np.nan), [0.2])
    assert np.isnan(found.volatility).all()


def test_a_start_on_the_root_stays_there() -> None:
    assert search(lambda x: x, [0.3]).volatility.tolist() == [0.3]


def test_nothing_wanted_finds_nothing() -> None:
    assert search(lambda x: x, []).volatility.shape == (0,)


@given(st.sampled_from(["linear", "quadratic", "bounded"]), st.floats(2e-6, 9.9), st.floats(1e-7, 20.0))
def test_one_search_is_the_same_whatever_its_neighbours_are(name: str, root: float, start: float) -> None:
    shape = SHAPES[name]
    wanted = float(shape(np.array([root]))[0])
    alone = search(shape, [wanted], start=start).volatility[0]
    among = search(shape, [float(shape(np.array([each]))[0]) for each in (1e-5, root, 7.0)], start=start).volatility[1]
    assert alone == among == pytest.approx(root, rel=1e-8)
