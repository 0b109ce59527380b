"""American options on a tree: dated cash dividends, and rates and yields that make two exercise boundaries.

The share is worth its escrowed spot, S less the present value of the dividends still to come within the contract's
life, which moves lognormally, plus that present value. A step of the trinomial tree ends on every ex-date, so that the
choice to exercise just before a dividend, or just after it, is there exactly when it matters; the nodes lie around the
escrowed forward; the last step is priced in closed form; two trees are extrapolated to ever finer steps
(docs/adr/0008-tree-for-dividends.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import ndtr

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import DatedDividends, OptionInputs, OptionValues

STEPS = 150
"""Of the coarse tree; the fine one has twice as many."""

_SPACING = 1.2  # squared distance of the nodes, in variances of the longest step
_LARGEST_EXPONENT = 700.0
_NEXT_TO_NOTHING = 1e-9  # of the strike
_ROUNDING = 1e-12  # of the strike
_BLOCK = 64
"""Contracts at a time: what is in work stays in the processor's cache."""

_LEAST_VOLATILITY = 1e-6
_LEAST_SPOT = 1e-250
_LEAST_SPREAD = 1e-100
_BUMP = 5e-4  # of volatility and rate, both ways, for their slopes


@dataclass(frozen=True, slots=True)
class Escrow:
    """Dividends of N contracts as seen from now."""

    present_value: FloatArray  # (N,) USD, of those until expiry
    rate_slope: FloatArray  # (N,) its fall per 1.00 of the rate


def escrow_dividends(contracts: OptionInputs, dividends: DatedDividends) -> Escrow:
    """Present value of what each contract's underlying pays until expiry, discounted at the contract's rate."""
    at = dividends.contract
    counts = (dividends.tau_years > 0.0) & (dividends.tau_years <= contracts.tau_years[at])
    value = np.where(counts, dividends.amount * np.exp(-contracts.rate[at] * dividends.tau_years), 0.0)
    return Escrow(
        present_value=np.bincount(at, weights=value, minlength=len(contracts)).astype(np.float64),
        rate_slope=np.bincount(at, weights=value * dividends.tau_years, minlength=len(contracts)).astype(np.float64),
    )


def price_by_tree(contracts: OptionInputs, dividends: DatedDividends) -> FloatArray:
    """Price N American options.

    Returns:
        USD per share, shape (N,), never below intrinsic; NaN where an input is NaN.

    Source:
        Boyle (1988) for three branches; Broadie, Detemple (1996) for the last step and the extrapolation; Hull,
        Options, Futures, and Other Derivatives, ch. 21, for the escrowed spot.
    """
    return _extrapolated(contracts, dividends)[0]


def value_by_tree(contracts: OptionInputs, dividends: DatedDividends) -> OptionValues:
    """Price N American options as ``price_by_tree`` does, with their five slopes.

    Delta and gamma come from the tree's nodes around the spot, theta from the Black-Scholes equation of the escrowed
    spot (with the spot held, the dividends come nearer), vega and rho from differences of prices.

    Returns:
        Shape (N,) each. Where a contract is exercised at once: intrinsic value, delta 1 or -1, the other slopes 0.
    """
    low, high = np.maximum(contracts.volatility - _BUMP, 0.0), contracts.volatility + _BUMP
    (price, wider, narrower, dearer, cheaper), (delta, *_), (gamma, *_) = _at_once(
        [
            contracts,
            replace(contracts, volatility=high),
            replace(contracts, volatility=low),
            replace(contracts, rate=contracts.rate + _BUMP),
            replace(contracts, rate=contracts.rate - _BUMP),
        ],
        dividends,
    )
    escrow = escrow_dividends(contracts, dividends).present_value
    escrowed = np.maximum(contracts.spot - escrow, _LEAST_SPOT)
    theta = (
        contracts.rate * (price - delta * escrow)
        - (contracts.rate - contracts.dividend_yield) * escrowed * delta
        - 0.5 * (contracts.volatility * escrowed) ** 2 * gamma
    )
    gain = wider - narrower
    vega = np.where(gain > _ROUNDING * contracts.strike, gain, 0.0) / (high - low)
    rho = (dearer - cheaper) / (2.0 * _BUMP)
    theta = np.where(escrow > 0.0, theta, np.minimum(theta, 0.0))  # without dividends waiting never gains
    rho = np.where(contracts.is_call, np.maximum(rho, 0.0), np.minimum(rho, 0.0))
    intrinsic, unknown = _intrinsic(contracts), np.isnan(price)
    held = (price > intrinsic) | (intrinsic == 0.0)
    at_once = np.where(contracts.is_call, 1.0, -1.0)
    return OptionValues(
        price,
        np.where(unknown, np.nan, np.where(held, delta, at_once)),
        *(np.where(unknown, np.nan, np.where(held, each, 0.0)) for each in (gamma, theta, vega, rho)),
    )


def _at_once(variants: Sequence[OptionInputs], dividends: DatedDividends) -> FloatArray:
    """Price, delta and gamma of the same N contracts under V inputs that pay the same dividends, (3, V, N)."""
    count = len(variants[0])
    each = np.arange(len(variants))
    together = OptionInputs(
        **{field.name: np.concatenate([getattr(one, field.name) for one in variants]) for field in fields(OptionInputs)}
    )
    paid = DatedDividends(
        (dividends.contract + count * each[:, None]).ravel(),
        np.tile(dividends.tau_years, len(variants)),
        np.tile(dividends.amount, len(variants)),
    )
    return np.stack(_extrapolated(together, paid)).reshape(3, len(variants), count)


def _intrinsic(contracts: OptionInputs) -> FloatArray:
    gain = contracts.spot - contracts.strike
    return np.asarray(np.maximum(np.where(contracts.is_call, gain, -gain), 0.0))


def _extrapolated(contracts: OptionInputs, dividends: DatedDividends) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Price, delta and gamma, (N,) each: what the coarse tree is off by, the fine one is off by half of."""
    values = np.empty((3, len(contracts)))
    for at in range(0, len(contracts), _BLOCK):
        rows = slice(at, at + _BLOCK)
        mine = (dividends.contract >= at) & (dividends.contract < at + _BLOCK)
        paid = DatedDividends(dividends.contract[mine] - at, dividends.tau_years[mine], dividends.amount[mine])
        block = contracts.rows(rows)
        coarse, fine = (_Tree.of(block, paid, finer).price_and_slopes() for finer in (1, 2))
        values[:, rows] = 2.0 * fine - coarse
    price = np.maximum(values[0], _intrinsic(contracts))
    steepest = np.exp(np.maximum(-contracts.dividend_yield * contracts.tau_years, 0.0))
    lowest = np.where(contracts.is_call, 0.0, -steepest)
    delta = np.clip(values[1], lowest, lowest + steepest)
    worthless = contracts.spot < _NEXT_TO_NOTHING * contracts.strike  # steps of the spot are lost in the price
    delta = np.where(
        worthless, np.where(contracts.is_call, 0.0, -np.exp(-contracts.dividend_yield * contracts.tau_years)), delta
    )
    return price, delta, np.maximum(values[2], 0.0)


@dataclass(frozen=True, slots=True)
class _Tree:
    """A tree of B contracts over M steps, with three nodes at now."""

    block: OptionInputs
    last_tau: FloatArray  # (B,) years of the last step
    volatility: FloatArray  # (B,)
    spacing: FloatArray  # (B,) log distance of the nodes
    escrowed: FloatArray  # (B,) USD, now
    lattice: FloatArray  # (2 M + 3, B) escrowed spots, before their drift
    growth: FloatArray  # (M, B) that drift, until each step's beginning
    up: FloatArray  # (M, B) how likely each step's spot is to rise
    down: FloatArray  # (M, B) and to fall
    bond: FloatArray  # (M, B) worth at each step's beginning of 1 USD at its end
    owed: FloatArray  # (M + 1, B) dividends still to come when it is exercised, their value then, USD
    pays: BoolArray  # (M + 1, B) whether a step begins on an ex-date
    sign: FloatArray  # (B,)

    @classmethod
    def of(cls, block: OptionInputs, paid: DatedDividends, finer: int) -> "_Tree":
        tau_step = np.repeat(_steps_between_dividends(block, paid), finer, axis=0) / finer
        passed = np.concatenate([np.zeros((1, len(block))), np.cumsum(tau_step, axis=0)])
        volatility = np.maximum(block.volatility, _LEAST_VOLATILITY)
        spacing = volatility * np.sqrt(_SPACING * tau_step.max(axis=0))
        escrowed = np.maximum(block.spot - escrow_dividends(block, paid).present_value, _LEAST_SPOT)
        places = np.arange(-len(tau_step) - 1.0, len(tau_step) + 2.0)[:, None]
        up, down = _branches(volatility, spacing, tau_step)
        return cls(
            block=block,
            last_tau=tau_step[-1],
            volatility=volatility,
            spacing=spacing,
            escrowed=escrowed,
            lattice=escrowed * np.exp(np.clip(places * spacing, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)),
            growth=np.exp((block.rate - block.dividend_yield) * passed[:-1]),
            up=up,
            down=down,
            bond=np.exp(-block.rate * tau_step),
            owed=_owed_at_exercise(block, paid, passed),
            pays=_pays_at(paid, passed),
            sign=np.where(block.is_call, 1.0, -1.0),
        )

    def price_and_slopes(self) -> FloatArray:
        """Price, delta and gamma, (3, B)."""
        below, price, above = self._values_now()
        down, up = -self.escrowed * np.expm1(-self.spacing), self.escrowed * np.expm1(self.spacing)
        falls, rises = (price - below) / down, (above - price) / up
        return np.stack([price, (rises * down + falls * up) / (up + down), 2.0 * (rises - falls) / (up + down)])

    def _values_now(self) -> FloatArray:
        """Values at the three nodes of now, lowest spot first, (3, B)."""
        last = len(self.up) - 1
        values = np.maximum(self._last_step(), self._exercised(last))
        stay, ex_days = 1.0 - self.up - self.down, frozenset(np.flatnonzero(self.pays.any(axis=1)).tolist())
        for step in range(last - 1, -1, -1):
            values = self.up[step] * values[2:] + stay[step] * values[1:-1] + self.down[step] * values[:-2]
            values *= self.bond[step]
            gain = self._exercised(step) - values
            values += np.maximum(gain, 0.0)
            if step in ex_days:
                paying = np.flatnonzero(self.pays[step])
                values[1:-1, paying] += _kink_spread(gain[:, paying])
        return np.asarray(values)

    def _escrowed_at(self, step: int) -> FloatArray:
        """Escrowed spots at the nodes of a step's beginning, (2 step + 3, B)."""
        first = len(self.up) - step
        return np.asarray(self.lattice[first : len(self.lattice) - first] * self.growth[step])

    def _exercised(self, step: int) -> FloatArray:
        return np.asarray(self.sign * (self._escrowed_at(step) + self.owed[step] - self.block.strike))

    def _last_step(self) -> FloatArray:
        """Black-Scholes over the last step, in which nothing is paid."""
        tau, spot, sign = self.last_tau, self._escrowed_at(len(self.up) - 1), self.sign
        spread = np.maximum(self.volatility * np.sqrt(tau), _LEAST_SPREAD)
        carried, bond = (
            spot * np.exp(-self.block.dividend_yield * tau),
            self.block.strike * np.exp(-self.block.rate * tau),
        )
        upper = np.log(np.maximum(carried, _LEAST_SPOT) / bond) / spread + spread / 2.0
        return np.asarray(sign * (carried * ndtr(sign * upper) - bond * ndtr(sign * (upper - spread))))


def _branches(volatility: FloatArray, spacing: FloatArray, tau_step: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How likely each step's spot is to rise and to fall, (M, B): they give the forward and the variance."""
    moves = np.expm1(volatility**2 * tau_step) * np.exp(spacing) / np.expm1(spacing) ** 2
    up = moves / (1.0 + np.exp(spacing))
    return up, moves - up


def _kink_spread(gain: FloatArray) -> FloatArray:
    """What the mean over a node's cell adds to max(gain, 0) where the gain changes its sign in the cell.

    Where exercise begins to pay at an ex-date the value has a kink: taken at the nodes alone, the price would depend on
    where it happens to lie between them.
    """
    middle = gain[1:-1]
    mean = np.zeros_like(middle)
    for edge in ((gain[:-2] + middle) / 2.0, (gain[2:] + middle) / 2.0):
        crossing = (edge > 0.0) != (middle > 0.0)
        high = np.maximum(edge, middle)
        part = high * high / np.where(crossing, 2.0 * np.abs(edge - middle), 1.0)
        mean += 0.5 * np.where(crossing, part, np.maximum(edge + middle, 0.0) / 2.0)
    crossed = (gain[:-2] > 0.0) != (gain[2:] > 0.0)
    return np.where(crossed, mean - np.maximum(middle, 0.0), 0.0)


def _pays_at(paid: DatedDividends, passed: FloatArray) -> BoolArray:
    pays = np.zeros(passed.shape, dtype=np.bool_)
    for contract, tau in zip(paid.contract, paid.tau_years, strict=True):
        pays[:, contract] |= (tau > 0.0) & (np.abs(passed[:, contract] - tau) <= 1e-9 * passed[-1, contract])
    return pays


def _steps_between_dividends(block: OptionInputs, paid: DatedDividends) -> FloatArray:
    """Lengths of the coarse tree's steps in years, (STEPS, B): one ends on each ex-date."""
    lengths = np.repeat(block.tau_years[None, :] / STEPS, STEPS, axis=0)
    for contract in np.unique(paid.contract):
        tau = block.tau_years[contract]
        dates = np.unique(paid.tau_years[paid.contract == contract])
        dates = dates[(dates > 0.0) & (dates < tau)][: STEPS // 2]
        if not len(dates):
            continue
        lengths[:, contract] = _dealt(np.diff(np.concatenate([[0.0], dates, [tau]])))
    return lengths


def _dealt(stretches: FloatArray) -> FloatArray:
    """STEPS steps dealt to stretches of time by their length, one at least to each; the lengths of the steps."""
    share = stretches / stretches.sum() * (STEPS - len(stretches))
    count = 1 + np.floor(share).astype(np.int64)
    order = np.argsort(np.floor(share) - share, kind="stable")
    count[order[: STEPS - count.sum()]] += 1
    return np.repeat(stretches / count, count)


def _owed_at_exercise(block: OptionInputs, paid: DatedDividends, passed: FloatArray) -> FloatArray:
    """Value of the dividends that who exercises at each step's beginning leaves to the share, (M + 1, B).

    On an ex-date a call is exercised just before the dividend, a put just after it.
    """
    owed = np.zeros_like(passed)
    for contract, tau, amount in zip(paid.contract, paid.tau_years, paid.amount, strict=True):
        if 0.0 < tau <= block.tau_years[contract]:
            ahead = tau - passed[:, contract]
            near = 1e-9 * block.tau_years[contract]
            counts = ahead > (-near if block.is_call[contract] else near)
            owed[:, contract] += np.where(counts, amount * np.exp(-block.rate[contract] * ahead), 0.0)
    return owed
