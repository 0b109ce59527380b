"""Versions of a portfolio over HTTP: an ETag says which one was read, If-Match on which one a change rests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Response

from sigmasight.api.site import Desk
from sigmasight.domain.books import Portfolio
from sigmasight.services.portfolios import open_for_change
from sigmasight.store.database import Connection
from sigmasight.store.people import owned_portfolio

_TAG = re.compile(r'(W/)?"([0-9]{1,18})"')


@dataclass(frozen=True, slots=True)
class Editions:
    """What a request says of versions, and the answer that tells the version it left."""

    response: Response
    if_match: str | None
    if_none_match: str | None

    def open(self, conn: Connection, desk: Desk, portfolio_id: UUID) -> Portfolio:
        """A portfolio of whoever acts, which nobody else changes until the transaction ends.

        Raises:
            NotFoundError: If it is not his.
            OutdatedError: If it has another version than the change rests on.
        """
        any_will_do = self.if_match is None or self.if_match.strip() == "*"
        versions = None if any_will_do else set(_versions(self.if_match or "", weak=False))
        return open_for_change(conn, desk.user_id, portfolio_id, versions)

    def tell(self, portfolio: Portfolio) -> None:
        """Say which version the answer shows."""
        self.response.headers["ETag"] = etag_of(portfolio)

    def tell_new(self, conn: Connection, portfolio: Portfolio) -> None:
        """Say which version a change has left."""
        self.tell(owned_portfolio(conn, portfolio.user_id, portfolio.id))

    def knows(self, portfolio: Portfolio) -> bool:
        """Whether whoever asks has this version already."""
        asked = self.if_none_match
        return asked is not None and (asked.strip() == "*" or portfolio.version in _versions(asked, weak=True))


def etag_of(portfolio: Portfolio) -> str:
    """A portfolio's version as an ETag."""
    return f'"{portfolio.version}"'


def _versions(header: str, *, weak: bool) -> Iterator[int]:
    """The versions that a header lists; a weak one is no version that a change can rest on."""
    for part in header.split(","):
        found = _TAG.fullmatch(part.strip())
        if found and (weak or not found[1]):
            yield int(found[2])


def _editions(
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The ETag on which the change rests; 412 if the portfolio has another one.")
    ] = None,
) -> Editions:
    return Editions(response, if_match, None)


def _seen(
    response: Response,
    if_none_match: Annotated[str | None, Header(description="The ETag that is known already; 304 if it holds.")] = None,
) -> Editions:
    return Editions(response, None, if_none_match)


def _shown(response: Response) -> Editions:
    return Editions(response, None, None)


Change = Annotated[Editions, Depends(_editions)]
"""For what changes a portfolio."""

Look = Annotated[Editions, Depends(_seen)]
"""For what shows a portfolio and nothing else."""

Show = Annotated[Editions, Depends(_shown)]
"""For what shows more than a portfolio's version tells of."""
