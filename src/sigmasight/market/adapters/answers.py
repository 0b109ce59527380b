"""Reading what vendors answer: rows, days and numbers, and a clear word where they are none."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

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


def each_once(rows: Iterable[Row]) -> list[Row]:
    """Rows without those that are told again word for word: what is added up would count twice."""
    return list({json.dumps(row, sort_keys=True): row for row in rows}.values())


def day_of(text: object, provider: str) -> date:
    """A day written as 2026-11-20, or an instant that begins so.

    Raises:
        ProviderError: If it is none.
    """
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise ProviderError(f"{provider} answered {str(text)[:20]!r} for a day") from error


def instant_of(seconds: float) -> datetime | None:
    """The instant so many seconds after the beginning of 1970; None where it is none that a calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0.0 else None
    except (OverflowError, OSError, ValueError):
        return None


def number_of(value: object) -> float:
    """A number, written as one or as text; NaN where it is none, which the door then refuses."""
    if isinstance(value, bool) or value is None:
        return math.nan
    try:
        return float(value if isinstance(value, int | float) else str(value))
    except (OverflowError, ValueError):
        return math.nan


def whole_of(value: object) -> int:
    """A whole number above 0; 0 where it is none, which the door then refuses."""
    number = number_of(value)
    return int(number) if number.is_integer() and number > 0.0 else 0


def text_of(value: object) -> str | None:
    """A text that is not empty, without what no database keeps: NUL and halves of characters."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "ignore").decode().replace("\0", "").strip() or None


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
        raise ProviderError(f"{provider} answered for {min(strangers)[:30]!r} when asked for {wanted}")


def days_column(rows: Sequence[Row], key: str, provider: str) -> DayArray:
    """The days of rows."""
    return np.array([day_of(row.get(key), provider) for row in rows], dtype="datetime64[D]")


def column(rows: Sequence[Row], key: str) -> FloatArray:
    """One number of each row; NaN where missing."""
    return np.array([number_of(row.get(key)) for row in rows], dtype=np.float64)
