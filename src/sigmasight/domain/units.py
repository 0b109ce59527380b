"""From inner units to people's: the one place where a number is converted or rounded for a face."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a calendar needs this module, and no numpy
    from sigmasight.domain.market_data import FloatArray

CENT = Decimal("0.01")
SMALLEST_BASE = 0.005
"""USD. Half a cent: what a ratio would be divided by may, below it, be nothing but the rounding of a sum of floats."""

SECONDS_PER_YEAR = 31_536_000
DAYS_PER_YEAR = 365.0
_DIGITS = 400  # more than any float has before and behind the point together


def money(amount: float | Decimal | None) -> Decimal | None:
    """Round an amount of USD to cents, half to even; None and NaN stay missing.

    Raises:
        ValueError: If the amount is infinite.
    """
    if amount is None or amount != amount:  # noqa: PLR0124 - NaN is the number that is not itself
        return None
    if not isfinite(amount):
        raise ValueError(f"an amount must be finite, not {amount}")
    exact = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    with localcontext(prec=_DIGITS):
        rounded = exact.quantize(CENT, rounding=ROUND_HALF_EVEN)
    return rounded or abs(rounded)


def money_text(amount: float | Decimal | None) -> str | None:
    """An amount of USD as the decimal string that JSON carries."""
    rounded = money(amount)
    return None if rounded is None else f"{rounded:f}"


def added(*amounts: Decimal | None) -> Decimal | None:
    """The sum of shown amounts; None only when every one is missing."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def per_day(theta: "FloatArray", price: "FloatArray") -> "FloatArray":
    """Theta per year as USD per calendar day; never more than the price, either way."""
    import numpy as np

    return np.asarray(np.clip(theta / DAYS_PER_YEAR, -price, price))


def per_point(vega: "FloatArray") -> "FloatArray":
    """Vega per 1.00 of volatility as USD per 1 point."""
    return vega / 100.0


def per_percent(rho: "FloatArray") -> "FloatArray":
    """Rho per 1.00 of the rate as USD per 1 %."""
    return rho / 100.0
