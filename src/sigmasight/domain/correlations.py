"""Which names of a portfolio are correlated, and how."""

import enum
from dataclasses import dataclass

from sigmasight.domain.methods import Method


class FilterMode(enum.StrEnum):
    """Which of the two thresholds a name has to pass."""

    BOTH = "both"
    EITHER = "either"
    VALUE_ONLY = "value_only"
    WEIGHT_ONLY = "weight_only"


class View(enum.StrEnum):
    """Which side of a portfolio is looked at."""

    PORTFOLIO = "portfolio"
    LONGS = "longs"
    SHORTS = "shorts"


@dataclass(frozen=True, slots=True)
class CorrelationPlan:
    """What correlations are made with."""

    window_sessions: int = 90
    min_obs: int | None = None  # returns that are needed in common; None: 60, in the classic method 20
    least_exposure: float = 10_000.0  # USD, delta-adjusted, absolute
    least_weight: float = 0.01  # of the delta-adjusted gross
    mode: FilterMode = FilterMode.BOTH
    threshold: float = 0.7  # at which names form a cluster
    view: View = View.PORTFOLIO
    method: Method = Method.DEFAULT  # classic: clusters are connected components

    @property
    def needed(self) -> int:
        """Returns that are needed in common; a short window is needed whole."""
        usual = _CLASSIC_MIN_OBS if self.method is Method.CLASSIC else _MIN_OBS
        return min(usual, self.window_sessions) if self.min_obs is None else self.min_obs

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ValueError: If a number is out of its range; the message says which.
        """
        if not 1 < self.window_sessions <= _LONGEST:
            raise ValueError(f"a window of {self.window_sessions} sessions: it must be 2 to {_LONGEST}")
        if not 1 < self.needed <= self.window_sessions:
            raise ValueError(f"{self.min_obs} returns at least: it must be 2 to the window's {self.window_sessions}")
        if not 0.0 < self.threshold < 1.0:
            raise ValueError(f"a threshold of {self.threshold}: it must lie between 0 and 1")
        if not (self.least_exposure >= 0.0 and 0.0 <= self.least_weight <= 1.0):
            raise ValueError("the least exposure must not be negative, the least weight lie between 0 and 1")


_LONGEST = 504
_MIN_OBS, _CLASSIC_MIN_OBS = 60, 20
