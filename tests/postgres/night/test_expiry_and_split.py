"""Months later: options expire and are settled, a share splits, and the books still add up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from sigmasight.domain.books import Portfolio
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.demo.seed import demo_portfolios
from sigmasight.services.exposures import Grouping, split_exposures
from sigmasight.store.database import Database
from sigmasight.store.snapshots import replace_snapshots
from support.databases import DatabaseCopies

from .conftest import HEDGE_FUND, LAST, UPLOAD, Nights, history, opened, remade, told
from .test_identities import assert_adds_up

pytestmark = pytest.mark.xdist_group("months later")

SPLIT = date(2027, 6, 24)
LATER = date(2027, 6, 30)


@pytest.fixture(scope="session")
def months_later(databases: DatabaseCopies, with_demo: str, nights: Nights) -> str:
    """The name of a database with the demo half a year on, a night for each session with an expiry or a split."""
    with opened(databases.make("months_later", with_demo)) as db:
        with db.write() as conn:
            bring_in_options_deep_in_the_money(conn)
            expiries = conn.execute(
                text(
                    "SELECT DISTINCT i.expiry FROM instruments i JOIN positions p ON p.instrument_id = i.id"
                    " WHERE i.kind = 'option'"
                )
            ).scalars()
            days = {day for expiry in expiries for day in around(nights, expiry)} | set(around(nights, SPLIT))
        nights.run(db, LAST, *sorted(days), last=LATER)
    return "months_later"


def bring_in_options_deep_in_the_money(conn: Connection) -> None:
    """Beside the fund's own ones, which end worthless: 7 calls at the lowest strike, -5 puts at the highest one."""
    for underlying, right, quantity, order in (("AAPL", "call", 7, "ASC"), ("META", "put", -5, "DESC")):
        query = f"""
            INSERT INTO positions (portfolio_id, user_id, instrument_id, quantity, entry_price, entry_date,
                recorded_on, imported)
            SELECT p.id, p.user_id, i.id, :quantity, (q.bid + q.ask) / 2, q.day, q.day, true
            FROM portfolios p, instruments i JOIN instruments u ON u.id = i.underlying_id
            JOIN option_quotes q ON q.instrument_id = i.id AND q.market = 'simulated' AND q.day = :day
            WHERE p.name LIKE 'Long/Short%' AND u.symbol = :underlying AND i.option_right = :right AND i.expiry IN (
                SELECT h.expiry FROM instruments h JOIN positions o ON o.instrument_id = h.id
                WHERE h.underlying_id = u.id)
            ORDER BY i.strike {order} LIMIT 1"""
        values = {"underlying": underlying, "right": right, "quantity": quantity, "day": LAST}
        assert conn.execute(text(query), values).rowcount == 1


def around(nights: Nights, day: date) -> tuple[date, date, date]:
    return nights.calendar.previous_session(day), day, nights.calendar.next_session(day)


@pytest.fixture
def later_db(databases: DatabaseCopies, months_later: str) -> Iterator[Database]:
    with databases.copy(months_later) as url, opened(url) as db:
        yield db


@dataclass(frozen=True, slots=True)
class Expiring:
    """A contract that the fund holds."""

    symbol: str
    expiry: date
    worth: float  # quantity x multiplier x intrinsic value at the close of the expiry, USD


def contracts(conn: Connection, book: Portfolio) -> list[Expiring]:
    """The options of a book and what they are worth in the end, straight from ledger and prices."""
    query = """
        SELECT i.symbol, i.expiry, p.quantity * i.multiplier * greatest(
            CASE i.option_right WHEN 'call' THEN c.close - i.strike ELSE i.strike - c.close END, 0)
        FROM positions p JOIN instruments i ON i.id = p.instrument_id
        JOIN prices c ON c.instrument_id = i.underlying_id AND c.day = i.expiry AND c.market = 'simulated'
        WHERE p.portfolio_id = :book AND i.kind = 'option' ORDER BY i.expiry, i.symbol"""
    return [Expiring(symbol, day, float(worth)) for symbol, day, worth in conn.execute(text(query), {"book": book.id})]


def fund_of(conn: Connection) -> Portfolio:
    return demo_portfolios(conn)[HEDGE_FUND]


def on(conn: Connection, book: Portfolio, day: date) -> Snapshot:
    (found,) = history(conn, book, day, day)
    return found


def test_options_are_settled_at_their_intrinsic_value_the_session_after_their_expiry(
    later_db: Database, nights: Nights
) -> None:
    with later_db.read() as conn:
        fund = fund_of(conn)
        expiring = contracts(conn, fund)
        for expiry in sorted({each.expiry for each in expiring}):
            day, after = on(conn, fund, expiry), on(conn, fund, nights.calendar.next_session(expiry))
            mine = [each for each in expiring if each.expiry == expiry]
            settled = sum(each.worth for each in mine)
            dividends = after.measures.dividends
            assert after.measures.cash - day.measures.cash == pytest.approx(settled + dividends, abs=1e-6)
            assert set(day.warnings) >= {f"expired: {each.symbol}" for each in mine}
            assert set(after.warnings) == {f"settled: {each.symbol}" for each in mine}
            assert (day.marks & Reason.EXPIRED, after.marks & Reason.EXPIRED) == (Reason.EXPIRED, Reason.NONE)
            assert day.option_positions - after.option_positions == len(mine)
    assert len(expiring) == 10
    assert len({each.expiry for each in expiring}) >= 2
    assert [each.symbol[:4] for each in expiring if each.worth > 0] == ["AAPL"]
    assert [each.symbol[:4] for each in expiring if each.worth < 0] == ["META"]


def test_on_the_day_of_expiry_an_option_is_worth_what_it_is_settled_at(later_db: Database, nights: Nights) -> None:
    with later_db.read() as conn:
        fund = fund_of(conn)
        last = max(each.expiry for each in contracts(conn, fund))
        left = [each for each in contracts(conn, fund) if each.expiry == last]
        day = on(conn, fund, last)
        after = on(conn, fund, nights.calendar.next_session(last))
    assert day.measures.option_exposure == pytest.approx(sum(each.worth for each in left), abs=1e-6)
    assert (day.coverage, after.coverage) == (1.0, 1.0)
    assert (after.option_positions, after.measures.option_exposure) == (0, 0.0)
    assert (after.positions, after.not_included) == (22, ())


def test_once_the_options_are_gone_every_measure_of_delta_is_known(later_db: Database) -> None:
    with later_db.read() as conn:
        gone = on(conn, fund_of(conn), SPLIT)
    assert gone.measures.delta_adjusted_exposure == gone.measures.net
    assert gone.delta_coverage == 1.0
    assert "hhi" not in gone.reasons


def test_a_split_changes_quantities_and_no_value(later_db: Database, nights: Nights) -> None:
    with later_db.read() as conn:
        ratio = conn.execute(
            text(
                "SELECT s.new_shares, s.old_shares FROM splits s JOIN instruments i ON i.id = s.instrument_id"
                " WHERE i.symbol = 'V' AND s.ex_date = :day AND s.market = 'simulated'"
            ),
            {"day": SPLIT},
        ).one()
        assert tuple(ratio) == (2, 1)
        query = (
            "SELECT p.day, p.close FROM prices p JOIN instruments i ON i.id = p.instrument_id"
            " WHERE i.symbol = 'V' AND p.market = 'simulated' AND p.day >= '2027-06-01'"
        )
        closes: dict[date, float] = {day: close for day, close in conn.execute(text(query))}
        before = nights.calendar.previous_session(SPLIT)
        for book, shares in zip(demo_portfolios(conn), (50, 170, 350), strict=True):
            assert exposure_of_v(conn, nights, book, before) == pytest.approx(shares * closes[before])
            assert exposure_of_v(conn, nights, book, SPLIT) == pytest.approx(2 * shares * closes[SPLIT])
    assert closes[SPLIT] < 0.6 * closes[before]


def exposure_of_v(conn: Connection, nights: Nights, book: Portfolio, day: date) -> float:
    lines = split_exposures(conn, nights.valuation, book.user_id, book.id, day, Grouping.UNDERLYING)
    (line,) = (line for line in lines if line.group == "V")
    return line.net


def test_the_day_of_a_split_has_an_ordinary_profit(later_db: Database, nights: Nights) -> None:
    """A book that takes the halved price for a loss would lose half of its position in V."""
    with later_db.read() as conn:
        for book in demo_portfolios(conn):
            now = on(conn, book, SPLIT).measures
            before = on(conn, book, nights.calendar.previous_session(SPLIT)).measures
            assert now.nav - before.nav == pytest.approx(now.daily_pnl, abs=1e-12 * now.gross)
            assert abs(now.daily_pnl) < 0.05 * now.gross
            assert abs(now.unrealised_pnl - before.unrealised_pnl - now.daily_pnl + now.dividends) < 1e-6


def test_all_sessions_of_the_ten_months_add_up(later_db: Database, nights: Nights) -> None:
    """The nights that were left out are made again in one walk: the chain of profits has every session in it."""
    with later_db.read() as conn:
        sparse = {book.id: history(conn, book, UPLOAD, LATER) for book in demo_portfolios(conn)}
    with later_db.write() as conn:
        fill(conn, nights)
    with later_db.read() as conn:
        for book in demo_portfolios(conn):
            whole = history(conn, book, UPLOAD, SPLIT)
            assert len(whole) == len(nights.sessions(last=SPLIT))
            assert_adds_up(whole)
            assert same_where_both_are(sparse[book.id], whole)


def same_where_both_are(sparse: tuple[Snapshot, ...], whole: tuple[Snapshot, ...]) -> bool:
    made = {each.as_of: told(each) for each in whole}
    return all(told(each) == made[each.as_of] for each in sparse if each.as_of in made)


def fill(conn: Connection, nights: Nights) -> None:
    conn.execute(text("DELETE FROM portfolio_snapshots WHERE as_of > :last"), {"last": LAST})
    books = demo_portfolios(conn)
    wanted: dict[UUID, tuple[date, ...]] = {book.id: nights.sessions(first=LAST, last=SPLIT) for book in books}
    replace_snapshots(conn, books, remade(conn, nights.valuation, books, wanted))
