"""Value at risk and expected shortfall of simulated profits and losses, and what each part of a book brings to them.

Losses are positive. Where a session is NaN it is no scenario of that book.
"""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from scipy.special import ndtri

from sigmasight.domain.market_data import FloatArray, IntArray

_HEDGED = 1e-12  # of the parts' own standard deviations


@dataclass(frozen=True, slots=True)
class TailLosses:
    """B books at L levels; NaN for a book without scenarios."""

    value_at_risk: FloatArray  # (B, L) USD
    expected_shortfall: FloatArray  # (B, L) USD, never below the value at risk


def measure_tails(pnl: FloatArray, levels: FloatArray) -> TailLosses:
    """The linear quantile of the losses, and the mean of exactly the share 1 - level of the worst.

    Args:
        pnl: Simulated, USD, (B, T); NaN where a session is no scenario.
        levels: Between 0 and 1, (L,).

    Source:
        Hyndman, Fan (1996), type 7; Acerbi, Tasche, On the coherence of expected shortfall (2002).
    """
    ordered = np.sort(np.ascontiguousarray(pnl), axis=1)  # NaN last
    scenarios = (~np.isnan(pnl)).sum(axis=1)
    shape = (len(pnl), len(levels))
    at_risk, shortfall = np.full(shape, np.nan), np.full(shape, np.nan)
    for count in np.unique(scenarios[scenarios > 0]).tolist():
        books = np.flatnonzero(scenarios == count)
        for place, level in enumerate(levels.tolist()):
            tail = _tail(count, level)
            at_risk[books, place] = 0.0 - (ordered[books][:, tail.at] * tail.quantile).sum(axis=1)
            shortfall[books, place] = 0.0 - (ordered[books, : len(tail.mean)] * tail.mean).sum(axis=1)
    return TailLosses(at_risk, np.maximum(shortfall, at_risk))


def measure_normal_tails(pnl: FloatArray, levels: FloatArray) -> TailLosses:
    """As if profits and losses were normal, with the mean and the standard deviation (ddof 1) of the simulated ones.

    Args:
        pnl: Simulated, USD, (B, T); NaN where a session is no scenario.
        levels: Between 0 and 1, (L,).

    Source:
        McNeil, Frey, Embrechts, Quantitative risk management (2015), 2.14 and 2.18.
    """
    mean, spread = _moments(np.ascontiguousarray(pnl))  # sums of rows have one order
    quantile = ndtri(levels)
    density = np.exp(-0.5 * quantile**2) / np.sqrt(2.0 * np.pi)
    return TailLosses(
        spread[:, None] * quantile - mean[:, None] + 0.0,
        spread[:, None] * (density / (1.0 - levels)) - mean[:, None] + 0.0,
    )


def split_tails(parts: FloatArray, level: float) -> TailLosses:
    """What each of P parts of one book brings to its value at risk and expected shortfall, (P, 1); they sum to them.

    Args:
        parts: Simulated, USD, (P, T), no NaN, T above 0.
        level: Between 0 and 1.

    Source:
        Tasche, Risk contributions and performance measurement (1999): the tail's own scenarios, weighed alike.
    """
    order: IntArray = np.argsort(parts.sum(axis=0), kind="stable")
    tail = _tail(parts.shape[1], level)
    quantile = -(parts[:, order[tail.at]] * tail.quantile).sum(axis=1)
    return TailLosses(quantile[:, None], -(parts[:, order[: len(tail.mean)]] * tail.mean).sum(axis=1)[:, None])


def split_normal_tails(parts: FloatArray, level: float) -> TailLosses:
    """The same for the normal law, by Euler's rule: each part's covariance with the whole, less its mean.

    Args:
        parts: Simulated, USD, (P, T), no NaN, T above 1.
        level: Between 0 and 1.

    Source:
        Tasche, Capital allocation to business units and sub-portfolios: the Euler principle (2008).
    """
    mean = parts.mean(axis=1)
    whole = parts.sum(axis=0)
    centred = whole - whole.mean()
    spread = np.sqrt((centred**2).sum() / (parts.shape[1] - 1))
    alone = np.sqrt(((parts - mean[:, None]) ** 2).sum(axis=1) / (parts.shape[1] - 1)).sum()
    share = np.zeros(len(parts))
    if spread > _HEDGED * alone:  # what is below is rounding, and nobody's
        share = (parts - mean[:, None]) @ centred / (parts.shape[1] - 1) / spread
    quantile = float(ndtri(level))
    density = np.exp(-0.5 * quantile**2) / np.sqrt(2.0 * np.pi)
    return TailLosses(
        (share * quantile - mean)[:, None],
        (share * density / (1.0 - level) - mean)[:, None],
    )


@dataclass(frozen=True, slots=True)
class _Tail:
    at: IntArray  # the two order statistics between which the quantile lies
    quantile: FloatArray  # their weights
    mean: FloatArray  # weights of the worst ones


def _tail(count: int, level: float) -> _Tail:
    place = (1.0 - level) * (count - 1)
    below = min(floor(place), count - 1)
    mass = (1.0 - level) * count
    weight = np.ones(max(ceil(mass), 1))
    weight[-1] = mass - (len(weight) - 1)
    return _Tail(
        at=np.array([below, min(below + 1, count - 1)]),
        quantile=np.array([1.0 - (place - below), place - below]),
        mean=weight / mass,
    )


def _moments(pnl: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation, (B,); NaN on fewer than two scenarios."""
    known = ~np.isnan(pnl)
    count = known.sum(axis=1)
    enough = np.where(count > 1, count, np.nan)
    mean = np.where(known, pnl, 0.0).sum(axis=1) / enough
    squares = np.where(known, pnl - mean[:, None], 0.0) ** 2
    return mean, np.sqrt(squares.sum(axis=1) / (enough - 1.0))
