"""Treasury yields: a level that wanders around its mean, spreads to it, and how they discount."""

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.market.simulated.factors import decayed_sum, per_day
from sigmasight.market.simulated.randomness import fat_normals

LOWEST = 0.002
"""No yield gets below this: the shadow rate may, the yield bends before it (Black 1995)."""

_BEND = 0.003  # how early it bends
_MATURITIES = np.array([0.25, 2.0, 10.0, 30.0])  # years
_MEAN = {"DGS3MO": 0.0445, "DGS2": 0.0405, "DGS10": 0.042, "DGS30": 0.0455}
_ON_LEVEL = {"DGS3MO": 0.25, "DGS2": 0.8, "DGS10": 1.0, "DGS30": 0.9}  # per unit of the 10-year yield's departure
_SPREAD_VOLATILITY = {"DGS3MO": 0.0035, "DGS2": 0.0060, "DGS10": 0.0, "DGS30": 0.0030}  # per year
_LEVEL_VOLATILITY = 0.0095  # per year: six basis points a day
_LEVEL_MEMORY, _SPREAD_MEMORY = 1.5, 1.0  # years
_WITH_MARKET = 0.12  # correlation of the level with the market: investors flee to Treasuries


def draw_yields(ordinals: IntArray, market_shock: FloatArray) -> dict[str, FloatArray]:
    """Par yields as fractions on every weekday, by series, unrounded."""
    noise = _WITH_MARKET * market_shock + np.sqrt(1 - _WITH_MARKET**2) * fat_normals("rates/level", ordinals)
    level = decayed_sum(noise * per_day(np.array(_LEVEL_VOLATILITY)), _LEVEL_MEMORY)
    return {series: _bent(_MEAN[series] + _ON_LEVEL[series] * level + _spread(series, ordinals)) for series in _MEAN}


def quoted(values: FloatArray) -> FloatArray:
    """Yields as they are published: whole basis points."""
    return np.round(values, 4)


def continuous_rates(par_yields: FloatArray, years: FloatArray) -> FloatArray:
    """Continuous rates at maturities, from par yields linear between tenors and flat outside.

    Args:
        par_yields: Shape (B, 4), of 3 months, 2, 10 and 30 years.
        years: Maturities, shape (B,).

    Returns:
        2 ln(1 + y / 2), shape (B,).
    """
    right = np.clip(np.searchsorted(_MATURITIES, years), 1, len(_MATURITIES) - 1)
    left = right - 1
    share = np.clip((years - _MATURITIES[left]) / (_MATURITIES[right] - _MATURITIES[left]), 0.0, 1.0)
    row = np.arange(len(years))
    par = par_yields[row, left] * (1 - share) + par_yields[row, right] * share
    return np.asarray(2.0 * np.log1p(par / 2.0))


def _spread(series: str, ordinals: IntArray) -> FloatArray:
    volatility = per_day(np.array(_SPREAD_VOLATILITY[series]))
    return decayed_sum(fat_normals(f"rates/{series}", ordinals) * volatility, _SPREAD_MEMORY)


def _bent(shadow: FloatArray) -> FloatArray:
    return np.asarray(LOWEST + _BEND * np.logaddexp(0.0, (shadow - LOWEST) / _BEND))
