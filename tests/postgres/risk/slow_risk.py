"""Returns, value at risk and correlations worked slowly, number by number, from what a database says of prices.

Written from the definitions and sharing nothing with the code it judges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import exp, floor, pi, sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np

from .conftest import Demo

DECAY, FLOOR = 0.94, 0.01
LEVELS = (0.95, 0.975, 0.99)
_NORMAL = NormalDist()

Series = Mapping[date, float]


@dataclass(frozen=True, slots=True)
class History:
    """What happened to one share, by day."""

    closes: Series
    splits: Series  # how many shares one became
    dividends: Series  # USD per share as traded on the ex-date

    def returns(self, days: Sequence[date]) -> list[float]:
        """What was earned on each of some sessions but the first: USD after, per USD that was not paid out before."""
        found = []
        for before, day in pairwise(days):
            base = self.closes[before] / self.splits.get(day, 1.0)
            found.append(self.closes[day] / (base - self.dividends.get(day, 0.0)) - 1.0)
        return found


def histories(demo: Demo) -> dict[str, History]:
    """Of everything that has a close, by symbol."""
    queries = {
        "closes": "SELECT i.symbol, t.day, t.close AS value FROM prices t",
        "splits": "SELECT i.symbol, t.ex_date AS day, t.new_shares::float8 / t.old_shares AS value FROM splits t",
        "dividends": "SELECT i.symbol, t.ex_date AS day, t.amount AS value FROM dividends t",
    }
    found: dict[str, dict[str, dict[date, float]]] = {}
    for name, query in queries.items():
        for row in demo.rows(f"{query} JOIN instruments i ON i.id = t.instrument_id"):
            by_kind = found.setdefault(row["symbol"], {kind: {} for kind in queries})
            by_kind[name][row["day"]] = float(row["value"])
    return {symbol: History(**by_kind) for symbol, by_kind in found.items()}


def filtered(returns: Sequence[float]) -> list[float]:
    """Each return times tomorrow's volatility over that of its own day."""
    mean = fmean(returns)
    variance = fmean([(each - mean) ** 2 for each in returns])
    own, floor = [], FLOOR * variance
    for each in returns:
        own.append(variance)
        variance = max(DECAY * variance + (1.0 - DECAY) * each**2, floor)
    return [max(each * sqrt(variance / then), -1.0) for each, then in zip(returns, own, strict=True)]


def quantile_loss(pnl: Sequence[float], level: float) -> float:
    """The loss that so large a share of the scenarios does not exceed, linear between two of them."""
    losses = sorted(-each for each in pnl)
    place = level * (len(losses) - 1)
    below = floor(place)
    above = min(below + 1, len(losses) - 1)
    return losses[below] + (place - below) * (losses[above] - losses[below])


def tail_loss(pnl: Sequence[float], level: float) -> float:
    """The mean loss of exactly the worst 1 - level of the scenarios, the last of them by its part."""
    left, total = (1.0 - level) * len(pnl), 0.0
    for loss in sorted((-each for each in pnl), reverse=True):
        taken = min(left, 1.0)
        total, left = total + taken * loss, left - taken
    return total / ((1.0 - level) * len(pnl))


def normal_losses(pnl: Sequence[float], level: float) -> tuple[float, float]:
    """Value at risk and expected shortfall, were profits and losses normal."""
    mean, spread, z = fmean(pnl), stdev(pnl), _NORMAL.inv_cdf(level)
    density = exp(-0.5 * z * z) / sqrt(2.0 * pi)
    return spread * z - mean, spread * density / (1.0 - level) - mean


def clusters(correlation: np.ndarray, threshold: float = 0.7) -> list[set[int]]:
    """Average linkage, two groups at a time: the nearest, while they are nearer than the threshold's distance."""
    distance = np.sqrt((1.0 - correlation) / 2.0)
    groups = [{at} for at in range(len(correlation))]

    def apart(one: set[int], other: set[int]) -> float:
        return fmean(distance[a, b] for a in one for b in other)

    while len(groups) > 1:
        pairs = [(apart(groups[a], groups[b]), a, b) for a in range(len(groups)) for b in range(a)]
        nearest, one, other = min(pairs)
        if nearest > sqrt((1.0 - threshold) / 2.0):
            break
        groups[other] |= groups.pop(one)
    return [group for group in groups if len(group) > 1]
