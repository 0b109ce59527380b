"""Returns as they would be at tomorrow's volatility: each is divided by that of its own day, and scaled up again."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

DECAY = 0.94
_FLOOR = 0.01
"""Share of the window's variance below which that of a session does not fall: a halt foretells no calm."""


@dataclass(frozen=True, slots=True)
class FilteredReturns:
    """N assets over T sessions."""

    returns: FloatArray  # (T, N) at the volatility of the session to come; NaN where the return is missing
    volatility: FloatArray  # (N,) daily, of the session to come; NaN without any return
    own_volatility: FloatArray  # (T, N) daily, of each session from those before it and the seed


def filter_returns(returns: FloatArray, *, decay: float = DECAY) -> FilteredReturns:
    """Filter each asset by its own zero-mean exponentially weighted volatility, seeded with the window's variance.

    A session that is missing leaves the volatility as it was; a still stretch leaves it a tenth of the window's at
    least. An asset that never moves stays as it is; one that hardly does anything but grow is seeded with its second
    moment, which is what the recursion follows.

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
    variance = np.where(variance > mean**2, variance, variance + mean**2)
    floor = _FLOOR * variance
    own = np.empty_like(returns)
    for session, (now, here) in enumerate(zip(filled, known, strict=True)):
        own[session] = variance
        moved = np.maximum(decay * variance + (1.0 - decay) * now * now, floor)
        variance = np.where(here, moved, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(variance / own)
    ever = known.any(axis=0)
    return FilteredReturns(
        returns=np.where(own > 0.0, returns * scale, returns),
        volatility=np.where(ever, np.sqrt(variance), np.nan),
        own_volatility=np.where(ever, np.sqrt(own), np.nan),
    )


def _added(rows: FloatArray) -> FloatArray:
    """The sum over sessions, (N,), one after the other: numpy adds up a single column in another order than several."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total
