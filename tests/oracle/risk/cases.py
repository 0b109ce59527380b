"""The reference numbers of ``data/risk``."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from oracle.factors.cases import read_inputs
from sigmasight.domain.market_data import FloatArray

FOLDER = Path(__file__).parents[2] / "data" / "risk"
LEVELS = np.array([0.95, 0.99])
CORRELATED_SESSIONS = 90


@cache
def read_json(name: str) -> dict[str, Any]:
    """Read a file by its name without the ending."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def read_returns() -> dict[str, FloatArray]:
    """Read the simple returns of 2014 to 2022, by name, each (2263,)."""
    with (FOLDER / "returns_2014_2022.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0] if column != "date"}


def read_log_returns() -> FloatArray:
    """Read the log returns whose correlations are in the file, (90, 20)."""
    return np.log1p(read_inputs().stocks[-CORRELATED_SESSIONS:])


def read_series() -> dict[str, FloatArray]:
    """Read the series whose performance is in the file, by its names."""
    returns = read_returns()
    whole = {"ew20": "ew20_2014_2022", "AAPL": "AAPL_2014_2022", "SP500": "SP500_2014_2022"}
    return {"ew20_last252": returns["ew20"][-252:], **{name: returns[column] for column, name in whole.items()}}
