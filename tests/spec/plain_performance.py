"""The worked examples of performance once more, in plain Python: no arrays, and nothing of SigmaSight."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import isnan, prod, sqrt
from statistics import fmean, stdev

from spec.page import Row, read_series

Answers = Mapping[str, float | str]

NAN = float("nan")
YEAR = 252
_STILL = 1e-12


def grown(returns: Sequence[float]) -> float:
    """Returns one after the other; after more than a total loss there is nothing to multiply."""
    return NAN if any(each < -1.0 for each in returns) else prod(1.0 + each for each in returns) - 1.0


def drawdown(returns: Sequence[float]) -> float:
    """The largest fall from the highest value before."""
    worth = highest = 1.0
    deepest = 0.0
    for each in returns:
        worth *= 1.0 + each
        highest = max(highest, worth)
        deepest = min(deepest, worth / highest - 1.0)
    return deepest


def sharpe(returns: Sequence[float], riskless: float) -> float:
    """Mean over standard deviation, of what is above the riskless, per year."""
    spread = stdev(returns)
    return (fmean(returns) - riskless) / spread * sqrt(YEAR) if spread > _STILL else NAN


def compounded(row: Row) -> Answers:
    """Returns of some days, one after the other."""
    return {"return": grown([each / 100.0 for each in read_series(row["returns, %"])])}


def on_flow(row: Row) -> Answers:
    """P&L over what was there and what came."""
    base = float(row["NAV before"]) + float(row["flow"])
    return {"return": float(row["P&L"]) / base if base > 0.0 else NAN}


def period(row: Row) -> Answers:
    """1 % on every weekday of the period that has one."""
    as_of, since = date.fromisoformat(str(row["as of"])), date.fromisoformat(str(row["first snapshot"]))
    begin = {
        "1d": as_of - timedelta(days=1),
        "1w": as_of - timedelta(days=7),
        "1m": _earlier(as_of, 1),
        "3m": _earlier(as_of, 3),
        "1y": _earlier(as_of, 12),
        "ytd": date(as_of.year - 1, 12, 31),
        "since opening": since,
    }[str(row["period"])]
    count = sum(day > begin for day in _weekdays(since + timedelta(days=1), as_of))
    return {"return": 1.01**count - 1.0 if count else NAN, "sessions": float(count)}


def hole(row: Row) -> Answers:
    """1 % on each of 30 sessions but for one; a week has five."""
    missing = 0 if row["session"] == "none" else int(row["session"])
    return {
        "1w": NAN if 1 <= missing <= 5 else 1.01**5 - 1.0,
        "since opening": NAN if missing else 1.01**30 - 1.0,
    }


def ratios(row: Row) -> Answers:
    """Some days' returns over a riskless yield."""
    returns = [each / 100.0 for each in read_series(row["returns, %"])]
    riskless = float(row["3M yield"]) / YEAR
    if any(map(isnan, returns)):
        return dict.fromkeys(("volatility", "Sharpe", "Sortino", "drawdown"), NAN)
    below = sqrt(fmean([min(each - riskless, 0.0) ** 2 for each in returns]))
    return {
        "volatility": stdev(returns) * sqrt(YEAR),
        "Sharpe": sharpe(returns, riskless),
        "Sortino": (fmean(returns) - riskless) / below * sqrt(YEAR) if below > _STILL else NAN,
        "drawdown": drawdown(returns),
    }


def sessions(row: Row) -> Answers:
    """1.1 % and -0.9 % in turn."""
    count = int(row["sessions"])
    returns = [0.011 if at % 2 == 0 else -0.009 for at in range(count)]
    missing, no_yield = (0 if row[name] == "none" else int(row[name]) for name in ("missing", "no yield on"))
    last = returns[-min(count, YEAR) :]
    known = count >= 21 and not 0 < missing <= YEAR
    return {
        "21": _volatility(returns, 21, missing),
        "63": _volatility(returns, 63, missing),
        "Sharpe": sharpe(last, 0.03 / YEAR) if known and not 0 < no_yield <= YEAR else NAN,
        "drawdown": drawdown(last) if known else NAN,
        "n": float(len(last)),
    }


def _volatility(returns: Sequence[float], count: int, missing: int) -> float:
    if len(returns) < count or 0 < missing <= count:
        return NAN
    return stdev(returns[-count:]) * sqrt(YEAR)


def _earlier(day: date, months: int) -> date:
    """The same day so many months before, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _weekdays(first: date, last: date) -> Iterator[date]:
    days = (first + timedelta(days=each) for each in range((last - first).days + 1))
    return (day for day in days if day.weekday() < 5)
