"""What a series of returns came to: by hand, at the edges, and its laws."""

from dataclasses import astuple
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.performance import SESSIONS_PER_YEAR, Performance, measure_performance

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
series = arrays(np.float64, st.integers(1, 40), elements=st.integers(-900, 900).map(lambda size: size / 1_000))
YEAR = 252


def measure(*returns: float, riskless: FloatArray | float = 0.0) -> Performance:
    return measure_performance(np.array(returns), riskless)


# By hand


def test_three_returns_by_hand() -> None:
    """1.1 x 0.8 x 1.05 = 0.924; the mean is -1/60, and deviations from it are 7/60, -11/60, 4/60."""
    found = measure(0.10, -0.20, 0.05)
    deviation = sqrt((7**2 + 11**2 + 4**2) / 2) / 60
    assert found.n == 3
    assert found.compound_return == pytest.approx(-0.076, rel=1e-12)
    assert found.annual_return == pytest.approx(0.924**84 - 1, rel=1e-12)
    assert found.volatility == pytest.approx(deviation * sqrt(YEAR), rel=1e-12)
    assert found.sharpe == pytest.approx(-1 / 60 / deviation * sqrt(YEAR), rel=1e-12)
    assert found.downside_deviation == pytest.approx(sqrt(0.04 / 3 * YEAR), rel=1e-12)
    assert found.sortino == pytest.approx(-1 / 60 * YEAR / sqrt(0.04 / 3 * YEAR), rel=1e-12)
    assert found.max_drawdown == pytest.approx(-0.2, rel=1e-12)


def test_three_returns_over_what_is_riskless_by_hand() -> None:
    """Beyond 5 % a day: 5, -25 and 0, whose mean is -20/3; what does not concern the excess is as before."""
    found, plain = measure(0.10, -0.20, 0.05, riskless=0.05), measure(0.10, -0.20, 0.05)
    deviation = sqrt((35**2 + 55**2 + 20**2) / 2) / 300
    assert found.sharpe == pytest.approx(-20 / 300 / deviation * sqrt(YEAR), rel=1e-12)
    assert found.downside_deviation == pytest.approx(sqrt(0.0625 / 3 * YEAR), rel=1e-12)
    assert found.sortino == pytest.approx(-20 / 300 * YEAR / sqrt(0.0625 / 3 * YEAR), rel=1e-12)
    kept = ("n", "compound_return", "annual_return", "volatility", "max_drawdown")
    assert [getattr(found, name) for name in kept] == [getattr(plain, name) for name in kept]


def test_a_fall_before_any_rise_is_a_drawdown_from_the_start() -> None:
    assert measure(-0.10, -0.10, 0.30).max_drawdown == pytest.approx(0.9 * 0.9 - 1, rel=1e-12)


def test_the_deepest_fall_counts_not_the_last() -> None:
    assert measure(1.0, -0.5, 0.5, -0.1, 3.0, -0.3).max_drawdown == pytest.approx(-0.5, rel=1e-12)


def test_a_year_of_sessions_has_its_own_return() -> None:
    assert SESSIONS_PER_YEAR == YEAR
    returns = np.random.default_rng(1).normal(0.0005, 0.01, YEAR)
    found = measure_performance(returns)
    assert found.annual_return == pytest.approx(found.compound_return, rel=1e-12)


# At the edges


def test_an_empty_series_says_nothing() -> None:
    found = measure()
    assert found.n == 0
    assert np.isnan(astuple(found)[1:]).all()


def test_one_return_has_no_deviation() -> None:
    found = measure(-0.01)
    assert found.n == 1
    assert found.compound_return == pytest.approx(-0.01, rel=1e-12)
    assert found.max_drawdown == pytest.approx(-0.01, rel=1e-12)
    assert np.isnan([found.volatility, found.sharpe]).all()


@pytest.mark.parametrize("daily", [0.0, 0.001, 0.07, 0.1])
@pytest.mark.parametrize("sessions", [2, 3, 10, 63, 252])
def test_a_constant_gain_has_no_risk_to_be_divided_by(daily: float, sessions: int) -> None:
    """Whatever rounding leaves of its deviation."""
    found = measure_performance(np.full(sessions, daily))
    assert found.compound_return == pytest.approx((1 + daily) ** sessions - 1, rel=1e-10)
    assert found.volatility == pytest.approx(0.0, abs=1e-13)
    assert (found.downside_deviation, found.max_drawdown) == (0.0, 0.0)
    assert np.isnan([found.sharpe, found.sortino]).all()


@pytest.mark.parametrize("daily", [-0.001, -0.07, -0.1])
@pytest.mark.parametrize("sessions", [2, 3, 10, 63, 252])
def test_a_constant_loss_has_a_downside_and_no_deviation(daily: float, sessions: int) -> None:
    """Downside is measured from 0, so the ratio is that of a loss to itself."""
    found = measure_performance(np.full(sessions, daily))
    assert np.isnan(found.sharpe)
    assert found.downside_deviation == pytest.approx(-daily * sqrt(YEAR), rel=1e-12)
    assert found.sortino == pytest.approx(-sqrt(YEAR), rel=1e-12)
    assert found.max_drawdown == pytest.approx((1 + daily) ** sessions - 1, rel=1e-10)


def test_a_constant_excess_has_no_sharpe_though_returns_vary() -> None:
    returns = np.random.default_rng(2).normal(0.0, 0.01, 63)
    found = measure_performance(returns, returns - 0.0003)
    assert np.isnan([found.sharpe, found.sortino]).all()
    assert found.volatility == pytest.approx(returns.std(ddof=1) * sqrt(YEAR), rel=1e-12)


def test_with_one_return_missing_nothing_is_known_of_the_whole() -> None:
    found = measure(0.01, NAN, 0.02)
    assert found.n == 3
    assert np.isnan(astuple(found)[1:]).all()


@pytest.mark.parametrize("riskless", [NAN, np.array([0.0001, NAN, 0.0001])])
def test_without_a_rate_there_is_no_ratio_and_the_rest_stands(riskless: FloatArray | float) -> None:
    found, plain = measure(0.01, -0.02, 0.03, riskless=riskless), measure(0.01, -0.02, 0.03)
    assert np.isnan([found.sharpe, found.sortino, found.downside_deviation]).all()
    kept = ("n", "compound_return", "annual_return", "volatility", "max_drawdown")
    assert [getattr(found, name) for name in kept] == [getattr(plain, name) for name in kept]


def test_what_is_all_lost_stays_lost() -> None:
    found = measure(0.5, -1.0, 0.5)
    assert (found.compound_return, found.max_drawdown) == (-1.0, -1.0)


# Laws


@EXAMPLES
@given(first=series, second=series)
def test_two_periods_one_after_the_other_compound(first: FloatArray, second: FloatArray) -> None:
    both = measure_performance(np.concatenate([first, second])).compound_return
    apart = [1 + measure_performance(each).compound_return for each in (first, second)]
    assert 1 + both == pytest.approx(apart[0] * apart[1], rel=1e-11)


@EXAMPLES
@given(returns=series)
def test_the_annual_return_compounds_to_the_whole(returns: FloatArray) -> None:
    found = measure_performance(returns / 50)
    years = len(returns) / YEAR
    assert (1 + found.annual_return) ** years == pytest.approx(1 + found.compound_return, rel=1e-11)


@EXAMPLES
@given(returns=series)
def test_a_drawdown_is_the_worst_way_from_one_close_to_a_later_one(returns: FloatArray) -> None:
    worth = [1.0]
    for each in returns.tolist():
        worth.append(worth[-1] * (1 + each))
    worst = min(late / early - 1 for at, early in enumerate(worth) for late in worth[at:])
    assert measure_performance(returns).max_drawdown == pytest.approx(worst, rel=1e-10, abs=1e-12)


@EXAMPLES
@given(returns=series, size=st.sampled_from([1e-3, 0.5, 20.0]))
def test_a_bolder_book_has_the_same_ratios(returns: FloatArray, size: float) -> None:
    plain, bolder = measure_performance(returns), measure_performance(size * returns)
    assert bolder.volatility == pytest.approx(size * plain.volatility, rel=1e-11, abs=1e-13, nan_ok=True)
    assert bolder.downside_deviation == pytest.approx(size * plain.downside_deviation, rel=1e-11)
    assert bolder.sharpe == pytest.approx(plain.sharpe, rel=1e-9, abs=1e-12, nan_ok=True)
    assert bolder.sortino == pytest.approx(plain.sortino, rel=1e-9, abs=1e-12, nan_ok=True)


@EXAMPLES
@given(returns=series, rate=st.integers(-50, 50).map(lambda size: size / 1_000))
def test_ratios_over_a_rate_are_those_of_what_is_beyond_it(returns: FloatArray, rate: float) -> None:
    over = measure_performance(returns, rate)
    daily = measure_performance(returns, np.full(len(returns), rate))
    beyond = measure_performance(returns - rate)
    for other in (daily, beyond):
        found = [over.sharpe, over.sortino, over.downside_deviation]
        np.testing.assert_array_equal(found, [other.sharpe, other.sortino, other.downside_deviation])


@EXAMPLES
@given(returns=series, data=st.data())
def test_only_the_drawdown_depends_on_the_order_of_the_days(returns: FloatArray, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(returns))))
    plain, other = astuple(measure_performance(returns)), astuple(measure_performance(returns[order]))
    np.testing.assert_allclose(other[:-1], plain[:-1], rtol=1e-8, atol=1e-10)


# What was once wrong


def test_a_day_beyond_all_years_has_no_annual_return() -> None:
    found = measure_performance(np.array([20.0]))
    assert found.compound_return == 20.0
    assert np.isnan(found.annual_return)
    assert np.isnan(found.sortino)


def test_more_than_a_total_loss_multiplies_nothing() -> None:
    lost = measure_performance(np.array([0.1, -1.0, 0.2]))
    assert (lost.compound_return, lost.annual_return, lost.max_drawdown) == (-1.0, -1.0, -1.0)
    ruined = measure_performance(np.array([-2.0, -2.0]))
    assert np.isnan([ruined.compound_return, ruined.annual_return, ruined.max_drawdown]).all()
