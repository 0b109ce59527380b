"""The profit of a step, split by factor: exposure x the factor's return, and what is specific."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray


@dataclass(frozen=True, slots=True)
class FactorProfit:
    """P positions over one step, USD; what is known of the factors and the specific part add up to the P&L."""

    factor: FloatArray  # (P, K) NaN where an exposure, the factor's return or the P&L is not known
    specific: FloatArray  # (P,) NaN where the P&L is not known


def explain_by_factor(
    pnl: FloatArray, exposure: FloatArray, factor_return: FloatArray, market_slopes: FloatArray
) -> FactorProfit:
    """Explain P&L by the exposures of the close before.

    Args:
        pnl: Of each position, USD, (P,).
        exposure: To the market and to each style's return beyond it, USD, (P, K).
        factor_return: Simple, of the factors themselves, the market first, (K,).
        market_slopes: Of each factor on the market, (K,).

    Source:
        Grinold, Kahn, Active portfolio management (2000), ch. 17.
    """
    slopes = np.where(np.arange(len(factor_return)) > 0, market_slopes, 0.0)
    beyond = factor_return - slopes * factor_return[0]
    by_factor = np.where(exposure == 0.0, 0.0, exposure * beyond)
    by_factor[np.isnan(pnl)] = np.nan
    return FactorProfit(by_factor, pnl - np.nansum(by_factor, axis=1))
