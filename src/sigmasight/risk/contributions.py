"""Where a portfolio's exposure or scenario result comes from: its positions, and the factors."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.weighing import weigh
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk


@dataclass(frozen=True, slots=True)
class ScenarioParts:
    """One portfolio's P positions under S scenarios, USD; NaN where not known."""

    position: FloatArray  # (P, S)
    factor: FloatArray  # (S, K) what each factor brings, over the positions that are known
    other: FloatArray  # (S,) what yields, volatility and the convexity of options add
    reasons: IntArray  # (P, S) Reason flags


def split_scenarios(held: HeldRisk, assessed: AssessedMarket, *, correlated: bool) -> ScenarioParts:
    """Split results by position and by factor; factors and the other line add up to the total of what is known.

    Args:
        held: One portfolio.
        assessed: Its market.
        correlated: Whether what is shocked drags the rest along.
    """
    risk = assessed.risk
    unit = risk.correlated if correlated else risk.direct
    position = held.shares[:, None] * unit[held.row]
    known = ~np.isnan(position)
    distinct, place = np.unique(held.row, return_inverse=True)
    by_factor = risk.rows(distinct).split(assessed.scenarios, correlated=correlated)[place]
    parts = np.where(known[:, :, None], held.shares[:, None, None] * by_factor, 0.0)
    factor = parts.sum(axis=0)
    total = np.where(known, position, 0.0).sum(axis=0)
    moving = ~risk.inert[held.row]
    hopeless = moving.any() & ~(known & moving[:, None]).any(axis=0)
    factor[hopeless], total[hopeless] = np.nan, np.nan
    reasons = risk.reasons[held.row, None] | risk.yield_reasons[held.row]
    return ScenarioParts(position, factor, total - factor.sum(axis=1), reasons)


def position_exposures(held: HeldRisk, assessed: AssessedMarket) -> FloatArray:
    """Each position's dollar exposure to each factor, (P, K) USD."""
    risk = assessed.risk
    return np.asarray((held.shares * risk.dollar_delta[held.row])[:, None] * risk.loading[held.row])


def expose_by_price(held: HeldRisk, assessed: AssessedMarket, price: FloatArray) -> FloatArray:
    """Dollar exposures where each position counts at its own price, not at its delta, (B, K) USD.

    Args:
        held: B portfolios.
        assessed: Their market of N instruments.
        price: Of each instrument itself, (N,) USD; NaN where not known.
    """
    facts = np.concatenate([price, price])[:, None] * assessed.risk.loading
    return weigh(held.book(len(facts)), facts, assessed.risk.inert).total
