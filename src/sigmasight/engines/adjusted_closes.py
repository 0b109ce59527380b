"""Closes as if neither splits nor dividends had been: what returns are taken of."""

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray


def adjust_closes(
    closes: FloatArray, shares: FloatArray, *, session: IntArray, asset: IntArray, amount: FloatArray
) -> FloatArray:
    """Closes on the last session's basis of splits, with dividends taken as reinvested.

    Args:
        closes: Raw, USD, shape (T, N), ascending sessions, NaN where there is none.
        shares: Split factors: how many shares one has become by each session, shape (T, N).
        session: Of E dividends: index of the ex-date's session, above 0, shape (E,).
        asset: Whose, shape (E,).
        amount: USD per share as traded on the ex-date, shape (E,).

    Returns:
        USD, shape (T, N): each close before an ex-date times (1 - dividend / last close before it).

    Source:
        CRSP, Data Definitions: factors to adjust prices.
    """
    adjusted = closes * shares / shares[-1]
    for at, whose, paid in zip(session, asset, amount, strict=True):
        before = closes[:at, whose] * shares[:at, whose] / shares[at, whose]
        known = before[~np.isnan(before)]
        if len(known) and 0.0 < paid < known[-1]:
            adjusted[:at, whose] *= 1.0 - paid / known[-1]
    return np.asarray(adjusted)
