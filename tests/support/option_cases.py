"""The reference prices of options in ``data/options``, column by column."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from sigmasight.domain.market_data import FloatArray

FOLDER = Path(__file__).parents[1] / "data" / "options"
DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class OptionCases:
    """The rows of one file."""

    names: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def __getitem__(self, column: str) -> FloatArray:
        return np.array([float(row[column]) for row in self.rows])

    @property
    def is_call(self) -> np.ndarray:
        """Calls, else puts."""
        return np.array([row["type"] == "c" for row in self.rows])

    @property
    def tau_years(self) -> FloatArray:
        """Whole days, Actual/365 (Fixed)."""
        return self["days"] / DAYS_PER_YEAR

    @property
    def dividends(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """Of each row: days to the ex-date and USD, of every dividend."""
        return tuple(
            tuple((float(days), float(amount)) for days, amount in re.findall(r"\[([\d.]+); ([\d.]+)\]", row["divs"]))
            for row in self.rows
        )

    def flags(self, column: str) -> np.ndarray:
        """A column of True and False."""
        return np.array([row[column] == "True" for row in self.rows])


@cache
def read_cases(file: str) -> OptionCases:
    """Read a file by its name without the ending."""
    with (FOLDER / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        rows = tuple(csv.DictReader(lines))
    return OptionCases(names=tuple(row["case"] for row in rows), rows=rows)
