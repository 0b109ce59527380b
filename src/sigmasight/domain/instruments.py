"""What can be held: the security master's words."""

import enum
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

STANDARD_CONTRACT = Decimal(100)
"""Shares of a standard US option contract: what a contract's multiplier is set to where no provider says otherwise."""


class Kind(enum.StrEnum):
    """What an instrument is. A field of the security master, never guessed from a symbol's spelling."""

    STOCK = "stock"
    ETF = "etf"
    MUTUAL_FUND = "mutual_fund"
    INDEX = "index"
    OPTION = "option"
    UNKNOWN = "unknown"  # a symbol that a user holds and no provider has explained yet


class Right(enum.StrEnum):
    """What an option's holder may do."""

    CALL = "call"
    PUT = "put"


class ExerciseStyle(enum.StrEnum):
    """When an option may be exercised."""

    AMERICAN = "american"
    EUROPEAN = "european"


class PositionType(enum.StrEnum):
    """Derived from instrument and sign, never stored."""

    LONG = "LONG"
    SHORT = "SHORT"
    LONG_CALL = "LC"
    LONG_PUT = "LP"
    SHORT_CALL = "SC"
    SHORT_PUT = "SP"


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """What an option contract says, as listed (before later splits of its underlying)."""

    underlying: str  # canonical symbol
    expiry: date
    right: Right
    strike: Decimal  # USD per share


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider knows of an instrument that is no option."""

    symbol: str  # canonical
    kind: Kind
    name: str
    sector: str | None = None  # one of the 11 GICS sectors, where that makes sense
    industry: str | None = None
    exchange: str | None = None
    country: str | None = None
    currency: str = "USD"
    market_cap: float | None = None  # USD
    dividend_yield: float | None = None  # continuous, per year, as a fraction
    option_exercise: ExerciseStyle | None = None  # of the options listed on it; None where none are
    option_multiplier: Decimal = STANDARD_CONTRACT


@dataclass(frozen=True, slots=True)
class Instrument:
    """One row of the security master."""

    id: int
    symbol: str
    kind: Kind
    name: str
    sector: str | None
    currency: str
    multiplier: Decimal
    underlying_id: int | None = None
    option: OptionTerms | None = None
    exercise: ExerciseStyle | None = None
    terms_as_of: date | None = None  # of options: the split basis of the strike
    dividend_yield: float | None = None  # of what is no option: continuous, per year, as a fraction
    industry: str | None = None  # of funds: their category


def position_type(*, is_short: bool, right: Right | None) -> PositionType:
    """Name a position by the sign of its quantity and, for an option, by its right."""
    if right is None:
        return PositionType.SHORT if is_short else PositionType.LONG
    if right is Right.CALL:
        return PositionType.SHORT_CALL if is_short else PositionType.LONG_CALL
    return PositionType.SHORT_PUT if is_short else PositionType.LONG_PUT
