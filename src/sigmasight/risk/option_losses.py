"""What options gain or lose in many states of their spots: the European price in each, early exercise from a grid.

A price of an option that may be exercised early is its European price and a premium. The first is exact in every state
and cheap; the second is smooth in the spot, so it is priced on a grid and interpolated between.
"""

from dataclasses import replace

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import PricingModel
from sigmasight.risk.option_models import Contracts, choose_models
from sigmasight.risk.revaluation import revalue

NODES = 33
_ORDINARY_MOVE = 0.05  # of a day, per 1.00 of volatility a year
_LEAST_MOVE = 1e-3
_ROOM = 0.1
_BLOCK = 128  # contracts at a time: their states stay in the cache


def revalue_spots(
    contracts: Contracts, volatility: FloatArray, *, on_forward: BoolArray, spot_return: FloatArray
) -> FloatArray:
    """What each contract gains or loses, against its own model's price now, where nothing but its spot moves.

    Args:
        contracts: C contracts.
        volatility: (C,); NaN where not known.
        on_forward: Which are priced on a forward, (C,).
        spot_return: Of each contract's underlying in each state, (C, M), at least -1; NaN where not known.

    Returns:
        USD per share, (C, M).
    """
    pnl = np.empty(spot_return.shape)
    for start in range(0, len(contracts), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(contracts)))
        some = contracts.rows(rows)
        pnl[rows] = _revalue_block(some, volatility[rows], on_forward[rows], spot_return[rows])
    return pnl


def _revalue_block(
    contracts: Contracts, volatility: FloatArray, on_forward: BoolArray, spot_return: FloatArray
) -> FloatArray:
    european = replace(contracts, american=np.zeros(len(contracts), dtype=np.bool_))
    pnl = _in_states(european, volatility, on_forward, spot_return)
    early = np.flatnonzero(np.isin(choose_models(contracts), (PricingModel.AMERICAN, PricingModel.TREE)))
    if len(early):
        pnl[early] += _premium(
            contracts.rows(early), european.rows(early), volatility[early], on_forward[early], spot_return[early]
        )
    return pnl


def _premium(
    contracts: Contracts, european: Contracts, volatility: FloatArray, on_forward: BoolArray, spot_return: FloatArray
) -> FloatArray:
    """Change of the worth of early exercise, (C, M).

    The nodes lie evenly in arcsinh(return / that of an ordinary day): dense where most states are, and a crash that
    lies far out takes few of them.
    """
    known = ~np.isnan(spot_return)
    moves = np.where(known, spot_return, 0.0)
    scale = np.fmax(_ORDINARY_MOVE * volatility, _LEAST_MOVE)[:, None]
    bent = np.arcsinh(moves / scale)
    lowest = np.minimum(bent.min(axis=1, initial=0.0), -_ROOM)[:, None]
    highest = np.maximum(bent.max(axis=1, initial=0.0), _ROOM)[:, None]
    nodes = scale * np.sinh(lowest + (highest - lowest) * np.linspace(0.0, 1.0, NODES))
    nodes = np.maximum(nodes, -1.0)
    change = _in_states(contracts, volatility, on_forward, nodes) - _in_states(european, volatility, on_forward, nodes)
    place = (bent - lowest) / (highest - lowest) * (NODES - 1)
    return np.where(known, _interpolate(change, place), np.nan)


def _interpolate(values: FloatArray, place: FloatArray) -> FloatArray:
    """Cubic through the four nodes around each place; values (C, NODES) at places 0, 1, 2 ..."""
    at = np.clip(np.floor(place).astype(np.int64), 1, NODES - 3)
    u = place - at
    row = np.arange(len(values))[:, None]
    left, here, right, beyond = (values[row, at + step] for step in (-1, 0, 1, 2))
    return np.asarray(
        left * (-u * (u - 1.0) * (u - 2.0) / 6.0)
        + here * ((u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0)
        + right * (-(u + 1.0) * u * (u - 2.0) / 2.0)
        + beyond * ((u + 1.0) * u * (u - 1.0) / 6.0)
    )


def _in_states(
    contracts: Contracts, volatility: FloatArray, on_forward: BoolArray, spot_return: FloatArray
) -> FloatArray:
    nothing = np.zeros(spot_return.shape[1])
    return revalue(
        contracts,
        volatility,
        on_forward=on_forward,
        spot_return=spot_return,
        volatility_change=nothing,
        yield_change=nothing,
    )
