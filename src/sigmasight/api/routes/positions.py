"""Positions of a portfolio: listed, added, corrected, tagged, closed, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import TypeAdapter

from sigmasight.api.editions import Change, Show
from sigmasight.api.once import Once
from sigmasight.api.pages import page_of, read_cursor
from sigmasight.api.shapes.positions import (
    AddedPositions,
    CarriedTags,
    Closing,
    Group,
    NewPosition,
    NewPositions,
    Position,
    PositionChanges,
    Positions,
    Wanted,
)
from sigmasight.api.site import Desk, Reader, Writer
from sigmasight.domain.listing import ListedPosition, Place
from sigmasight.services.drafts import add_drafts
from sigmasight.services.ledger import close_position, correct_position, remove_position, tag_position
from sigmasight.store.database import Connection
from sigmasight.store.listing import count_groups, list_positions, listed_positions
from sigmasight.store.people import owned_portfolio
from sigmasight.store.positions import entry_of, owned_position

router = APIRouter(prefix="/portfolios/{portfolio_id}/positions", tags=["positions"])
_KEY = TypeAdapter(tuple[str, str, date, UUID])


@router.get("")
def read_positions(desk: Reader, portfolio_id: UUID, wanted: Annotated[Wanted, Query()], shown: Show) -> Positions:
    """A portfolio's positions by symbol and entry date: open, closed and settled ones, unless that is filtered."""
    meant, by, after = wanted.filter, wanted.group_by, read_cursor(wanted.cursor, _KEY)
    place = None if after is None else Place(*after)
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        found = list_positions(conn, book.id, meant, today=desk.today, by=by, after=place, limit=wanted.limit + 1)
        groups = count_groups(conn, book.id, meant, today=desk.today, by=by) if by else None
    shown.tell(book)
    items, following = page_of(found, wanted.limit, _KEY, _key)
    return Positions(
        items=[Position.of(each, desk.today, grouped=by is not None) for each in items],
        groups=None if groups is None else [Group(name=name, positions=count) for name, count in groups],
        next=following,
    )


@router.post("", status_code=HTTPStatus.CREATED)
def add_position(desk: Writer, portfolio_id: UUID, given: NewPosition, changed: Change, once: Once) -> Position:
    """Add a position: bought, or sold short, today, or brought in today. Its snapshots are made anew."""
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, Position):
            return earlier
        (made,) = _add(conn, desk, portfolio_id, [given], changed)
        return once.done(conn, desk, given, Position.of(made, desk.today))


@router.post("/bulk", status_code=HTTPStatus.CREATED)
def add_positions(desk: Writer, portfolio_id: UUID, given: NewPositions, changed: Change, once: Once) -> AddedPositions:
    """Add positions, all of them or none; what is wrong is told with the place in the list."""
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, AddedPositions):
            return earlier
        made = _add(conn, desk, portfolio_id, given.positions, changed)
        return once.done(conn, desk, given, AddedPositions.of(made, desk.today))


@router.get("/{position_id}")
def read_position(desk: Reader, portfolio_id: UUID, position_id: UUID, shown: Show) -> Position:
    """One position."""
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        shown.tell(book)
        return _shown(conn, desk, book.id, position_id)


@router.patch("/{position_id}")
def change_position(
    desk: Writer, portfolio_id: UUID, position_id: UUID, given: PositionChanges, changed: Change
) -> Position:
    """Correct a position; its history is made anew as if it had been written so at first."""
    with desk.writing() as conn:
        book = changed.open(conn, desk, portfolio_id)
        owned_position(conn, desk.user_id, position_id, portfolio_id=book.id)
        entry = replace(entry_of(conn, position_id)[0], **given.changes)
        correct_position(conn, desk.site.valuation, desk.user_id, position_id, entry, today=desk.today)
        changed.tell_new(conn, book)
        return _shown(conn, desk, book.id, position_id)


@router.delete("/{position_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_position(desk: Writer, portfolio_id: UUID, position_id: UUID, changed: Change) -> None:
    """Delete a position as if it had never been; to keep its history, close it."""
    with desk.writing() as conn:
        book = changed.open(conn, desk, portfolio_id)
        owned_position(conn, desk.user_id, position_id, portfolio_id=book.id)
        remove_position(conn, desk.site.valuation, desk.user_id, position_id)
        changed.tell_new(conn, book)


@router.post("/{position_id}/close")
def shut_position(desk: Writer, portfolio_id: UUID, position_id: UUID, given: Closing, changed: Change) -> Position:
    """Sell or cover a position at a price, or take it out at a day's close; its history stays."""
    with desk.writing() as conn:
        book = changed.open(conn, desk, portfolio_id)
        owned_position(conn, desk.user_id, position_id, portfolio_id=book.id)
        close_position(
            conn,
            desk.site.valuation,
            desk.user_id,
            position_id,
            exit_date=given.exit_date or desk.today,
            exit_price=given.exit_price,
            today=desk.today,
        )
        changed.tell_new(conn, book)
        return _shown(conn, desk, book.id, position_id)


@router.put("/{position_id}/tags")
def put_tags(desk: Writer, portfolio_id: UUID, position_id: UUID, given: CarriedTags, changed: Change) -> Position:
    """Let a position carry these tags and no others."""
    with desk.writing() as conn:
        book = changed.open(conn, desk, portfolio_id)
        owned_position(conn, desk.user_id, position_id, portfolio_id=book.id)
        tag_position(conn, desk.user_id, position_id, given.tags)
        changed.tell_new(conn, book)
        return _shown(conn, desk, book.id, position_id)


def _add(
    conn: Connection, desk: Desk, portfolio_id: UUID, given: Sequence[NewPosition], changed: Change
) -> tuple[ListedPosition, ...]:
    book = changed.open(conn, desk, portfolio_id)
    drafts = [each.draft(desk.today) for each in given]
    ids = add_drafts(conn, desk.site.valuation, desk.user_id, book.id, drafts, today=desk.today)
    changed.tell_new(conn, book)
    return listed_positions(conn, book.id, ids)


def _shown(conn: Connection, desk: Desk, portfolio_id: UUID, position_id: UUID) -> Position:
    (listed,) = listed_positions(conn, portfolio_id, [position_id])
    return Position.of(listed, desk.today)


def _key(listed: ListedPosition) -> tuple[str, str, date, UUID]:
    place = listed.place
    return place.group, place.symbol, place.entry_date, place.id
