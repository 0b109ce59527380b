"""What the default method is worth on real stocks: out of sample, and in two crashes. skfolio's dataset, 2014-2022."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from oracle.factors.cases import PRIOR_STD, STYLES_SHRUNK, read_inputs, read_json
from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.factor_basis import FactorBasis, build_basis
from sigmasight.engines.regression import Regression, regress
from sigmasight.engines.scenario_response import Shocks, respond
from sigmasight.engines.scenario_returns import factor_moves, scenario_returns

GROWTH = ["AAPL", "MSFT", "AMD", "UNH", "LLY", "HD"]
STYLES = ["VLUE", "Growth", "MTUM", "QUAL", "SIZE", "USMV"]
FIRST, STEP, WINDOWS = 504, 21, 83
MIN_OBS = 60
REPLAYED = {"COVID": ("2020-02-19", "2020-03-23"), "2018Q4": ("2018-09-20", "2018-12-24")}


@dataclass(frozen=True, slots=True)
class History:
    """T sessions after the first close."""

    days: pd.DatetimeIndex  # (T,)
    factors: FloatArray  # (T, 7) simple returns
    stocks: FloatArray  # (T, 20)
    symbols: tuple[str, ...]

    def window(self, end: int, sessions: int) -> tuple[FloatArray, FloatArray]:
        return self.factors[end - sessions : end], self.stocks[end - sessions : end]


@pytest.fixture(scope="session")
def history() -> History:
    from skfolio.datasets import load_factors_dataset, load_sp500_dataset, load_sp500_index

    funds = load_factors_dataset()
    closes = pd.concat([load_sp500_index(), load_sp500_dataset(), funds], axis=1).loc[funds.index]
    returns = closes.pct_change().iloc[1:]
    returns["Growth"] = returns[GROWTH].mean(axis=1)
    symbols = tuple(load_sp500_dataset().columns)
    assert returns.notna().all(axis=None)
    return History(
        days=pd.DatetimeIndex(returns.index),
        factors=returns[["SP500", *STYLES]].to_numpy(),
        stocks=returns[list(symbols)].to_numpy(),
        symbols=symbols,
    )


def fit_default(factors: FloatArray, stocks: FloatArray) -> tuple[FactorBasis, Regression]:
    basis = build_basis(factors)
    return basis, regress(stocks, basis.returns, min_obs=MIN_OBS, shrunk=STYLES_SHRUNK, prior_std=PRIOR_STD)


def explain_by_default(factors: FloatArray, stocks: FloatArray, coming: FloatArray) -> FloatArray:
    """What the stocks' betas on a window make of the factors of the sessions that come."""
    basis, fit = fit_default(factors, stocks)
    styles = coming[:, 1:] - basis.market_slopes[1:] * coming[:, :1]
    return np.asarray(np.column_stack([coming[:, 0], styles]) @ fit.slope.T)


def explain_by_seven_factors(factors: FloatArray, stocks: FloatArray, coming: FloatArray) -> FloatArray:
    return np.asarray(coming @ regress(stocks, factors, min_obs=MIN_OBS).slope.T)


def test_the_last_year_is_the_file_of_inputs(history: History) -> None:
    inputs = read_inputs()
    assert history.symbols == inputs.symbols
    np.testing.assert_allclose(history.factors[-252:], inputs.factors, rtol=0, atol=1e-15)
    np.testing.assert_allclose(history.stocks[-252:], inputs.stocks, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("sessions", "by_default", "by_seven_factors"),
    [(252, 0.6082, 0.6209), (126, 0.6147, 0.6418), (60, 0.6319, 0.7020)],
)
def test_unexplained_share_of_the_next_month(
    history: History, sessions: int, by_default: float, by_seven_factors: float
) -> None:
    unexplained = []
    for today in range(FIRST, len(history.days) - STEP + 1, STEP):
        coming, realised = history.factors[today : today + STEP], history.stocks[today : today + STEP]
        window = history.window(today, sessions)
        errors = [realised - explain(*window, coming) for explain in (explain_by_default, explain_by_seven_factors)]
        unexplained.append([(error**2).sum(axis=0) / (realised**2).sum(axis=0) for error in errors])
    assert len(unexplained) == WINDOWS
    found = np.mean(unexplained, axis=(0, 2))
    np.testing.assert_array_equal(np.round(found, 4), [by_default, by_seven_factors])
    each = np.mean(unexplained, axis=0)
    assert (each[0] < each[1]).sum() >= 19  # of 20 stocks, so the lead is not one's alone


def between(history: History, episode: str) -> tuple[int, int]:
    """Sessions after the first close, to the last."""
    first, last = REPLAYED[episode]
    return int(history.days.get_loc(first)) + 1, int(history.days.get_loc(last)) + 1


@pytest.mark.parametrize("episode", sorted(REPLAYED))
def test_what_the_factors_really_did_is_in_the_file(history: History, episode: str) -> None:
    begin, end = between(history, episode)
    realised = np.prod(1 + history.factors[begin:end], axis=0) - 1
    expected = list(read_json("realised_factor_episodes")["episodes"][episode].values())
    np.testing.assert_allclose(realised, expected, rtol=1e-10)


@pytest.mark.parametrize("reading", ["direct", "correlated"])
@pytest.mark.parametrize(("episode", "error"), [("COVID", 0.1019), ("2018Q4", 0.0931)])
def test_replays_are_as_far_from_what_stocks_did_as_is_written(
    history: History, episode: str, error: float, reading: str
) -> None:
    """All seven factors are shocked: nothing is dragged."""
    begin, end = between(history, episode)
    basis, fit = fit_default(*history.window(begin, 252))
    shocks = list(read_json("realised_factor_episodes")["episodes"][episode].values())
    response = respond(
        Shocks(np.array([shocks]), np.array([True]), np.array([np.nan])),
        market_slopes=basis.market_slopes,
        style_covariance=basis.covariance[1:, 1:],
        market_yield_slope=np.array([np.nan]),
    )
    moves = factor_moves(fit.slope, getattr(response, reading))
    told = scenario_returns(moves, np.full((20, 1), np.nan), np.zeros(1))[:, 0]
    really = np.prod(1 + history.stocks[begin:end], axis=0) - 1
    assert round(float(np.abs(told - really).mean()), 4) == error
