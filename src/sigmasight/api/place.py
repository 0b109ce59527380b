"""Which portfolio at which session a request is about, and which page of a list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from sigmasight.api.site import Desk
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.domain.methods import Method
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection
from sigmasight.store.people import owned_portfolio
from sigmasight.store.snapshots import is_stored, last_day

AsOf = Annotated[date | None, Query(description="The session; without it, the portfolio's last stored night.")]
MethodName = Annotated[Method, Query(description="classic: as the textbook has it; computed, not stored.")]
MarketName = Annotated[Market, Query(description="Whose data: simulated ones serve the demo's portfolios alone.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
Cursor = Annotated[str | None, Query(max_length=100, description="`next` of the page before.")]

Place = tuple[Connection, Valuation, UUID, UUID, date]
"""What services about one portfolio at one session ask for first."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from the first to the last, both counted."""

    first: date
    last: date


def day_range(
    first: Annotated[date | None, Query(alias="from", description="The first day; without it, from the start.")] = None,
    last: Annotated[date | None, Query(alias="to", description="The last day; without it, up to now.")] = None,
) -> DayRange:
    """The days that a list is asked for.

    Raises:
        RequestValidationError: If they end before they begin.
    """
    days = DayRange(first or date.min, last or date.max)
    if days.last < days.first:
        wrong = {"type": "value_error", "loc": ("query", "from"), "input": str(first), "msg": f"it lies after {last}"}
        raise RequestValidationError([wrong])
    return days


Days = Annotated[DayRange, Depends(day_range)]


def latest(conn: Connection, book: Portfolio, as_of: date | None) -> date:
    """The session that was asked for, else the last one with a stored night.

    Raises:
        NotFoundError: If no night of it has been stored.
    """
    day = as_of or last_day(conn, book.id)
    if day is None:
        raise NotFoundError(f"No night has valued this portfolio yet; it was opened on {book.opened_on}.")
    if as_of is not None and not is_stored(conn, book.id, as_of):
        raise NotFoundError(f"No night of {as_of} is stored of this portfolio.")
    return day


def place_of(conn: Connection, desk: Desk, portfolio_id: UUID, as_of: date | None) -> Place:
    """The actor's portfolio at the session that was asked for, else the last one with a stored night.

    Raises:
        NotFoundError: If the portfolio is not his, or no night of the session has been stored.
    """
    book = owned_portfolio(conn, desk.user_id, portfolio_id)
    return conn, desk.site.valuation, desk.user_id, book.id, latest(conn, book, as_of)


def page_of(found: Sequence[_Item], limit: int, cursor: Callable[[_Item], str]) -> tuple[Sequence[_Item], str | None]:
    """The page, and the cursor of the next one, of a list of which one more than a page was looked up."""
    page = found[:limit]
    return page, cursor(page[-1]) if len(found) > limit else None
