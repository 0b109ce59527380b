"""What every numeric answer carries, and how numbers are written."""

from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import Annotated

from pydantic import BaseModel, Field

from sigmasight.domain.snapshots import NotIncluded
from sigmasight.domain.units import money_text

Money = Annotated[
    str | None, Field(description="USD, a decimal string with two places; null: not known.", examples=["1234.56"])
]
Ratio = Annotated[float | None, Field(description="A fraction or count; null: not known.", examples=[0.0523])]
_PLACES = 6


class Left(BaseModel):
    """A position that a number leaves out, and why."""

    symbol: str
    reason: str = Field(examples=["no_price"])


class Answer(BaseModel):
    """As of when, by which method, covering what."""

    as_of: date
    method: str = Field(examples=["default"])
    coverage: Ratio = Field(description="Share of gross that the numbers cover.")
    not_included: list[Left]


def left_of(left: Iterable[NotIncluded]) -> list[Left]:
    """The shape of what is left out."""
    return [Left(symbol=each.symbol, reason=each.reason) for each in left]


def money(amount: float | None) -> str | None:
    """USD as JSON carries it."""
    return money_text(amount)


def ratio(value: float | None) -> float | None:
    """A number with six places; None where it is not known."""
    return None if value is None or not isfinite(value) else round(float(value), _PLACES) + 0.0
