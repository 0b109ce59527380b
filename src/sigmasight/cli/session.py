"""What the commands that show one portfolio at one session share: their options, and which session is meant."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Annotated
from uuid import UUID

import typer

from sigmasight.cli.output import amount, announce
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotATradingDayError
from sigmasight.domain.methods import Method
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.domain.units import money_text
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolios import find_portfolio
from sigmasight.store.database import Connection
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

PortfolioName = Annotated[str, typer.Option("--portfolio", help="The portfolio's name.")]
UserEmail = Annotated[str | None, typer.Option("--user", help="Its owner's e-mail, if several have that name.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The session; the last completed one.")
]
MethodName = Annotated[Method, typer.Option("--method", help="classic: as the textbook has it; computed, not stored.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Document = dict[str, object]
_ALL_BUT_WHOLE = 0.9995  # from here on a share would be rounded to 100.0 %


@dataclass(frozen=True, slots=True)
class Session:
    """One portfolio at one session, in a transaction that only reads."""

    application: Application
    conn: Connection
    book: Portfolio
    day: date

    @property
    def place(self) -> tuple[Connection, Valuation, UUID, UUID, date]:
        """What most services ask for first."""
        return self.conn, self.application.valuation, self.book.user_id, self.book.id, self.day


@contextmanager
def opened_session(portfolio: str, user: str | None, as_of: datetime | None) -> Iterator[Session]:
    """Open the application on a portfolio at the session that was asked for, else the last completed one.

    Raises:
        NotATradingDayError: If the session has not closed yet.
        NotFoundError: If there is no such portfolio, or several and no owner is named.
    """
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.read() as conn:
        day = chosen_session(application, as_of)
        yield Session(application, conn, find_portfolio(conn, portfolio, email=user), day)


def announce_left_out(not_included: Iterable[NotIncluded]) -> None:
    """Tell what a number leaves out, one line each."""
    for left in not_included:
        announce(f"not included: {left.symbol} ({left.reason})")


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
    """A share for a table; n/a where not known. What is not whole never reads as 100 %."""
    if not isfinite(value):
        return "n/a"
    return "> 99.9%" if _ALL_BUT_WHOLE <= value < 1.0 else f"{value:.1%}"
