"""How factors move together lately: exponentially weighted covariance and correlation."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

DECAY = 0.94
CAP = 0.95


@dataclass(frozen=True, slots=True)
class FactorCorrelations:
    """K factors at the last of T sessions. NaN where a factor does not vary."""

    covariance: FloatArray  # (K, K) daily
    volatility: FloatArray  # (K,) daily
    correlation: FloatArray  # (K, K) unit diagonal
    capped: FloatArray  # (K, K) off the diagonal no further from 0 than the cap
    effective_sessions: float  # Kish's number: (sum w)^2 / sum w^2


def correlate_factors(factor_returns: FloatArray, *, decay: float = DECAY, cap: float = CAP) -> FactorCorrelations:
    """Weigh sessions by decay^age, take out the weighted mean, and correlate.

    Args:
        factor_returns: Simple daily returns, shape (T, K); a session with any NaN counts for nobody.
        decay: Between 0 and 1.
        cap: Between 0 and 1.

    Source:
        J.P. Morgan, Reuters, RiskMetrics Technical Document (1996), ch. 5.
    """
    known = ~np.isnan(factor_returns).any(axis=1)
    age = np.arange(len(factor_returns))[::-1][known]
    weight = decay ** (age - age.min(initial=len(factor_returns)))
    weight = weight / weight.sum()
    returns = factor_returns[known]
    moves = returns.max(axis=0, initial=-np.inf) > returns.min(axis=0, initial=np.inf)
    centred = np.where(moves, returns - weight @ returns, 0.0)
    covariance = (weight[:, None] * centred).T @ centred
    volatility = np.sqrt(np.diag(covariance))
    volatility = np.where(volatility > 0.0, volatility, np.nan)
    correlation = covariance / np.outer(volatility, volatility)
    np.fill_diagonal(correlation, np.where(np.isnan(volatility), np.nan, 1.0))
    capped = np.clip(correlation, -cap, cap)
    np.fill_diagonal(capped, np.diag(correlation))
    effective = float(1.0 / (weight @ weight)) if len(weight) else 0.0
    return FactorCorrelations(covariance, volatility, correlation, capped, effective)
