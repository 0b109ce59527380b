"""Which portfolio at which session a request is about."""

from datetime import date
from typing import Annotated

from fastapi import Query

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotFoundError
from sigmasight.store.database import Connection
from sigmasight.store.snapshots import last_day

AsOf = Annotated[date | None, Query(description="The session; without it, the portfolio's last stored night.")]


def latest(conn: Connection, book: Portfolio, as_of: date | None) -> date:
    """The session that was asked for, else the last one with a stored night.

    Raises:
        NotFoundError: If no night has been stored yet.
    """
    day = as_of or last_day(conn, book.id)
    if day is None:
        raise NotFoundError(f"No night has valued this portfolio yet; it was opened on {book.opened_on}.")
    return day
