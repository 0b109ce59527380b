"""What providers answer: columns for one symbol, dates ascending, nothing invented for days without data."""

import enum
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sigmasight.domain.instruments import OptionTerms

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
DayArray = NDArray[np.datetime64]

TREASURY_SERIES = ("DGS3MO", "DGS2", "DGS10", "DGS30")
"""FRED's names of the constant-maturity Treasury par yields of 3 months, 2, 10 and 30 years."""


class Market(enum.StrEnum):
    """Whose numbers a portfolio is valued with: a simulated price never serves a book of the live market."""

    LIVE = "live"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class DailyBars:
    """Daily prices of one symbol, T sessions."""

    symbol: str
    days: DayArray  # (T,) datetime64[D], ascending
    open: FloatArray  # (T,) USD, raw
    high: FloatArray
    low: FloatArray
    close: FloatArray  # (T,) USD, raw: what valuation uses
    adjusted_close: FloatArray  # (T,) adjusted for splits and dividends: what returns use
    volume: FloatArray  # (T,) shares; NaN where not known


@dataclass(frozen=True, slots=True)
class Dividend:
    """A dated cash dividend."""

    symbol: str
    ex_date: date
    amount: float  # USD per share as traded on the ex-date


@dataclass(frozen=True, slots=True)
class Split:
    """A stock split: ``new_shares`` replace ``old_shares`` from the ex-date on (2 for 1: new 2, old 1)."""

    symbol: str
    ex_date: date
    new_shares: int
    old_shares: int


@dataclass(frozen=True, slots=True)
class Yields:
    """One Treasury series, T days."""

    series: str
    days: DayArray  # (T,)
    values: FloatArray  # (T,) par yield per year as a fraction: 0.05 is 5 %


@dataclass(frozen=True, slots=True)
class OptionQuotes:
    """Quotes of one contract at the close, T sessions."""

    terms: OptionTerms
    days: DayArray  # (T,)
    bid: FloatArray  # (T,) USD per share; NaN where none
    ask: FloatArray
    last: FloatArray
    volume: FloatArray  # (T,) contracts
    open_interest: FloatArray  # (T,) contracts
