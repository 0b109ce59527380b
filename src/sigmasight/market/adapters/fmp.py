"""Financial Modeling Prep: prices, corporate actions, profiles and fund holdings.

Formats: https://site.financialmodelingprep.com/developer/docs/stable, pages profile-symbol, dividends-company,
splits-company, historical-price-eod-non-split-adjusted and historical-price-eod-dividend-adjusted. Rows come newest
first. What was not seen live stands in docs/reference/providers.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.instruments import ExerciseStyle, Kind, Profile
from sigmasight.domain.market_data import DailyBars, Dividend, FloatArray, Split
from sigmasight.domain.sectors import gics_sector
from sigmasight.market.adapters.answers import (
    Row,
    column,
    day_of,
    days_column,
    number_of,
    require_symbol,
    rows_in,
    text_of,
)
from sigmasight.market.adapters.client import VendorClient

_INDICES = {"VIX": "^VIX", "SPX": "^GSPC", "NDX": "^NDX", "RUT": "^RUT", "DJX": "^DJI"}
"""Indices that options are listed on, by canonical symbol."""


@dataclass(frozen=True, slots=True)
class Fmp:
    """Fills the ports Profiles and Prices; one call a symbol and kind of data."""

    client: VendorClient  # with apikey among its parameters

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return self.client.name

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        """Explain symbols; what it does not know is absent."""
        found = {symbol: self._rows("profile", symbol) for symbol in symbols}
        return {symbol: _profile(symbol, rows[0]) for symbol, rows in found.items() if rows}

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Raw daily bars, with closes adjusted for splits and dividends beside them."""
        bars = {symbol: self._bars(symbol, first, last) for symbol in symbols}
        return {symbol: each for symbol, each in bars.items() if each is not None}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        """Cash dividends as they were paid, whatever has been split since."""
        listed = []
        for symbol in symbols:
            for row in self._rows("dividends", symbol):
                day = day_of(row.get("date"), self.name)
                if first <= day <= last:
                    listed.append(Dividend(symbol, day, number_of(row.get("dividend"))))
        return listed

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits; a ratio that is not of whole numbers is left to the checks."""
        listed = []
        for symbol in symbols:
            for row in self._rows("splits", symbol):
                day = day_of(row.get("date"), self.name)
                if first <= day <= last:
                    listed.append(Split(symbol, day, _whole(row.get("numerator")), _whole(row.get("denominator"))))
        return listed

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

    def _rows(self, path: str, symbol: str, params: Mapping[str, str] | None = None) -> list[Row]:
        theirs = spelled(symbol)
        found = self.client.get(path, {"symbol": theirs, **(params or {})}, missing_is_empty=True)
        rows = [] if found is None else rows_in(found, self.name)
        require_symbol(rows, "symbol", theirs, self.name)
        return rows


def spelled(symbol: str) -> str:
    """A canonical symbol as FMP writes it: BRK-B for BRK.B, ^VIX for VIX."""
    return _INDICES.get(symbol, symbol.replace(".", "-"))


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
    """Adjusted closes in the order of the raw rows; the raw close where there is none."""
    known = {str(row.get("date")): number_of(row.get("adjClose")) for row in adjusted}
    own = column(raw, "adjClose")
    told = np.array([known.get(str(row.get("date")), np.nan) for row in raw], dtype=np.float64)
    return np.where(np.isnan(told), own, told)


def _whole(value: object) -> int:
    number = number_of(value)
    return int(number) if number.is_integer() and number > 0 else 0
