"""A change of the past makes the snapshots from its day on anew, leaves the older ones alone, and is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.errors import ConflictError, NotFoundError
from sigmasight.services.ledger import Trade, close_position, record_trade, remove_position, state_amount
from sigmasight.store.database import Database
from support.databases import DatabaseCopies
from support.results import snapshot_rows, snapshot_versions

from .conftest import HEDGE_FUND, HIGH_NET_WORTH, INDIVIDUAL, LAST, UPLOAD, Nights, everybodys, opened

Act = Callable[[Connection, Nights, Portfolio], None]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is done to a portfolio's past."""

    book: int
    since: date
    action: str  # as the audit log names it
    act: Act  # as a user does it today
    statement: str  # the same, written into the ledger as if it had always been there
    values: Mapping[str, object]


def position_of(conn: Connection, book: Portfolio, symbol: str) -> UUID:
    query = (
        "SELECT p.id FROM positions p JOIN instruments i ON i.id = p.instrument_id"
        " WHERE p.portfolio_id = :book AND i.symbol LIKE :symbol"
    )
    found: UUID = conn.execute(text(query), {"book": book.id, "symbol": symbol}).scalar_one()
    return found


def close(symbol: str, day: date, price: str | None) -> Act:
    return lambda conn, nights, book: close_position(
        conn,
        nights.valuation,
        book.user_id,
        position_of(conn, book, symbol),
        exit_date=day,
        exit_price=None if price is None else Decimal(price),
        today=LAST,
    )


def remove(symbol: str) -> Act:
    return lambda conn, nights, book: remove_position(
        conn, nights.valuation, book.user_id, position_of(conn, book, symbol)
    )


def state(kind: StatementKind, day: date, amount: str) -> Act:
    return lambda conn, nights, book: state_amount(
        conn, nights.valuation, book.user_id, book.id, kind=kind, as_of=day, amount=Decimal(amount), today=LAST
    )


CLOSED = """
    UPDATE positions p SET exit_date = :day, exit_price = CAST(:price AS numeric) FROM instruments i
    WHERE i.id = p.instrument_id AND p.portfolio_id = :book AND i.symbol LIKE :symbol"""
DELETED = """
    DELETE FROM positions p USING instruments i
    WHERE i.id = p.instrument_id AND p.portfolio_id = :book AND i.symbol LIKE :symbol"""
STATED = """
    INSERT INTO statements (portfolio_id, user_id, kind, as_of, amount)
    SELECT id, user_id, :kind, :day, CAST(:amount AS numeric) FROM portfolios WHERE id = :book"""

CHANGES = {
    "cash stated on a session": Change(
        book=INDIVIDUAL,
        since=date(2026, 10, 1),
        action="cash stated",
        act=state(StatementKind.CASH, date(2026, 10, 1), "5000.25"),
        statement=STATED,
        values={"kind": "cash", "day": date(2026, 10, 1), "amount": "5000.25"},
    ),
    "unmodelled assets stated on a Sunday": Change(
        book=INDIVIDUAL,
        since=date(2026, 10, 18),
        action="unmodelled_assets stated",
        act=state(StatementKind.UNMODELLED_ASSETS, date(2026, 10, 18), "1234567.89"),
        statement=STATED,
        values={"kind": "unmodelled_assets", "day": date(2026, 10, 18), "amount": "1234567.89"},
    ),
    "a fund sold": Change(
        book=HIGH_NET_WORTH,
        since=date(2026, 10, 15),
        action="position closed",
        act=close("SPY", date(2026, 10, 15), "511.27"),
        statement=CLOSED,
        values={"symbol": "SPY", "day": date(2026, 10, 15), "price": "511.27"},
    ),
    "a stock taken out": Change(
        book=HIGH_NET_WORTH,
        since=date(2026, 9, 8),
        action="position closed",
        act=close("PG", date(2026, 9, 8), None),
        statement=CLOSED,
        values={"symbol": "PG", "day": date(2026, 9, 8), "price": None},
    ),
    "a short covered": Change(
        book=HEDGE_FUND,
        since=date(2026, 11, 2),
        action="position closed",
        act=close("NFLX", date(2026, 11, 2), "480"),
        statement=CLOSED,
        values={"symbol": "NFLX", "day": date(2026, 11, 2), "price": "480"},
    ),
    "options sold": Change(
        book=HEDGE_FUND,
        since=date(2026, 10, 30),
        action="position closed",
        act=close("SPY2%", date(2026, 10, 30), "7.15"),
        statement=CLOSED,
        values={"symbol": "SPY2%", "day": date(2026, 10, 30), "price": "7.15"},
    ),
    "a short that never was": Change(
        book=HEDGE_FUND,
        since=UPLOAD,
        action="position deleted",
        act=remove("ROKU"),
        statement=DELETED,
        values={"symbol": "ROKU"},
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_older_snapshots_stay_untouched_and_the_audit_log_says_since_when_they_are_new(
    demo_url: str, nights: Nights, books: tuple[Portfolio, ...], change: Change
) -> None:
    book = books[change.book]
    before = {each.name: snapshot_versions(demo_url, each.name) for each in books}
    with opened(demo_url) as db, db.write() as conn:
        change.act(conn, nights, book)
    after = {each.name: snapshot_versions(demo_url, each.name) for each in books}
    renewed = [day for day in nights.sessions() if day >= change.since]
    assert changed_days(before[book.name], after[book.name]) == renewed
    assert all(before[each.name] == after[each.name] for each in books if each is not book)
    assert audit(demo_url, book) == [
        (change.action, change.since.isoformat(), {"from": change.since.isoformat(), "snapshots": len(renewed)})
    ]


def changed_days(before: dict[date, tuple[str, str]], after: dict[date, tuple[str, str]]) -> list[date]:
    """The days whose row was written anew; each of them says something else than before."""
    assert before.keys() == after.keys()
    rewritten = [day for day in sorted(before) if before[day] != after[day]]
    assert all(before[day][0] != after[day][0] and before[day][1] != after[day][1] for day in rewritten)
    return rewritten


def audit(url: str, book: Portfolio) -> list[tuple[object, ...]]:
    query = "SELECT action, detail->>'day', detail->'recomputed' FROM audit_log WHERE portfolio_id = :book ORDER BY id"
    with opened(url) as db, db.read() as conn:
        return [tuple(row) for row in conn.execute(text(query), {"book": book.id})]


def test_the_snapshots_are_those_of_a_history_in_which_it_was_so_from_the_start(
    databases: DatabaseCopies, with_demo: str, demo_url: str, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with opened(demo_url) as db, db.write() as conn:
        for change in CHANGES.values():
            change.act(conn, nights, books[change.book])
    with databases.copy(with_demo) as always, opened(always) as db:
        with db.write() as conn:
            conn.execute(text("TRUNCATE portfolio_snapshots, batch_runs, batch_steps"))
            for change in CHANGES.values():
                values = {**change.values, "book": books[change.book].id}
                assert conn.execute(text(change.statement), values).rowcount == 1
        every_fifth = nights.sessions()[::5]
        outcomes = nights.run(db, *every_fifth)
        made, changed = snapshot_rows(always), snapshot_rows(demo_url)
    assert {outcome.status for outcome in outcomes} == {"ok"}
    assert [row[0] for row in made] == list(every_fifth)
    assert [row for row in changed if row[0] in every_fifth] == list(made)


def test_a_trade_of_today_costs_cash_and_earns_from_its_price_to_the_close(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    book = books[INDIVIDUAL]
    with demo_db.write() as conn:
        (before,) = (each.measures for each in everybodys(conn, LAST, LAST) if each.portfolio_id == book.id)
        instrument, price = conn.execute(
            text(
                "SELECT i.id, p.close FROM instruments i JOIN prices p ON p.instrument_id = i.id"
                " WHERE i.symbol = 'AAPL' AND p.day = :day"
            ),
            {"day": LAST},
        ).one()
        trade = Trade(instrument, Decimal(10), Decimal("200.50"), LAST, ("Trial",))
        record_trade(conn, nights.valuation, book.user_id, book.id, trade, today=LAST)
        (after,) = (each.measures for each in everybodys(conn, LAST, LAST) if each.portfolio_id == book.id)
    assert after.cash - before.cash == pytest.approx(-2005.0)
    assert after.daily_pnl - before.daily_pnl == pytest.approx(10 * (price - 200.50))
    assert after.flows == pytest.approx(before.flows, abs=1e-9)


def test_what_was_bought_before_it_was_told_is_brought_in_today_without_profit(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    book = books[INDIVIDUAL]
    with demo_db.write() as conn:
        (before,) = (each.measures for each in everybodys(conn, LAST, LAST) if each.portfolio_id == book.id)
        instrument = conn.execute(text("SELECT id FROM instruments WHERE symbol = 'AAPL'")).scalar_one()
        trade = Trade(instrument, Decimal(10), Decimal(100), date(2026, 9, 1))
        record_trade(conn, nights.valuation, book.user_id, book.id, trade, today=LAST)
        (after,) = (each.measures for each in everybodys(conn, LAST, LAST) if each.portfolio_id == book.id)
    assert after.cash == before.cash
    assert after.daily_pnl == pytest.approx(before.daily_pnl)
    assert after.flows - before.flows == pytest.approx(after.nav - before.nav)
    assert after.unrealised_pnl - before.unrealised_pnl == pytest.approx(after.nav - before.nav - 1000)


def test_a_change_that_is_refused_changes_nothing(
    demo_url: str, demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    before = {each.name: snapshot_versions(demo_url, each.name) for each in books}
    book, other = books[INDIVIDUAL], books[HIGH_NET_WORTH]
    tomorrow = date(2026, 11, 21)
    with pytest.raises(ConflictError, match="future"), demo_db.write() as conn:
        close("AAPL", tomorrow, "1")(conn, nights, book)
    with pytest.raises(ConflictError, match="held from 2026-08-27"), demo_db.write() as conn:
        close("AAPL", date(2026, 8, 26), "1")(conn, nights, book)
    with pytest.raises(NotFoundError), demo_db.write() as conn:
        remove_position(conn, nights.valuation, other.user_id, position_of(conn, book, "AAPL"))
    with pytest.raises(ConflictError, match="closed on 2026-11-02"), demo_db.write() as conn:
        close_twice(conn, nights, book)
    assert {each.name: snapshot_versions(demo_url, each.name) for each in books} == before
    assert audit(demo_url, book) == []


def close_twice(conn: Connection, nights: Nights, book: Portfolio) -> None:
    close("AAPL", date(2026, 11, 2), "1")(conn, nights, book)
    close("AAPL", date(2026, 11, 3), "1")(conn, nights, book)
