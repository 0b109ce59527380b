"""What has to add up over the demo's sixty sessions, from the stored, unrounded snapshots."""

import itertools
import math
from datetime import date

import pytest
from sqlalchemy import Connection, text

from sigmasight.domain.books import Portfolio
from sigmasight.domain.snapshots import Snapshot
from sigmasight.store.database import Database

from .conftest import LAST, UPLOAD, Nights, history, opened

SHARE_OF_GROSS = 1e-12


def assert_adds_up(told: tuple[Snapshot, ...]) -> None:
    """NAV(t) - NAV(t-1) = P&L + flows + coverage change, and the sum of daily P&L = cumulative P&L."""
    nav_before, sum_of_pnl = 0.0, []
    for each in told:
        now, gross = each.measures, each.measures.gross
        step = math.fsum((now.nav, -nav_before))
        explained = math.fsum((now.daily_pnl, now.flows, now.coverage_change))
        assert step == pytest.approx(explained, rel=0, abs=SHARE_OF_GROSS * gross), each.as_of
        sum_of_pnl.append(now.daily_pnl)
        assert now.cumulative_pnl == pytest.approx(math.fsum(sum_of_pnl), rel=0, abs=SHARE_OF_GROSS * gross)
        assert math.fsum((now.cash, now.unmodelled_assets, now.net)) == pytest.approx(now.nav, rel=1e-14)
        assert now.long - now.short == pytest.approx(gross, rel=1e-14)
        nav_before = now.nav


@pytest.mark.parametrize("which", [0, 1, 2], ids=["individual", "wealthy", "fund"])
def test_every_step_of_nav_is_explained_and_daily_pnl_sums_up(
    demo_db: Database, books: tuple[Portfolio, ...], nights: Nights, which: int
) -> None:
    with demo_db.read() as conn:
        told = history(conn, books[which])
    assert tuple(each.as_of for each in told) == nights.sessions()
    assert len(told) == 61
    assert_adds_up(told)


@pytest.mark.parametrize(("which", "nav"), [(0, 485_000.0), (1, 2_850_000.0), (2, 3_200_000.0)])
def test_the_first_day_has_no_profit_and_the_stated_nav_where_the_positions_leave_room_for_it(
    demo_db: Database, books: tuple[Portfolio, ...], which: int, nav: float
) -> None:
    with demo_db.read() as conn:
        first = history(conn, books[which], UPLOAD, UPLOAD)[0].measures
    assert (first.daily_pnl, first.cumulative_pnl) == (0.0, 0.0)
    assert first.unrealised_pnl == pytest.approx(0.0, abs=1e-6)
    assert first.nav == pytest.approx(max(nav, first.net), abs=0.005)
    assert first.cash * first.unmodelled_assets == 0.0
    assert first.flows == pytest.approx(first.nav, rel=1e-15)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["individual", "wealthy", "fund"])
def test_after_the_first_day_only_dividends_move_cash(
    demo_db: Database, books: tuple[Portfolio, ...], which: int
) -> None:
    with demo_db.read() as conn:
        told = history(conn, books[which])
        paid = dividends_by_day(conn, books[which])
    assert sum(paid.values()) != 0.0
    for before, after in itertools.pairwise(told):
        expected = paid.get(after.as_of, 0.0)
        assert after.measures.cash - before.measures.cash == pytest.approx(expected, abs=1e-6), after.as_of
        assert after.measures.dividends == pytest.approx(expected, abs=1e-6)
        assert after.measures.flows == pytest.approx(0.0, abs=1e-6)
        assert after.measures.coverage_change == 0.0


def test_profit_is_quantity_times_the_step_of_the_price(demo_db: Database, books: tuple[Portfolio, ...]) -> None:
    with demo_db.read() as conn:
        told = history(conn, books[0])
        gained = price_gains_by_day(conn, books[0])
        paid = dividends_by_day(conn, books[0])
    assert len(gained) == 60
    for each in told[1:]:
        assert each.measures.daily_pnl == pytest.approx(gained[each.as_of] + paid.get(each.as_of, 0.0), abs=1e-6)


def test_all_positions_have_a_price_on_all_days(demo_db: Database, books: tuple[Portfolio, ...]) -> None:
    with demo_db.read() as conn:
        told = [each for book in books for each in history(conn, book)]
    assert {(each.coverage, each.not_included, each.warnings) for each in told} == {(1.0, (), ())}
    assert {each.positions for each in told} == {16, 17, 30}
    assert {each.marks.words for each in told} == {("simulated",)}


def test_all_adds_up_where_prices_go_and_come_and_the_ledger_changes(
    demo_url: str, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with opened(demo_url) as db:
        with db.write() as conn:
            for statement in DISTURBANCES:
                conn.execute(text(statement))
        nights.run(db, UPLOAD)
        with db.read() as conn:
            told = {book.name: history(conn, book) for book in books}
    for snapshots in told.values():
        assert_adds_up(snapshots)
    everything = [each for snapshots in told.values() for each in snapshots]
    assert any(each.measures.coverage_change != 0 for each in everything)
    assert any(each.coverage < 1 and "PTON" in {left.symbol for left in each.not_included} for each in everything)
    assert any(f"stale_price: {symbol}" in each.warnings for each in everything for symbol in ("PTON", "VNQ"))
    assert any(abs(each.measures.flows) > 1000 for each in everything if each.as_of > UPLOAD)


DISTURBANCES = (
    # a price that is gone for so long that it may not be used any more, and one that is merely late
    """DELETE FROM prices p USING instruments i WHERE i.id = p.instrument_id AND i.symbol = 'PTON'
    AND p.day BETWEEN '2026-09-14' AND '2026-09-25'""",
    """DELETE FROM prices p USING instruments i WHERE i.id = p.instrument_id AND i.symbol = 'VNQ'
    AND p.day BETWEEN '2026-10-06' AND '2026-10-08'""",
    # taken out, sold, sold while it has no price, bought, brought in, stated
    """UPDATE positions p SET exit_date = '2026-10-12' FROM instruments i
    WHERE i.id = p.instrument_id AND i.symbol = 'AMZN'""",
    """UPDATE positions p SET exit_date = '2026-10-13', exit_price = 123.45 FROM instruments i
    WHERE i.id = p.instrument_id AND i.symbol = 'TSLA'""",
    """UPDATE positions p SET exit_date = '2026-09-24', exit_price = 33 FROM instruments i
    WHERE i.id = p.instrument_id AND i.symbol = 'PTON'""",
    """INSERT INTO positions (portfolio_id, user_id, instrument_id, quantity, entry_price, entry_date, recorded_on,
        imported)
    SELECT p.id, p.user_id, i.id, q.quantity, 100, '2026-09-30', '2026-09-30', q.imported
    FROM portfolios p, instruments i,
        (VALUES ('XOM', -150, false), ('HD', 70, true)) AS q (symbol, quantity, imported) WHERE i.symbol = q.symbol""",
    """INSERT INTO statements (portfolio_id, user_id, kind, as_of, amount)
    SELECT id, user_id, 'cash', '2026-10-20', 54321.12 FROM portfolios""",
    """INSERT INTO statements (portfolio_id, user_id, kind, as_of, amount)
    SELECT id, user_id, 'unmodelled_assets', '2026-11-07', 1000000 FROM portfolios""",
)


def dividends_by_day(conn: Connection, book: Portfolio) -> dict[date, float]:
    """What a book that nobody trades receives, straight from ledger and dividends."""
    query = """
        SELECT d.ex_date, sum(p.quantity * d.amount) FROM positions p
        JOIN dividends d ON d.instrument_id = p.instrument_id AND d.market = 'simulated'
        WHERE p.portfolio_id = :book AND d.ex_date > :first AND d.ex_date <= :last GROUP BY d.ex_date"""
    return {
        day: float(paid) for day, paid in conn.execute(text(query), {"book": book.id, "first": UPLOAD, "last": LAST})
    }


def price_gains_by_day(conn: Connection, book: Portfolio) -> dict[date, float]:
    """What a book without options or trades gains from one close to the next, straight from ledger and prices."""
    query = """
        SELECT day, sum(quantity * step) FROM (
            SELECT c.day, p.quantity, c.close - lag(c.close) OVER (PARTITION BY p.id ORDER BY c.day) AS step
            FROM positions p JOIN prices c ON c.instrument_id = p.instrument_id AND c.market = 'simulated'
            WHERE p.portfolio_id = :book AND c.day BETWEEN :first AND :last) AS steps
        WHERE step IS NOT NULL GROUP BY day"""
    return {
        day: float(gain) for day, gain in conn.execute(text(query), {"book": book.id, "first": UPLOAD, "last": LAST})
    }
