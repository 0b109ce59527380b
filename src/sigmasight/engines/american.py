"""American options with a continuous yield, by spectral collocation of the exercise boundary.

Everything is worked for a put on a strike of 1 (a call is the put with spot and strike, rate and yield exchanged). The
boundary b(u), below which it is exercised with u years to go, solves a fixed-point equation; the price is the European
one plus an integral along the boundary. Both integrals run over an angle, the spent time being T sin^2: the integrands
have square roots at both ends, and in the angle they have none (docs/adr/0007-american-options.md).

Arrays have the contracts on their last axis, and each contract meets the same operations whatever its neighbours are.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import Accuracy, OptionInputs, OptionValues

_BLOCK = 256
"""Contracts at a time: what is in work stays in the processor's cache."""

_LEAST_VOLATILITY = 1e-6
"""What a volatility of 0 is priced at: the price differs by less than 1e-6 of the strike over any life."""

_LEAST_SPOT = 1e-250
_NEAREST = -1e-12  # the boundary's logarithm stays below that of its limit at expiry
_BUMP = 1e-5  # of volatility and rate, for their slopes; near a rate of 0, where prices bend, a smaller one of it
_LEAST_BUMP = 1e-7
_ROOT_TWO_PI = np.sqrt(2.0 * np.pi)


def price_american(contracts: OptionInputs, accuracy: Accuracy) -> FloatArray:
    """Price N American options that may be worth exercising early (a put with a rate, a call with a yield above 0).

    Returns:
        USD per share, shape (N,), never below intrinsic; NaN where an input is NaN.

    Raises:
        ValueError: If a contract has no exercise boundary of this kind.

    Source:
        Andersen, Lake, Offengenden, High-performance American option pricing, J. Computational Finance 20 (2016);
        McDonald, Schroder (1998) for the exchange of call and put.
    """
    scheme = _SCHEMES[accuracy]
    price = np.empty(len(contracts))
    for at in range(0, len(contracts), _BLOCK):
        rows = contracts.rows(slice(at, at + _BLOCK))
        block = rows.paired()
        put, ratio = _as_put(block), _spot_ratio(block)
        boundary, slow = _settled(scheme, put)
        boundary = _finished(scheme, put, boundary, slow)
        worth = np.where(block.is_call, block.spot, block.strike) * _price(scheme, put, boundary, ratio)
        held = (ratio > _exercised_below(put, boundary)) & _pays_to_wait(block, worth)
        price[at : at + _BLOCK] = np.where(held | np.isnan(worth), worth, _intrinsic(block))[: len(rows)]
    return price


def value_american(contracts: OptionInputs, accuracy: Accuracy) -> OptionValues:
    """Price N American options as ``price_american`` does, with their five slopes.

    Delta and gamma are the integral's derivatives, theta follows from them by the Black-Scholes equation, vega and rho
    are differences of prices whose boundaries were improved side by side from the same start.

    Returns:
        Shape (N,) each. Where a contract is exercised at once: intrinsic value, delta 1 or -1, the other slopes 0.

    Raises:
        ValueError: If a contract has no exercise boundary of this kind.
    """
    scheme = _SCHEMES[accuracy]
    blocks = [
        _value_block(scheme, contracts.rows(slice(at, at + _BLOCK)).paired()) for at in range(0, len(contracts), _BLOCK)
    ]
    columns = zip(*blocks, strict=True) if blocks else [[np.empty(0)]] * 6
    return OptionValues(*(np.concatenate(column)[: len(contracts)] for column in columns))


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How finely: n nodes in time, l of the boundary's integral, p of the price's; and how many rounds."""

    nodes: int
    inner: int
    outer: int
    first_rounds: int
    last_rounds: int


_SCHEMES = {Accuracy.FAST: _Scheme(7, 8, 24, 4, 4), Accuracy.ACCURATE: _Scheme(14, 20, 40, 12, 14)}

_STEEP = 1.0
"""Standard deviations by which the forward may grow over a life before its boundary counts as slow to settle."""

_PATIENCE = 3
"""As many times the rounds, once more, for boundaries that settle slowly."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """Constant matrices of a scheme."""

    time: FloatArray  # (n,) each node's time to expiry, as a share of the whole, ascending to 1
    spent: FloatArray  # (l, 1) sin^2: share of a node's time that has been spent at each point of the inner integral
    weight: FloatArray  # (l, 1)
    onto_inner: FloatArray  # (n + 1, n, l, 1) from values at the nodes, expiry first, to the inner points
    outer_spent: FloatArray  # (p, 1)
    outer_weight: FloatArray  # (p, 1)
    onto_outer: FloatArray  # (n + 1, p, 1)


@dataclass(frozen=True, slots=True)
class _Puts:
    """B puts on a strike of 1."""

    tau: FloatArray  # (B,)
    rate: FloatArray  # (B,) > 0
    carry: FloatArray  # (B,) the yield
    volatility: FloatArray  # (B,)

    def rows(self, which: IntArray) -> "_Puts":
        """Some of the puts."""
        return _Puts(self.tau[which], self.rate[which], self.carry[which], self.volatility[which])

    @property
    def limit(self) -> FloatArray:
        """The boundary at expiry, (B,)."""
        return np.where(self.carry > self.rate, self.rate / np.where(self.carry > self.rate, self.carry, 1.0), 1.0)

    @property
    def drift(self) -> FloatArray:
        """Of d1, (B,)."""
        return self.rate - self.carry + 0.5 * self.volatility**2


def _value_block(scheme: _Scheme, block: OptionInputs) -> tuple[FloatArray, ...]:
    put, ratio = _as_put(block), _spot_ratio(block)
    start, slow = _settled(scheme, put)
    bump = np.clip(0.01 * put.rate, _LEAST_BUMP, _BUMP)
    three = _three(put, block.is_call, bump)
    slow = np.concatenate([slow, slow + len(ratio), slow + 2 * len(ratio)])
    boundaries = _finished(scheme, three, np.tile(start, 3), slow)
    price, more_volatile, higher_rate = np.split(_price(scheme, three, boundaries, np.tile(ratio, 3)), 3)
    boundary = boundaries[:, : len(ratio)]
    slope, bend = _slopes(scheme, put, boundary, ratio)
    is_call, spot, strike = block.is_call, block.spot, block.strike
    scale = np.where(is_call, spot, strike)
    delta = np.where(is_call, np.clip(price - ratio * slope, 0.0, 1.0), slope)
    gamma = np.where(is_call, ratio * (ratio * bend), bend) / np.maximum(scale, _LEAST_SPOT)
    value = scale * price
    held = (ratio > _exercised_below(put, boundary)) & _pays_to_wait(block, value)
    decay = (
        block.rate * value
        - (block.rate - block.dividend_yield) * spot * delta
        - 0.5 * (block.volatility * spot) ** 2 * gamma
    )
    unknown = np.isnan(price)
    vega = scale * np.maximum(more_volatile - price, 0.0) / _BUMP
    most = strike * block.tau_years * np.exp(np.maximum(-block.rate * block.tau_years, 0.0))
    rho = np.clip(scale * (higher_rate - price) / bump, np.where(is_call, 0.0, -most), np.where(is_call, most, 0.0))
    slopes = (gamma, np.minimum(decay, 0.0), vega, rho)  # who may wait never gains by waiting
    return (
        np.where(unknown, np.nan, np.where(held, value, _intrinsic(block))),
        np.where(unknown, np.nan, np.where(held, delta, np.where(is_call, 1.0, -1.0))),
        *(np.where(unknown, np.nan, np.where(held, each, 0.0)) for each in slopes),
    )


def _as_put(block: OptionInputs) -> _Puts:
    rate = np.where(block.is_call, block.dividend_yield, block.rate)
    if np.any(rate <= 0.0):
        raise ValueError("a put needs a rate, a call a yield above 0 to be worth exercising early")
    carry = np.where(block.is_call, block.rate, block.dividend_yield)
    return _Puts(block.tau_years, rate, carry, np.maximum(block.volatility, _LEAST_VOLATILITY))


def _three(put: _Puts, is_call: BoolArray, bump: FloatArray) -> _Puts:
    """The puts, the puts with more volatility, and the puts with a higher rate of the original contract."""
    return _Puts(
        tau=np.tile(put.tau, 3),
        rate=np.concatenate([put.rate, put.rate, np.where(is_call, put.rate, put.rate + bump)]),
        carry=np.concatenate([put.carry, put.carry, np.where(is_call, put.carry + bump, put.carry)]),
        volatility=np.concatenate([put.volatility, put.volatility + _BUMP, put.volatility]),
    )


def _spot_ratio(block: OptionInputs) -> FloatArray:
    """Spot over strike of the put that stands for each contract."""
    spot = np.maximum(block.spot, _LEAST_SPOT)
    return np.where(block.is_call, block.strike / spot, spot / block.strike)


def _intrinsic(block: OptionInputs) -> FloatArray:
    return np.maximum(np.where(block.is_call, block.spot - block.strike, block.strike - block.spot), 0.0)


def _pays_to_wait(block: OptionInputs, worth: FloatArray) -> BoolArray:
    """Whether it is worth more than its exercise, or exercise would give nothing."""
    intrinsic = _intrinsic(block)
    return np.asarray((worth > intrinsic) | (intrinsic == 0.0))


def _exercised_below(put: _Puts, boundary: FloatArray) -> FloatArray:
    return np.asarray(put.limit * np.exp(boundary[-1]))


def _first_guess(scheme: _Scheme, put: _Puts) -> FloatArray:
    """Logarithm of boundary over its limit at the nodes, (n, B): from the limit towards the perpetual put's.

    Source:
        Barone-Adesi, Whaley (1987); Ju (1998).
    """
    variance = put.volatility**2
    slope = put.rate - put.carry - 0.5 * variance
    root = np.sqrt(slope**2 + 2.0 * put.rate * variance)
    power = np.where(
        slope > 0.0, -(slope + root) / variance, -2.0 * put.rate / np.where(slope > 0.0, 1.0, root - slope)
    )
    perpetual = power / (power - 1.0)
    tau = _rules(scheme).time[:, None] * put.tau
    gap = np.maximum(put.limit - perpetual, 1e-12 * put.limit)
    pace = ((put.rate - put.carry) * tau - 2.0 * put.volatility * np.sqrt(tau)) * (put.limit / gap)
    share = perpetual / put.limit + (1.0 - perpetual / put.limit) * np.exp(np.minimum(pace, 0.0))
    return np.minimum(np.log(share), -1e-4 * np.minimum(put.volatility * np.sqrt(tau), 1.0))


def _settled(scheme: _Scheme, put: _Puts) -> tuple[FloatArray, IntArray]:
    """The boundary after the first rounds, (n, B), and which contracts take more of them because they settle slowly."""
    boundary = _solve(scheme, put, _first_guess(scheme, put), scheme.first_rounds)
    slow = np.flatnonzero((put.rate - put.carry) * np.sqrt(put.tau) > _STEEP * put.volatility)
    slow = np.repeat(slow, 2) if len(slow) == 1 else slow  # numpy adds up one column in another order than several
    if len(slow):
        boundary[:, slow] = _solve(scheme, put.rows(slow), boundary[:, slow], _PATIENCE * scheme.first_rounds)
    return boundary, slow


def _finished(scheme: _Scheme, put: _Puts, boundary: FloatArray, slow: IntArray) -> FloatArray:
    """The boundary after the last rounds, with more of them for the slow ones."""
    boundary = _solve(scheme, put, boundary, scheme.last_rounds)
    if len(slow):
        boundary[:, slow] = _solve(scheme, put.rows(slow), boundary[:, slow], _PATIENCE * scheme.last_rounds)
    return boundary


def _solve(scheme: _Scheme, put: _Puts, boundary: FloatArray, rounds: int) -> FloatArray:
    """Improve a boundary by rounds of the fixed point; where a round fails, the boundary stays as it is."""
    rules = _rules(scheme)
    tau = rules.time[:, None] * put.tau
    spent, left = tau[:, None] * rules.spent, tau[:, None] * (1.0 - rules.spent)
    earned = np.exp(put.rate * left) * (rules.weight * put.rate) * tau[:, None]
    paid = np.exp(put.carry * left) * (rules.weight * put.carry) * tau[:, None]
    deviation, whole = put.volatility * np.sqrt(spent), put.volatility * np.sqrt(tau)
    drifted, steps = put.drift * spent, 1.0 / deviation
    drifted_whole, growth = put.drift * tau + np.log(put.limit), np.exp((put.carry - put.rate) * tau) / put.limit
    upper, lower = np.empty_like(spent), np.empty_like(spent)
    with np.errstate(all="ignore"):  # a round that fails is not used
        for _ in range(rounds):
            _depth_between(rules.onto_inner, boundary, out=upper, scratch=lower)
            upper += boundary[:, None]
            upper += drifted
            upper *= steps
            np.subtract(upper, deviation, out=lower)
            received = np.multiply(earned, ndtr(lower, out=lower), out=lower).sum(axis=1)
            given = np.multiply(paid, ndtr(upper, out=upper), out=upper).sum(axis=1)
            upper_whole = (boundary + drifted_whole) / whole
            better = np.log(growth * (ndtr(upper_whole - whole) + received) / (ndtr(upper_whole) + given))
            boundary = np.where(np.isfinite(better), np.minimum(better, _NEAREST), boundary)
    return boundary


def _price(scheme: _Scheme, put: _Puts, boundary: FloatArray, ratio: FloatArray) -> FloatArray:
    """Price of the puts at a spot of ``ratio`` in the continuation region, shape (B,)."""
    along = _along(scheme, put, boundary, ratio)
    spread = put.volatility * np.sqrt(put.tau)
    upper = (np.log(ratio) + put.drift * put.tau) / spread
    european = np.exp(-put.rate * put.tau) * ndtr(spread - upper) - ratio * np.exp(-put.carry * put.tau) * ndtr(-upper)
    earned = (along.earned * ndtr(along.deviation - along.upper)).sum(axis=0)
    paid = (along.paid * ndtr(-along.upper)).sum(axis=0)
    return np.asarray(np.maximum(european + earned - ratio * paid, 0.0))


def _slopes(scheme: _Scheme, put: _Puts, boundary: FloatArray, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and second derivative of ``_price`` by the ratio."""
    along = _along(scheme, put, boundary, ratio)
    spread = put.volatility * np.sqrt(put.tau)
    upper = (np.log(ratio) + put.drift * put.tau) / spread
    kept = np.exp(-put.carry * put.tau)
    near_lower, near_upper = _density(along.upper - along.deviation), _density(along.upper)
    by_earned, by_paid = (
        along.earned * near_lower / (ratio * along.deviation),
        along.paid * near_upper / along.deviation,
    )
    slope = -kept * ndtr(-upper) + (by_paid - by_earned - along.paid * ndtr(-along.upper)).sum(axis=0)
    lower_part = by_earned * ((along.upper - along.deviation) / along.deviation + 1.0)
    upper_part = by_paid * (1.0 - along.upper / along.deviation)
    bend = kept * _density(upper) / spread + (lower_part + upper_part).sum(axis=0)
    return np.clip(slope, -1.0, 0.0), np.maximum(bend / ratio, 0.0)


@dataclass(frozen=True, slots=True)
class _Along:
    """What the price's integral meets on its way, (p, B) each."""

    upper: FloatArray  # d1 of the spot against the boundary
    deviation: FloatArray
    earned: FloatArray  # interest on the strike, discounted and weighted
    paid: FloatArray  # yield on the shares


def _along(scheme: _Scheme, put: _Puts, boundary: FloatArray, ratio: FloatArray) -> _Along:
    rules = _rules(scheme)
    spent = rules.outer_spent * put.tau
    deviation = put.volatility * np.sqrt(spent)
    depth = _depth_between(rules.onto_outer, boundary, out=np.empty_like(spent), scratch=np.empty_like(spent))
    weight = rules.outer_weight * put.tau
    return _Along(
        upper=(np.log(ratio) - np.log(put.limit) + depth + put.drift * spent) / deviation,
        deviation=deviation,
        earned=weight * put.rate * np.exp(-put.rate * spent),
        paid=weight * put.carry * np.exp(-put.carry * spent),
    )


def _density(x: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * x * x) / _ROOT_TWO_PI)


def _depth_between(onto: FloatArray, boundary: FloatArray, *, out: FloatArray, scratch: FloatArray) -> FloatArray:
    """How far below 0 the boundary's logarithm lies between the nodes: smooth when squared, in the root of time."""
    squared = boundary * boundary
    np.multiply(onto[1], squared[0], out=out)
    for at in range(1, len(squared)):
        out += np.multiply(onto[at + 1], squared[at], out=scratch)
    return np.sqrt(np.maximum(out, 0.0, out=out), out=out)


@cache
def _rules(scheme: _Scheme) -> _Rules:
    """Chebyshev points in the root of time, Gauss-Legendre points in the angle."""
    n = scheme.nodes
    points = -np.cos(np.pi * np.arange(n + 1) / n)
    inner, inner_weight = _angles(scheme.inner)
    outer, outer_weight = _angles(scheme.outer)
    left = np.outer((1.0 + points[1:]) / 2.0, np.cos(inner))  # root of the time left, as a share
    return _Rules(
        time=((1.0 + points[1:]) / 2.0) ** 2,
        spent=np.sin(inner)[:, None] ** 2,
        weight=inner_weight[:, None],
        onto_inner=_barycentric(points, 2.0 * left.ravel() - 1.0).reshape(n + 1, n, scheme.inner, 1),
        outer_spent=np.sin(outer)[:, None] ** 2,
        outer_weight=outer_weight[:, None],
        onto_outer=_barycentric(points, 2.0 * np.cos(outer) - 1.0)[:, :, None],
    )


def _angles(count: int) -> tuple[FloatArray, FloatArray]:
    """Points between 0 and a right angle, and weights for the integral over sin^2 of them."""
    x, weight = np.polynomial.legendre.leggauss(count)
    angle = np.pi / 4.0 * (1.0 + x)
    return angle, np.pi / 4.0 * weight * np.sin(2.0 * angle)


def _barycentric(points: FloatArray, onto: FloatArray) -> FloatArray:
    """Lagrange's polynomials of Chebyshev points at given places, shape (points, places).

    Source:
        Berrut, Trefethen, Barycentric Lagrange interpolation, SIAM Review 46 (2004).
    """
    sign = np.where(np.arange(len(points)) % 2, -1.0, 1.0)
    sign[0] /= 2.0
    sign[-1] /= 2.0
    share = sign[:, None] / (onto - points[:, None])
    return np.asarray(share / share.sum(axis=0))
