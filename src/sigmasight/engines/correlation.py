"""Correlations of log returns on common sessions: one sample for all names, so the matrix is positive semi-definite."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray

_STILL = 1e-26  # share of the squared mean below which a variance is the rounding of that mean


@dataclass(frozen=True, slots=True)
class Correlation:
    """N names; rows and columns of what takes no part are NaN."""

    matrix: FloatArray  # (N, N) unit diagonal
    volatility: FloatArray  # (N,) daily, of log returns, ddof 1
    used: BoolArray  # (N,) which names take part
    sessions: int  # that all of them have in common


def correlate(log_returns: FloatArray, *, min_obs: int) -> Correlation:
    """Correlate names on the sessions that all of them have.

    A name with too few returns, or that does not vary, takes no part. Where the others have too few sessions in common,
    the one with the fewest returns leaves, the last of equals first, until they have enough.

    Args:
        log_returns: (T, N), NaN where missing.
        min_obs: Sessions that are needed in common.
    """
    known = ~np.isnan(log_returns)
    used = (known.sum(axis=0) >= min_obs) & _vary(log_returns, known)
    common = known[:, used].all(axis=1)
    while used.any() and common.sum() < min_obs:
        counts = np.where(used, known.sum(axis=0), len(known) + 1)
        used[len(counts) - 1 - int(np.argmin(counts[::-1]))] = False
        common = known[:, used].all(axis=1)
    sample = log_returns[np.ix_(common, used)]
    while (still := ~_vary(sample, np.ones(sample.shape, dtype=np.bool_))).any():  # on the common sessions
        used[np.flatnonzero(used)[still]] = False
        common = known[:, used].all(axis=1)
        sample = log_returns[np.ix_(common, used)]
    count = len(log_returns.T)
    matrix, volatility = np.full((count, count), np.nan), np.full(count, np.nan)
    if sample.size:
        centred = sample - sample.mean(axis=0)
        volatility[used] = np.sqrt((centred**2).sum(axis=0) / (len(sample) - 1))
        scaled = centred / np.sqrt((centred**2).sum(axis=0))
        square = np.clip(np.einsum("ti,tj->ij", scaled, scaled), -1.0, 1.0)
        np.fill_diagonal(square, 1.0)
        matrix[np.ix_(used, used)] = square
    return Correlation(matrix, volatility, used, int(common.sum()) if used.any() else 0)


def _vary(returns: FloatArray, known: BoolArray) -> BoolArray:
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, returns, 0.0)
    mean = filled.sum(axis=0) / count
    variance = (np.where(known, returns - mean, 0.0) ** 2).sum(axis=0) / count
    return np.asarray((variance > _STILL * mean**2) & (variance > 0.0), dtype=np.bool_)
