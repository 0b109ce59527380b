"""The ledger's acts: each is checked, written down, and the snapshots that stand on it are made again."""

from contextlib import closing
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from postgres.services.conftest import RISING, Desk
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    call,
    new_book,
    new_share,
    new_user,
)
from sigmasight.domain.books import StatementKind
from sigmasight.domain.errors import ConflictError, InvalidEntryError, NotFoundError
from sigmasight.services.ledger import Trade, close_position, record_trade, remove_position, state_amount
from sigmasight.services.market_frames import Valuation
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.instruments import save_options
from sigmasight.store.positions import load_positions, load_tags
from sigmasight.store.tables import audit_log, positions, statements

NOBODY = UUID(int=0)


@pytest.fixture
def share(desk: Desk) -> int:
    """A share that rises by a dollar a day."""
    return new_share(desk.conn, "AAA", RISING)


def _buy(desk: Desk, share: int, *, price: str = "13", day: date = FRIDAY, today: date = FRIDAY) -> UUID:
    trade = Trade(share, Decimal(5), Decimal(price), day, ("Core",))
    return record_trade(desk.conn, desk.valuation, desk.owner, desk.book.id, trade, today=today)


def _close(desk: Desk, position: UUID, day: date, price: str | None, *, owner: UUID | None = None) -> None:
    close_position(
        desk.conn,
        desk.valuation,
        owner or desk.owner,
        position,
        exit_date=day,
        exit_price=None if price is None else Decimal(price),
        today=FRIDAY,
    )


def _state(desk: Desk, kind: StatementKind, day: date, amount: str, *, owner: UUID | None = None) -> None:
    state_amount(
        desk.conn,
        desk.valuation,
        owner or desk.owner,
        desk.book.id,
        kind=kind,
        as_of=day,
        amount=Decimal(amount),
        today=FRIDAY,
    )


def _expect_nothing_done(desk: Desk) -> None:
    assert desk.audit() == []


def test_a_trade_of_today_is_paid_from_cash_and_earns_from_its_price_on(desk: Desk, share: int) -> None:
    desk.make_snapshots(*WEEK)
    position = _buy(desk, share)
    (made,) = load_positions(desk.conn, [desk.book.id], FRIDAY)
    assert (made.id, made.brought_in, made.held_from) == (position, False, FRIDAY)
    assert [tag.tag for tag in load_tags(desk.conn, [desk.book.id])] == ["Core"]
    friday = desk.snapshots()[FRIDAY].measures
    assert (friday.net, friday.cash, friday.daily_pnl, friday.flows, friday.nav) == (70.0, -65.0, 5.0, 0.0, 5.0)
    assert desk.measure("net")[THURSDAY] == 0.0
    recomputed = {"from": "2026-11-20", "snapshots": 1}
    assert desk.audit() == [
        ("position added", {"position": str(position), "day": "2026-11-20", "recomputed": recomputed})
    ]


def test_a_trade_of_the_past_is_brought_in_today(desk: Desk, share: int) -> None:
    desk.make_snapshots(*WEEK)
    _buy(desk, share, day=WEDNESDAY, price="12")
    friday = desk.snapshots()[FRIDAY].measures
    assert (friday.net, friday.cash, friday.daily_pnl, friday.flows) == (70.0, 0.0, 0.0, 70.0)
    assert friday.unrealised_pnl == pytest.approx(10.0)
    assert desk.measure("net") == dict.fromkeys(WEEK, 0.0) | {FRIDAY: 70.0}


def test_a_trade_whose_tags_differ_in_case_only_is_tagged_once(desk: Desk, share: int) -> None:
    trade = Trade(share, Decimal(5), Decimal(9), FRIDAY, ("Core", "core"))
    record_trade(desk.conn, desk.valuation, desk.owner, desk.book.id, trade, today=FRIDAY)
    assert [tag.tag for tag in load_tags(desk.conn, [desk.book.id])] == ["Core"]


def test_a_short_sale_brings_cash_in(desk: Desk, share: int) -> None:
    desk.make_snapshots(*WEEK)
    trade = Trade(share, Decimal(-5), Decimal(13), FRIDAY)
    record_trade(desk.conn, desk.valuation, desk.owner, desk.book.id, trade, today=FRIDAY)
    friday = desk.snapshots()[FRIDAY].measures
    assert (friday.short, friday.cash, friday.daily_pnl) == (-70.0, 65.0, -5.0)


@pytest.mark.parametrize(
    ("quantity", "price", "message"),
    [
        ("0", "1", "a quantity is a finite number other than 0, not 0"),
        ("NaN", "1", "a quantity is a finite number other than 0, not NaN"),
        ("Infinity", "1", "not Infinity"),
        ("1", "0", "a price is a finite number above 0, not 0"),
        ("1", "-2", "not -2"),
        ("1", "NaN", "not NaN"),
    ],
)
def test_a_trade_has_a_quantity_and_a_price(desk: Desk, share: int, quantity: str, price: str, message: str) -> None:
    trade = Trade(share, Decimal(quantity), Decimal(price), FRIDAY)
    with pytest.raises(InvalidEntryError, match=message):
        record_trade(desk.conn, desk.valuation, desk.owner, desk.book.id, trade, today=FRIDAY)
    _expect_nothing_done(desk)


def test_nothing_is_traded_in_the_future(desk: Desk, share: int) -> None:
    with pytest.raises(ConflictError, match="2026-11-21 lies in the future; today is 2026-11-20"):
        _buy(desk, share, day=SATURDAY)
    _expect_nothing_done(desk)


@pytest.mark.parametrize("whose", ["a stranger's", "nobody's"])
def test_nobody_trades_in_a_portfolio_that_is_not_his(desk: Desk, share: int, stranger: UUID, whose: str) -> None:
    asked = desk.book.id if whose == "a stranger's" else NOBODY
    with pytest.raises(NotFoundError, match=f"no portfolio {asked}"):
        record_trade(
            desk.conn, desk.valuation, stranger, asked, Trade(share, Decimal(1), Decimal(1), FRIDAY), today=FRIDAY
        )
    _expect_nothing_done(desk)


def test_a_position_that_is_sold_leaves_its_price_in_cash(desk: Desk, share: int) -> None:
    position = desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(*WEEK)
    _close(desk, position, THURSDAY, "12.5")
    assert desk.measure("net") == {MONDAY: 50.0, TUESDAY: 55.0, WEDNESDAY: 60.0, THURSDAY: 0.0, FRIDAY: 0.0}
    assert desk.measure("cash") == dict.fromkeys(WEEK, 0.0) | {THURSDAY: 62.5, FRIDAY: 62.5}
    assert desk.measure("daily_pnl") == dict(zip(WEEK, (0.0, 5.0, 5.0, 2.5, 0.0), strict=True))
    assert desk.measure("cumulative_pnl")[FRIDAY] == 12.5
    detail = {"position": str(position), "price": "12.5", "day": "2026-11-19"}
    assert desk.audit() == [("position closed", {**detail, "recomputed": {"from": "2026-11-19", "snapshots": 2}})]


def test_a_position_that_is_taken_out_leaves_as_a_flow(desk: Desk, share: int) -> None:
    position = desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(*WEEK)
    _close(desk, position, THURSDAY, None)
    thursday = desk.snapshots()[THURSDAY].measures
    assert (thursday.net, thursday.cash, thursday.flows, thursday.daily_pnl) == (0.0, 0.0, -65.0, 5.0)
    assert desk.audit()[0][1]["price"] is None


def test_a_position_may_be_closed_on_the_day_it_is_held_from(desk: Desk, share: int) -> None:
    desk.make_snapshots(*WEEK)
    position = _buy(desk, share)
    _close(desk, position, FRIDAY, "15")
    friday = desk.snapshots()[FRIDAY].measures
    assert (friday.net, friday.cash, friday.daily_pnl) == (0.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (SATURDAY, "2026-11-21 lies in the future"),
        (MONDAY, "held from 2026-11-17 on: it cannot be closed on 2026-11-16"),
    ],
)
def test_a_position_is_closed_while_it_is_held_and_not_later_than_today(
    desk: Desk, share: int, day: date, message: str
) -> None:
    position = _buy(desk, share, day=MONDAY, today=TUESDAY)
    with pytest.raises(ConflictError, match=message):
        _close(desk, position, day, "12")
    assert [action for action, _ in desk.audit()] == ["position added"]


@pytest.mark.parametrize("price", ["0", "-1", "NaN"])
def test_a_position_is_sold_at_a_price(desk: Desk, share: int, price: str) -> None:
    position = desk.bring_in(share, 5, MONDAY)
    with pytest.raises(InvalidEntryError, match="a price is a finite number above 0"):
        _close(desk, position, FRIDAY, price)
    _expect_nothing_done(desk)


def test_an_option_is_sold_until_it_expires(desk: Desk, share: int) -> None:
    (option,) = save_options(desk.conn, [call("AAA", expiry=THURSDAY)], MONDAY).values()
    position = desk.bring_in(option, 1, MONDAY)
    with pytest.raises(ConflictError, match="the option expired on 2026-11-19; it is settled, not sold"):
        _close(desk, position, FRIDAY, "1")
    _expect_nothing_done(desk)
    _close(desk, position, THURSDAY, "1")
    assert share
    (stored,) = load_positions(desk.conn, [desk.book.id], FRIDAY)
    assert stored.exit_date == THURSDAY


def test_a_position_is_closed_once(desk: Desk, share: int) -> None:
    position = desk.bring_in(share, 5, MONDAY)
    _close(desk, position, THURSDAY, "12")
    with pytest.raises(ConflictError, match="closed on 2026-11-19 already"):
        _close(desk, position, FRIDAY, "13")
    (stored,) = load_positions(desk.conn, [desk.book.id], FRIDAY)
    assert (stored.exit_date, stored.exit_price) == (THURSDAY, Decimal(12))


def test_nobody_closes_or_deletes_a_position_that_is_not_his(desk: Desk, share: int, stranger: UUID) -> None:
    position = desk.bring_in(share, 5, MONDAY)
    with pytest.raises(NotFoundError, match=f"no position {position}"):
        _close(desk, position, FRIDAY, "13", owner=stranger)
    with pytest.raises(NotFoundError, match=f"no position {position}"):
        remove_position(desk.conn, desk.valuation, stranger, position)
    with pytest.raises(NotFoundError, match=f"no position {NOBODY}"):
        _close(desk, NOBODY, FRIDAY, "13")
    assert len(load_positions(desk.conn, [desk.book.id], FRIDAY)) == 1
    _expect_nothing_done(desk)


def test_a_deleted_position_has_never_been(desk: Desk, share: int) -> None:
    kept, gone = desk.bring_in(share, 1, MONDAY), desk.bring_in(share, 5, WEDNESDAY)
    desk.make_snapshots(*WEEK)
    remove_position(desk.conn, desk.valuation, desk.owner, gone)
    assert [position.id for position in load_positions(desk.conn, [desk.book.id], FRIDAY)] == [kept]
    assert desk.measure("net") == RISING
    assert desk.measure("cumulative_pnl")[FRIDAY] == 4.0
    recomputed = {"from": "2026-11-18", "snapshots": 3}
    assert desk.audit() == [
        ("position deleted", {"position": str(gone), "day": "2026-11-18", "recomputed": recomputed})
    ]


def test_cash_that_is_stated_holds_from_its_day_on(desk: Desk, share: int) -> None:
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(*WEEK)
    _state(desk, StatementKind.CASH, WEDNESDAY, "1000.25")
    assert desk.measure("cash") == dict(zip(WEEK, (0.0, 0.0, 1000.25, 1000.25, 1000.25), strict=True))
    assert desk.measure("flows")[WEDNESDAY] == 1000.25
    assert desk.measure("daily_pnl") == dict(zip(WEEK, (0.0, 5.0, 5.0, 5.0, 5.0), strict=True))
    detail = {"amount": "1000.25", "day": "2026-11-18", "recomputed": {"from": "2026-11-18", "snapshots": 3}}
    assert desk.audit() == [("cash stated", detail)]


def test_of_two_statements_of_a_day_the_later_one_counts_and_both_stay(desk: Desk) -> None:
    desk.make_snapshots(*WEEK)
    for amount in ("100", "200"):
        _state(desk, StatementKind.UNMODELLED_ASSETS, THURSDAY, amount)
    assert desk.measure("unmodelled_assets") == dict(zip(WEEK, (0.0, 0.0, 0.0, 200.0, 200.0), strict=True))
    assert [action for action, _ in desk.audit()] == ["unmodelled_assets stated"] * 2
    assert desk.conn.execute(select(statements.c.amount).order_by(statements.c.id)).scalars().all() == [100, 200]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_stated_is_a_number(desk: Desk, amount: str) -> None:
    with pytest.raises(InvalidEntryError, match=f"an amount is a finite number, not {amount}"):
        _state(desk, StatementKind.CASH, FRIDAY, amount)
    _expect_nothing_done(desk)


def test_nobody_states_the_future_or_a_strangers_cash(desk: Desk, stranger: UUID) -> None:
    with pytest.raises(ConflictError, match="2026-11-21 lies in the future"):
        _state(desk, StatementKind.CASH, SATURDAY, "1")
    with pytest.raises(NotFoundError, match=f"no portfolio {desk.book.id}"):
        _state(desk, StatementKind.CASH, FRIDAY, "1", owner=stranger)
    assert desk.conn.execute(select(statements)).first() is None
    _expect_nothing_done(desk)


def test_without_snapshots_an_act_makes_none(desk: Desk, share: int) -> None:
    _buy(desk, share)
    assert desk.snapshots() == {}
    assert desk.audit()[0][1]["recomputed"] == {"from": "2026-11-20", "snapshots": 0}


def test_a_user_does_all_this_under_his_own_name(url: str) -> None:
    with closing(Database(url)) as db:
        with db.write() as conn:
            alice = new_user(conn)
            book, share = new_book(conn, alice, opened_on=MONDAY), new_share(conn, "AAA", RISING)
            desk = Desk(conn, Valuation(load_calendar(conn), stale_sessions=5), book)
            desk.make_snapshots(*WEEK)
        with db.write(acting_as=alice.id) as conn:
            mine = Desk(conn, desk.valuation, book)
            _state(mine, StatementKind.CASH, MONDAY, "100")
            position = _buy(mine, share)
            _close(mine, position, FRIDAY, "15")
            remove_position(conn, mine.valuation, alice.id, position)
            assert mine.measure("cash") == dict.fromkeys(WEEK, 100.0)
        with db.read() as conn:
            assert conn.execute(select(positions)).first() is None
            assert len(conn.execute(select(audit_log)).all()) == 4
