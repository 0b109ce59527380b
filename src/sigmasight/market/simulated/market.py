"""The simulated provider: fills every port from one small economy."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import CalendarRangeError
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import ExerciseStyle, Kind, OptionTerms, Profile
from sigmasight.domain.market_data import (
    TREASURY_SERIES,
    DailyBars,
    Dividend,
    FloatArray,
    OptionQuotes,
    Split,
    Yields,
)
from sigmasight.market.simulated.board import OptionBoard
from sigmasight.market.simulated.columns import locked
from sigmasight.market.simulated.factors import draw_factors
from sigmasight.market.simulated.funds import report_of
from sigmasight.market.simulated.model import Cells, OptionModel
from sigmasight.market.simulated.paths import Economy, History, trace_history
from sigmasight.market.simulated.rates import draw_yields, quoted
from sigmasight.market.simulated.timeline import ANCHOR, ORIGIN, build_timeline, days_of
from sigmasight.market.simulated.universe import Listing, universe
from sigmasight.market.simulated.volatility import SMILES, VIX, draw_vix

NAME = "simulated"


class SimulatedMarket:
    """Prices, yields and options that never were, each a function of its symbol and date.

    It knows no clock: it answers every session of its calendar from 2020 on. A calendar that is longer, or lacks a
    session, gives the same answers for the sessions both have. Histories are kept once traced; arrays are read-only.
    """

    def __init__(self, calendar: TradingCalendar) -> None:
        """Lay out the economy.

        Args:
            calendar: Must run from 2020-01-01 or before to 2026-06-30 or after, that day being a session; contracts
                that expire after its end are not listed.

        Raises:
            CalendarRangeError: If the calendar is too short.
        """
        _require_anchor(calendar)
        timeline = build_timeline(calendar.sessions_between(ORIGIN, calendar.last))
        factors = draw_factors(timeline.ordinals)
        self._economy = Economy(
            timeline=timeline,
            factors=factors,
            yields=draw_yields(timeline.ordinals, factors.shock),
            vix=draw_vix(timeline.ordinals, factors, timeline.anchor),
        )
        self._days = locked(days_of(timeline.sessions))
        self._yields = {series: self._quoted_yields(series) for series in TREASURY_SERIES}
        self._histories: dict[str, History] = {}
        self._board = OptionBoard(
            OptionModel(
                calendar=calendar,
                sessions=timeline.sessions,
                par_yields=np.column_stack([self._yields[series] for series in TREASURY_SERIES]),
                closes=lambda symbol: self._history(symbol).bars.close,
                carry={symbol: _continuous_yield(universe()[symbol]) for symbol in SMILES if symbol != VIX},
            )
        )

    @property
    def name(self) -> str:
        """The provider's name as settings and rows spell it."""
        return NAME

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        """What the simulated market's symbols are."""
        return {symbol: _profile(universe()[symbol]) for symbol in _known(symbols)}

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Daily bars on the sessions from ``first`` to ``last``."""
        span = self._span(first, last)
        return {symbol: _cut(self._history(symbol).bars, span) for symbol in _known(symbols)}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        """Cash dividends with ex-dates from ``first`` to ``last``."""
        paid = (dividend for symbol in _known(symbols) for dividend in self._history(symbol).dividends)
        return [dividend for dividend in paid if first <= dividend.ex_date <= last]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits with ex-dates from ``first`` to ``last``."""
        done = (split for symbol in _known(symbols) for split in self._history(symbol).splits)
        return [split for split in done if first <= split.ex_date <= last]

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        """Par yields, as fractions in whole basis points, on the sessions from ``first`` to ``last``."""
        span = self._span(first, last)
        known = [name for name in series if name in self._yields]
        return {name: Yields(name, self._days[span], self._yields[name][span]) for name in known}

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        """Closing quotes of the contracts that exist, until their expiry."""
        return self._board.quotes(contracts, first, last)

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        """Every listed contract on an underlying at one session's close."""
        return self._board.chain(underlying, as_of)

    def holdings(self, funds: Sequence[str], as_of: date) -> Mapping[str, FundHoldings]:
        """What funds reported at the last month end before a day."""
        reports = {fund: report_of(fund, as_of) for fund in funds}
        return {fund: report for fund, report in reports.items() if report is not None}

    def model_prices(self, contracts: Sequence[OptionTerms], session: date) -> FloatArray:
        """Unrounded prices behind the quotes, USD per share, shape (B,); for listed contracts not yet expired."""
        at = int(np.searchsorted(self._economy.timeline.sessions, session.toordinal()))
        return self._board.model.prices(Cells(contracts, np.full(len(contracts), at)))

    def _history(self, symbol: str) -> History:
        if symbol not in self._histories:
            self._histories[symbol] = trace_history(universe()[symbol], self._economy)
        return self._histories[symbol]

    def _quoted_yields(self, series: str) -> FloatArray:
        return locked(quoted(self._economy.yields[series][self._economy.timeline.at_sessions]))

    def _span(self, first: date, last: date) -> slice:
        sessions = self._economy.timeline.sessions
        start = int(np.searchsorted(sessions, first.toordinal()))
        return slice(start, int(np.searchsorted(sessions, last.toordinal(), side="right")))


def _require_anchor(calendar: TradingCalendar) -> None:
    if calendar.first > ORIGIN or calendar.last < ANCHOR or not calendar.is_trading_day(ANCHOR):
        raise CalendarRangeError(
            f"the simulated market needs a trading calendar from {ORIGIN} to {ANCHOR} or longer, with a session on "
            f"{ANCHOR}; this one runs {calendar.first} to {calendar.last}"
        )


def _known(symbols: Iterable[str]) -> list[str]:
    return [symbol for symbol in symbols if symbol in universe()]


def _cut(bars: DailyBars, span: slice) -> DailyBars:
    columns = (bars.open, bars.high, bars.low, bars.close, bars.adjusted_close, bars.volume)
    return DailyBars(bars.symbol, bars.days[span], *(column[span] for column in columns))


def _continuous_yield(listing: Listing) -> float:
    """The continuous yield that leaves as much of a share per year as the dated dividends do."""
    if listing.payments == 0:
        return 0.0
    return -listing.payments * math.log1p(-listing.dividend_yield / listing.payments)


def _profile(listing: Listing) -> Profile:
    optionable = listing.symbol in SMILES
    held = listing.kind is not Kind.INDEX
    exercise = ExerciseStyle.AMERICAN if held else ExerciseStyle.EUROPEAN
    return Profile(
        symbol=listing.symbol,
        kind=listing.kind,
        name=listing.name,
        sector=listing.sector,
        industry=listing.industry,
        exchange=listing.exchange,
        country="United States",
        market_cap=listing.market_cap,
        dividend_yield=_continuous_yield(listing) if optionable and held else None,
        option_exercise=exercise if optionable else None,
    )
