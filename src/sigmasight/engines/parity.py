"""Forwards that put-call parity implies, for underlyings that nobody can hold."""

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray


def imply_forwards(
    *, price: FloatArray, strike: FloatArray, growth: FloatArray, is_call: BoolArray, group: IntArray, groups: int
) -> FloatArray:
    """The forward of each group of European options on one underlying and expiry.

    Of the strikes that have both a call and a put, the one at which their prices are nearest is taken (of two equally
    near ones, the lower): F = K + (call - put) x growth.

    Args:
        price: USD per share, shape (N,), NaN where there is none.
        strike: USD, shape (N,).
        growth: exp(rate x time to expiry), shape (N,).
        is_call: Shape (N,).
        group: Shape (N,), from 0.
        groups: G.

    Returns:
        USD, shape (G,); NaN where a group has no pair, or the pair implies nothing above 0.

    Source:
        Stoll (1969); the choice of strike as in Cboe, Volatility Index Methodology.
    """
    forwards = np.full(groups, np.nan)
    known = np.flatnonzero(~np.isnan(price) & ~np.isnan(growth))
    order = known[np.lexsort((is_call[known], strike[known], group[known]))]
    first, second = order[:-1], order[1:]
    pair = (group[first] == group[second]) & (strike[first] == strike[second]) & ~is_call[first] & is_call[second]
    put, call = first[pair], second[pair]
    implied = strike[call] + (price[call] - price[put]) * growth[call]
    nearest = np.lexsort((strike[call], np.abs(price[call] - price[put]), group[call]))
    chosen, at = np.unique(group[call][nearest], return_index=True)
    forwards[chosen] = np.where(implied[nearest][at] > 0.0, implied[nearest][at], np.nan)
    return forwards
