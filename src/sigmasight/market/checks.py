"""The door for what providers answer: nonsense is kept aside, each row with its reason, and the rest goes in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import log, nan
from typing import TypeVar

import numpy as np

from sigmasight.domain.errors import InvalidSymbolError
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.market_data import (
    BoolArray,
    DailyBars,
    DayArray,
    FloatArray,
    IntArray,
    OptionQuotes,
    Split,
    Yields,
)
from sigmasight.domain.symbols import occ_symbol

LARGEST_JUMP = 3.0
"""A close may be up to three times, and down to a third of, the accepted one before it.

Wide enough for the worst days of real companies (SVB Financial lost 60 % on 9 March 2023), narrow enough for what goes
wrong most: a missed split of 4 for 1 or more, prices in cents, another company's prices.
"""

LARGEST_YIELD = 0.5
"""Beyond 50 % a year, up or down, a yield was surely meant in percent."""

FIRST_DAY = np.datetime64("1900-01-01", "D")

_ROUNDING = 1e-9
_Column = TypeVar("_Column", DayArray, FloatArray)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row, or one field of an option quote, that was kept aside."""

    symbol: str  # or a Treasury series' name, or a contract's OCC symbol
    day: date | None  # None where the provider's day is none
    field: str
    value: float  # of the field; where the day is wrong, of the close, yield or last price
    why: str


@dataclass(frozen=True, slots=True)
class CheckedBars:
    """What of a symbol's bars goes in, days ascending and each once, and what does not."""

    accepted: DailyBars
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class CheckedYields:
    """What of a series' yields goes in, days ascending and each once, and what does not."""

    accepted: Yields
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class CheckedQuotes:
    """What of a contract's quotes goes in, days ascending and each once, and what does not."""

    accepted: OptionQuotes
    refused: tuple[RefusedRow, ...]


def check_bars(
    bars: DailyBars,
    *,
    today: date,
    splits: Sequence[Split],
    previous_close: tuple[date, float] | None,
    confirmed: Collection[date] = (),
    sessions: DayArray | None = None,
) -> CheckedBars:
    """Keep aside the bars that cannot be true.

    Refused is a bar with an open, high, low, close or adjusted close that is not finite and above zero, a volume that
    is infinite or negative (NaN is: not known), a high below the low, no day or a day after ``today``, different
    numbers for one day (of equal ones the first is kept), or a close that jumps by more than ``LARGEST_JUMP`` without a
    split that explains it.

    A jump is measured from the last *accepted* close. So after a refused one the following closes at the new level are
    refused as well, until a split is known or a person confirms the day: one rule, whether the days come at once or
    night by night, and no wrong level gets in by staying wrong.

    Args:
        bars: One symbol's bars, in any order.
        today: The day on which they are checked.
        splits: Known splits; those of other symbols, or without two positive share counts, explain nothing.
        previous_close: The last accepted close before these bars, with its day, if there is one.
        confirmed: Days whose jump a person has confirmed.
        sessions: The exchange's sessions, ascending; where they are given, a bar of any other day is refused too.

    Raises:
        ValueError: If the columns differ in length.
    """
    prices = {
        "open": bars.open,
        "high": bars.high,
        "low": bars.low,
        "close": bars.close,
        "adjusted_close": bars.adjusted_close,
    }
    door = _open_door(bars.symbol, bars.days, {**prices, "volume": bars.volume})
    door.refuse_days(today, shown="close")
    if sessions is not None:
        nearest = np.minimum(np.searchsorted(sessions, door.days), len(sessions) - 1)
        door.refuse(sessions[nearest] != door.days, "close", "the exchange holds no session on that day")
    for name in prices:
        column = door.columns[name]
        door.refuse(~(np.isfinite(column) & (column > 0.0)), name, "it is not a finite number above 0")
    door.refuse(_impossible(door.columns["volume"]), "volume", "it is infinite or negative")
    door.refuse(door.columns["high"] < door.columns["low"], "high", "the high is below the low")
    door.refuse_rivals(shown="close")
    own = [split for split in splits if split.symbol == bars.symbol and min(split.new_shares, split.old_shares) > 0]
    _refuse_jumps(door, own, previous_close, confirmed)
    return CheckedBars(DailyBars(bars.symbol, door.accepted_days(), **door.accepted()), door.report())


def check_yields(yields: Yields, *, today: date) -> CheckedYields:
    """Keep aside yields that are not finite, beyond ``LARGEST_YIELD``, of no day, the future, or rivals for one day.

    Raises:
        ValueError: If the columns differ in length.
    """
    door = _open_door(yields.series, yields.days, {"values": yields.values})
    values = door.columns["values"]
    door.refuse_days(today, shown="values")
    door.refuse(~np.isfinite(values), "values", "it is not a finite number")
    door.refuse(np.abs(values) > LARGEST_YIELD, "values", "it is surely in percent; as a fraction 5 % is 0.05")
    door.refuse_rivals(shown="values")
    return CheckedYields(Yields(yields.series, door.accepted_days(), **door.accepted()), door.report())


def check_option_quotes(quotes: OptionQuotes, *, today: date) -> CheckedQuotes:
    """Keep aside what cannot be true of a contract's quotes, field by field, and quotes without any usable price.

    A field that is negative or infinite is reported and becomes NaN, which means: none. So do bid and ask when the ask
    is below the bid. An ask or last price of zero is how vendors write none; a bid of zero is a bid. A quote that is
    left with neither bid and ask nor a last price is refused, and so is one of no day, the future, or a rival for one
    day.

    Raises:
        ValueError: If the columns differ in length.
    """
    columns = {
        "bid": quotes.bid,
        "ask": quotes.ask,
        "last": quotes.last,
        "volume": quotes.volume,
        "open_interest": quotes.open_interest,
    }
    door = _open_door(contract_name(quotes.terms), quotes.days, columns)
    door.refuse_days(today, shown="last")
    for name, column in door.columns.items():
        door.blank(_impossible(column), [name], "it is infinite or negative")
    bid, ask, last = door.columns["bid"], door.columns["ask"], door.columns["last"]
    ask[ask == 0.0] = nan
    last[last == 0.0] = nan
    door.blank(ask < bid, ["ask", "bid"], "the ask is below the bid, so that neither counts")
    door.refuse(np.isnan(last) & np.isnan(bid + ask), "last", "the quote has neither bid and ask nor a last price")
    door.refuse_rivals(shown="last")
    return CheckedQuotes(OptionQuotes(quotes.terms, door.accepted_days(), **door.accepted()), door.report())


@dataclass(frozen=True, slots=True)
class _Door:
    """T rows in the order of their days; each check sends some aside, so that later ones do not see them."""

    symbol: str
    days: DayArray  # (T,) datetime64[D]
    columns: dict[str, FloatArray]  # (T,) each
    standing: BoolArray  # (T,) not yet refused
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, wrong: BoolArray, name: str, why: str, *, shown: str | None = None) -> None:
        """Send rows aside for what a field says; ``shown`` is the column that the report quotes, if another."""
        self._report(wrong, name, why, shown or name)
        self.standing[wrong] = False

    def blank(self, wrong: BoolArray, names: Sequence[str], why: str) -> None:
        """Send fields of some rows aside, the first of them into the report; the rows stay."""
        self._report(wrong, names[0], why, names[0])
        for name in names:
            self.columns[name][wrong] = nan

    def refuse_days(self, today: date, *, shown: str) -> None:
        """Send aside what is of no day or of the future."""
        nowhere = np.isnat(self.days) | (self.days < FIRST_DAY)
        self.refuse(nowhere, "day", "there is no such day, or it lies before 1900", shown=shown)
        self.refuse(self.days > np.datetime64(today, "D"), "day", "the day lies in the future", shown=shown)

    def refuse_rivals(self, *, shown: str) -> None:
        """Send aside all rows of a day that differ from each other, and all but the first of those that do not."""
        rows = np.flatnonzero(self.standing)
        days = self.days[rows]
        for day in np.unique(days[1:][days[1:] == days[:-1]]):
            same_day = rows[days == day]
            if self._agree(same_day):
                self.standing[same_day[1:]] = False
            else:
                rivals = np.isin(np.arange(len(self.days)), same_day)
                self.refuse(rivals, "day", "this day is there more than once, with different numbers", shown=shown)

    def accepted_days(self) -> DayArray:
        """The days that are left."""
        return _read_only(self.days[self.standing])

    def accepted(self) -> dict[str, FloatArray]:
        """What is left of each column."""
        return {name: _read_only(column[self.standing]) for name, column in self.columns.items()}

    def report(self) -> tuple[RefusedRow, ...]:
        """What was sent aside, by day; what has no day comes last."""
        return tuple(sorted(self.refused, key=lambda row: row.day or date.max))

    def _agree(self, rows: IntArray) -> bool:
        first = rows[:1]
        return all(
            np.array_equal(column[rows], np.repeat(column[first], len(rows)), equal_nan=True)
            for column in self.columns.values()
        )

    def _report(self, wrong: BoolArray, name: str, why: str, shown: str) -> None:
        for row in np.flatnonzero(wrong & self.standing):
            day = self.days[row].item()  # of a year that no date has it is a number
            value = float(self.columns[shown][row])
            self.refused.append(RefusedRow(self.symbol, day if isinstance(day, date) else None, name, value, why))


def _open_door(symbol: str, days: DayArray, columns: Mapping[str, FloatArray]) -> _Door:
    """Copies of the columns, in the order of the days."""
    if any(column.shape != days.shape for column in columns.values()):
        raise ValueError(f"the columns of {symbol} differ in length")
    order = np.argsort(days, kind="stable")
    ordered = {name: column[order] for name, column in columns.items()}
    return _Door(symbol, days[order].astype("datetime64[D]"), ordered, np.ones(len(days), dtype=np.bool_))


def _refuse_jumps(
    door: _Door, splits: Sequence[Split], previous_close: tuple[date, float] | None, confirmed: Collection[date]
) -> None:
    """Walk from accepted close to accepted close; the one before all joins where its day comes."""
    rows = np.flatnonzero(door.standing)
    closes = zip(door.days[rows].tolist(), door.columns["close"][rows].tolist(), strict=True)
    before: tuple[date, float] | None = None
    for row, close in zip(rows, closes, strict=True):
        if previous_close and (before is None or before[0] < previous_close[0]) and previous_close[0] < close[0]:
            before = previous_close
        if before and close[0] not in confirmed and _is_unexplained(before, close, splits):
            door.refuse(np.arange(len(door.days)) == row, "close", _jump_message(before))
        else:
            before = close


def _is_unexplained(before: tuple[date, float], after: tuple[date, float], splits: Sequence[Split]) -> bool:
    """Whether the step is too large, both as it is and with the splits that lie in it undone."""
    step = log(after[1]) - log(before[1])
    undone = sum(log(split.new_shares / split.old_shares) for split in splits if before[0] < split.ex_date <= after[0])
    return min(abs(step), abs(step + undone)) > log(LARGEST_JUMP) + _ROUNDING


def _jump_message(before: tuple[date, float]) -> str:
    return (
        f"it follows {before[1]:g} on {before[0]}, a jump that no split explains; closes at this level stay out until "
        "a split is known or a person confirms the day"
    )


def contract_name(terms: OptionTerms) -> str:
    """The OCC symbol; in words where a split has made the strike one that no OCC symbol can carry."""
    try:
        return occ_symbol(terms)
    except InvalidSymbolError:
        return f"{terms.underlying} {terms.expiry} {terms.right} {terms.strike:.6f}"


def _impossible(column: FloatArray) -> BoolArray:
    """Whether an amount is infinite or negative; NaN is not, it means: not known."""
    return np.isinf(column) | (column < 0.0)


def _read_only(column: _Column) -> _Column:
    column.flags.writeable = False
    return column
