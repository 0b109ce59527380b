"""What a fund holds, as it reported it."""

import math
from dataclasses import dataclass
from datetime import date
from math import fsum

LEAST_TOTAL, LARGEST_TOTAL = 0.90, 1.00
_ROUNDED = 0.005  # what reported weights, each rounded, may add up to beyond the whole


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of a fund's report."""

    symbol: str | None  # canonical; None where it has no ticker, as cash and most bonds
    name: str
    weight: float  # of the fund's net assets, a fraction; below 0 for what is sold short
    shares: float = math.nan
    market_value: float = math.nan  # USD


@dataclass(frozen=True, slots=True)
class FundHoldings:
    """One report of one fund."""

    fund: str  # canonical symbol
    as_of: date
    lines: tuple[Holding, ...]

    @property
    def total_weight(self) -> float:
        """What the lines add up to."""
        return fsum(line.weight for line in self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether the weights add up to 90-100 %, but for their rounding; otherwise the report is flagged."""
        return LEAST_TOTAL - _ROUNDED <= self.total_weight <= LARGEST_TOTAL + _ROUNDED
