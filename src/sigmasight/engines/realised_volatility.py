"""How much a price has moved: the estimate of a volatility where no option tells it."""

import numpy as np

from sigmasight.domain.market_data import FloatArray

SESSIONS_PER_YEAR = 252


def realised_volatility(closes: FloatArray, *, window_sessions: int, min_obs: int) -> FloatArray:
    """Standard deviation of the last daily log returns, annualised.

    Args:
        closes: Adjusted, shape (T, N), ascending sessions, NaN where there is none: both returns around it are missing.
        window_sessions: How many of the last returns count.
        min_obs: Returns needed.

    Returns:
        Per year, shape (N,), ddof 1; NaN where fewer than ``min_obs`` returns are known.

    Source:
        Hull, Options, Futures, and Other Derivatives, ch. 15.4.
    """
    returns = np.diff(np.log(closes), axis=0)[-window_sessions:]
    known = ~np.isnan(returns)
    count = known.sum(axis=0)
    enough = count >= max(min_obs, 2)
    mean = np.nansum(returns, axis=0) / np.where(count > 0, count, 1)
    squares = np.where(known, (returns - mean) ** 2, 0.0).sum(axis=0)
    variance = squares / np.where(enough, count - 1, 1)
    return np.where(enough, np.sqrt(variance * SESSIONS_PER_YEAR), np.nan)
