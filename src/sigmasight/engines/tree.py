"""American options on a binomial tree: dated cash dividends, and rates and yields that make two exercise boundaries.

The share is worth its escrowed spot, S less the present value of the dividends still to come within the contract's
life, which moves lognormally, plus that present value. The tree runs around the escrowed forward, its last step is
priced in closed form, so that the price is smooth in every input, and two trees are extrapolated to ever finer steps.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import DatedDividends, OptionInputs, OptionValues

STEPS = (200, 400)
"""Of the two trees that a price is extrapolated from."""

_BLOCK = 64
"""Contracts at a time: what is in work stays in the processor's cache."""

_LEAST_VOLATILITY = 1e-6
_LEAST_SPOT = 1e-300
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
        Cox, Ross, Rubinstein (1979); Broadie, Detemple (1996) for the last step and the extrapolation; Hull, Options,
        Futures, and Other Derivatives, ch. 21, for the escrowed spot.
    """
    return _extrapolated(contracts, dividends)[0]


def value_by_tree(contracts: OptionInputs, dividends: DatedDividends) -> OptionValues:
    """Price N American options as ``price_by_tree`` does, with their five slopes.

    Delta and gamma come from the tree's nodes around the spot, theta from the Black-Scholes equation of the escrowed
    spot (with the spot held, the dividends come nearer), vega and rho from differences of prices.

    Returns:
        Shape (N,) each. Where a contract is exercised at once: intrinsic value, delta 1 or -1, the other slopes 0.
    """
    price, delta, gamma = _extrapolated(contracts, dividends)
    escrow = escrow_dividends(contracts, dividends).present_value
    escrowed = np.maximum(contracts.spot - escrow, _LEAST_SPOT)
    theta = (
        contracts.rate * (price - delta * escrow)
        - (contracts.rate - contracts.dividend_yield) * escrowed * delta
        - 0.5 * (contracts.volatility * escrowed) ** 2 * gamma
    )
    low, high = np.maximum(contracts.volatility - _BUMP, 0.0), contracts.volatility + _BUMP
    vega = price_by_tree(replace(contracts, volatility=high), dividends)
    vega = np.maximum(vega - price_by_tree(replace(contracts, volatility=low), dividends), 0.0) / (high - low)
    rho = price_by_tree(replace(contracts, rate=contracts.rate + _BUMP), dividends)
    rho = (rho - price_by_tree(replace(contracts, rate=contracts.rate - _BUMP), dividends)) / (2.0 * _BUMP)
    held, unknown = price > _intrinsic(contracts), np.isnan(price)
    at_once = np.where(contracts.is_call, 1.0, -1.0)
    return OptionValues(
        price,
        np.where(unknown, np.nan, np.where(held, delta, at_once)),
        *(np.where(unknown, np.nan, np.where(held, each, 0.0)) for each in (gamma, theta, vega, rho)),
    )


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
        coarse, fine = (_Tree.of(block, paid, steps).price_and_slopes() for steps in STEPS)
        values[:, rows] = 2.0 * fine - coarse
    price = np.maximum(values[0], _intrinsic(contracts))
    bound = np.where(contracts.is_call, 0.0, -1.0)
    return price, np.clip(values[1], bound, bound + 1.0), np.maximum(values[2], 0.0)


@dataclass(frozen=True, slots=True)
class _Tree:
    """A tree of B contracts that starts two steps before now, so that three nodes lie at now."""

    steps: int
    block: OptionInputs
    tau_step: FloatArray  # (B,) years
    spread: FloatArray  # (B,) log distance of a node to its successors
    escrowed: FloatArray  # (B,) USD, now
    lattice: FloatArray  # (2 steps + 3, B) escrowed spots, before their drift
    owed: FloatArray  # (steps + 1, B) dividends still to come, their value at each step, USD
    sign: FloatArray  # (B,)

    @classmethod
    def of(cls, block: OptionInputs, paid: DatedDividends, steps: int) -> "_Tree":
        tau_step = block.tau_years / steps
        spread = np.maximum(block.volatility, _LEAST_VOLATILITY) * np.sqrt(tau_step)
        escrowed = np.maximum(block.spot - escrow_dividends(block, paid).present_value, _LEAST_SPOT)
        return cls(
            steps=steps,
            block=block,
            tau_step=tau_step,
            spread=spread,
            escrowed=escrowed,
            lattice=escrowed * np.exp(np.arange(-steps - 1.0, steps + 2.0)[:, None] * spread),
            owed=_still_owed(block, paid, tau_step, steps),
            sign=np.where(block.is_call, 1.0, -1.0),
        )

    def price_and_slopes(self) -> FloatArray:
        """Price, delta and gamma, (3, B)."""
        below, price, above = self._values_now()
        down, up = -self.escrowed * np.expm1(-2.0 * self.spread), self.escrowed * np.expm1(2.0 * self.spread)
        falls, rises = (price - below) / down, (above - price) / up
        return np.stack([price, (rises * down + falls * up) / (up + down), 2.0 * (rises - falls) / (up + down)])

    def _values_now(self) -> FloatArray:
        """Values at the three nodes of now, lowest spot first, (3, B)."""
        # with the nodes a factor exp(+-spread) around the forward, this probability makes it a martingale
        up = 1.0 / (1.0 + np.exp(self.spread))
        discount = np.exp(-self.block.rate * self.tau_step)
        onto, away = discount * up, discount * (1.0 - up)
        values = np.maximum(self._last_step(), self._exercised(self.steps - 1))
        for step in range(self.steps - 2, -1, -1):
            values = onto * values[1:] + away * values[:-1]
            np.maximum(values, self._exercised(step), out=values)
        return np.asarray(values)

    def _escrowed_at(self, step: int) -> FloatArray:
        """Escrowed spots at a step's nodes, (step + 3, B)."""
        drift = (self.block.rate - self.block.dividend_yield) * self.tau_step * step
        first = self.steps - 1 - step
        return np.asarray(self.lattice[first : len(self.lattice) - first : 2] * np.exp(drift))

    def _exercised(self, step: int) -> FloatArray:
        return np.asarray(self.sign * (self._escrowed_at(step) + self.owed[step] - self.block.strike))

    def _last_step(self) -> FloatArray:
        """Black-Scholes over the last step; nothing is paid in it that the exercise before would miss."""
        spot = self._escrowed_at(self.steps - 1)
        carried = spot * np.exp(-self.block.dividend_yield * self.tau_step)
        bond = self.block.strike * np.exp(-self.block.rate * self.tau_step)
        upper = (
            np.log(spot / self.block.strike) + np.log(carried / spot) + self.block.rate * self.tau_step
        ) / self.spread
        upper += self.spread / 2.0
        sign = self.sign
        return np.asarray(sign * (carried * ndtr(sign * upper) - bond * ndtr(sign * (upper - self.spread))))


def _still_owed(block: OptionInputs, paid: DatedDividends, tau_step: FloatArray, steps: int) -> FloatArray:
    """Value, at each step, of the dividends with an ex-date after it, (steps + 1, B)."""
    owed = np.zeros((steps + 1, len(block)))
    times = np.arange(steps + 1)[:, None] * tau_step
    for contract, tau, amount in zip(paid.contract, paid.tau_years, paid.amount, strict=True):
        if 0.0 < tau <= block.tau_years[contract]:
            ahead = tau - times[:, contract]
            owed[:, contract] += np.where(ahead > 0.0, amount * np.exp(-block.rate[contract] * ahead), 0.0)
    return owed
