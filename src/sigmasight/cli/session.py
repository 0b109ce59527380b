"""What the commands that show one portfolio at one session share: their options, and which session is meant."""

from datetime import date, datetime
from math import isfinite
from typing import Annotated

import typer

from sigmasight.cli.output import amount
from sigmasight.domain.errors import NotATradingDayError
from sigmasight.domain.methods import Method
from sigmasight.domain.units import money_text
from sigmasight.wiring.application import Application

PortfolioName = Annotated[str, typer.Option("--portfolio", help="The portfolio's name.")]
UserEmail = Annotated[str | None, typer.Option("--user", help="Its owner's e-mail, if several have that name.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The session; the last completed one.")
]
MethodName = Annotated[Method, typer.Option("--method", help="classic: as the textbook has it; computed, not stored.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Document = dict[str, object]


def chosen_session(application: Application, as_of: datetime | None) -> date:
    """The session that was asked for, else the last completed one.

    Raises:
        NotATradingDayError: If it has not closed yet.
    """
    completed = application.last_completed
    if as_of and as_of.date() > completed:
        raise NotATradingDayError(f"{as_of.date()} has not closed yet; the last completed session is {completed}.")
    return as_of.date() if as_of else completed


def rounded(value: float, places: int) -> float | None:
    """A number for JSON; None where not known."""
    return round(float(value), places) + 0.0 if isfinite(value) else None


def dollars(value: float) -> str:
    """USD with cents for a table; n/a where not known."""
    return amount(money_text(float(value)))


def fixed(value: float, places: int) -> str:
    """A number for a table; n/a where not known."""
    return f"{value:,.{places}f}" if isfinite(value) else "n/a"


def percent(value: float) -> str:
    """A share for a table; n/a where not known."""
    return f"{value:.1%}" if isfinite(value) else "n/a"
