"""What assets return when factors and yields move: compounded, so that nothing loses more than all."""

import numpy as np

from sigmasight.domain.market_data import FloatArray

_SMALL = 1e-9
_LARGEST = 500.0  # logarithmic move; beyond it a return would be no number


def factor_moves(loadings: FloatArray, response: FloatArray) -> FloatArray:
    """Each factor's part of an asset's logarithmic move: loading x coordinate.

    Args:
        loadings: (N, K), NaN where not known.
        response: Log coordinates, (S, K). Where one is 0, a loading that is not known does not matter.

    Returns:
        Shape (N, S, K).
    """
    moves = loadings[:, None, :] * response[None]
    return np.where(response == 0.0, 0.0, moves)


def scenario_returns(moves: FloatArray, yield_beta: FloatArray, yield_change: FloatArray) -> FloatArray:
    """Simple returns: exp(sum of the moves) x max(0, 1 + yield beta x change) - 1.

    Args:
        moves: As of ``factor_moves``, (N, S, K).
        yield_beta: Return per 1.00 of yield, (N, S); NaN where not known.
        yield_change: (S,); where it is 0, a beta that is not known does not matter.

    Returns:
        Shape (N, S), above or equal -1.
    """
    moved = np.minimum(moves.sum(axis=2), _LARGEST)
    by_yield = np.where(yield_change == 0.0, 0.0, yield_beta * yield_change)
    grown = np.expm1(moved)
    return np.asarray(np.where(yield_change == 0.0, grown, (grown + 1.0) * np.maximum(1.0 + by_yield, 0.0) - 1.0))


def split_by_factor(moves: FloatArray) -> FloatArray:
    """Each factor's part of the simple return exp(sum) - 1, in proportion to its logarithmic move, (N, S, K)."""
    moved = moves.sum(axis=2)
    small = np.abs(moved) < _SMALL
    scale = np.where(small, 1.0 + 0.5 * moved, np.expm1(np.minimum(moved, _LARGEST)) / np.where(small, 1.0, moved))
    return np.asarray(moves * scale[:, :, None])
