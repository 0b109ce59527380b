"""What SigmaSight answers to the rows of the tables about performance: their headings in, their headings out."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.reasons import Reason
from sigmasight.engines.performance import measure_performance
from sigmasight.services import performance
from sigmasight.services.performance import Figure
from spec.page import Row, read, read_series
from support.books import april, cash, closes, holding, portfolio, stock, weekdays, world_of
from support.evenings import snapshots_of

Answers = Mapping[str, float | str]

PERCENT = 0.01
A = stock(1, "A")


def compounded(row: Row) -> Answers:
    """Returns of some days, one after the other."""
    found = measure_performance(np.array(read_series(row["returns, %"])) * PERCENT)
    return {"return": found.compound_return}


def on_flow(row: Row) -> Answers:
    """The daily return of 100 shares at $100 with cash beside them, some of which comes or goes."""
    nav, flow, pnl = (float(row[name]) for name in ("NAV before", "flow", "P&L"))
    book, before, after = portfolio(), april(9), april(10)
    world = world_of(
        book,
        holding(book, A, 100, entry_price=100, held_from=april(1), brought_in=True),
        cash(book, before, nav - 10_000.0),
        cash(book, after, nav - 10_000.0 + flow),
        instruments=(A,),
        prices=closes(A, {april(1): 100, before: 100, after: 100 + pnl / 100.0}),
    )
    found = snapshots_of(world)[after]
    return {"return": found.measures.daily_return, "reason": _words(found.reasons.get("daily_return", Reason.NONE))}


def period(row: Row) -> Answers:
    """1 % on every session since the first snapshot."""
    as_of, since = date.fromisoformat(str(row["as of"])), date.fromisoformat(str(row["first snapshot"]))
    days = weekdays(since, as_of).sessions_between(since, as_of)[1:]
    return _shown(performance._period(_series(days, since, np.full(len(days), PERCENT)), str(row["period"]), as_of))


def hole(row: Row) -> Answers:
    """1 % on each of 30 sessions but for one, counted back from the last, which is 1."""
    as_of = date(2025, 6, 30)
    days = weekdays(as_of - timedelta(days=60), as_of).sessions[-30:]
    returns, reasons = np.full(30, PERCENT), [Reason.NONE] * 30
    if row["session"] != "none":
        at = -int(row["session"])
        returns[at] = np.nan
        reasons[at] = Reason.NO_HISTORY if row["lacks"] == "its snapshot" else Reason.NAV_NOT_POSITIVE
    series = _series(days, days[0] - timedelta(days=1), returns, reasons=reasons)
    week, whole = (performance._period(series, name, as_of) for name in ("1w", "since opening"))
    return {"1w": week.value, "since opening": whole.value, "reason": _words(whole.reasons)}


def ratios(row: Row) -> Answers:
    """Some days' returns over a riskless yield."""
    returns = np.array(read_series(row["returns, %"])) * PERCENT
    found = measure_performance(returns, float(row["3M yield"]) / 252.0)
    return {
        "volatility": found.volatility,
        "Sharpe": found.sharpe,
        "Sortino": found.sortino,
        "drawdown": found.max_drawdown,
    }


def sessions(row: Row) -> Answers:
    """1.1 % and -0.9 % in turn, with a session missing or without a yield, over so many sessions."""
    count = int(row["sessions"])
    since = date(2024, 1, 1)
    days = weekdays(since, since + timedelta(days=2 * count + 10)).sessions[1 : count + 1]
    returns = np.resize([1.1, -0.9], count) * PERCENT
    if row["missing"] != "none":
        returns[-int(row["missing"])] = np.nan
    reasons = [Reason.NO_HISTORY if np.isnan(each) else Reason.NONE for each in returns]
    riskless = np.full(count, float(read("3 %")) / 252.0)
    if row["no yield on"] != "none":
        riskless[-int(row["no yield on"])] = np.nan
    series = _series(days, since, returns, reasons=reasons, riskless=riskless)
    month, quarter = (performance._volatility(series, each) for each in performance.VOLATILITY_SESSIONS)
    sharpe, drawdown = performance._ratio(series, "sharpe"), performance._ratio(series, "max_drawdown")
    return {
        "21": month.value,
        "63": quarter.value,
        "Sharpe": sharpe.value,
        "why": _words(sharpe.reasons),
        "drawdown": drawdown.value,
        "n": float("nan") if sharpe.sessions is None else sharpe.sessions,
    }


def _series(
    days: tuple[date, ...],
    since: date,
    returns: FloatArray,
    *,
    reasons: list[Reason] | None = None,
    riskless: FloatArray | None = None,
) -> performance._Series:
    return performance._Series(
        days=days,
        returns=returns,
        reasons=tuple(reasons or [Reason.NONE] * len(days)),
        riskless=np.zeros(len(days)) if riskless is None else riskless,
        since=since,
    )


def _shown(figure: Figure) -> Answers:
    count = float("nan") if figure.sessions is None else figure.sessions
    return {"return": figure.value, "sessions": count, "reason": _words(figure.reasons)}


def _words(reasons: Reason) -> str:
    return ", ".join(reasons.words) or "none"
