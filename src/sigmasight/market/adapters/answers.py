"""Reading what vendors answer: rows, days and numbers, and a clear word where they are none."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from sigmasight.domain.errors import InvalidSymbolError, ProviderError
from sigmasight.domain.market_data import DayArray, FloatArray
from sigmasight.domain.symbols import normalize_ticker

Row = Mapping[str, object]


def rows_in(found: object, provider: str) -> list[Row]:
    """A list of objects.

    Raises:
        ProviderError: If it is none.
    """
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ProviderError(f"{provider} answered something else than a list of rows")
    return found


def day_of(text: object, provider: str) -> date:
    """A day written as 2026-11-20, or an instant that begins so.

    Raises:
        ProviderError: If it is none.
    """
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise ProviderError(f"{provider} answered {str(text)[:20]!r} for a day") from error


def number_of(value: object) -> float:
    """A number, written as one or as text; NaN where it is none, which the door then refuses."""
    if isinstance(value, bool) or value is None:
        return math.nan
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value))
    except ValueError:
        return math.nan


def whole_of(value: object) -> int:
    """A whole number above 0; 0 where it is none, which the door then refuses."""
    number = number_of(value)
    return int(number) if number.is_integer() and number > 0.0 else 0


def text_of(value: object) -> str | None:
    """A text that is not empty."""
    return value.strip() or None if isinstance(value, str) else None


def ticker_of(value: object) -> str | None:
    """A canonical symbol; None where there is none, or one of another exchange that cannot be read."""
    text = text_of(value)
    if text is None or text == "N/A":
        return None
    try:
        return normalize_ticker(text)
    except InvalidSymbolError:
        return None


def part_of(found: object, name: str) -> Row:
    """An object within another; empty where there is none."""
    part = found.get(name) if isinstance(found, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def require_symbol(rows: Iterable[Row], key: str, wanted: str, provider: str) -> None:
    """See to it that an answer is about what was asked.

    Raises:
        ProviderError: If a row names another symbol.
    """
    strangers = {str(row[key]) for row in rows if key in row} - {wanted}
    if strangers:
        raise ProviderError(f"{provider} answered for {min(strangers)[:20]!r} when asked for {wanted}")


def days_column(rows: Sequence[Row], key: str, provider: str) -> DayArray:
    """The days of rows."""
    return np.array([day_of(row.get(key), provider) for row in rows], dtype="datetime64[D]")


def column(rows: Sequence[Row], key: str) -> FloatArray:
    """One number of each row; NaN where missing."""
    return np.array([number_of(row.get(key)) for row in rows], dtype=np.float64)
