"""What moves many prices at once: the market, six styles, sectors and asset classes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.market.simulated.randomness import fat_normals
from sigmasight.market.simulated.timeline import WEEKDAYS_PER_YEAR
from sigmasight.market.simulated.universe import STYLES

MARKET_VOLATILITY = 0.16  # per year
STYLE_VOLATILITY = {
    "value": 0.06,
    "growth": 0.06,
    "momentum": 0.07,
    "quality": 0.055,
    "size": 0.085,
    "low_volatility": 0.06,
}
GROUP_VOLATILITY = {
    "Communication Services": 0.09,
    "Consumer Discretionary": 0.08,
    "Consumer Staples": 0.08,
    "Energy": 0.18,
    "Financials": 0.09,
    "Health Care": 0.085,
    "Industrials": 0.07,
    "Information Technology": 0.09,
    "Materials": 0.09,
    "Real Estate": 0.10,
    "Utilities": 0.10,
    "International": 0.07,
    "Emerging": 0.11,
    "Gold": 0.14,
    "Commodities": 0.12,
    "Credit": 0.03,
}

_ARCH, _LEVERAGE, _PERSISTENCE = 0.02, 0.09, 0.91  # Glosten, Jagannathan, Runkle (1993): falls count more
_STYLE_REGIME, _GROUP_REGIME = 0.8, 0.5  # how much of the market's storms the others feel: powers of the regime
_MARKET_MEMORY, _STYLE_MEMORY, _GROUP_MEMORY = 6.0, 3.0, 3.0  # years in which all but 1/e of a move is kept


@dataclass(frozen=True, slots=True)
class FactorPaths:
    """Cumulative log returns of the factors on D weekdays, without drift."""

    market: FloatArray  # (D,)
    styles: FloatArray  # (D, 6) in the order of STYLES
    groups: dict[str, FloatArray]  # (D,) each
    shock: FloatArray  # (D,) the market's innovation, variance 1
    regime: FloatArray  # (D,) the day's market volatility over its long-run value, known the day before
    next_regime: FloatArray  # (D,) the regime of the day after


def draw_factors(ordinals: IntArray) -> FactorPaths:
    """The factors' paths from the first weekday on."""
    shock = fat_normals("market", ordinals)
    regimes = _volatility_regimes(shock)
    regime, next_regime = regimes[:-1], regimes[1:]
    styles = [
        _path(f"style/{style}", ordinals, STYLE_VOLATILITY[style] * regime**_STYLE_REGIME, _STYLE_MEMORY)
        for style in STYLES
    ]
    groups = {
        group: _path(f"group/{group}", ordinals, volatility * regime**_GROUP_REGIME, _GROUP_MEMORY)
        for group, volatility in GROUP_VOLATILITY.items()
    }
    market = decayed_sum(shock * per_day(MARKET_VOLATILITY * regime), _MARKET_MEMORY)
    return FactorPaths(market, np.column_stack(styles), groups, shock, regime, next_regime)


def per_day(annual: FloatArray) -> FloatArray:
    """Annual volatility as volatility per weekday."""
    return annual / math.sqrt(WEEKDAYS_PER_YEAR)


def decayed_sum(steps: FloatArray, memory_years: float) -> FloatArray:
    """Add up steps, each forgotten at the rate 1 / memory: a random walk that is drawn home over the years."""
    kept = math.exp(-1.0 / (memory_years * WEEKDAYS_PER_YEAR))
    sums: Iterable[float] = accumulate(steps.tolist(), lambda total, step: kept * total + step)
    return np.fromiter(sums, dtype=np.float64, count=len(steps))


def _path(stream: str, ordinals: IntArray, annual_volatility: FloatArray, memory_years: float) -> FloatArray:
    return decayed_sum(fat_normals(stream, ordinals) * per_day(annual_volatility), memory_years)


def _volatility_regimes(shock: FloatArray) -> FloatArray:
    """Volatility over its long-run value before each day and after the last one, shape (D + 1,)."""
    base = 1.0 - _ARCH - _LEVERAGE / 2 - _PERSISTENCE
    variances = [1.0]
    for innovation in shock.tolist():
        reaction = _ARCH + (_LEVERAGE if innovation < 0 else 0.0)
        variances.append(base + (reaction * innovation * innovation + _PERSISTENCE) * variances[-1])
    return np.sqrt(variances)
