"""Filtered returns, correlations and drawdowns of random series, against pandas and plain loops."""

import numpy as np
import pandas as pd
import pytest

from oracle.risk.panels import make_log_returns, pierce
from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.correlation import correlate
from sigmasight.engines.performance import measure_performance
from sigmasight.engines.volatility_filter import filter_returns

SEEDS = (1, 2, 3, 4, 5)
MIN_OBS = 60


def make_returns(seed: int, sessions: int, assets: int) -> FloatArray:
    """Simple daily returns with fat tails, no two assets of one size."""
    rng = np.random.default_rng(seed)
    return np.asarray(0.0005 + rng.standard_t(4, (sessions, assets)) * rng.uniform(0.002, 0.05, assets))


# Filter


def filter_by_pandas(returns: pd.Series, decay: float) -> tuple[pd.Series, pd.Series]:
    """Filtered returns of one asset, and the volatility of each day, the last of which is to come."""
    seed = returns.var(ddof=0)
    seed = seed if seed > returns.mean() ** 2 else (returns**2).mean()  # what hardly does anything but grow
    squares = pd.concat([pd.Series([seed]), returns**2], ignore_index=True)
    volatility = squares.ewm(alpha=1 - decay, adjust=False, ignore_na=True).mean() ** 0.5
    return returns / volatility.iloc[:-1].to_numpy() * volatility.iloc[-1], volatility


@pytest.mark.parametrize("decay", [0.94, 0.97, 0.5])
@pytest.mark.parametrize(("sessions", "assets"), [(504, 8), (252, 3), (2, 4), (60, 1)])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_filtered_returns_are_pandas(sessions: int, assets: int, missing: float, decay: float) -> None:
    returns = make_returns(sessions, sessions, assets)
    returns[np.random.default_rng(assets).random(returns.shape) < missing] = np.nan
    found = filter_returns(returns, decay=decay)
    for asset in range(assets):
        if (~np.isnan(returns[:, asset])).sum() > 1:
            expected, volatility = filter_by_pandas(pd.Series(returns[:, asset]), decay)
            np.testing.assert_allclose(found.returns[:, asset], expected, rtol=1e-10)
            np.testing.assert_allclose(found.own_volatility[:, asset], volatility.iloc[:-1], rtol=1e-11)
            assert found.volatility[asset] == pytest.approx(volatility.iloc[-1], rel=1e-11)


def test_the_usual_decay_is_riskmetrics() -> None:
    returns = make_returns(6, 300, 2)
    np.testing.assert_array_equal(filter_returns(returns).returns, filter_returns(returns, decay=0.94).returns)


# Correlations


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("sessions", "names"), [(90, 30), (60, 2), (250, 7), (90, 1)])
def test_correlations_are_pandas(seed: int, sessions: int, names: int) -> None:
    log_returns = make_log_returns(seed, sessions=sessions, names=names)
    found, frame = correlate(log_returns, min_obs=MIN_OBS), pd.DataFrame(log_returns)
    np.testing.assert_allclose(found.matrix, frame.corr(), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found.volatility, frame.std(), rtol=1e-12)
    assert found.used.all()
    assert found.sessions == sessions


def keep_by_a_loop(frame: pd.DataFrame, min_obs: int) -> list[int]:
    """Names with enough returns; then the one with the fewest leaves, the last of equals, while too few are common."""
    counts = frame.count()
    kept = [name for name in frame.columns if counts[name] >= min_obs]
    while kept and len(frame[kept].dropna()) < min_obs:
        fewest = min(counts[kept])
        kept.remove(max(name for name in kept if counts[name] == fewest))
    return kept


@pytest.mark.parametrize("min_obs", [20, 60, 75, 88])
@pytest.mark.parametrize("seed", SEEDS)
def test_with_holes_they_are_pandas_on_the_common_sessions(seed: int, min_obs: int) -> None:
    log_returns = pierce(make_log_returns(seed), seed)
    frame = pd.DataFrame(log_returns)
    kept = keep_by_a_loop(frame, min_obs)
    common = frame[kept].dropna()
    assert 10 <= len(kept) < 30
    found = correlate(log_returns, min_obs=min_obs)
    assert np.flatnonzero(found.used).tolist() == kept
    assert found.sessions == len(common)
    np.testing.assert_allclose(found.matrix[np.ix_(kept, kept)], common.corr(), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found.volatility[kept], common.std(), rtol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_and_opposites_are_pandas_and_what_stands_still_takes_no_part(seed: int) -> None:
    names = make_log_returns(seed, names=3)
    panel = np.column_stack([names, 3.0 * names[:, 0] + 0.01, -names[:, 1], np.zeros(90), np.full(90, 0.0007)])
    found = correlate(panel, min_obs=MIN_OBS)
    assert found.used.tolist() == [True] * 5 + [False] * 2
    np.testing.assert_allclose(found.matrix[:5, :5], pd.DataFrame(panel[:, :5]).corr(), rtol=1e-10, atol=1e-13)
    assert np.isnan(found.matrix[5:]).all()
    assert np.isnan(found.matrix[:, 5:]).all()
    assert np.isnan(found.volatility[5:]).all()


# Drawdown


@pytest.mark.parametrize("sessions", [1, 2, 20, 500])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_drawdown_is_from_pandas_highest_value(seed: int, sessions: int) -> None:
    returns = make_returns(seed, sessions, 1)[:, 0]
    worth = pd.concat([pd.Series([1.0]), (1 + pd.Series(returns)).cumprod()])
    expected = float((worth / worth.cummax() - 1).min())
    assert measure_performance(returns).max_drawdown == pytest.approx(expected, rel=1e-12, abs=1e-15)
