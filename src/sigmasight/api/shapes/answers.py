"""What every numeric answer carries, and how numbers are written."""

from collections.abc import Iterable, Mapping
from datetime import date
from math import isfinite
from typing import Annotated

from pydantic import BaseModel, Field

from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.domain.units import money_text

Money = Annotated[
    str | None, Field(description="USD, a decimal string with two places; null: not known.", examples=["1234.56"])
]
Ratio = Annotated[float | None, Field(description="A fraction or count; null: not known.", examples=[0.0523])]
Greek = Annotated[float | None, Field(description="Four places; null: not known.", examples=[12.3457])]
Price = Annotated[float | None, Field(description="USD per share, as given; null: not known.", examples=[201.37])]
Reasons = Annotated[
    dict[str, list[str]],
    Field(description="Why a number is not known, by its name.", examples=[{"beta": ["no_history"]}]),
]
Marks = Annotated[
    list[str], Field(description="What all of it is marked with; the numbers stand.", examples=[["simulated"]])
]
Next = Annotated[str | None, Field(description="Cursor of the next page; null on the last one.")]
_PLACES, _GREEK_PLACES = 6, 4


class Left(BaseModel):
    """A position that a number leaves out, and why."""

    symbol: str = Field(examples=["ABC"])
    reason: str = Field(description="Words of the reasons, joined by a comma.", examples=["no_price"])


class Answer(BaseModel):
    """As of when, by which method, covering what."""

    as_of: date = Field(description="The session at whose close the numbers hold.", examples=["2026-11-20"])
    method: str = Field(description="How they were worked out.", examples=["default"])
    coverage: Ratio = Field(description="Share of gross that the numbers cover.")
    not_included: list[Left] = Field(description="What they leave out, or take with a mark.")


def left_of(left: Iterable[NotIncluded]) -> list[Left]:
    """The shape of what is left out."""
    return [Left(symbol=each.symbol, reason=each.reason) for each in left]


def money(amount: float | None) -> str | None:
    """USD as JSON carries it."""
    return money_text(amount)


def ratio(value: float | None) -> float | None:
    """A number with six places; None where it is not known."""
    return _rounded(value, _PLACES)


def greek(value: float | None) -> float | None:
    """A delta or gamma with four places; None where it is not known."""
    return _rounded(value, _GREEK_PLACES)


def price(value: float | None) -> float | None:
    """A price or quantity as it was given; None where it is not known."""
    return None if value is None or not isfinite(value) else float(value)


def words_of(reasons: Mapping[str, Reason]) -> dict[str, list[str]]:
    """Why numbers are not known, in words."""
    return {name: list(why.words) for name, why in reasons.items()}


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None or not isfinite(value) else round(float(value), places) + 0.0
