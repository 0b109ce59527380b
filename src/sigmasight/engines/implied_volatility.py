"""Implied volatility: the root of a price in its volatility, for many contracts of any model side by side."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray

LOWEST = 1e-6
HIGHEST = 10.0
"""A volatility of 1,000 % a year: what needs more is no price of an option."""

_ROUNDS = 200
_HALVED_EVERY = 4
_CLOSE = 1e-11  # relative step after which the next value is taken as the root
_TINY = 1e-300

TimeValue = Callable[[FloatArray, IntArray], FloatArray]
"""Volatilities and the rows of the contracts that they are for -> what each is worth above its floor, USD."""


@dataclass(frozen=True, slots=True)
class Roots:
    """N searches."""

    volatility: FloatArray  # (N,) per year; NaN where the time value is
    at_lowest: BoolArray  # (N,) even LOWEST gives too much
    at_highest: BoolArray  # (N,) even HIGHEST gives too little


def imply_volatility(time_value: TimeValue, wanted: FloatArray, start: FloatArray, slope: FloatArray) -> Roots:
    """Find the volatility at which each contract is worth what is wanted.

    The logarithm of the time value is followed by secants inside a bracket; every fourth step halves the bracket, so
    that the search ends whatever the shape.

    Args:
        time_value: Must not fall when volatility rises.
        wanted: Time value to find, USD, > 0, shape (N,).
        start: First volatility, shape (N,).
        slope: About the slope of the logarithm of the time value there, > 0, shape (N,).

    Source:
        Secant method with bracketing as in Brent (1973), ch. 3-4; logarithms as in Jaeckel, Let's be rational (2015).
    """
    search = _Search.begin(wanted, np.clip(start, LOWEST, HIGHEST), slope)
    rows = np.arange(len(wanted))
    for number in range(_ROUNDS):
        if not len(rows):
            break
        rows = search.step(time_value, rows, halve=number % _HALVED_EVERY == _HALVED_EVERY - 1)
    edge = 1.0 + 1e-6
    return Roots(
        volatility=search.here,
        at_lowest=search.here <= LOWEST * edge,
        at_highest=search.here >= HIGHEST / edge,
    )


@dataclass(slots=True)
class _Search:
    """Where N searches stand."""

    wanted: FloatArray  # logarithm of the time value
    here: FloatArray
    slope: FloatArray  # of the last secant
    low: FloatArray
    high: FloatArray
    before: FloatArray  # the place before, NaN at first
    excess_before: FloatArray

    @classmethod
    def begin(cls, wanted: FloatArray, start: FloatArray, slope: FloatArray) -> "_Search":
        nothing = np.full(len(wanted), np.nan)
        low, high = np.full(len(wanted), LOWEST), np.full(len(wanted), HIGHEST)
        return cls(np.log(wanted), start.copy(), slope.copy(), low, high, nothing, nothing.copy())

    def step(self, time_value: TimeValue, rows: IntArray, *, halve: bool) -> IntArray:
        """Move the searches of some rows; returns the rows that are not at their end."""
        here = self.here[rows]
        excess = np.log(np.maximum(time_value(here, rows), _TINY)) - self.wanted[rows]
        self.low[rows] = np.where(excess < 0.0, here, self.low[rows])
        self.high[rows] = np.where(excess > 0.0, here, self.high[rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = (excess - self.excess_before[rows]) / (here - self.before[rows])
        usable = np.isfinite(secant) & (secant > 0.0)
        self.slope[rows] = np.where(usable, secant, self.slope[rows])
        measured = np.isfinite(self.before[rows])  # the slope is a secant's, not the caller's guess
        aim = here - excess / self.slope[rows]
        low, high = self.low[rows], self.high[rows]
        inside = (aim > low) & (aim < high)
        target = np.where(inside & (not halve), aim, np.sqrt(low * high))
        found = (excess == 0.0) | np.isnan(excess)
        target = np.where(found, here + 0.0 * excess, target)
        self.before[rows], self.excess_before[rows], self.here[rows] = here, excess, target
        ended = found | (high - low <= _CLOSE * high) | (inside & measured & (np.abs(aim - here) <= _CLOSE * here))
        self.here[rows] = np.where(ended & inside & ~found, aim, target)
        return np.asarray(rows[~ended])
