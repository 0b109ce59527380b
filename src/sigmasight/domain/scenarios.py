"""Stress scenarios: what is shocked, by how much, read in which way."""

import enum
from dataclasses import dataclass
from datetime import date


class Severity(enum.StrEnum):
    """How rare a scenario's author thinks it is."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    EXTREME = "extreme"


class Category(enum.StrEnum):
    """What a scenario is about."""

    MARKET = "market"
    RATES = "rates"
    ROTATION = "rotation"
    VOLATILITY = "volatility"
    HISTORICAL = "historical"
    CUSTOM = "custom"


class Basis(enum.StrEnum):
    """How a style's shock is read: beyond the market's move, or as the style's whole move."""

    RELATIVE = "relative"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Shock:
    """One shocked factor: a fractional return, or for a Treasury tenor a change of yield as a fraction."""

    factor: str  # a factor definition's name, or the tenor 3M, 2Y, 10Y, 30Y
    size: float  # -0.10 is -10 %; for a tenor 0.01 is +100 basis points


@dataclass(frozen=True, slots=True)
class Scenario:
    """A stress scenario as shipped or as a user wrote it.

    The default rule of volatilities: up 1 point for each 1 % that the market falls, unchanged when it rises.
    """

    id: str
    name: str
    category: Category
    severity: Severity
    active: bool
    basis: Basis
    shocks: tuple[Shock, ...]
    description: str = ""
    volatility_change: float | None = None  # of every implied volatility, 0.10 is +10 points; None: the default rule
    first_close: date | None = None  # of what it replays; None where it replays nothing
    last_close: date | None = None


def _of_market(name: str, size: float, severity: Severity) -> Scenario:
    shocks = (Shock("Market", size),)
    direction = "up" if size > 0 else "down"
    title = f"Market {direction} {abs(size):.0%}"
    return Scenario(name, title, Category.MARKET, severity, active=True, basis=Basis.RELATIVE, shocks=shocks)


def _of_rates(name: str, size: float, severity: Severity) -> Scenario:
    direction = "up" if size > 0 else "down"
    title = f"Yields {direction} {abs(size) * 10_000:.0f} basis points"
    shocks = (Shock("10Y", size),)
    return Scenario(name, title, Category.RATES, severity, active=True, basis=Basis.RELATIVE, shocks=shocks)


MARKET_RISK_SCENARIOS = (
    _of_market("market_up_5", 0.05, Severity.MILD),
    _of_market("market_down_5", -0.05, Severity.MILD),
    _of_market("market_up_10", 0.10, Severity.MODERATE),
    _of_market("market_down_10", -0.10, Severity.MODERATE),
    _of_market("market_up_20", 0.20, Severity.SEVERE),
    _of_market("market_down_20", -0.20, Severity.SEVERE),
    _of_rates("ir_up_100bp", 0.01, Severity.MODERATE),
    _of_rates("ir_down_100bp", -0.01, Severity.MODERATE),
    _of_rates("ir_up_200bp", 0.02, Severity.SEVERE),
    _of_rates("ir_down_200bp", -0.02, Severity.SEVERE),
)
"""The ten market and rate scenarios that every portfolio is put through beside its stress tests."""
