"""Positions as they are listed: what of, in which groups, and what stands beside each."""

import enum
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sigmasight.domain.books import Position, Tag
from sigmasight.domain.instruments import Instrument, PositionType, position_type

NO_SECTOR = "unclassified"
UNTAGGED = ""
"""The group of what carries no tag; no tag has this name."""


class PositionState(enum.StrEnum):
    """What has become of a position by a day."""

    OPEN = "open"
    CLOSED = "closed"  # sold, covered or taken out
    SETTLED = "settled"  # an option that has expired


class PositionGrouping(enum.StrEnum):
    """By what a list of positions can be grouped."""

    TYPE = "type"
    TAG = "tag"
    STRATEGY = "strategy"
    UNDERLYING = "underlying"
    SECTOR = "sector"


@dataclass(frozen=True, slots=True)
class PositionFilter:
    """Which positions are meant; what is empty does not matter."""

    types: tuple[PositionType, ...] = ()
    states: tuple[PositionState, ...] = ()
    tags: tuple[str, ...] = ()  # whatever their case
    every_tag: bool = False  # otherwise any of them will do
    underlying: str | None = None  # canonical symbol; a share is its own


@dataclass(frozen=True, slots=True)
class Place:
    """Where a position stands in a list."""

    group: str  # empty where nothing is grouped
    symbol: str
    entry_date: date
    id: UUID


@dataclass(frozen=True, slots=True)
class ListedPosition:
    """A position with its instrument and its tags."""

    position: Position
    instrument: Instrument
    underlying: Instrument | None
    tags: tuple[Tag, ...]  # by name
    notes: str
    group: str  # the one in which it is listed; empty where nothing is grouped

    @property
    def type(self) -> PositionType:
        """What it is called by its sign and its right."""
        option = self.instrument.option
        return position_type(is_short=self.position.quantity < 0, right=option.right if option else None)

    @property
    def sector(self) -> str | None:
        """The sector of the instrument; an option has its underlying's."""
        return (self.underlying or self.instrument).sector

    @property
    def place(self) -> Place:
        """Where it stands in its list."""
        return Place(self.group, self.instrument.symbol, self.position.entry_date, self.position.id)

    def state_on(self, day: date) -> PositionState:
        """What has become of it by a day."""
        exit_date, option = self.position.exit_date, self.instrument.option
        if exit_date is not None and exit_date <= day:
            return PositionState.CLOSED
        return PositionState.SETTLED if option and option.expiry < day else PositionState.OPEN
