"""Of a portfolio's variance, how much is each factor's and how much specific: Euler's shares, which sum to one."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

_HEDGED = 1e-14  # of the squared exposures times the variances: what is below is rounding


@dataclass(frozen=True, slots=True)
class RiskShares:
    """B portfolios; NaN where exposures hedge each other, or none is known."""

    factor: FloatArray  # (B, K) shares of the variance; may be negative for a factor that hedges
    specific: FloatArray  # (B,)
    volatility: FloatArray  # (B,) USD a day


def share_risk(exposure: FloatArray, covariance: FloatArray, specific_variance: FloatArray) -> RiskShares:
    """Split the variance of portfolios by Euler's rule: exposure x marginal variance.

    Args:
        exposure: USD per factor, (B, K).
        covariance: Of the factors, daily, (K, K); a factor with NaN takes no part.
        specific_variance: USD^2 a day, (B,).

    Source:
        Tasche, Capital allocation to business units and sub-portfolios: the Euler principle (2008).
    """
    usable = ~np.isnan(np.diag(covariance))
    used = np.where(usable[:, None] & usable, covariance, 0.0)
    held = np.where(usable, exposure, 0.0)
    by_factor = held * np.einsum("bk,kl->bl", held, used)
    alone = np.einsum("bk,k->b", held * held, np.diag(used)) + specific_variance
    variance = np.where(np.isnan(exposure).all(axis=1), np.nan, by_factor.sum(axis=1) + specific_variance)
    risky = variance > _HEDGED * alone
    whole = np.where(risky, variance, np.nan)
    return RiskShares(
        factor=np.where(usable, by_factor / whole[:, None], np.nan),
        specific=specific_variance / whole,
        volatility=np.sqrt(np.maximum(variance, 0.0)),
    )
