"""The vendor's option prices: a recombining binomial tree of its own, one column per contract.

The spot at step i is S exp(drift t_i) exp(y(x)), with x on a lattice of equal steps and y a smile's map (y = x is the
lattice of Cox, Ross and Rubinstein around the forward). Up-probabilities make exp(y(x)) a martingale on the lattice
exactly, and the last step is priced in closed form, so prices are smooth. All strikes of an expiry share one law: their
prices are convex in the strike to the last bits, exercised early or not.

Source:
    Nelson, Ramaswamy (1990) for trees of processes with changing volatility; Broadie, Detemple (1996) for the last
    step.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import ndtr

from sigmasight.domain.market_data import BoolArray, FloatArray

STEPS = 200
_BLOCK = 64  # columns at a time, so that a block stays in the processor's cache


@dataclass(frozen=True, slots=True)
class TreeContracts:
    """B contracts, not yet expired."""

    spot: FloatArray  # (B,) USD
    drift: FloatArray  # (B,) of the forward, per year: rate minus yield
    rate: FloatArray  # (B,) continuous, per year
    years: FloatArray  # (B,) to expiry, > 0
    variance: FloatArray  # (B,) total variance of x until expiry, > 0
    skew: FloatArray  # (B,) with width and wings: the smile's map y(x); 0, 1 and 0 for a flat smile
    width: FloatArray  # (B,)
    wings: FloatArray  # (B,)
    strike: FloatArray  # (B,) USD
    sign: FloatArray  # (B,) 1 call, -1 put
    american: BoolArray  # (B,)


def price_contracts(contracts: TreeContracts, *, steps: int = STEPS) -> FloatArray:
    """Prices in USD per share, shape (B,)."""
    blocks = range(0, len(contracts.spot), _BLOCK)
    priced = [_price_block(_part(contracts, slice(at, at + _BLOCK)), steps) for at in blocks]
    return np.concatenate(priced) if priced else np.empty(0)


def _part(contracts: TreeContracts, rows: slice) -> TreeContracts:
    return TreeContracts(*(getattr(contracts, field.name)[rows] for field in fields(contracts)))


def _price_block(block: TreeContracts, steps: int) -> FloatArray:
    spacing: FloatArray = np.sqrt(block.variance / steps)
    x = np.arange(-steps, steps + 1, dtype=np.float64)[:, None] * spacing
    y = _log_moneyness(block, x)
    rise, fall = np.expm1(y[2:] - y[1:-1]), np.expm1(y[:-2] - y[1:-1])
    up = fall / (fall - rise)
    discount = np.exp(-block.rate * block.years / steps)
    onto, away = discount * up, discount * (1.0 - up)
    pays = block.sign * block.spot * np.exp(y[1:-1])
    owed = np.where(block.american, -block.sign * block.strike, -np.inf)
    grown = np.exp(np.outer(np.arange(steps), block.drift * block.years / steps))
    values = discount * _last_step(block, x[1:-1:2], y[1:-1:2], spacing)
    for step in range(steps - 1, 0, -1):
        nodes = slice(steps - step, steps + step - 1, 2)
        held = slice(nodes.start - 1, nodes.stop + 1, 2)
        np.maximum(values, pays[held] * grown[step] + owed, out=values)
        values = onto[nodes] * values[1:] + away[nodes] * values[:-1]
    return np.asarray(np.maximum(values[0], block.sign * block.spot + owed))


def _log_moneyness(block: TreeContracts, x: FloatArray) -> FloatArray:
    """y(x): the integral of the local volatility relative to the money."""
    u = x / block.width
    log_cosh = np.logaddexp(u, -u) - np.log(2.0)
    return np.asarray(x - block.skew * block.width * log_cosh + block.wings * (x - block.width * np.tanh(u)))


def _last_step(block: TreeContracts, x: FloatArray, y: FloatArray, spacing: FloatArray) -> FloatArray:
    """Expected payoff from the nodes one step before expiry, lognormal with the local volatility there."""
    slope = np.tanh(x / block.width)
    deviation = (1.0 - block.skew * slope + block.wings * slope**2) * spacing
    forward = block.spot * np.exp(block.drift * block.years) * np.exp(y)
    upper = np.log(forward / block.strike) / deviation + deviation / 2
    sign = block.sign
    return np.asarray(sign * (forward * ndtr(sign * upper) - block.strike * ndtr(sign * (upper - deviation))))
