"""Volatilities of contracts that have none of their own, from the others of the same expiry."""

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray


def interpolate_smile(
    log_moneyness: FloatArray,
    group: IntArray,
    *,
    known_log_moneyness: FloatArray,
    known_volatility: FloatArray,
    known_group: IntArray,
) -> FloatArray:
    """Volatilities linear in log moneyness between those that are known, flat beyond them.

    Args:
        log_moneyness: ln(strike / forward) of what is asked, shape (N,).
        group: One number for each underlying and expiry, shape (N,).
        known_log_moneyness: Of what is known, shape (M,).
        known_volatility: Per year, shape (M,); of one place several, their mean counts.
        known_group: Shape (M,).

    Returns:
        Per year, shape (N,); NaN where nothing of the group is known.
    """
    volatility = np.full(len(log_moneyness), np.nan)
    for number in np.unique(group):
        asked, known = group == number, known_group == number
        if known.any():
            place, which = np.unique(known_log_moneyness[known], return_inverse=True)
            count = np.bincount(which)
            mean = np.bincount(which, weights=known_volatility[known]) / count
            volatility[asked] = np.interp(log_moneyness[asked], place, mean)
    return volatility
