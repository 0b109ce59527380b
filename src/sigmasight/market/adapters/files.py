"""A folder of the user's own files: prices, rates, dividends, splits, option quotes and fund holdings.

Formats: docs/reference/files.md. One row a day and symbol, or a line of a fund's report; read by ``tables_on_disk``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.market_data import DailyBars, DayArray, Dividend, FloatArray, OptionQuotes, Split, Yields
from sigmasight.domain.symbols import normalize_ticker, occ_symbol, parse_occ
from sigmasight.market.adapters.tables_on_disk import NAME, Row, read_rows

TABLES = {
    "prices": ("symbol", "date", "close"),  # open, high, low, adjusted_close, volume where known
    "rates": ("series", "date", "yield"),  # as a fraction: 0.0425
    "dividends": ("symbol", "ex_date", "amount"),
    "splits": ("symbol", "ex_date", "new_shares", "old_shares"),
    "option_quotes": ("symbol", "date"),  # bid, ask, last, volume, open_interest where known
    "holdings": ("fund", "as_of", "symbol", "weight"),  # a fraction; name, shares, market_value where known
}
"""Files, without .csv or .parquet, and the columns that they must have."""


@dataclass(frozen=True)
class FileMarket:
    """Fills the ports Prices, Rates, Options and Funds; the long files, prices and option quotes, are read once."""

    folder: Path

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return NAME

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Daily bars on the days that the file has."""
        known = [symbol for symbol in symbols if symbol in self._prices]
        return {symbol: _bars(symbol, _inside(self._prices[symbol], first, last)) for symbol in known}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        """Cash dividends."""
        rows = self._of("dividends", symbols, first, last, day="ex_date")
        return [Dividend(symbol, when, row.number("amount")) for symbol, when, row in rows]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits; a ratio that is not of whole numbers is left to the checks."""
        rows = self._of("splits", symbols, first, last, day="ex_date")
        return [Split(symbol, when, row.whole("new_shares"), row.whole("old_shares")) for symbol, when, row in rows]

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        """Treasury par yields, as fractions."""
        found: dict[str, list[Row]] = {}
        for row in _inside(self._rows("rates"), first, last):
            if row.text("series") in series:
                found.setdefault(row.text("series"), []).append(row)
        return {each: Yields(each, _days(rows), _column(rows, "yield")) for each, rows in found.items()}

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        """Option quotes of contracts."""
        wanted = {occ_symbol(terms): terms for terms in contracts}
        return [
            _quotes(terms, _inside(self._quoted[symbol], first, last))
            for symbol, terms in wanted.items()
            if symbol in self._quoted
        ]

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        """All contracts on an underlying that the file quotes on a day."""
        listed = {symbol: parse_occ(symbol) for symbol in self._quoted}
        mine = [terms for terms in listed.values() if terms.underlying == underlying and terms.expiry >= as_of]
        return [each for each in self.quotes(mine, as_of, as_of) if len(each.days)]

    def holdings(self, funds: Sequence[str], as_of: date) -> Mapping[str, FundHoldings]:
        """Each fund's last report on or before a day."""
        reports: dict[str, dict[date, list[Holding]]] = {}
        for fund, when, row in self._of("holdings", funds, date.min, as_of, subject="fund", day="as_of"):
            reports.setdefault(fund, {}).setdefault(when, []).append(_line(row))
        last = {fund: max(found) for fund, found in reports.items()}
        return {fund: FundHoldings(fund, day, tuple(reports[fund][day])) for fund, day in last.items()}

    @cached_property
    def _prices(self) -> Mapping[str, list[Row]]:
        return _by_symbol(self._rows("prices"), normalize_ticker)

    @cached_property
    def _quoted(self) -> Mapping[str, list[Row]]:
        return _by_symbol(self._rows("option_quotes"), lambda text: occ_symbol(parse_occ(text)))

    def _of(
        self, table: str, subjects: Sequence[str], first: date, last: date, *, day: str, subject: str = "symbol"
    ) -> Iterator[tuple[str, date, Row]]:
        for row in self._rows(table):
            symbol, when = row.symbol(subject), row.day(day)
            if symbol in subjects and first <= when <= last:
                yield symbol, when, row

    def _rows(self, table: str) -> Iterator[Row]:
        return read_rows(self.folder, table, TABLES[table])


def _by_symbol(rows: Iterable[Row], canonical: Callable[[str], str]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.symbol("symbol", canonical), []).append(row)
    return grouped


def _inside(rows: Iterable[Row], first: date, last: date) -> list[Row]:
    return [row for row in rows if first <= row.day("date") <= last]


def _days(rows: Iterable[Row]) -> DayArray:
    return np.array([row.day("date") for row in rows], dtype="datetime64[D]")


def _column(rows: Sequence[Row], name: str) -> FloatArray:
    return np.array([row.number(name) for row in rows], dtype=np.float64)


def _bars(symbol: str, rows: Sequence[Row]) -> DailyBars:
    """What a file does not tell of a day beside the close is the close."""
    close = _column(rows, "close")
    told = {name: _column(rows, name) for name in ("open", "high", "low", "adjusted_close")}
    filled = {name: np.where(np.isnan(each), close, each) for name, each in told.items()}
    return DailyBars(symbol=symbol, days=_days(rows), close=close, volume=_column(rows, "volume"), **filled)


def _quotes(terms: OptionTerms, rows: Sequence[Row]) -> OptionQuotes:
    names = ("bid", "ask", "last", "volume", "open_interest")
    return OptionQuotes(terms, _days(rows), *(_column(rows, name) for name in names))


def _line(row: Row) -> Holding:
    """A line of a fund's report; what has no ticker has an empty symbol."""
    symbol = row.symbol("symbol") if row.text("symbol") else None
    return Holding(
        symbol=symbol,
        name=row.text("name") or symbol or "not named",
        weight=row.number("weight"),
        shares=row.number("shares"),
        market_value=row.number("market_value"),
    )
