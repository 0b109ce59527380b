"""What is wrong with one portfolio, symbol or provider stops nobody else, and is named."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from sigmasight.batch.night import run_night
from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.market_data import DailyBars, Market
from sigmasight.domain.reasons import Reason
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.store.database import Database
from sigmasight.store.instruments import add_unknown
from sigmasight.store.people import add_portfolio, add_statement
from sigmasight.store.positions import NewPosition, add_positions
from support.databases import run_command
from support.results import result_rows, runs

from .conftest import HEDGE_FUND, HIGH_NET_WORTH, INDIVIDUAL, LAST, Nights, everybodys, history, opened, told, unwatched

MONDAY = date(2026, 11, 23)
LATER = date(2026, 11, 24)  # a day whose night is run while a later session is completed asks for no chains


def poison(conn: Connection, book: Portfolio) -> None:
    """Make the exposure of a portfolio too large for a number."""
    changed = conn.execute(
        text(
            "UPDATE positions SET quantity = 1e308 WHERE id ="
            " (SELECT id FROM positions WHERE portfolio_id = :book ORDER BY id LIMIT 1)"
        ),
        {"book": book.id},
    )
    assert changed.rowcount == 1


def test_one_portfolio_that_fails_is_named_and_the_others_are_saved(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        poison(conn, books[HIGH_NET_WORTH])
    (outcome,) = nights.run(demo_db, MONDAY, last=LATER)
    assert (outcome.status, outcome.portfolios, outcome.failed_portfolios) == ("partial", 3, 1)
    assert {job.name: job.status for job in outcome.jobs} == {
        "market-data": "ok",
        "greeks": "ok",
        "factors": "ok",
        "values": "partial",
        "aggregation": "partial",
        "scenarios": "partial",
        "stress": "partial",
        "risk": "partial",
        "correlations": "skipped",
        "snapshots": "partial",
    }
    (error,) = outcome.errors
    assert (error["portfolio"], error["name"]) == (str(books[HIGH_NET_WORTH].id), "Sophisticated High Net Worth")
    with demo_db.read() as conn:
        saved = {each.portfolio_id for each in everybodys(conn, MONDAY, MONDAY)}
        row = conn.execute(
            text("SELECT status, portfolios, failed_portfolios, errors FROM batch_runs WHERE as_of = :day"),
            {"day": MONDAY},
        ).one()
    assert saved == {books[INDIVIDUAL].id, books[HEDGE_FUND].id}
    assert tuple(row) == ("partial", 3, 1, [dict(error)])


def test_the_others_rows_are_those_of_a_night_without_the_culprit(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        poison(conn, books[HIGH_NET_WORTH])
    nights.run(demo_db, MONDAY, last=LATER)
    with demo_db.write() as conn:
        beside = [told(each) for each in everybodys(conn, MONDAY, MONDAY)]
        conn.execute(text("DELETE FROM portfolios WHERE id = :book"), {"book": books[HIGH_NET_WORTH].id})
        conn.execute(text("DELETE FROM portfolio_snapshots WHERE as_of = :day"), {"day": MONDAY})
    nights.run(demo_db, MONDAY, last=LATER)
    with demo_db.read() as conn:
        assert [told(each) for each in everybodys(conn, MONDAY, MONDAY)] == beside


def test_a_portfolio_that_was_mended_is_whole_after_the_next_run(
    demo_url: str, demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        conn.execute(text("CREATE TABLE kept AS SELECT id, quantity FROM positions"))
        poison(conn, books[HEDGE_FUND])
    nights.run(demo_db, MONDAY, last=LATER)
    with demo_db.write() as conn:
        conn.execute(text("UPDATE positions p SET quantity = k.quantity FROM kept k WHERE k.id = p.id"))
    (outcome,) = nights.run(demo_db, MONDAY, last=LATER)
    with demo_db.read() as conn:
        assert len(everybodys(conn, MONDAY, MONDAY)) == 3
    assert (outcome.status, outcome.errors) == ("ok", ())
    assert [run[1:] for run in runs(demo_url)[61:]] == [(MONDAY, "partial", 1), (MONDAY, "ok", 1)]


def test_two_of_three_failed_portfolios_fail_the_night_and_the_command(
    demo_url: str, demo_db: Database, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        poison(conn, books[INDIVIDUAL])
        poison(conn, books[HEDGE_FUND])
    ended = run_command(demo_url, "night", "--as-of", LAST.isoformat(), "--json")
    assert ended.returncode == 1
    (night,) = json.loads(ended.stdout)["nights"]
    assert (night["status"], night["portfolios"], night["failed_portfolios"]) == ("failed", 3, 2)
    assert {error["name"] for error in night["errors"]} == {books[INDIVIDUAL].name, books[HEDGE_FUND].name}
    assert runs(demo_url)[-1][1:] == (LAST, "failed", 1)
    lines = [line for line in ended.stderr.splitlines() if "RuntimeWarning" not in line and not line.startswith("  ")]
    assert len(lines) < 10, "one line for each failure, and nothing of what is in the books"


@dataclass(frozen=True, slots=True)
class Broken:
    """A provider of prices that is down, and otherwise the simulated one."""

    market: SimulatedMarket

    @property
    def name(self) -> str:
        return "broken"

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        raise ProviderError(f"no answer for {len(symbols)} symbols from {first} to {last}")

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> tuple[()]:
        raise ProviderError(f"no answer for {len(symbols)} symbols from {first} to {last}")

    def splits(self, symbols: Sequence[str], first: date, last: date) -> tuple[()]:
        raise ProviderError(f"no answer for {len(symbols)} symbols from {first} to {last}")


def test_a_provider_that_is_down_is_named_and_asked_again_the_next_time(
    demo_url: str, demo_db: Database, nights: Nights
) -> None:
    working = nights.sources[Market.SIMULATED]
    plan = nights.plan(LATER)
    down = replace(working, prices=(Broken(nights.market),))
    outcome = run_night(demo_db, replace(plan, sources={Market.SIMULATED: down}), MONDAY, unwatched)
    named = [error for error in outcome.errors if "provider" in error]
    assert (outcome.status, outcome.jobs[0].status, outcome.failed_portfolios) == ("partial", "partial", 0)
    assert {(error["market"], error["provider"]) for error in named} == {("simulated", "broken")}
    assert all("no answer for" in error["reason"] for error in named)
    with demo_db.read() as conn:
        stale = everybodys(conn, MONDAY, MONDAY)
    assert {each.marks for each in stale} == {Reason.SIMULATED | Reason.STALE_PRICE | Reason.SHORT_HISTORY}
    (again,) = nights.run(demo_db, MONDAY, last=LATER)
    mended = result_rows(demo_url)
    with demo_db.read() as conn:
        whole = [told(each) for each in everybodys(conn, MONDAY, MONDAY)]
    assert again.status == "ok"
    assert {each["marks"] for each in whole} == {Reason.SIMULATED}
    (of_monday,) = [row[1] for row in mended["prices"] if row[0] == MONDAY]
    assert of_monday == 42


@pytest.fixture
def live(demo_db: Database, books: tuple[Portfolio, ...]) -> Portfolio:
    """A portfolio of the live market, which has no provider, with a stock and a symbol that nobody knows."""
    with demo_db.write() as conn:
        book = add_portfolio(
            conn, user_id=books[0].user_id, name="Real", market=Market.LIVE, opened_on=date(2026, 11, 18)
        )
        ids = add_unknown(conn, ["NOBODYKNOWS"])
        ids["AAPL"] = conn.execute(text("SELECT id FROM instruments WHERE symbol = 'AAPL'")).scalar_one()
        new = [
            NewPosition(ids["AAPL"], Decimal(10), Decimal(200), date(2026, 11, 2)),
            NewPosition(ids["NOBODYKNOWS"], Decimal(-5), Decimal(40), date(2026, 11, 3)),
        ]
        add_positions(conn, book, new, recorded_on=date(2026, 11, 18), tag_ids={}, imported=True)
    return book


def test_a_book_of_the_live_market_without_a_provider_says_so_and_the_night_goes_on(
    demo_db: Database, nights: Nights, live: Portfolio
) -> None:
    outcomes = nights.run(demo_db, date(2026, 11, 18), date(2026, 11, 19), LAST)
    assert [(each.failed_portfolios, each.portfolios) for each in outcomes] == [(0, 4)] * 3
    assert all(0.95 < each.coverage < 1 and each.status == "partial" for each in outcomes)
    assert {job.name for each in outcomes for job in each.jobs if job.status not in {"ok", "skipped"}} == {"factors"}
    factors = ("Market", "Value", "Growth", "Momentum", "Quality", "Size", "Low Volatility")
    for each in outcomes:
        errors = [(error["market"], error.get("symbol") or error["factor"], error["reason"]) for error in each.errors]
        symbols = [("live", symbol, why) for why in ("no_price", "no_history") for symbol in ("AAPL", "NOBODYKNOWS")]
        assert sorted(errors) == sorted([*symbols, *(("live", factor, "no_history") for factor in factors)])
    with demo_db.read() as conn:
        told_of_live = history(conn, live)
        simulated = [each for each in everybodys(conn, LAST, LAST) if each.portfolio_id != live.id]
    assert [each.as_of for each in told_of_live] == list(nights.sessions(first=date(2026, 11, 18)))
    assert {each.coverage for each in simulated} == {1.0}
    for each in told_of_live:
        row = told(each)
        assert (each.coverage, each.positions, each.long_positions, each.short_positions) == (0.0, 2, 1, 1)
        assert [(left.symbol, left.reason) for left in each.not_included] == [
            ("AAPL", "no_price"),
            ("NOBODYKNOWS", "no_price"),
        ]
        missing = {name for name in ("nav", "gross", "net", "long", "short", "daily_pnl") if row[name] is None}
        assert missing == {"nav", "gross", "net", "long", "short", "daily_pnl"}
        assert {each.reasons[name] for name in missing} == {Reason.NO_PRICE}
        assert each.marks == Reason.NONE


def test_what_was_stated_is_the_value_of_a_book_whose_positions_have_no_price(
    demo_db: Database, nights: Nights, live: Portfolio
) -> None:
    with demo_db.write() as conn:
        add_statement(conn, live, StatementKind.CASH, live.opened_on, Decimal("1234.56"))
    nights.run(demo_db, LAST)
    with demo_db.read() as conn:
        (each,) = history(conn, live)
    assert (each.measures.nav, each.measures.cash) == (1234.56, 1234.56)
    assert "nav" not in each.reasons
    assert each.reasons["gross"] == Reason.NO_PRICE


def test_prices_of_the_simulated_market_never_serve_a_book_of_the_live_one(
    demo_url: str, nights: Nights, live: Portfolio
) -> None:
    with opened(demo_url) as db:
        nights.run(db, LAST)
        with db.read() as conn:
            counted = conn.execute(text("SELECT count(*) FROM prices WHERE market = 'live'")).scalar_one()
            (each,) = history(conn, live)
    assert counted == 0
    assert "simulated" not in each.marks.words


def test_what_nobody_could_be_asked_for_is_asked_once_there_is_a_provider(
    demo_db: Database, nights: Nights, live: Portfolio
) -> None:
    nights.run(demo_db, LAST)
    plan = replace(nights.plan(), sources=dict.fromkeys(Market, nights.sources[Market.SIMULATED]))
    run_night(demo_db, plan, LAST, unwatched)
    with demo_db.read() as conn:
        (each,) = history(conn, live)
    assert [left.symbol for left in each.not_included] == ["NOBODYKNOWS"]
    assert each.measures.long > 0


def test_a_symbol_that_nobody_knows_is_kept_without_a_price(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    book = books[INDIVIDUAL]
    with demo_db.write() as conn:
        before = history(conn, book, LAST, LAST)[0]
        ids = add_unknown(conn, ["NOBODYKNOWS"])
        new = [NewPosition(ids["NOBODYKNOWS"], Decimal(1000), Decimal(50), LAST)]
        add_positions(conn, book, new, recorded_on=LAST, tag_ids={}, imported=True)
    (outcome,) = nights.run(demo_db, LAST)
    with demo_db.read() as conn:
        after = history(conn, book, LAST, LAST)[0]
    assert [(left.symbol, left.reason) for left in after.not_included] == [("NOBODYKNOWS", "no_price")]
    assert after.coverage == pytest.approx(before.measures.gross / (before.measures.gross + 50_000))
    assert (after.measures.nav, after.measures.daily_pnl) == (before.measures.nav, before.measures.daily_pnl)
    assert after.positions == 17
    named = {"market": "simulated", "symbol": "NOBODYKNOWS"}
    assert outcome.errors == (named | {"reason": "no_price"}, named | {"reason": "no_history"})
    assert outcome.coverage < 1
