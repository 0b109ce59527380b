"""What a portfolio is made of: positions, statements, tags."""

import enum
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sigmasight.domain.market_data import Market


class StatementKind(enum.StrEnum):
    """What a statement states."""

    CASH = "cash"
    UNMODELLED_ASSETS = "unmodelled_assets"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A book of positions with one owner."""

    id: UUID
    user_id: UUID
    name: str
    market: Market
    opened_on: date  # no snapshot lies before it
    allow_estimates: bool = False  # volatilities and rate betas may be stand-ins, marked as such
    description: str = ""
    version: int = 1  # rises with every change of its fields, its ledger or the tags on it


@dataclass(frozen=True, slots=True)
class Statement:
    """An amount as of a date; appended, never edited."""

    portfolio_id: UUID
    kind: StatementKind
    as_of: date
    amount: Decimal  # USD


@dataclass(frozen=True, slots=True)
class RecordedStatement:
    """A statement and when it was recorded."""

    id: int
    kind: StatementKind
    as_of: date
    amount: Decimal  # USD
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """A holding as the ledger has it. Quantity and entry price are on the split basis of ``held_from``."""

    id: UUID
    portfolio_id: UUID
    instrument_id: int
    quantity: Decimal  # signed; contracts for options
    entry_price: Decimal  # USD per share
    entry_date: date
    held_from: date  # the later of entry date and the day it was brought in
    brought_in: bool  # entered as a flow; otherwise bought or sold with cash at its entry price
    exit_date: date | None = None
    exit_price: Decimal | None = None  # None with an exit date: taken out, not sold


@dataclass(frozen=True, slots=True)
class Entry:
    """What a position's owner may correct of it, as if it had been written so at first."""

    quantity: Decimal
    entry_price: Decimal
    entry_date: date
    exit_date: date | None
    exit_price: Decimal | None
    notes: str


class TagKind(enum.StrEnum):
    """What a tag is for."""

    REGULAR = "regular"
    STRATEGY = "strategy"  # groups legs that belong together


@dataclass(frozen=True, slots=True)
class Tag:
    """A word that a user puts on positions; he has each once, whatever its case."""

    id: UUID
    name: str
    kind: TagKind = TagKind.REGULAR
    colour: str | None = None  # #rrggbb


@dataclass(frozen=True, slots=True)
class TagOfPosition:
    """A tag on a position."""

    position_id: UUID
    tag: str
