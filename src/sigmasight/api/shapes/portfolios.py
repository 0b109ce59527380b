"""Portfolios and what the night says of them."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from sigmasight.api.shapes.answers import Answer, Money, Ratio, left_of, money, ratio
from sigmasight.api.shapes.given import Changes, Given, Line, Prose
from sigmasight.domain.books import Portfolio as Book
from sigmasight.domain.market_data import Market
from sigmasight.domain.snapshots import ShownExposures, Snapshot, shown_nav
from sigmasight.domain.units import money_text


class NewPortfolio(Given):
    """A portfolio to be opened, empty."""

    name: Line
    description: Prose = ""
    market: Market = Market.LIVE


class SettingsChanges(Changes):
    """Settings that are changed."""

    allow_estimates: bool | SkipJsonSchema[None] = Field(default=None, description="Its snapshots are made anew.")


class PortfolioChanges(Changes):
    """What is changed of a portfolio."""

    name: Line | SkipJsonSchema[None] = None
    description: Prose | SkipJsonSchema[None] = None
    settings: SettingsChanges | SkipJsonSchema[None] = None


class Settings(BaseModel):
    """How a portfolio's numbers are made."""

    allow_estimates: bool = Field(description="Volatilities and rate betas may be stand-ins, marked as such.")


class Portfolio(BaseModel):
    """A book of positions with one owner."""

    id: UUID
    name: str
    description: str
    market: Market
    opened_on: date = Field(description="No snapshot lies before it.")
    settings: Settings
    version: int = Field(description="Rises with every change of fields, positions, tags, statements; also the ETag.")

    @classmethod
    def of(cls, book: Book) -> "Portfolio":
        """The shape of a portfolio."""
        return cls(
            id=book.id,
            name=book.name,
            description=book.description,
            market=book.market,
            opened_on=book.opened_on,
            settings=Settings(allow_estimates=book.allow_estimates),
            version=book.version,
        )


class Portfolios(BaseModel):
    """A user's portfolios."""

    items: list[Portfolio]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")


class Overview(Answer):
    """A portfolio at a session's close."""

    portfolio: Portfolio
    nav: Money
    cash: Money
    unmodelled_assets: Money
    gross: Money
    net: Money
    long: Money
    short: Money
    delta_adjusted_exposure: Money
    daily_pnl: Money
    cumulative_pnl: Money
    daily_return: Ratio
    leverage: Ratio
    beta: Ratio
    value_at_risk: Money = Field(description="Of one day, filtered, 99 %; a loss is positive.")
    positions: int
    reasons: dict[str, list[str]] = Field(description="Why a number is not known, by its name.")
    warnings: list[str]
    marks: list[str] = Field(description="What the whole row is marked with, such as simulated.")

    @classmethod
    def of(cls, book: Book, snapshot: Snapshot) -> "Overview":
        """The shape of a snapshot."""
        measures = snapshot.measures
        shown = ShownExposures.of(measures.long, measures.short)
        amounts = (
            *("cash", "unmodelled_assets", "delta_adjusted_exposure"),
            *("daily_pnl", "cumulative_pnl", "value_at_risk"),
        )
        return cls.model_validate(
            {
                "as_of": snapshot.as_of,
                "method": snapshot.method,
                "coverage": ratio(snapshot.coverage),
                "not_included": left_of(snapshot.not_included),
                "portfolio": Portfolio.of(book),
                "nav": money_text(shown_nav(measures)),
                **{name: money_text(getattr(shown, name)) for name in ("gross", "net", "long", "short")},
                **{name: money(getattr(measures, name)) for name in amounts},
                **{name: ratio(getattr(measures, name)) for name in ("daily_return", "leverage", "beta")},
                "positions": snapshot.positions,
                "reasons": {name: list(why.words) for name, why in snapshot.reasons.items()},
                "warnings": list(snapshot.warnings),
                "marks": list(snapshot.marks.words),
            }
        )
