"""Returns as they would be at tomorrow's volatility: each is divided by that of its own day, and scaled up again."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

DECAY = 0.94


@dataclass(frozen=True, slots=True)
class FilteredReturns:
    """N assets over T sessions."""

    returns: FloatArray  # (T, N) at the volatility of the session to come; NaN where the return is missing
    volatility: FloatArray  # (N,) daily, of the session to come
    own_volatility: FloatArray  # (T, N) daily, forecast for each session from those before it


def filter_returns(returns: FloatArray, *, decay: float = DECAY) -> FilteredReturns:
    """Filter each asset by its own zero-mean exponentially weighted volatility, seeded with the window's variance.

    A session that is missing leaves the volatility as it was. An asset that never moves stays as it is.

    Args:
        returns: Simple daily returns, (T, N), NaN where missing.
        decay: Between 0 and 1.

    Source:
        Barone-Adesi, Giannopoulos, Vosper, VaR without correlations, J. Futures Markets 19 (1999); Hull, White (1998).
    """
    known = ~np.isnan(returns)
    filled = np.where(known, returns, 0.0)
    count = np.maximum(known.sum(axis=0), 1)
    mean = _added(filled) / count
    variance = _added(np.where(known, returns - mean, 0.0) ** 2) / count
    own = np.empty_like(returns)
    for session, (now, here) in enumerate(zip(filled, known, strict=True)):
        own[session] = variance
        variance = np.where(here, decay * variance + (1.0 - decay) * now * now, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(variance / own)
    return FilteredReturns(np.where(own > 0.0, returns * scale, returns), np.sqrt(variance), np.sqrt(own))


def _added(rows: FloatArray) -> FloatArray:
    """The sum over sessions, (N,), one after the other: numpy adds up a single column in another order than several."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total
