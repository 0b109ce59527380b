"""Performance and tails of random series, against empyrical."""

import empyrical
import numpy as np
import pytest

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.performance import measure_performance
from sigmasight.engines.tail_losses import measure_tails

SEEDS = (1, 2, 3, 4)
LENGTHS = (2, 5, 21, 63, 252, 1_000)
RISKLESS = (0.0, 0.04 / 252, -0.002)


def make_returns(seed: int, sessions: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.asarray(np.maximum(rng.normal(0.0, 0.001) + 0.015 * rng.standard_t(4, sessions), -0.9))


@pytest.mark.parametrize("sessions", LENGTHS)
@pytest.mark.parametrize("seed", SEEDS)
def test_returns_volatility_and_drawdown_are_empyricals(seed: int, sessions: int) -> None:
    returns = make_returns(seed, sessions)
    found = measure_performance(returns)
    assert found.n == sessions
    assert found.compound_return == pytest.approx(empyrical.cum_returns_final(returns), rel=1e-10)
    assert found.annual_return == pytest.approx(empyrical.annual_return(returns), rel=1e-9)
    assert found.volatility == pytest.approx(empyrical.annual_volatility(returns), rel=1e-11)
    assert found.max_drawdown == pytest.approx(empyrical.max_drawdown(returns), rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("riskless", RISKLESS)
@pytest.mark.parametrize("sessions", LENGTHS)
@pytest.mark.parametrize("seed", SEEDS)
def test_ratios_over_what_is_riskless_are_empyricals(seed: int, sessions: int, riskless: float) -> None:
    returns = make_returns(seed, sessions)
    found = measure_performance(returns, riskless)
    assert found.sharpe == pytest.approx(empyrical.sharpe_ratio(returns, riskless), rel=1e-9)
    assert found.downside_deviation == pytest.approx(empyrical.downside_risk(returns, riskless), rel=1e-10)
    if found.downside_deviation > 0.0:
        assert found.sortino == pytest.approx(empyrical.sortino_ratio(returns, riskless), rel=1e-9)
    else:
        assert np.isnan(found.sortino)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rate_that_changes_is_subtracted_day_by_day(seed: int) -> None:
    returns = make_returns(seed, 252)
    rates = np.random.default_rng(seed).uniform(0.0, 0.0002, 252)
    found = measure_performance(returns, rates)
    assert found.sharpe == pytest.approx(empyrical.sharpe_ratio(returns - rates), rel=1e-9)
    assert found.sortino == pytest.approx(empyrical.sortino_ratio(returns - rates), rel=1e-9)


@pytest.mark.parametrize("share", [0.05, 0.01])
@pytest.mark.parametrize("sessions", [100, 500, 2_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_tails_of_whole_sessions_are_empyricals(seed: int, sessions: int, share: float) -> None:
    """Where the tail is a whole number of sessions its mean is the same; elsewhere empyrical rounds."""
    returns = make_returns(seed, sessions)
    found = measure_tails(returns[None], np.array([1.0 - share]))
    assert found.value_at_risk[0, 0] == pytest.approx(-empyrical.value_at_risk(returns, share), rel=1e-10)
    expected = -empyrical.conditional_value_at_risk(returns, share)
    assert found.expected_shortfall[0, 0] == pytest.approx(expected, rel=1e-10)
