"""What shocks do to every factor, in log coordinates: directly, and with what is shocked dragging the rest along."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Shocks:
    """S scenarios on K factors, the market first."""

    size: FloatArray  # (S, K) fractional return; NaN where not shocked
    total: BoolArray  # (S,) whether styles' sizes are their whole moves, not those beyond the market's
    yield_change: FloatArray  # (S,) of the shocked Treasury yield, as a fraction; NaN where none is


@dataclass(frozen=True, slots=True)
class Response:
    """S scenarios on K factors: log(1 + market's return), then of each style what goes beyond the market."""

    direct: FloatArray  # (S, K) only what is shocked; 0 elsewhere
    correlated: FloatArray  # (S, K) NaN where nothing tells


def respond(
    shocks: Shocks, *, market_slopes: FloatArray, style_covariance: FloatArray, market_yield_slope: FloatArray
) -> Response:
    """Work out the coordinates of every factor.

    A total style shock s has log(1 + s) - slope x log(1 + market's). Unshocked styles follow the shocked ones as their
    covariance has it; an unshocked market follows only a shocked yield.

    Args:
        shocks: Sizes above -1.
        market_slopes: Of each factor on the market, (K,).
        style_covariance: Of the styles' returns beyond the market, (K - 1, K - 1); NaN rows where not usable.
        market_yield_slope: Market's return per 1.00 of the yield that each scenario shocks, (S,); NaN where not known.

    Source:
        Kupiec, Stress testing in a value at risk framework, J. Derivatives 6 (1998), in logarithms.
    """
    shocked = ~np.isnan(shocks.size)
    log = np.log1p(np.where(shocked, shocks.size, 0.0))
    total = shocks.total[:, None] & shocked[:, 1:]
    direct, correlated = log.copy(), log.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        dragged = np.log1p(market_yield_slope * shocks.yield_change)
    follows = ~np.isnan(shocks.yield_change) & (shocks.yield_change != 0.0) & ~shocked[:, 0]
    correlated[follows, 0] = np.where(np.isfinite(dragged[follows]), dragged[follows], np.nan)
    for coordinates in (direct, correlated):
        beyond = log[:, 1:] - market_slopes[1:] * coordinates[:, :1]
        coordinates[:, 1:] = np.where(total, beyond, log[:, 1:])
    for at in np.flatnonzero(shocked[:, 1:].any(axis=1)):
        known, rest = shocked[at, 1:], ~shocked[at, 1:] & ~np.isnan(np.diag(style_covariance))
        own = style_covariance[np.ix_(known, known)]
        weights = (
            np.linalg.solve(own, correlated[at, 1:][known]) if np.isfinite(own).all() else np.full(known.sum(), np.nan)
        )
        correlated[at, 1:][rest] = (style_covariance[np.ix_(rest, known)] * weights).sum(axis=1)
    return Response(direct, correlated)
