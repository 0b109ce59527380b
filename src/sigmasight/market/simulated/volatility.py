"""Fear and its price: the VIX, and the implied volatility of everything that has options.

For one underlying and one day, every option is priced under one law: the underlying is its forward times exp(y(x)),
where x gathers variance as a Brownian motion does. Slopes of y other than 1 make the skew and the wings. One law for
all strikes, and one that only adds variance as expiries get longer, leaves nothing to arbitrage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.market.simulated.factors import FactorPaths, decayed_sum
from sigmasight.market.simulated.randomness import normals

VIX = "VIX"
TYPICAL_VIX = 18.5

_VIX_FLOOR = 10.0
_VIX_STRETCH = 2.0  # the VIX stays below 10 + 8.5 e^2 = 73
_FEAR, _MOOD = 0.045, 0.035  # daily moves of the log VIX per unit of the market's fall, and of its own noise
_MOOD_MEMORY = 30 / 261  # years
_VIX_FORWARD_LEVEL, _VIX_FORWARD_REVERSION = 20.5, 4.0  # where VIX forwards tend, and how fast per year


@dataclass(frozen=True, slots=True)
class Smile:
    """How options on one underlying are priced beside its spot, rate and yield."""

    spot_volatility: float  # at the money, shortest expiry, at a VIX of 18.5
    long_volatility: float  # where it tends for long expiries
    response: float  # power of VIX / 18.5 in the spot volatility
    reversion: float  # speed, per year, at which the long volatility is approached
    skew: float  # local volatility is 1 - skew tanh(x / width) + wings tanh(x / width)^2, relative to the money
    width: float
    wings: float


SMILES = {
    "SPY": Smile(0.155, 0.175, 1.0, 3.0, skew=0.55, width=0.14, wings=0.15),
    "QQQ": Smile(0.195, 0.215, 0.95, 3.0, skew=0.50, width=0.16, wings=0.15),
    "IWM": Smile(0.205, 0.225, 0.9, 3.0, skew=0.45, width=0.16, wings=0.15),
    "AAPL": Smile(0.26, 0.275, 0.7, 2.5, skew=0.35, width=0.25, wings=0.25),
    "MSFT": Smile(0.235, 0.25, 0.7, 2.5, skew=0.35, width=0.25, wings=0.25),
    "NVDA": Smile(0.43, 0.45, 0.6, 2.5, skew=0.30, width=0.35, wings=0.25),
    "TSLA": Smile(0.52, 0.54, 0.5, 2.5, skew=0.20, width=0.40, wings=0.30),
    "META": Smile(0.34, 0.355, 0.6, 2.5, skew=0.30, width=0.30, wings=0.25),
    "AMZN": Smile(0.305, 0.32, 0.65, 2.5, skew=0.30, width=0.30, wings=0.25),
    "GOOGL": Smile(0.275, 0.29, 0.65, 2.5, skew=0.30, width=0.25, wings=0.25),
    VIX: Smile(1.15, 0.55, 0.25, 4.0, skew=-0.45, width=0.35, wings=0.10),
}


def draw_vix(ordinals: IntArray, factors: FactorPaths, anchor: int) -> FloatArray:
    """The VIX on every weekday, 18.5 on the anchor: tomorrow's volatility of the market, and fear.

    Always between 10 and 73, by its form.
    """
    mood = decayed_sum(_MOOD * normals("vix", ordinals) - _FEAR * factors.shock, _MOOD_MEMORY)
    excess = np.log(factors.next_regime) + mood
    stretched = _VIX_STRETCH * np.tanh((excess - excess[anchor]) / _VIX_STRETCH)
    return np.asarray(_VIX_FLOOR + (TYPICAL_VIX - _VIX_FLOOR) * np.exp(stretched))


def vix_forward(vix: FloatArray, years: FloatArray) -> FloatArray:
    """What the VIX is expected to be in so many years: on its way to a long-run level."""
    return np.asarray(_VIX_FORWARD_LEVEL + (vix - _VIX_FORWARD_LEVEL) * np.exp(-_VIX_FORWARD_REVERSION * years))


def total_variance(smiles: Sequence[Smile], vix: FloatArray, years: FloatArray) -> FloatArray:
    """Variance that x gathers until expiry, about volatility^2 x years at the money and increasing in ``years``.

    Args:
        smiles: The smile of each of B contracts.
        vix: The VIX of each contract's session, shape (B,).
        years: To expiry, shape (B,).
    """
    near = np.array([smile.spot_volatility for smile in smiles])
    far = np.array([smile.long_volatility for smile in smiles]) ** 2
    response = np.array([smile.response for smile in smiles])
    reversion = np.array([smile.reversion for smile in smiles])
    excess = (near * (vix / TYPICAL_VIX) ** response) ** 2 - far
    return np.asarray(far * years - excess * np.expm1(-reversion * years) / reversion)
