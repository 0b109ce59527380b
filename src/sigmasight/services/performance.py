"""How one portfolio did: time-weighted returns over the usual periods, and what they are worth for their risk."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from itertools import compress
from operator import or_
from uuid import UUID

import numpy as np

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import NotATradingDayError, NotFoundError
from sigmasight.domain.market_data import BoolArray, FloatArray, Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import FactorExposures
from sigmasight.domain.snapshots import NotIncluded, Snapshot
from sigmasight.engines.performance import SESSIONS_PER_YEAR, measure_performance
from sigmasight.engines.yield_curve import carry_yields
from sigmasight.risk.option_market import OLDEST_YIELD_DAYS
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection
from sigmasight.store.people import owned_portfolio
from sigmasight.store.prices import load_yields
from sigmasight.store.risk_results import load_exposures
from sigmasight.store.snapshots import load_snapshots

VOLATILITY_SESSIONS = (21, 63)
RATIO_SESSIONS = 252
_LEAST_SESSIONS = 21
_OF_PRICES = Reason.STALE_PRICE | Reason.EXPIRED | Reason.INTRADAY | Reason.SIMULATED
_DAYS = {"1d": 1, "1w": 7}
_MONTHS = {"1m": 1, "3m": 3, "1y": 12}
_OVER_RISKLESS = ("sharpe", "sortino")
PERIODS = ("1d", "1w", "1m", "3m", "ytd", "1y", "since opening")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it stands on; NaN if and only if a reason is blocking."""

    value: float
    sessions: int | None  # how many daily returns; None of what stands on none
    reasons: Reason


@dataclass(frozen=True, slots=True)
class PerformanceReport:
    """One portfolio up to a session."""

    as_of: date
    first: date  # of the snapshots: returns begin on the session after
    returns: tuple[tuple[str, Figure], ...]  # by PERIODS, time-weighted
    volatility: tuple[tuple[int, Figure], ...]  # by VOLATILITY_SESSIONS, per year
    sharpe: Figure  # over the 3-month yield
    sortino: Figure
    max_drawdown: Figure  # <= 0
    beta: Figure  # to the market, of what is held at the session
    coverage: float  # of the session's snapshot, as the next two
    not_included: tuple[NotIncluded, ...]
    method: str


@dataclass(frozen=True, slots=True)
class _Series:
    days: tuple[date, ...]  # of the returns
    returns: FloatArray  # (n,) NaN where a day has none
    reasons: tuple[Reason, ...]  # why, and the marks of the days that have one
    riskless: FloatArray  # (n,) per day; NaN where no yield is recent enough
    since: date  # the snapshot before the first return


def report_performance(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date
) -> PerformanceReport:
    """Measure a user's portfolio by its snapshots up to a session.

    Raises:
        NotFoundError: If the portfolio is not the user's, or has no snapshot of that session.
        NotATradingDayError: If the day is no session.
    """
    if not valuation.calendar.is_trading_day(as_of):
        raise NotATradingDayError(f"{as_of} is no trading day; performance is that up to a session's close")
    portfolio = owned_portfolio(conn, user_id, portfolio_id)
    snapshots = load_snapshots(conn, portfolio.id, portfolio.opened_on, as_of)
    if not snapshots or snapshots[-1].as_of != as_of:
        raise NotFoundError(f"{portfolio.name} has no snapshot of {as_of}: run its night first")
    series = _series(conn, valuation.calendar, portfolio.market, snapshots)
    last = snapshots[-1]
    return PerformanceReport(
        as_of=as_of,
        first=snapshots[0].as_of,
        returns=tuple((name, _period(series, name, as_of)) for name in PERIODS),
        volatility=tuple((count, _volatility(series, count)) for count in VOLATILITY_SESSIONS),
        sharpe=_ratio(series, "sharpe"),
        sortino=_ratio(series, "sortino"),
        max_drawdown=_ratio(series, "max_drawdown"),
        beta=_beta(last, load_exposures(conn, portfolio.id, as_of)),
        coverage=last.coverage,
        not_included=last.not_included,
        method=last.method,
    )


def _beta(last: Snapshot, exposures: FactorExposures | None) -> Figure:
    """Of the snapshot, with the marks of the exposures that it is one of; the snapshot's are of all its numbers."""
    marks = exposures.marks if exposures is not None else last.marks
    return Figure(last.measures.beta, None, last.reasons.get("beta", marks))


def _series(conn: Connection, calendar: TradingCalendar, market: Market, snapshots: Sequence[Snapshot]) -> _Series:
    """Returns of every session after the first snapshot; a session without one has none."""
    first, last = snapshots[0].as_of, snapshots[-1].as_of
    sessions = calendar.sessions_between(first, last)[1:]
    found = {each.as_of: each for each in snapshots}
    days = np.array(sessions, dtype="datetime64[D]")
    known = load_yields(conn, market, first - timedelta(days=OLDEST_YIELD_DAYS), last)
    return _Series(
        days=sessions,
        returns=np.array(
            [found[day].measures.daily_return if day in found else np.nan for day in sessions], dtype=np.float64
        ),
        reasons=tuple(_reason_of(found[day]) if day in found else Reason.NO_HISTORY for day in sessions),
        riskless=carry_yields(*known, days, oldest_days=OLDEST_YIELD_DAYS)[:, 0] / SESSIONS_PER_YEAR,
        since=first,
    )


def _reason_of(snapshot: Snapshot) -> Reason:
    """Why a day has no return, and the marks of the prices that it stands on."""
    return snapshot.reasons.get("daily_return", Reason.NONE) | snapshot.marks & _OF_PRICES


def _begin(name: str, as_of: date, since: date) -> date:
    """The day after which a period's returns lie."""
    if name in _DAYS:
        return as_of - timedelta(days=_DAYS[name])
    if name in _MONTHS:
        return _months_before(as_of, _MONTHS[name])
    return date(as_of.year - 1, 12, 31) if name == "ytd" else since


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _period(series: _Series, name: str, as_of: date) -> Figure:
    begin = _begin(name, as_of, series.since)
    inside = np.array([day > begin for day in series.days], dtype=np.bool_)
    short = Reason.SHORT_HISTORY if begin < series.since else Reason.NONE
    return _figure(series, inside, "compound_return", least=1, mark=short)


def _volatility(series: _Series, count: int) -> Figure:
    return _figure(series, _last(series, count), "volatility", least=count)


def _ratio(series: _Series, name: str) -> Figure:
    inside = _last(series, RATIO_SESSIONS)
    short = Reason.SHORT_HISTORY if inside.sum() < RATIO_SESSIONS else Reason.NONE
    return _figure(series, inside, name, least=_LEAST_SESSIONS, mark=short)


def _last(series: _Series, count: int) -> BoolArray:
    return np.asarray(np.arange(len(series.days)) >= len(series.days) - count, dtype=np.bool_)


def _figure(series: _Series, inside: BoolArray, name: str, *, least: int, mark: Reason = Reason.NONE) -> Figure:
    """One measure of some sessions; a session without a return leaves nothing known of the whole."""
    count = int(inside.sum())
    riskless = series.riskless[inside] if name in _OVER_RISKLESS else 0.0
    measured = measure_performance(series.returns[inside], riskless)
    value = float(getattr(measured, name)) if count >= least else float("nan")
    reasons = reduce(or_, compress(series.reasons, inside), Reason.NONE)
    lacking = reasons & BLOCKING
    if not np.isnan(value):
        return Figure(value, count, reasons & ~BLOCKING | mark)
    if count < least:
        return Figure(value, count, Reason.NO_HISTORY)
    if not lacking and np.isnan(riskless).any():
        return Figure(value, count, Reason.NO_RATE)
    if not lacking and (series.returns[inside] < -1.0).any():
        return Figure(value, count, Reason.NAV_NOT_POSITIVE)
    return Figure(value, count, lacking or Reason.EXACT_FIT)  # returns that do not vary have no ratio
