"""The factors as variables of a regression: the market, and each style's return beyond what the market explains."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray

_OWN = 1e-6  # share of a factor's standard deviation that the factors before it must leave unexplained


@dataclass(frozen=True, slots=True)
class FactorBasis:
    """K factors over T sessions, the market first."""

    returns: FloatArray  # (T, K) market, then style - slope x market; NaN on sessions that count for nobody
    market_slopes: FloatArray  # (K,) of each factor on the market; the market's own is 1
    covariance: FloatArray  # (K, K) of the basis, daily, ddof 1; NaN where not usable
    usable: BoolArray  # (K,) whether a factor varies by itself
    variance_inflation: FloatArray  # (K,) of the factors themselves
    condition_number: float  # of their correlation matrix
    sessions: int  # that count


def build_basis(factor_returns: FloatArray, *, least_sessions: int = 0) -> FactorBasis:
    """Split each style into its slope on the market, over the full window, and the rest.

    A factor that has no variance of its own beyond those before it is not usable: nothing can be said about it.

    Args:
        factor_returns: Simple daily returns, market first, shape (T, K); a session with any NaN counts for nobody.
        least_sessions: A factor with fewer returns takes no part, and costs the others no session.

    Source:
        Frisch-Waugh-Lovell; Belsley, Kuh, Welsch, Regression diagnostics (1980) for inflation and condition.
    """
    taking_part = (~np.isnan(factor_returns)).sum(axis=0) >= least_sessions
    known = ~np.isnan(factor_returns[:, taking_part]).any(axis=1) & taking_part[:1].any()
    factors = np.where(taking_part, factor_returns[known], 0.0)
    count, size = factors.shape
    moves = factors.max(axis=0, initial=-np.inf) > factors.min(axis=0, initial=np.inf)
    centred = np.where(moves, factors - factors.sum(axis=0) / max(count, 1), 0.0)
    usable = _usable(centred)
    market = centred[:, 0]
    slopes = np.ones(size)
    slopes[1:] = centred[:, 1:].T @ market / (market @ market) if usable[0] else np.nan
    returns = np.full_like(factor_returns, np.nan)
    returns[known] = factors - np.where(np.arange(size) > 0, slopes, 0.0) * factors[:, :1]
    returns[:, ~taking_part] = np.nan
    basis = returns[known] - returns[known].mean(axis=0) if count else returns[known]
    covariance = basis.T @ basis / max(count - 1, 1)
    both = usable[:, None] & usable[None]
    inflation, condition = _diagnose(centred[:, usable])
    return FactorBasis(
        returns=returns,
        market_slopes=slopes,
        covariance=np.where(both, covariance, np.nan),
        usable=usable,
        variance_inflation=_spread(inflation, usable),
        condition_number=condition,
        sessions=count,
    )


def _usable(centred: FloatArray) -> BoolArray:
    """Modified Gram-Schmidt: which columns keep a length of their own."""
    rest = centred.copy()
    length = np.sqrt((centred**2).sum(axis=0))
    usable = np.zeros(centred.shape[1], dtype=np.bool_)
    for at in range(centred.shape[1]):
        own = np.sqrt((rest[:, at] ** 2).sum())
        usable[at] = own > _OWN * length[at] and own > 0.0
        if usable[at]:
            direction = rest[:, at] / own
            rest[:, at + 1 :] -= np.outer(direction, direction @ rest[:, at + 1 :])
    return np.asarray(usable & usable[0])


def _diagnose(centred: FloatArray) -> tuple[FloatArray, float]:
    if not centred.size:
        return np.empty(0), float("nan")
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    correlation = scaled.T @ scaled
    return np.diag(np.linalg.inv(correlation)).copy(), float(np.linalg.cond(correlation))


def _spread(values: FloatArray, where: BoolArray) -> FloatArray:
    whole = np.full(len(where), np.nan)
    whole[where] = values
    return whole
