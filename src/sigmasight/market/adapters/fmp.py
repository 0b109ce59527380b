"""Financial Modeling Prep: prices, corporate actions, profiles and fund holdings.

Formats: https://site.financialmodelingprep.com/developer/docs/stable, pages profile-symbol, dividends-company,
splits-company, dividends-calendar, splits-calendar, historical-price-eod-non-split-adjusted,
historical-price-eod-dividend-adjusted and batch-quote; funds are read in ``fmp_funds``. Rows come newest first. A
refusal may come as ``{"Error Message": ...}`` with status 200. What was not seen live stands in
docs/reference/providers.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from sigmasight.domain.calendar import NEW_YORK
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import ExerciseStyle, Kind, Profile
from sigmasight.domain.market_data import CurrentQuote, DailyBars, Dividend, FloatArray, Split
from sigmasight.domain.sectors import gics_sector
from sigmasight.market.adapters.answers import (
    Row,
    column,
    day_of,
    days_column,
    each_once,
    instant_of,
    number_of,
    require_symbol,
    rows_in,
    text_of,
    whole_of,
)
from sigmasight.market.adapters.client import VendorClient
from sigmasight.market.adapters.fmp_funds import fund_report
from sigmasight.market.requests import (
    ActionRequest,
    HoldingsRequest,
    PriceRequest,
    ProfileRequest,
    Request,
)

_INDICES = {"VIX": "^VIX", "SPX": "^GSPC", "NDX": "^NDX", "RUT": "^RUT", "DJX": "^DJI"}
"""Indices that options are listed on, by canonical symbol."""


_QUOTES_PER_CALL = 100
_MOST_IN_CALENDAR = 4_000  # rows; beyond it the calendar is cut without a word
_CALENDAR_SPAN = timedelta(days=120)  # above it a call a symbol is asked
_CLOSE = time(16)


@dataclass(frozen=True, slots=True)
class Fmp:
    """Fills the ports Profiles, Prices, Quotes and Funds.

    One call a symbol and kind of data. With ``batch``, for plans that have batch quotes and calendars, a single session
    of many symbols comes from quotes after its close, and late dividends and splits from calendars of all companies.
    """

    client: VendorClient  # with apikey among its parameters
    batch: bool = False

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return self.client.name

    @property
    def subjects_at_once(self) -> int:
        """One, or as many as a batch holds."""
        return _QUOTES_PER_CALL if self.batch else 1

    def calls_for(self, request: Request) -> int:
        """How many calls a request takes; a fund that the holdings page does not have takes two more."""
        match request:
            case ProfileRequest(symbols):
                return len(symbols)
            case PriceRequest(symbols, (first, last)) if self._is_batch(symbols) and first == last:
                return -(-len(symbols) // _QUOTES_PER_CALL)
            case PriceRequest(symbols, (first, last)):
                return len(symbols) * (1 if first == last else 2)
            case ActionRequest(symbols, (first, last), ahead):
                spans = ((first, ahead or last), (first, last))
                return sum(1 if self._in_calendar(symbols, span) else len(symbols) for span in spans)
            case HoldingsRequest(funds):
                return len(funds)
        return 0

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        """Explain symbols; what it does not know is absent."""
        found = {symbol: self._rows("profile", symbol) for symbol in symbols}
        return {symbol: _profile(symbol, rows[0]) for symbol, rows in found.items() if rows}

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Raw daily bars, with closes adjusted for splits and dividends beside them."""
        closed = self._closed(symbols, first) if self._is_batch(symbols) and first == last else {}
        bars = {symbol: self._bars(symbol, first, last) for symbol in symbols if symbol not in closed}
        return closed | {symbol: each for symbol, each in bars.items() if each is not None}

    def current(self, symbols: Sequence[str]) -> Mapping[str, CurrentQuote]:
        """The last trade of symbols, a hundred a call; what it does not know is absent."""
        theirs = {spelled(symbol): symbol for symbol in symbols}
        listed = list(theirs)
        batches = (listed[at : at + _QUOTES_PER_CALL] for at in range(0, len(listed), _QUOTES_PER_CALL))
        rows = (row for batch in batches for row in self._get("batch-quote", {"symbols": ",".join(batch)}))
        told = ((theirs.get(str(row.get("symbol"))), instant_of(number_of(row.get("timestamp"))), row) for row in rows)
        return {symbol: _quote(symbol, at, row) for symbol, at, row in told if symbol is not None and at is not None}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        """Cash dividends as they were paid or announced, whatever has been split since."""
        rows = self._actions("dividends", symbols, first, last)
        return [Dividend(symbol, day, number_of(row.get("dividend"))) for symbol, day, row in rows]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits; a ratio that is not of whole numbers is left to the checks."""
        return [
            Split(symbol, day, whole_of(row.get("numerator")), whole_of(row.get("denominator")))
            for symbol, day, row in self._actions("splits", symbols, first, last)
        ]

    def holdings(self, funds: Sequence[str], as_of: date) -> Mapping[str, FundHoldings]:
        """What funds hold, by the holdings page, else by their last disclosure."""
        found = {fund: fund_report(self._get, fund, spelled(fund), as_of, self.name) for fund in funds}
        return {fund: report for fund, report in found.items() if report is not None}

    def _is_batch(self, symbols: Sequence[str]) -> bool:
        return self.batch and len(symbols) > 1

    def _in_calendar(self, symbols: Sequence[str], span: tuple[date, date]) -> bool:
        return self._is_batch(symbols) and span[1] - span[0] <= _CALENDAR_SPAN

    def _closed(self, symbols: Sequence[str], session: date) -> dict[str, DailyBars]:
        """Bars of one session by quotes after its close; what has not traded then is left to its history."""
        quotes = self.current(symbols)
        return {symbol: _bar(quote, session) for symbol, quote in quotes.items() if _is_close(quote, session)}

    def _bars(self, symbol: str, first: date, last: date) -> DailyBars | None:
        span = {"from": first.isoformat(), "to": last.isoformat()}
        raw = self._rows("historical-price-eod/non-split-adjusted", symbol, span)
        if not raw:
            return None
        adjusted = self._rows("historical-price-eod/dividend-adjusted", symbol, span) if first < last else raw
        days = days_column(raw, "date", self.name)
        return DailyBars(
            symbol=symbol,
            days=days,
            open=column(raw, "adjOpen"),
            high=column(raw, "adjHigh"),
            low=column(raw, "adjLow"),
            close=column(raw, "adjClose"),
            adjusted_close=_aligned(raw, adjusted),
            volume=column(raw, "volume"),
        )

    def _actions(self, page: str, symbols: Sequence[str], first: date, last: date) -> Iterator[tuple[str, date, Row]]:
        """Rows with their symbols and ex-dates, from a calendar of all companies or from a page a symbol."""
        theirs = {spelled(symbol): symbol for symbol in symbols}
        span = (first, last)
        found = self._calendar(f"{page}-calendar", first, last) if self._in_calendar(symbols, span) else None
        rows = [row for symbol in symbols for row in self._rows(page, symbol)] if found is None else found
        for row in each_once(row for row in rows if str(row.get("symbol")) in theirs):
            day = day_of(row.get("date"), self.name)
            if first <= day <= last:
                yield theirs[str(row["symbol"])], day, row

    def _calendar(self, path: str, first: date, last: date) -> list[Row] | None:
        """All companies' rows of a range, in halves where one answer cannot hold them; None if not even a day fits."""
        rows = self._get(path, {"from": first.isoformat(), "to": last.isoformat()})
        if len(rows) < _MOST_IN_CALENDAR:
            return rows
        if first == last:
            return None
        middle = first + (last - first) / 2
        earlier = self._calendar(path, first, middle)
        later = self._calendar(path, middle + timedelta(days=1), last) if earlier is not None else None
        return None if earlier is None or later is None else earlier + later

    def _rows(self, path: str, symbol: str, params: Mapping[str, str] | None = None) -> list[Row]:
        theirs = spelled(symbol)
        rows = self._get(path, {"symbol": theirs, **(params or {})})
        require_symbol(rows, "symbol", theirs, self.name)
        return rows

    def _get(self, path: str, params: Mapping[str, str]) -> list[Row]:
        found = self.client.get(path, params, missing_is_empty=True)
        if isinstance(found, dict) and "Error Message" in found:
            raise self.client.refusal(path, found["Error Message"])
        return [] if found is None else rows_in(found, self.name)


def spelled(symbol: str) -> str:
    """A canonical symbol as FMP writes it: BRK-B for BRK.B, ^VIX for VIX."""
    return _INDICES.get(symbol, symbol.replace(".", "-"))


def _quote(symbol: str, at: datetime, row: Row) -> CurrentQuote:
    told = ("price", "open", "dayHigh", "dayLow", "volume", "previousClose")
    return CurrentQuote(symbol, at, *(number_of(row.get(name)) for name in told))


def _is_close(quote: CurrentQuote, session: date) -> bool:
    """Whether a quote is the session's last; after an early close none is, and history is asked."""
    at = quote.at.astimezone(NEW_YORK)
    return at.date() == session and at.time() >= _CLOSE


def _bar(quote: CurrentQuote, session: date) -> DailyBars:
    told = (quote.open, quote.high, quote.low, quote.price, quote.price, quote.volume)
    columns = [np.array([number], dtype=np.float64) for number in told]
    return DailyBars(quote.symbol, np.array([session], dtype="datetime64[D]"), *columns)


def _profile(symbol: str, row: Row) -> Profile:
    market_cap = number_of(row.get("marketCap"))
    kind = _kind(symbol, row)
    return Profile(
        symbol=symbol,
        kind=kind,
        name=text_of(row.get("companyName")) or symbol,
        sector=gics_sector(text_of(row.get("sector"))),
        industry=text_of(row.get("industry")),
        exchange=text_of(row.get("exchange")),
        country=text_of(row.get("country")),
        currency=text_of(row.get("currency")) or "USD",
        market_cap=market_cap if market_cap > 0.0 else None,
        option_exercise=ExerciseStyle.EUROPEAN if kind is Kind.INDEX else ExerciseStyle.AMERICAN,
    )


def _kind(symbol: str, row: Row) -> Kind:
    if symbol in _INDICES:
        return Kind.INDEX
    if row.get("isEtf") is True:
        return Kind.ETF
    return Kind.MUTUAL_FUND if row.get("isFund") is True else Kind.STOCK


def _aligned(raw: Sequence[Row], adjusted: Sequence[Row]) -> FloatArray:
    """Adjusted closes in the order of the raw rows, NaN where none is told.

    Raw closes are their own adjusted ones after the last that is told, and of what has no such page at all.
    """
    known = {str(row.get("date"))[:10]: number_of(row.get("adjClose")) for row in adjusted}
    last = max(known, default="")
    days = [str(row.get("date"))[:10] for row in raw]
    own = zip(days, column(raw, "adjClose").tolist(), strict=True)
    return np.array([known.get(day, close if day > last else np.nan) for day, close in own], dtype=np.float64)
