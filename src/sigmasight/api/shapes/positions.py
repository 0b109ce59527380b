"""Positions as they stand in the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema

from sigmasight.api.pages import USUAL_LIMIT, Cursor, Limit
from sigmasight.api.shapes.given import Changes, Exact, Given, Prose, TagName, examples
from sigmasight.api.shapes.tags import Tag
from sigmasight.domain.instruments import Kind, OptionTerms, PositionType, Right
from sigmasight.domain.listing import ListedPosition, PositionFilter, PositionGrouping, PositionState
from sigmasight.domain.symbols import normalize_ticker
from sigmasight.services.drafts import Draft

MOST_AT_ONCE = 1000
_MOST_TAGS = 50
_MOST_TAGS_ASKED = 20

Symbol = Annotated[
    str, Field(min_length=1, max_length=40, examples=["AAPL", "AAPL270115P00200000"], description="A ticker, or OCC.")
]
TagNames = Annotated[list[TagName], Field(max_length=_MOST_TAGS, description="By name; those that are new are made.")]
Quantity = Annotated[Exact, Field(description="Signed: a short is negative. Contracts for options.")]
Price = Annotated[Exact, Field(description="USD per share, also for options.")]


_EXAMPLE: dict[str, JsonValue] = {
    "symbol": "AAPL",
    "quantity": "85",
    "entry_price": "225.10",
    "entry_date": "2026-08-27",
    "tags": ["Core Holdings"],
}


class NewPosition(Given):
    """A purchase, or a short sale. Of today: paid from cash. Of an earlier day: brought in today."""

    model_config = examples(_EXAMPLE, _EXAMPLE | {"symbol": "AAPL270115P00200000", "quantity": "-3"})

    symbol: Symbol
    quantity: Quantity
    entry_price: Price
    entry_date: date | None = Field(default=None, description="Without it, today in New York.")
    tags: TagNames = Field(default=[])
    notes: Prose = ""

    def draft(self, today: date) -> Draft:
        """What is asked for."""
        day = self.entry_date or today
        return Draft(self.symbol, self.quantity, self.entry_price, day, tuple(self.tags), self.notes)


class Wanted(Given):
    """Which positions are listed, and how."""

    type: list[PositionType] = Field(default=[], description="Of any of these types.")
    state: list[PositionState] = Field(default=[], description="In any of these states; without it, in every one.")
    tag: Annotated[list[TagName], Field(max_length=_MOST_TAGS_ASKED, description="Whatever their case.")] = Field(
        default=[]
    )
    every_tag: bool = Field(default=False, description="Carrying every one of the tags; otherwise any of them.")
    underlying: str | None = Field(default=None, max_length=20, description="Shares of it and options on it.")
    group_by: PositionGrouping | None = Field(default=None, description="One with several tags is in each group.")
    limit: Limit = USUAL_LIMIT
    cursor: Cursor = None

    @property
    def filter(self) -> PositionFilter:
        """Which are meant.

        Raises:
            InvalidSymbolError: If the underlying cannot be read.
        """
        underlying = None if self.underlying is None else normalize_ticker(self.underlying)
        return PositionFilter(tuple(self.type), tuple(self.state), tuple(self.tag), self.every_tag, underlying)


class NewPositions(Given):
    """Positions to be added together: all of them, or none."""

    model_config = examples({"positions": [_EXAMPLE]})

    positions: Annotated[list[NewPosition], Field(min_length=1, max_length=MOST_AT_ONCE)]


class PositionChanges(Changes):
    """A correction: history is made anew as if it had been written so at first."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"exit_date", "exit_price"})

    quantity: Quantity | SkipJsonSchema[None] = None
    entry_price: Price | SkipJsonSchema[None] = None
    entry_date: date | SkipJsonSchema[None] = None
    exit_date: date | None = Field(default=None, description="null opens a closed position again.")
    exit_price: Price | None = Field(default=None, description="null: taken out, not sold.")
    notes: Prose | SkipJsonSchema[None] = None

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were sent; what is open again has no price at which it was sold."""
        given = super().changes
        reopened = "exit_date" in given and given["exit_date"] is None
        return {"exit_price": None, **given} if reopened else given


class Closing(Given):
    """How a position is closed."""

    exit_date: date | None = Field(default=None, description="Without it, today in New York.")
    exit_price: Price | None = Field(
        default=None, description="USD per share, paid into cash; null: taken out at its last day's close."
    )


class CarriedTags(Given):
    """The tags that a position shall carry, and no others."""

    tags: TagNames


class Contract(BaseModel):
    """What an option says."""

    right: Right
    strike: Exact
    expiry: date

    @classmethod
    def of(cls, terms: OptionTerms | None) -> "Contract | None":
        """The shape of an option's terms."""
        return None if terms is None else cls(right=terms.right, strike=terms.strike, expiry=terms.expiry)


class Position(BaseModel):
    """A holding as it was written. Quantity and prices are on the split basis of `held_from`."""

    id: UUID
    portfolio_id: UUID
    symbol: str
    name: str
    kind: Kind = Field(description="unknown: no provider has explained the symbol yet, and it has no price.")
    type: PositionType
    state: PositionState = Field(description="settled: an option that has expired.")
    underlying: str | None = Field(description="Of options.")
    option: Contract | None
    multiplier: Exact
    sector: str | None
    quantity: Quantity
    entry_price: Price
    entry_date: date
    held_from: date = Field(description="The later of entry date and the day it was brought in.")
    brought_in: bool = Field(description="It entered as a flow; otherwise it was paid from cash.")
    exit_date: date | None
    exit_price: Price | None = Field(description="null with an exit date: taken out, not sold.")
    tags: list[Tag]
    notes: str
    group: str | None = Field(default=None, description="With group_by: the group in which it is listed here.")

    @classmethod
    def of(cls, listed: ListedPosition, today: date, *, grouped: bool = False) -> "Position":
        """The shape of a position."""
        position, instrument = listed.position, listed.instrument
        return cls(
            id=position.id,
            portfolio_id=position.portfolio_id,
            symbol=instrument.symbol,
            name=instrument.name,
            kind=instrument.kind,
            type=listed.type,
            state=listed.state_on(today),
            underlying=listed.underlying.symbol if listed.underlying else None,
            option=Contract.of(instrument.option),
            multiplier=instrument.multiplier,
            sector=listed.sector,
            quantity=position.quantity,
            entry_price=position.entry_price,
            entry_date=position.entry_date,
            held_from=position.held_from,
            brought_in=position.brought_in,
            exit_date=position.exit_date,
            exit_price=position.exit_price,
            tags=[Tag.of(tag) for tag in listed.tags],
            notes=listed.notes,
            group=listed.group if grouped else None,
        )


class Group(BaseModel):
    """A group of positions."""

    name: str = Field(description="Empty: what carries no tag.")
    positions: int = Field(description="Of all that the filter lets through, not of this page.")


class Positions(BaseModel):
    """Positions by symbol and entry date; grouped, by group first, each in every group that it belongs to."""

    items: list[Position]
    groups: list[Group] | None = Field(default=None, description="With group_by.")
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")


class AddedPositions(BaseModel):
    """Positions that were added, in the order in which they were sent."""

    items: list[Position]

    @classmethod
    def of(cls, listed: Sequence[ListedPosition], today: date) -> "AddedPositions":
        """The shape of positions."""
        return cls(items=[Position.of(each, today) for each in listed])
