"""What a series of daily returns came to, and how roughly."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

SESSIONS_PER_YEAR = 252
_NAN = float("nan")
_STILL = 1e-14  # a standard deviation below it is the rounding of returns that do not vary


@dataclass(frozen=True, slots=True)
class Performance:
    """One series of n daily returns; NaN where n is too small or nothing varies."""

    n: int
    compound_return: float  # (1 + r1) (1 + r2) ... - 1: time-weighted
    annual_return: float  # NaN beyond all numbers, and after more than a total loss, as are compound and drawdown
    volatility: float  # annual, ddof 1
    sharpe: float  # mean excess return / its volatility, annual
    sortino: float  # mean excess return / downside deviation, annual
    downside_deviation: float  # annual, of the excess returns below 0, over all sessions
    max_drawdown: float  # <= 0, from the highest value before, the start among them


def measure_performance(returns: FloatArray, riskless: FloatArray | float = 0.0) -> Performance:
    """Measure daily simple returns.

    Args:
        returns: (n,); with any NaN nothing is known of the whole.
        riskless: What is earned without risk, per day, (n,) or one for all; NaN where not known.

    Source:
        Sharpe (1994); Sortino, van der Meer (1991); sessions of a year: 252.
    """
    n = len(returns)
    if n == 0:
        return Performance(0, *[_NAN] * 7)
    excess = returns - riskless
    root = float(np.sqrt(SESSIONS_PER_YEAR))
    ruined = bool((returns < -1.0).any())  # what comes after more than a total loss multiplies nothing
    grown = _NAN if ruined else float(np.prod(1.0 + returns) - 1.0)
    downside = float(np.sqrt((np.minimum(excess, 0.0) ** 2).mean())) * root
    mean = float(excess.mean())
    return Performance(
        n=n,
        compound_return=grown,
        annual_return=_per_year(grown, n),
        volatility=_spread(returns) * root,
        sharpe=_ratio(mean * root, _spread(excess)),
        sortino=_ratio(mean * SESSIONS_PER_YEAR, downside) if n > 1 else _NAN,
        downside_deviation=downside,
        max_drawdown=_NAN if ruined else _drawdown(returns),
    )


def _per_year(grown: float, n: int) -> float:
    with np.errstate(over="ignore"):
        found = float(np.power(np.float64(1.0 + grown), SESSIONS_PER_YEAR / n) - 1.0)
    return found if np.isfinite(found) else _NAN  # a few days' fortune goes beyond all numbers in a year


def _spread(returns: FloatArray) -> float:
    return float(returns.std(ddof=1)) if len(returns) > 1 else _NAN


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > _STILL else _NAN


def _drawdown(returns: FloatArray) -> float:
    worth = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return float((worth / np.maximum.accumulate(worth) - 1.0).min())
