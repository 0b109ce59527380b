"""How a benchmark measures: medians of rounds, and ratios of two works taken in turn."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the page."""

    what: str
    seconds: float | None  # median; None of what is no time
    against: str
    ratio: str
    wanted: str


def median_seconds(work: Callable[[], object]) -> float:
    """Median wall time of some rounds."""
    return statistics.median(seconds(work) for _ in range(ROUNDS))


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one round."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(work: Callable[[], object], other: Callable[[], object], *, share: float = 1.0) -> tuple[float, float]:
    """Median seconds of a work, and the median over rounds of the other's seconds over its seconds.

    Both are run once before, and then one after the other, so that a machine that slows down slows both. Where the
    other does only a ``share`` of the work, its seconds are scaled up.
    """
    work()
    other()
    rounds = [(seconds(work), seconds(other) / share) for _ in range(ROUNDS)]
    return statistics.median(own for own, _ in rounds), statistics.median(theirs / own for own, theirs in rounds)
