"""Stress scenarios: what is shocked, by how much, read in which way."""

import enum
from dataclasses import dataclass


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
    """A stress scenario as shipped or as a user wrote it."""

    id: str
    name: str
    category: Category
    severity: Severity
    active: bool
    basis: Basis
    shocks: tuple[Shock, ...]
    description: str = ""
