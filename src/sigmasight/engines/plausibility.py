"""How far from the ordinary a scenario is: Mahalanobis' distance, held against what the window itself has seen."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

HORIZON_SESSIONS = 21


@dataclass(frozen=True, slots=True)
class Plausibility:
    """S scenarios; NaN where a shocked variable is not known."""

    distance: FloatArray  # (S,) standard deviations of a move of the horizon, in the shocked variables' own metric
    share_beyond: FloatArray  # (S,) of the window's moves over the horizon, how many were further out


def measure_plausibility(
    moves: FloatArray, shocked: FloatArray, *, horizon_sessions: int = HORIZON_SESSIONS
) -> Plausibility:
    """Measure each scenario's shocks against the covariance of what they shock, over the horizon.

    Args:
        moves: Daily moves of V variables, (T, V); a session with NaN in a shocked variable counts for nobody.
        shocked: Sizes on the same scale, (S, V); NaN where a scenario leaves a variable alone.
        horizon_sessions: Over how many sessions a shock is thought to happen.

    Source:
        Mahalanobis (1936); Breuer et al., How to find plausible, severe, and useful stress scenarios (2009).
    """
    distance, beyond = np.full(len(shocked), np.nan), np.full(len(shocked), np.nan)
    for at, shock in enumerate(shocked):
        which = ~np.isnan(shock)
        known = moves[:, which][~np.isnan(moves[:, which]).any(axis=1)]
        if which.any() and len(known) > horizon_sessions + int(which.sum()):
            distance[at], beyond[at] = _against(known, shock[which], horizon_sessions)
    return Plausibility(distance, beyond)


def _against(moves: FloatArray, shock: FloatArray, horizon: int) -> tuple[float, float]:
    centred = np.where(moves.max(axis=0) > moves.min(axis=0), moves - moves.mean(axis=0), 0.0)
    covariance = horizon * (centred.T @ centred) / (len(moves) - 1)
    if np.linalg.matrix_rank(covariance, hermitian=True) < len(shock):
        return float("nan"), float("nan")
    summed = np.concatenate([np.zeros((1, moves.shape[1])), np.cumsum(moves, axis=0)])
    seen = np.sqrt(_squares(summed[horizon:] - summed[:-horizon], covariance))
    distance = float(np.sqrt(_squares(shock[None], covariance))[0])
    return distance, float((seen > distance).mean())


def _squares(points: FloatArray, covariance: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nv,nv->n", points, np.linalg.solve(covariance, points.T).T))
