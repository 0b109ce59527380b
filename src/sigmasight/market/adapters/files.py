"""A folder of the user's own files: prices, rates, dividends, splits and option quotes as CSV.

Formats: docs/reference/files.md. One row a day and symbol; names of columns in any case and order, further columns are
left alone.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from sigmasight.domain.errors import InvalidSymbolError, ProviderError
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.market_data import DailyBars, DayArray, Dividend, FloatArray, OptionQuotes, Split, Yields
from sigmasight.domain.symbols import normalize_ticker, occ_symbol, parse_occ
from sigmasight.market.adapters.answers import number_of

NAME = "files"
FILES = {
    "prices.csv": ("symbol", "date", "close"),  # open, high, low, adjusted_close, volume where known
    "rates.csv": ("series", "date", "yield"),  # as a fraction: 0.0425
    "dividends.csv": ("symbol", "ex_date", "amount"),
    "splits.csv": ("symbol", "ex_date", "new_shares", "old_shares"),
    "option_quotes.csv": ("symbol", "date"),  # bid, ask, last, volume, open_interest where known
}
"""Columns that a file must have."""

_Line = Mapping[str, str]


@dataclass(frozen=True)
class FileMarket:
    """Fills the ports Prices, Rates and Options; the long files, prices and option quotes, are read once."""

    folder: Path

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return NAME

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Daily bars on the days that the file has."""
        return {
            symbol: _bars(symbol, self._inside(self._prices[symbol], first, last, "prices.csv"))
            for symbol in symbols
            if symbol in self._prices
        }

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        """Cash dividends."""
        rows = self._of("dividends.csv", symbols, first, last, day="ex_date")
        return [Dividend(symbol, when, number_of(row["amount"])) for symbol, when, row in rows]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits."""
        rows = self._of("splits.csv", symbols, first, last, day="ex_date")
        return [Split(symbol, when, _whole(row["new_shares"]), _whole(row["old_shares"])) for symbol, when, row in rows]

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        """Treasury par yields, as fractions."""
        found: dict[str, list[tuple[date, float]]] = {}
        for row in self._lines("rates.csv"):
            when = _day(row["date"], "rates.csv")
            if row["series"] in series and first <= when <= last:
                found.setdefault(row["series"], []).append((when, number_of(row["yield"])))
        return {
            each: Yields(each, _days(when for when, _ in rows), np.array([value for _, value in rows]))
            for each, rows in found.items()
        }

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        """Option quotes of contracts."""
        wanted = {occ_symbol(terms): terms for terms in contracts}
        return [
            _quotes(terms, self._inside(self._quoted[symbol], first, last, "option_quotes.csv"))
            for symbol, terms in wanted.items()
            if symbol in self._quoted
        ]

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        """All contracts on an underlying that the file quotes on a day."""
        listed = {symbol: parse_occ(symbol) for symbol in self._quoted}
        mine = [terms for terms in listed.values() if terms.underlying == underlying and terms.expiry >= as_of]
        return [each for each in self.quotes(mine, as_of, as_of) if len(each.days)]

    @cached_property
    def _prices(self) -> Mapping[str, list[_Line]]:
        return _by_symbol(self._lines("prices.csv"), normalize_ticker, "prices.csv")

    @cached_property
    def _quoted(self) -> Mapping[str, list[_Line]]:
        return _by_symbol(
            self._lines("option_quotes.csv"), lambda text: occ_symbol(parse_occ(text)), "option_quotes.csv"
        )

    def _of(
        self, file: str, symbols: Sequence[str], first: date, last: date, *, day: str
    ) -> Iterator[tuple[str, date, _Line]]:
        for row in self._lines(file):
            symbol, when = _symbol(row["symbol"], file), _day(row[day], file)
            if symbol in symbols and first <= when <= last:
                yield symbol, when, row

    def _inside(self, rows: Iterable[_Line], first: date, last: date, file: str) -> list[_Line]:
        return [row for row in rows if first <= _day(row["date"], file) <= last]

    def _lines(self, file: str) -> Iterator[_Line]:
        """Rows of a file, by columns in lower case; none where there is no such file.

        Raises:
            ProviderError: If the file cannot be read, or a column is missing.
        """
        path = self.folder / file
        if not path.exists():
            return
        try:
            with path.open(encoding="utf-8-sig", newline="") as content:
                lines = csv.DictReader(content)
                names = {name: name.strip().casefold() for name in lines.fieldnames or ()}
                missing = [each for each in FILES[file] if each not in names.values()]
                if missing:
                    raise ProviderError(f"{NAME}: {file} has no column {missing[0]}")
                for line in lines:
                    yield {names[name]: (value or "").strip() for name, value in line.items() if name in names}
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ProviderError(f"{NAME}: {file} cannot be read: {error}") from error


def _by_symbol(rows: Iterable[_Line], canonical: Callable[[str], str], file: str) -> dict[str, list[_Line]]:
    grouped: dict[str, list[_Line]] = {}
    for row in rows:
        grouped.setdefault(_symbol(row["symbol"], file, canonical), []).append(row)
    return grouped


def _symbol(text: str, file: str, canonical: Callable[[str], str] = normalize_ticker) -> str:
    try:
        return canonical(text)
    except InvalidSymbolError as error:
        raise ProviderError(f"{NAME}: {file}: {error}") from error


def _day(text: str, file: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ProviderError(f"{NAME}: {file}: {text[:20]!r} is no day; write it as 2026-11-20") from error


def _days(listed: Iterable[date]) -> DayArray:
    return np.array(list(listed), dtype="datetime64[D]")


def _column(rows: Sequence[_Line], name: str) -> FloatArray:
    return np.array([number_of(row.get(name)) for row in rows], dtype=np.float64)


def _bars(symbol: str, rows: Sequence[_Line]) -> DailyBars:
    """What a file does not tell of a day beside the close is the close."""
    close = _column(rows, "close")
    told = {name: _column(rows, name) for name in ("open", "high", "low", "adjusted_close")}
    filled = {name: np.where(np.isnan(each), close, each) for name, each in told.items()}
    days = _days(_day(row["date"], "prices.csv") for row in rows)
    return DailyBars(symbol=symbol, days=days, close=close, volume=_column(rows, "volume"), **filled)


def _quotes(terms: OptionTerms, rows: Sequence[_Line]) -> OptionQuotes:
    days = _days(_day(row["date"], "option_quotes.csv") for row in rows)
    names = ("bid", "ask", "last", "volume", "open_interest")
    return OptionQuotes(terms, days, *(_column(rows, name) for name in names))


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 0
