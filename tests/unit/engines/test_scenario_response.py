"""Coordinates of factors under shocks: what is shocked, what follows, and what nothing tells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.scenario_response import Response, Shocks, respond

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=100, derandomize=True)
SLOPES = np.array([1.0, 0.9, 1.2, 0.8])
seeds = st.integers(0, 2**32 - 1)
moves = st.floats(-0.95, 2.0)


def make_covariance(seed: int = 0, styles: int = 3) -> FloatArray:
    """Of styles' daily returns beyond the market."""
    rng = np.random.default_rng(seed)
    return np.cov(
        rng.normal(0.0, 0.004, (60, styles)) @ (np.eye(styles) + rng.uniform(-0.5, 0.5, (styles, styles))).T,
        rowvar=False,
    )


def shock(
    sizes: list[float],
    *,
    total: bool = False,
    yield_change: float = NAN,
    market_yield_slope: float = NAN,
    covariance: FloatArray | None = None,
    slopes: FloatArray = SLOPES,
) -> Response:
    """One scenario; its rows."""
    found = respond(
        Shocks(np.array([sizes]), np.array([total]), np.array([yield_change])),
        market_slopes=slopes,
        style_covariance=make_covariance() if covariance is None else covariance,
        market_yield_slope=np.array([market_yield_slope]),
    )
    return Response(found.direct[0], found.correlated[0])


# What is shocked


@pytest.mark.parametrize("reading", ["direct", "correlated"])
@pytest.mark.parametrize("total", [False, True])
def test_what_has_the_markets_beta_loses_what_the_market_loses(reading: str, *, total: bool) -> None:
    coordinates = getattr(shock([-0.10, NAN, NAN, NAN], total=total), reading)
    assert coordinates[1:].tolist() == [0.0, 0.0, 0.0]
    assert np.expm1(coordinates @ [1.0, 0.0, 0.0, 0.0]) == pytest.approx(-0.10, rel=1e-15)
    assert np.expm1(coordinates @ [0.5, 7.0, -3.0, 0.0]) == pytest.approx(np.sqrt(0.9) - 1, rel=1e-14)


def test_coordinates_worked_by_hand() -> None:
    relative = shock([-0.2, 0.1, NAN, -0.3])
    np.testing.assert_allclose(relative.direct, np.log([0.8, 1.1, 1.0, 0.7]), rtol=1e-14)
    total = shock([-0.2, 0.1, NAN, -0.3], total=True)
    beyond = [np.log(0.8), np.log(1.1) - 0.9 * np.log(0.8), 0.0, np.log(0.7) - 0.8 * np.log(0.8)]
    np.testing.assert_allclose(total.direct, beyond, rtol=1e-14)


@EXAMPLES
@given(sizes=st.lists(moves, min_size=4, max_size=4), style=st.integers(1, 3))
def test_a_style_fund_under_a_total_shock_of_its_own_moves_by_exactly_it(sizes: list[float], style: int) -> None:
    """Its loadings are its slope on the market, and 1 on what it does beyond."""
    fund = np.eye(4)[style]
    fund[0] = SLOPES[style]
    found = shock(sizes, total=True)
    for coordinates in (found.direct, found.correlated):
        assert np.expm1(coordinates @ fund) == pytest.approx(sizes[style], rel=1e-12, abs=1e-14)


@EXAMPLES
@given(sizes=st.lists(moves | st.just(NAN), min_size=3, max_size=3))
def test_without_a_shocked_market_relative_and_total_are_the_same(sizes: list[float]) -> None:
    relative, total = shock([NAN, *sizes]), shock([NAN, *sizes], total=True)
    np.testing.assert_array_equal(relative.direct, total.direct)
    np.testing.assert_array_equal(relative.correlated, total.correlated)


@EXAMPLES
@given(sizes=st.lists(moves | st.just(NAN), min_size=4, max_size=4), total=st.booleans())
def test_what_is_not_shocked_stays_in_direct_and_what_is_shocked_is_the_same_in_both(
    sizes: list[float], *, total: bool
) -> None:
    found, shocked = shock(sizes, total=total), ~np.isnan(sizes)
    assert (found.direct[~shocked] == 0.0).all()
    np.testing.assert_array_equal(found.correlated[shocked], found.direct[shocked])
    assert found.correlated[0] == found.direct[0]
    if not shocked[1:].any() or shocked[1:].all():
        np.testing.assert_array_equal(found.correlated, found.direct)


def test_a_rally_with_a_styles_collapse_has_finite_numbers() -> None:
    found = shock([0.5, NAN, -0.6, NAN], total=True)
    assert np.isfinite(found.direct).all()
    assert np.isfinite(found.correlated).all()
    assert found.direct[2] == pytest.approx(np.log(0.4) - 1.2 * np.log(1.5), rel=1e-14)


# What follows


@EXAMPLES
@given(seed=seeds, which=st.sets(st.integers(0, 4), min_size=1, max_size=4), market=moves, total=st.booleans())
def test_unshocked_styles_are_the_conditional_expectation(
    seed: int, which: set[int], market: float, *, total: bool
) -> None:
    """By the precision matrix: where the density of a normal variable is highest, given the shocked ones."""
    covariance = make_covariance(seed, 5)
    sizes = np.full(5, NAN)
    sizes[list(which)] = np.random.default_rng(seed).uniform(-0.5, 0.5, len(which))
    found = shock([market, *sizes], total=total, covariance=covariance, slopes=np.array([1.0, *[1.1] * 5]))
    known, led = ~np.isnan(sizes), 1.1 * np.log1p(market) if total else 0.0
    precision = np.linalg.inv(covariance)
    pull = precision[np.ix_(~known, known)] @ (np.log1p(sizes[known]) - led)
    expected = -np.linalg.solve(precision[np.ix_(~known, ~known)], pull)
    np.testing.assert_allclose(found.correlated[1:][~known], expected, rtol=1e-8, atol=1e-12)


def test_one_shocked_style_drags_the_rest_by_their_slopes_on_it() -> None:
    history = np.random.default_rng(4).normal(0.0, 0.01, (252, 3)) @ [
        [1.0, 0.5, -0.3],
        [0.0, 1.0, 0.2],
        [0.0, 0.0, 1.0],
    ]
    found = shock([NAN, NAN, 0.2, NAN], covariance=np.cov(history, rowvar=False))
    slopes = [np.polyfit(history[:, 1], style, 1)[0] for style in history.T]
    np.testing.assert_allclose(found.correlated[1:], np.log(1.2) * np.array(slopes), rtol=1e-10)


def test_styles_without_anything_in_common_drag_nothing() -> None:
    found = shock([NAN, 0.2, NAN, -0.1], covariance=np.diag([1e-5, 2e-5, 3e-5]))
    np.testing.assert_array_equal(found.correlated, found.direct)


@EXAMPLES
@given(seed=seeds, scale=st.floats(1e-6, 1e6), sizes=st.lists(moves | st.just(NAN), min_size=4, max_size=4))
def test_how_much_styles_move_does_not_matter_only_how_they_move_together(
    seed: int, scale: float, sizes: list[float]
) -> None:
    covariance = make_covariance(seed)
    once, scaled = shock(sizes, covariance=covariance), shock(sizes, covariance=scale * covariance)
    np.testing.assert_allclose(scaled.correlated, once.correlated, rtol=1e-9, atol=1e-12)


@EXAMPLES
@given(seed=seeds, one=moves, other=moves)
def test_shocks_one_after_the_other_add_up(seed: int, one: float, other: float) -> None:
    """In log coordinates the response to 1 + a and then 1 + b is that to (1 + a)(1 + b)."""
    covariance, both = make_covariance(seed), (1 + one) * (1 + other) - 1
    first, second, at_once = (shock([x, x, NAN, NAN], covariance=covariance) for x in (one, other, both))
    np.testing.assert_allclose(at_once.correlated, first.correlated + second.correlated, rtol=1e-9, atol=1e-12)


# Yields


def test_an_unshocked_market_follows_a_shocked_yield_in_correlated_only() -> None:
    found = shock([NAN] * 4, yield_change=0.01, market_yield_slope=-5.0)
    assert found.direct.tolist() == [0.0] * 4
    np.testing.assert_allclose(found.correlated, [np.log(0.95), 0.0, 0.0, 0.0], rtol=1e-14)


def test_a_shocked_market_follows_nothing() -> None:
    found = shock([0.02, NAN, NAN, NAN], yield_change=0.01, market_yield_slope=-5.0)
    assert found.correlated[0] == found.direct[0] == np.log1p(0.02)


def test_styles_relative_to_a_market_that_follows_are_as_they_were() -> None:
    found = shock([NAN, NAN, -0.1, NAN], yield_change=0.01, market_yield_slope=-5.0)
    without = shock([NAN, NAN, -0.1, NAN])
    np.testing.assert_array_equal(found.correlated[1:], without.correlated[1:])


def test_a_style_fund_moves_by_its_total_shock_though_the_market_follows_a_yield() -> None:
    found = shock([NAN, NAN, -0.1, NAN], total=True, yield_change=0.01, market_yield_slope=-5.0)
    assert np.expm1(found.direct @ [1.2, 0.0, 1.0, 0.0]) == pytest.approx(-0.1, rel=1e-12)
    assert np.expm1(found.correlated @ [1.2, 0.0, 1.0, 0.0]) == pytest.approx(-0.1, rel=1e-12)


@pytest.mark.parametrize(("slope", "change"), [(NAN, 0.01), (-100.0, 0.01), (-100.0, 0.03), (50.0, -0.05)])
def test_a_market_of_which_nothing_is_told_or_left_is_not_known(slope: float, change: float) -> None:
    found = shock([NAN] * 4, yield_change=change, market_yield_slope=slope)
    assert found.direct.tolist() == [0.0] * 4
    np.testing.assert_array_equal(found.correlated, [NAN, 0.0, 0.0, 0.0])


def test_a_slope_on_yields_does_not_matter_where_none_is_shocked() -> None:
    for slope in (NAN, -5.0):
        found = shock([NAN, 0.1, 0.2, 0.3], market_yield_slope=slope)
        np.testing.assert_array_equal(found.correlated, found.direct)


def test_a_yield_that_does_not_change_moves_no_market() -> None:
    assert shock([NAN] * 4, yield_change=0.0).correlated.tolist() == [0.0] * 4


# What nothing tells


def without_style(style: int) -> FloatArray:
    covariance = make_covariance()
    covariance[style - 1] = covariance[:, style - 1] = NAN
    return covariance


def test_a_style_that_is_not_usable_is_dragged_by_nothing_and_drags_nothing() -> None:
    found = shock([-0.1, 0.2, NAN, NAN], covariance=without_style(2))
    pair = make_covariance()[np.ix_([0, 2], [0, 2])]
    others = shock([-0.1, 0.2, NAN], covariance=pair, slopes=SLOPES[[0, 1, 3]])
    np.testing.assert_allclose(found.correlated[[0, 1, 3]], others.correlated, rtol=1e-12)
    assert found.correlated[2] == 0.0


def test_what_a_style_that_is_not_usable_would_drag_is_not_known() -> None:
    found = shock([-0.1, NAN, 0.2, NAN], covariance=without_style(2))
    np.testing.assert_allclose(found.direct, [np.log(0.9), 0.0, np.log(1.2), 0.0], rtol=1e-14)
    np.testing.assert_array_equal(found.correlated, [found.direct[0], NAN, found.direct[2], NAN])


# Many scenarios


def test_scenarios_do_not_know_each_other() -> None:
    size = np.array([[-0.1, NAN, NAN, NAN], [NAN, 0.2, NAN, NAN], [NAN] * 4, [0.5, -0.5, 0.1, NAN]])
    total, change = np.array([False, True, False, True]), np.array([NAN, 0.01, -0.02, NAN])
    slope = np.array([NAN, -4.0, -4.0, NAN])
    many = respond(
        Shocks(size, total, change),
        market_slopes=SLOPES,
        style_covariance=make_covariance(),
        market_yield_slope=slope,
    )
    for at in range(4):
        alone = shock(size[at].tolist(), total=bool(total[at]), yield_change=change[at], market_yield_slope=slope[at])
        np.testing.assert_array_equal(many.direct[at], alone.direct)
        np.testing.assert_array_equal(many.correlated[at], alone.correlated)


def test_no_scenarios() -> None:
    none = Shocks(np.empty((0, 4)), np.empty(0, dtype=np.bool_), np.empty(0))
    found = respond(none, market_slopes=SLOPES, style_covariance=make_covariance(), market_yield_slope=np.empty(0))
    assert found.direct.shape == found.correlated.shape == (0, 4)


def test_a_market_without_styles() -> None:
    found = shock([-0.1], covariance=np.empty((0, 0)), slopes=np.ones(1))
    assert found.correlated.tolist() == found.direct.tolist() == [np.log1p(-0.1)]


def test_what_was_given_is_left_alone() -> None:
    size, covariance = np.array([[-0.1, NAN, 0.2, NAN]]), make_covariance()
    before = size.copy(), covariance.copy()
    size.flags.writeable = covariance.flags.writeable = False
    shocks = Shocks(size, np.array([True]), np.array([0.01]))
    respond(shocks, market_slopes=SLOPES, style_covariance=covariance, market_yield_slope=np.array([-5.0]))
    np.testing.assert_array_equal(size, before[0])
    np.testing.assert_array_equal(covariance, before[1])
