"""TradeFeeds: prices, and what ETFs hold, for when the vendors before it have none.

Its documentation, https://tradefeeds.com/api-documentation/, could not be read. The pages etf_holdings (its envelope as
the vendor shows it, a report in it shaped like the SEC's form N-PORT) and historical_ohlcv are read as programs of its
users do. Guessed are that page's ``volume``, the names in a report's line beside ``isin``, and that a refusal may come
with status 200. Numbers may be text with commas between thousands, days may be written as 2022:11:17. No page was found
for dividends, splits, indices and what mutual funds hold. What was not seen live stands in docs/reference/providers.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

import numpy as np

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.market_data import DailyBars, FloatArray
from sigmasight.market.adapters.answers import Row, day_of, number_of, part_of, rows_in, text_of, ticker_of
from sigmasight.market.adapters.client import VendorClient
from sigmasight.market.requests import HoldingsRequest, PriceRequest, Request

_INDICES = frozenset({"VIX", "SPX", "NDX", "RUT", "DJX"})  # not asked: a company may have such a ticker
_DAY = timedelta(days=1)
_BEYOND = timedelta(days=60)  # asked for after the last day: a range's last weeks were found to be missing
_SPAN = timedelta(days=424)  # of a call's days; 16 months at most with those beyond
_REPORTED_WITHIN = timedelta(days=183)  # a fund reports each quarter, and has 60 days for it
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class TradeFeeds:
    """Fills the ports Prices and Funds, as far as it has them."""

    client: VendorClient  # with key among its parameters

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return self.client.name

    @property
    def subjects_at_once(self) -> int:
        """Each has a call of its own."""
        return 1

    def calls_for(self, request: Request) -> int:
        """How many calls a request takes."""
        match request:
            case PriceRequest(symbols, (first, last)):
                return sum(symbol not in _INDICES for symbol in symbols) * len(_windows(first, last))
            case HoldingsRequest(funds):
                return len(funds)
        return 0

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Daily bars from ``first`` to ``last``; a call for some 14 months of a symbol."""
        bars = {symbol: self._bars(symbol, first, last) for symbol in symbols if symbol not in _INDICES}
        return {symbol: each for symbol, each in bars.items() if each is not None}

    def holdings(self, funds: Sequence[str], as_of: date) -> Mapping[str, FundHoldings]:
        """Each ETF's last report on or before a day; lines without a ticker have no symbol."""
        reports = {fund: self._report(fund, as_of) for fund in funds}
        return {fund: report for fund, report in reports.items() if report is not None}

    def _bars(self, symbol: str, first: date, last: date) -> DailyBars | None:
        rows = [row for window in _windows(first, last) for row in self._rows(symbol, *window)]
        if not rows:
            return None
        close, adjusted = _column(rows, "close"), _column(rows, "adjustclose")
        return DailyBars(
            symbol=symbol,
            days=np.array([self._day(row.get("date")) for row in rows], dtype="datetime64[D]"),
            open=_column(rows, "open"),
            high=_column(rows, "high"),
            low=_column(rows, "low"),
            close=close,
            adjusted_close=np.where(np.isnan(adjusted), close, adjusted),
            volume=_column(rows, "volume"),
        )

    def _rows(self, symbol: str, first: date, last: date) -> list[Row]:
        """Rows of one window, without those that were asked for beyond it."""
        span = {"date_from": first.isoformat(), "date_to": (last + _BEYOND).isoformat()}
        output = self._output("historical_ohlcv", {"ticker": symbol, **span}) or {}
        if not isinstance(output, dict):
            raise ProviderError(f"{self.name} historical_ohlcv: no daily_stock_data in the answer for {symbol}")
        rows = rows_in(output.get("daily_stock_data") or [], self.name)
        return [row for row in rows if first <= self._day(row.get("date")) <= last]

    def _report(self, fund: str, as_of: date) -> FundHoldings | None:
        span = {"date_from": (as_of - _REPORTED_WITHIN).isoformat(), "date_to": as_of.isoformat()}
        reports = rows_in(self._output("etf_holdings", {"ticker": fund, **span}) or [], self.name)
        dated = [(self._reported_on(report), report) for report in reports]
        known = [(day, report) for day, report in dated if day <= as_of]
        if not known:
            return None
        day, report = max(known, key=lambda each: each[0])
        rows = rows_in(report.get("invstOrSecs") or [], self.name)
        return FundHoldings(fund, day, tuple(_line(part_of(row, "invstOrSec")) for row in rows))

    def _reported_on(self, report: Row) -> date:
        """A report's day, which programs find among its attributes or its signature."""
        told = {**part_of(report, "signature"), **part_of(report, "attributes")}
        return self._day(told.get("repPdDate"))

    def _day(self, told: object) -> date:
        return day_of(str(told)[:10].replace(":", "-"), self.name)

    def _output(self, page: str, params: Mapping[str, str]) -> object:
        """What a page gives; None where it knows nothing.

        Raises:
            ProviderError: If the vendor does not answer as agreed, or refuses.
        """
        found = self.client.get(page, params, missing_is_empty=True)
        if found is None:
            return None
        status = part_of(found, "status")
        code = number_of(status.get("code"))
        if code == HTTPStatus.NOT_FOUND:
            return None
        if code != HTTPStatus.OK:
            raise ProviderError(f"{self.name} {page}: {self._refusal(status)}")
        return part_of(found, "result").get("output")

    def _refusal(self, status: Row) -> str:
        """What a vendor says of a refusal, without the key, should it repeat it."""
        said = f"{status.get('code', 'no status')} {status.get('message', '')}".strip()
        return said.replace(str(self.client.params["key"]), "(the key)")[:200]


def _windows(first: date, last: date) -> list[tuple[date, date]]:
    """A range in pieces that one call can answer."""
    starts = [first + at * _SPAN for at in range((last - first) // _SPAN + 1)]
    return [(start, min(start + _SPAN - _DAY, last)) for start in starts]


def _line(row: Row) -> Holding:
    return Holding(
        symbol=ticker_of(row.get("ticker")),
        name=text_of(row.get("name")) or text_of(row.get("title")) or "not named",
        weight=_number(row.get("pctVal")) / _PERCENT,
        shares=_number(row.get("balance")),
        market_value=_number(row.get("valUSD")),
    )


def _column(rows: Sequence[Row], key: str) -> FloatArray:
    return np.array([_number(row.get(key)) for row in rows], dtype=np.float64)


def _number(told: object) -> float:
    return number_of(told.replace(",", "") if isinstance(told, str) else told)
