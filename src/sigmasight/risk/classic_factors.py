"""The classic methods, on demand: betas of the textbook, and stress tests of single factors and their correlations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.factor_facts import TENORS, FactorSet
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.reasons import Reason
from sigmasight.engines.classic_stress import ClassicStress, stress_classically
from sigmasight.engines.regression import Regression, regress
from sigmasight.engines.weighing import Weighed, weigh
from sigmasight.risk.factor_facts import LEAST_YIELD_SESSIONS, FactorWindow
from sigmasight.risk.frames import rows_of
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk
from sigmasight.risk.return_panel import ReturnPanel

LARGEST_BETA = 3.0


@dataclass(frozen=True, slots=True)
class ClassicBetas:
    """N instruments, ascending by id, on K factors; NaN where not fitted."""

    instrument_id: IntArray  # (N,)
    loading: FloatArray  # (N, K) of ordinary least squares on all factors, no further from 0 than 3
    raw: FloatArray  # (N, K) not capped
    capped: BoolArray  # (N, K)
    univariate: FloatArray  # (N, K) on one factor at a time
    yield_beta: FloatArray  # (N, 4) on one yield alone
    n_obs: IntArray  # (N,)


def estimate_classic_betas(window: FactorWindow, panel: ReturnPanel, *, min_obs: int) -> ClassicBetas:
    """Estimate betas as the textbook has them."""
    returns = panel.returns[1:]
    factors = window.returns
    usable = _telling(factors, min_obs)
    raw, n_obs = np.full((returns.shape[1], factors.shape[1]), np.nan), np.zeros(returns.shape[1], dtype=np.int64)
    if usable.any():
        together = regress(returns, factors[:, usable], min_obs=min_obs)
        raw[:, usable], n_obs = together.slope, together.n_obs
    alone = [regress(returns, factors[:, [at]], min_obs=min_obs) for at in range(factors.shape[1])]
    by_yield = [regress(returns, window.yield_changes[:, [at]], min_obs=LEAST_YIELD_SESSIONS) for at in range(TENORS)]
    return ClassicBetas(
        instrument_id=panel.instrument_id,
        loading=np.clip(raw, -LARGEST_BETA, LARGEST_BETA),
        raw=raw,
        capped=np.asarray(np.abs(raw) > LARGEST_BETA, dtype=np.bool_),
        univariate=_side_by_side(alone),
        yield_beta=_side_by_side(by_yield),
        n_obs=n_obs,
    )


def _telling(factors: FloatArray, min_obs: int) -> BoolArray:
    """Factors with enough returns that are not all the same, (K,): the others would cost everybody his betas."""
    known = ~np.isnan(factors)
    moves = np.where(known, factors, -np.inf).max(axis=0) > np.where(known, factors, np.inf).min(axis=0)
    return np.asarray((known.sum(axis=0) >= min_obs) & moves, dtype=np.bool_)


def classic_coverage(held: HeldRisk, assessed: AssessedMarket, betas: ClassicBetas) -> float:
    """Share of one portfolio's weight that has univariate betas."""
    return float(_weighed(held, assessed, betas.univariate, betas.instrument_id).coverage[0].max(initial=0.0))


def expose_classically(held: HeldRisk, assessed: AssessedMarket, loading: FloatArray, ids: IntArray) -> FloatArray:
    """Dollar exposures of portfolios by given betas, (B, M) USD.

    Args:
        held: B portfolios.
        assessed: Their market: what the dollar deltas are taken from.
        loading: Of instruments with the given ids, (N, M).
        ids: Ascending, with every underlying that is held among them.
    """
    return _weighed(held, assessed, loading, ids).total


def _weighed(held: HeldRisk, assessed: AssessedMarket, loading: FloatArray, ids: IntArray) -> Weighed:
    risk, count = assessed.risk, len(assessed.instrument_id)
    of_underlying = loading[rows_of(ids, assessed.instrument_id[risk.underlying[:count]])]
    facts = risk.dollar_delta[:, None] * np.concatenate([of_underlying, of_underlying])
    return weigh(held.book(len(facts)), facts, risk.inert)


def stress_classic(held: HeldRisk, assessed: AssessedMarket, betas: ClassicBetas, factors: FactorSet) -> ClassicStress:
    """Stress portfolios by univariate exposures and capped correlations; yields act by their own univariate betas."""
    scenarios = assessed.scenarios
    exposure = expose_classically(held, assessed, betas.univariate, betas.instrument_id)
    by_yield = expose_classically(held, assessed, betas.yield_beta, betas.instrument_id)
    yields = np.zeros((len(scenarios.ids), TENORS))
    yields[np.arange(len(scenarios.ids)), scenarios.tenor] = scenarios.yield_change
    size = np.nan_to_num(scenarios.shocks.size)
    count = size.shape[1]
    correlation = np.eye(count + TENORS)
    correlation[:count, :count] = np.nan_to_num(factors.capped_correlation)
    held_exposure = np.concatenate([exposure, by_yield], axis=1)
    shocks = np.concatenate([size, yields], axis=1)
    stressed = stress_classically(np.nan_to_num(held_exposure), shocks, correlation, held.nav)
    untold = (scenarios.reasons & int(Reason.NO_HISTORY | Reason.NOT_MODELLED)) > 0
    direct = _unknown(held_exposure, shocks != 0.0) | untold
    dragged = _unknown(held_exposure, (np.abs(shocks) @ np.abs(correlation)) != 0.0) | untold
    return ClassicStress(
        direct=np.where(direct, np.nan, stressed.direct),
        correlated=np.where(dragged, np.nan, stressed.correlated),
        direct_raw=np.where(direct, np.nan, stressed.direct_raw),
        correlated_raw=np.where(dragged, np.nan, stressed.correlated_raw),
    )


def _unknown(exposure: FloatArray, needed: BoolArray) -> BoolArray:
    """Which portfolios lack an exposure that a scenario needs, (B, S)."""
    return np.asarray(np.isnan(exposure).astype(np.float64) @ needed.T.astype(np.float64) > 0.0, dtype=np.bool_)


def _side_by_side(fits: Sequence[Regression]) -> FloatArray:
    return np.column_stack([fit.slope[:, 0] for fit in fits])
