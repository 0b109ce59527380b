"""Portfolios: opened, listed, renamed, closed for good; and the overview of the last night."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from sigmasight.api.place import AsOf, latest
from sigmasight.api.shapes.portfolios import NewPortfolio, Overview, Portfolio, Portfolios
from sigmasight.api.site import Reader, Writer
from sigmasight.store.people import add_portfolio, delete_portfolio, owned_portfolio, portfolios_of
from sigmasight.store.snapshots import load_snapshots

router = APIRouter(prefix="/portfolios", tags=["portfolios"])


@router.get("")
def list_portfolios(desk: Reader) -> Portfolios:
    """One's portfolios, by name."""
    with desk.reading() as conn:
        return Portfolios(items=[Portfolio.of(book) for book in portfolios_of(conn, desk.user_id)])


@router.post("", status_code=HTTPStatus.CREATED)
def open_portfolio(desk: Writer, given: NewPortfolio) -> Portfolio:
    """Open an empty portfolio today."""
    with desk.writing() as conn:
        book = add_portfolio(
            conn,
            user_id=desk.user_id,
            name=given.name,
            market=given.market,
            opened_on=desk.today,
            description=given.description,
        )
    return Portfolio.of(book)


@router.get("/{portfolio_id}")
def read_portfolio(desk: Reader, portfolio_id: UUID) -> Portfolio:
    """One portfolio."""
    with desk.reading() as conn:
        return Portfolio.of(owned_portfolio(conn, desk.user_id, portfolio_id))


@router.delete("/{portfolio_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_portfolio(desk: Writer, portfolio_id: UUID) -> None:
    """Delete a portfolio with all that is in it and was computed of it."""
    with desk.writing() as conn:
        delete_portfolio(conn, owned_portfolio(conn, desk.user_id, portfolio_id).id)


@router.get("/{portfolio_id}/overview")
def read_overview(desk: Reader, portfolio_id: UUID, as_of: AsOf = None) -> Overview:
    """NAV, exposures, P&L, beta and value at risk as the night stored them."""
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        day = latest(conn, book, as_of)
        found = load_snapshots(conn, book.id, day, day)
    return Overview.of(book, found[0])
