"""The reference numbers of ``data/factors``."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sigmasight.domain.market_data import FloatArray

FOLDER = Path(__file__).parents[2] / "data" / "factors"
FACTORS = ("Market", "Value", "Growth", "Momentum", "Quality", "Size", "Low Volatility")
STYLES_SHRUNK = np.array([False] + [True] * 6)
PRIOR_STD = 0.5


@dataclass(frozen=True, slots=True)
class Inputs:
    """252 sessions."""

    factors: FloatArray  # (252, 7) simple returns
    stocks: FloatArray  # (252, 20)
    symbols: tuple[str, ...]


@cache
def read_json(name: str) -> dict[str, Any]:
    """Read a file by its name without the ending."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def read_columns(name: str) -> dict[str, FloatArray]:
    """Read a table by its name without the ending; the dates are left out."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0] if column != "date"}


@cache
def read_inputs() -> Inputs:
    """Read the factors and the stocks."""
    columns = read_columns("factor_inputs_252x27")
    symbols = tuple(name for name in columns if not name.startswith("F_"))
    factors = [column for name, column in columns.items() if name.startswith("F_")]
    return Inputs(np.column_stack(factors), np.column_stack([columns[symbol] for symbol in symbols]), symbols)
