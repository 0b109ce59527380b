"""What providers answer: columns for one symbol, dates ascending, nothing invented for days without data."""

import enum
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from sigmasight.domain.instruments import OptionTerms

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
DayArray = NDArray[np.datetime64]

_DAY_SPAN = np.int64(1) << 23  # room below one asset for every day that a date can name, before 1970 too


def asset_day_key(asset: IntArray, day: DayArray) -> IntArray:
    """Asset index and day as one number that sorts by asset, then day; shapes broadcast."""
    return asset * _DAY_SPAN + (day.astype("datetime64[D]").astype(np.int64) + _DAY_SPAN // 2)


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
class CurrentQuote:
    """The last trade of one symbol, with its session so far."""

    symbol: str
    at: datetime  # of the last trade
    price: float  # USD
    open: float  # NaN where not told, as the next three
    high: float
    low: float
    volume: float  # shares
    previous_close: float


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


@dataclass(frozen=True, slots=True)
class Marks:
    """What positions are marked with: closes, and of options the mid, else the last; R rows of many instruments."""

    instrument_id: IntArray  # (R,)
    day: DayArray  # (R,)
    price: FloatArray  # (R,) USD per share, raw


@dataclass(frozen=True, slots=True)
class QuoteRows:
    """Option quotes at the close, R rows of many contracts."""

    instrument_id: IntArray  # (R,)
    day: DayArray  # (R,)
    bid: FloatArray  # (R,) USD per share; NaN where none
    ask: FloatArray  # (R,)
    last: FloatArray  # (R,)


@dataclass(frozen=True, slots=True)
class Payouts:
    """Dated dividends of many instruments, R rows."""

    instrument_id: IntArray  # (R,)
    ex_date: DayArray  # (R,)
    amount: FloatArray  # (R,) USD per share as traded on the ex-date


@dataclass(frozen=True, slots=True)
class SplitRows:
    """Dated splits of many instruments, R rows."""

    instrument_id: IntArray  # (R,)
    ex_date: DayArray  # (R,)
    ratio: FloatArray  # (R,) new shares per old share
