"""Value at risk day after day, 1991 to 2022, on the S&P 500 and on twenty stocks: skfolio's dataset."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from oracle.risk.cases import LEVELS, read_json, read_returns
from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.engines.tail_losses import measure_normal_tails, measure_tails
from sigmasight.engines.value_at_risk_backtests import backtest
from sigmasight.engines.volatility_filter import DECAY, filter_returns

BACKTESTS = read_json("var_backtests")["results"]
BLOCK = 512  # windows filtered at a time

Forecast = Callable[[FloatArray, int], FloatArray]
"""Value at risk of each day after the first window, (days, levels), from returns and the window's sessions."""


@pytest.fixture(scope="session")
def history() -> dict[str, FloatArray]:
    """Simple returns by name, each (8312,); the prices are files of the installed package."""
    from skfolio.datasets import load_sp500_dataset, load_sp500_index

    index, stocks = load_sp500_index()["SP500"], load_sp500_dataset()
    assert (index.index == stocks.index).all()
    together = {"SP500": index.pct_change(), "EW20": stocks.pct_change().mean(axis=1)}
    return {name: series.iloc[1:].to_numpy() for name, series in together.items()}


def windows_of(returns: FloatArray, sessions: int) -> FloatArray:
    """The window before each day that is forecast, (days, sessions)."""
    return sliding_window_view(returns[:-1], sessions)


def forecast_historically(returns: FloatArray, sessions: int) -> FloatArray:
    return measure_tails(windows_of(returns, sessions), LEVELS).value_at_risk


def forecast_normally(returns: FloatArray, sessions: int) -> FloatArray:
    return measure_normal_tails(windows_of(returns, sessions), LEVELS).value_at_risk


def forecast_filtered_once(returns: FloatArray, sessions: int) -> FloatArray:
    """One recursion over the whole history, by pandas: its seed is the variance of the first window."""
    squares = np.concatenate([[returns[:sessions].var()], returns**2])
    volatility: FloatArray = np.sqrt(pd.Series(squares).ewm(alpha=1 - DECAY, adjust=False).mean().to_numpy())
    standardised = windows_of(returns / volatility[:-1], sessions)
    return measure_tails(standardised, LEVELS).value_at_risk * volatility[sessions:-1, None]


def forecast_filtered_by_window(returns: FloatArray, sessions: int) -> FloatArray:
    """As SPEC has it, and as a night does it: each window is filtered on its own."""
    windows = windows_of(returns, sessions)
    blocks = (np.ascontiguousarray(windows[at : at + BLOCK].T) for at in range(0, len(windows), BLOCK))
    return np.concatenate([measure_tails(filter_returns(each).returns.T, LEVELS).value_at_risk for each in blocks])


def broken_days(returns: FloatArray, sessions: int, at_risk: FloatArray) -> BoolArray:
    return np.asarray(-returns[sessions:] > at_risk, dtype=np.bool_)


def test_the_last_years_are_the_file_of_returns(history: dict[str, FloatArray]) -> None:
    expected = read_returns()
    for name, column in (("SP500", "SP500"), ("EW20", "ew20")):
        np.testing.assert_allclose(history[name][-2263:], expected[column], rtol=0, atol=1e-15)


@pytest.mark.parametrize("sessions", [252, 504])
@pytest.mark.parametrize("name", ["SP500", "EW20"])
@pytest.mark.parametrize(
    ("method", "forecast"),
    [("HS", forecast_historically), ("Normal", forecast_normally), ("FHS_ewma", forecast_filtered_once)],
)
def test_forecasts_break_on_the_days_of_the_file(
    history: dict[str, FloatArray], name: str, sessions: int, method: str, forecast: Forecast
) -> None:
    returns = history[name]
    at_risk = forecast(returns, sessions)
    for place, level in enumerate((95, 99)):
        expected = BACKTESTS[f"{name}|W{sessions}|{level}|{method}"]
        broken = broken_days(returns, sessions, at_risk[:, place])
        found = backtest(broken, level / 100)
        assert (found.forecasts, found.breaks) == (expected["n"], expected["viol"])
        assert at_risk[-1, place] == pytest.approx(-expected["last_forecast"], rel=1e-10)
        assert returns[sessions:][broken].mean() == pytest.approx(expected["mean_loss_given_violation"], rel=1e-10)
        for test, key in (("unconditional", "uc"), ("independent", "ind"), ("conditional", "cc")):
            assert getattr(found, test) == pytest.approx(expected[f"LR_{key}"], rel=1e-8), test
            assert getattr(found, f"{test}_p") == pytest.approx(expected[f"p_{key}"], rel=1e-8), test


@pytest.mark.parametrize(
    ("forecast", "breaks", "per_cent", "p"),
    [(forecast_filtered_once, 91, 1.17, 0.152), (forecast_filtered_by_window, 93, 1.19, 0.099)],
)
def test_filtered_value_at_risk_is_broken_on_one_day_of_a_hundred(
    history: dict[str, FloatArray], forecast: Forecast, breaks: int, per_cent: float, p: float
) -> None:
    returns = history["SP500"]
    found = backtest(broken_days(returns, 504, forecast(returns, 504)[:, 1]), 0.99)
    assert (found.forecasts, found.breaks) == (7_808, breaks)
    assert round(100 * found.breaks / found.forecasts, 2) == per_cent
    assert round(found.unconditional_p, 3) == p


def test_only_filtered_value_at_risk_is_broken_about_as_often_as_it_says(history: dict[str, FloatArray]) -> None:
    """At 99 %, on 504 sessions of the index; it is why it is the default."""
    returns = history["SP500"]
    methods = (forecast_filtered_by_window, forecast_historically, forecast_normally)
    tests = [backtest(broken_days(returns, 504, each(returns, 504)[:, 1]), 0.99) for each in methods]
    assert [test.unconditional_p > 0.05 for test in tests] == [True, False, False]
    assert [test.independent_p > 0.001 for test in tests] == [True, False, False]
