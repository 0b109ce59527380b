"""Portfolios: opened, listed, changed, deleted; and the overview of the last night."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from sigmasight.api.editions import Change, Look, etag_of
from sigmasight.api.once import Once
from sigmasight.api.pages import USUAL_LIMIT, Cursor, Limit, page_of, read_cursor
from sigmasight.api.place import AsOf, latest
from sigmasight.api.shapes.portfolios import NewPortfolio, Overview, Portfolio, PortfolioChanges, Portfolios
from sigmasight.api.site import Reader, Writer
from sigmasight.services.portfolios import allow_estimates, describe_portfolio, open_portfolio, remove_portfolio
from sigmasight.store.people import owned_portfolio, portfolios_of
from sigmasight.store.snapshots import load_snapshots

router = APIRouter(prefix="/portfolios", tags=["portfolios"])
_NAME = TypeAdapter(str)


@router.get("")
def list_portfolios(desk: Reader, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Portfolios:
    """One's portfolios, by name."""
    with desk.reading() as conn:
        found = portfolios_of(conn, desk.user_id, after=read_cursor(cursor, _NAME), limit=limit + 1)
    shown, following = page_of(found, limit, _NAME, lambda book: book.name)
    return Portfolios(items=[Portfolio.of(book) for book in shown], next=following)


@router.post("", status_code=HTTPStatus.CREATED)
def add_portfolio(desk: Writer, given: NewPortfolio, changed: Change, once: Once) -> Portfolio:
    """Open an empty portfolio today."""
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, Portfolio):
            return earlier
        book = open_portfolio(
            conn,
            desk.user_id,
            name=given.name,
            market=given.market,
            today=desk.today,
            description=given.description,
        )
        changed.tell(book)
        return once.done(conn, desk, given, Portfolio.of(book))


@router.get("/{portfolio_id}", response_model=Portfolio, responses={304: {"description": "It is as it was."}})
def read_portfolio(desk: Reader, portfolio_id: UUID, seen: Look) -> Portfolio | Response:
    """One portfolio, with its settings and its version."""
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
    if seen.knows(book):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag_of(book)})
    seen.tell(book)
    return Portfolio.of(book)


@router.patch("/{portfolio_id}")
def change_portfolio(desk: Writer, portfolio_id: UUID, given: PortfolioChanges, changed: Change) -> Portfolio:
    """Change name, description or settings. With another setting its snapshots are made anew."""
    with desk.writing() as conn:
        book = changed.open(conn, desk, portfolio_id)
        name, description = given.name or book.name, given.changes.get("description", book.description)
        book = describe_portfolio(conn, book, name=name, description=description)
        if given.settings is not None and given.settings.allow_estimates is not None:
            book = allow_estimates(conn, desk.site.valuation, book, allowed=given.settings.allow_estimates)
        changed.tell(book)
    return Portfolio.of(book)


@router.delete("/{portfolio_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_portfolio(desk: Writer, portfolio_id: UUID, changed: Change) -> None:
    """Delete a portfolio with all that is in it and was computed of it."""
    with desk.writing() as conn:
        remove_portfolio(conn, changed.open(conn, desk, portfolio_id))


@router.get("/{portfolio_id}/overview")
def read_overview(desk: Reader, portfolio_id: UUID, as_of: AsOf = None) -> Overview:
    """NAV, exposures, P&L, beta and value at risk as the night stored them."""
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        day = latest(conn, book, as_of)
        found = load_snapshots(conn, book.id, day, day)
    return Overview.of(book, found[0])
