"""Statements of a portfolio: cash, and assets that are not modelled."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, TypeAdapter

from sigmasight.api.editions import Change, Show
from sigmasight.api.once import Once
from sigmasight.api.pages import USUAL_LIMIT, Cursor, Limit, page_of, read_cursor
from sigmasight.api.shapes.statements import NewStatement, Statement, Statements
from sigmasight.api.site import Reader, Writer
from sigmasight.domain.books import StatementKind
from sigmasight.services.ledger import state_amount
from sigmasight.store.people import owned_portfolio, statements_of

router = APIRouter(prefix="/portfolios/{portfolio_id}/statements", tags=["statements"])
_ID = TypeAdapter(Annotated[int, Field(ge=1, lt=2**63)])


@router.get("")
def list_statements(
    desk: Reader,
    portfolio_id: UUID,
    shown: Show,
    kind: StatementKind | None = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
) -> Statements:
    """A portfolio's statements, the last recorded first."""
    before = read_cursor(cursor, _ID)
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        found = statements_of(conn, book.id, kind=kind, before=before, limit=limit + 1)
    shown.tell(book)
    items, following = page_of(found, limit, _ID, lambda statement: statement.id)
    return Statements(items=[Statement.of(each) for each in items], next=following)


@router.post("", status_code=HTTPStatus.CREATED)
def add_statement(desk: Writer, portfolio_id: UUID, given: NewStatement, changed: Change, once: Once) -> Statement:
    """Append a statement; the snapshots since its day are made anew."""
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, Statement):
            return earlier
        book = changed.open(conn, desk, portfolio_id)
        stated = state_amount(
            conn,
            desk.site.valuation,
            desk.user_id,
            book.id,
            kind=given.kind,
            as_of=given.as_of or desk.today,
            amount=given.amount,
            today=desk.today,
        )
        changed.tell_new(conn, book)
        return once.done(conn, desk, given, Statement.of(stated))
