"""Chains of steps: every session counts, whether its night was run or not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from postgres.services.conftest import RISING, Desk
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    bars_of,
    call,
    new_book,
    new_share,
    new_user,
    put,
)
from sigmasight.domain.books import StatementKind
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import Dividend, Market, Split
from sigmasight.domain.reasons import Reason
from sigmasight.services.results import renew_results
from sigmasight.services.valuation import (
    aggregate_books,
    freeze_books,
    value_portfolios,
    wanted_days,
)
from sigmasight.store.asked import note_late
from sigmasight.store.instruments import save_options
from sigmasight.store.people import add_statement
from sigmasight.store.prices import save_bars, save_dividends, save_splits
from sigmasight.store.snapshots import replace_snapshots

LATER = date(2026, 11, 23)


@pytest.fixture
def share(desk: Desk) -> int:
    """A share that rises by a dollar a day."""
    return new_share(desk.conn, "AAA", RISING)


def test_a_missed_night_leaves_no_hole_in_the_cumulative_profit(desk: Desk, share: int) -> None:
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(MONDAY, TUESDAY, FRIDAY)
    assert desk.measure("daily_pnl") == {MONDAY: 0.0, TUESDAY: 5.0, FRIDAY: 5.0}
    assert desk.measure("cumulative_pnl") == {MONDAY: 0.0, TUESDAY: 5.0, FRIDAY: 20.0}


def test_a_missed_night_that_is_made_up_for_fits_in(desk: Desk, share: int) -> None:
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(MONDAY, FRIDAY)
    made = desk.make_snapshots(WEDNESDAY)
    assert [snapshot.as_of for snapshot in made] == [WEDNESDAY, FRIDAY]
    assert desk.measure("cumulative_pnl") == {MONDAY: 0.0, WEDNESDAY: 10.0, FRIDAY: 20.0}


def test_the_same_days_make_the_same_snapshots_in_any_order(desk: Desk, share: int) -> None:
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(*WEEK)
    forwards = repr(desk.snapshots())
    desk.make_snapshots(*reversed(WEEK))
    assert repr(desk.snapshots()) == forwards


def test_the_first_snapshot_begins_where_the_portfolio_was_opened(desk: Desk, share: int) -> None:
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(FRIDAY)
    assert desk.measure("cumulative_pnl") == {FRIDAY: 20.0}


def test_a_portfolio_opened_on_a_saturday_begins_on_the_next_session(desk: Desk, share: int) -> None:
    save_bars(desk.conn, Market.LIVE, {share: bars_of("AAA", {LATER: 15.0})}, "test")
    late = new_book(desk.conn, new_user(desk.conn, "bob"), opened_on=SATURDAY)
    bobs = replace(desk, book=late)
    bobs.bring_in(share, 5, SATURDAY)
    (made,) = bobs.make_snapshots(LATER)
    assert (made.measures.net, made.measures.daily_pnl, made.measures.cumulative_pnl) == (75.0, 0.0, 0.0)


def test_a_portfolio_without_a_price_has_no_profit_until_there_is_one(desk: Desk) -> None:
    late = new_share(desk.conn, "LATE", {WEDNESDAY: 12.0, THURSDAY: 13.0, FRIDAY: 14.0})
    desk.bring_in(late, 5, MONDAY)
    monday, *_ = desk.make_snapshots(*WEEK)
    assert monday.reasons["cumulative_pnl"] == Reason.NO_PRICE
    assert desk.measure("cumulative_pnl")[FRIDAY] == 10.0
    assert desk.measure("coverage_change")[WEDNESDAY] == 60.0


def test_wanted_are_the_day_and_the_later_ones_that_have_a_snapshot(desk: Desk, share: int) -> None:
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(MONDAY, THURSDAY)
    late = new_book(desk.conn, new_user(desk.conn, "bob"), opened_on=THURSDAY)
    assert wanted_days(desk.conn, [desk.book, late], WEDNESDAY) == {desk.book.id: {WEDNESDAY, THURSDAY}}
    assert wanted_days(desk.conn, [desk.book, late], THURSDAY) == {desk.book.id: {THURSDAY}, late.id: {THURSDAY}}


def test_data_that_came_late_have_their_days_made_again(desk: Desk, share: int) -> None:
    late = new_book(desk.conn, new_user(desk.conn, "bob"), opened_on=MONDAY)
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(*WEEK, books=[desk.book, late])
    note_late(desk.conn, Market.LIVE, {share: TUESDAY})
    assert wanted_days(desk.conn, [desk.book, late], LATER) == {
        desk.book.id: {TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, LATER},
        late.id: {LATER},
    }
    assert wanted_days(desk.conn, [desk.book], MONDAY) == {desk.book.id: set(WEEK)}


def test_only_days_that_have_a_snapshot_are_made_again(desk: Desk, share: int) -> None:
    desk.make_snapshots(MONDAY, WEDNESDAY, FRIDAY)
    desk.bring_in(share, 5, TUESDAY)
    made = renew_results(desk.conn, desk.valuation, desk.book, TUESDAY)
    assert [snapshot.as_of for snapshot in made] == [WEDNESDAY, FRIDAY]
    assert desk.measure("net") == {MONDAY: 0.0, WEDNESDAY: 60.0, FRIDAY: 70.0}
    assert renew_results(desk.conn, desk.valuation, desk.book, SATURDAY) == ()
    assert set(desk.snapshots()) == {MONDAY, WEDNESDAY, FRIDAY}


def test_portfolios_of_two_markets_are_valued_in_one_call_each_by_its_own(desk: Desk, share: int) -> None:
    dearer = bars_of("AAA", {day: 10 * close for day, close in RISING.items()})
    save_bars(desk.conn, Market.SIMULATED, {share: dearer}, "simulated")
    demo = new_book(desk.conn, new_user(desk.conn, "demo"), market=Market.SIMULATED, opened_on=MONDAY)
    books = [desk.book, demo]
    for each in books:
        replace(desk, book=each).bring_in(share, 5, MONDAY)
    desk.make_snapshots(MONDAY, FRIDAY, books=books)
    found = {each.market: replace(desk, book=each).snapshots()[FRIDAY] for each in books}
    assert {market: snapshot.measures.net for market, snapshot in found.items()} == {
        Market.LIVE: 70.0,
        Market.SIMULATED: 700.0,
    }
    assert found[Market.SIMULATED].marks == Reason.SIMULATED
    assert found[Market.LIVE].marks == Reason.NONE


def test_portfolios_with_chains_of_different_lengths_do_not_disturb_each_other(desk: Desk, share: int) -> None:
    other = new_book(desk.conn, new_user(desk.conn, "bob"), opened_on=TUESDAY)
    desk.bring_in(share, 5, MONDAY)
    replace(desk, book=other).bring_in(share, -1, WEDNESDAY)
    desk.make_snapshots(MONDAY)
    wanted = wanted_days(desk.conn, [desk.book, other], FRIDAY)
    together = aggregate_books(value_portfolios(desk.conn, desk.valuation, [desk.book, other], wanted))
    alone = [
        snapshot
        for book in (desk.book, other)
        for snapshot in aggregate_books(value_portfolios(desk.conn, desk.valuation, [book], wanted))
    ]
    assert sorted(map(repr, together)) == sorted(map(repr, alone))
    assert {s.portfolio_id: s.measures.cumulative_pnl for s in together} == {desk.book.id: 20.0, other.id: -2.0}


def test_nothing_wanted_is_nothing_made(desk: Desk) -> None:
    assert value_portfolios(desk.conn, desk.valuation, [desk.book], {}) == ()
    assert aggregate_books(()) == ()
    assert wanted_days(desk.conn, [], FRIDAY) == {}


def test_dividends_splits_and_statements_come_from_the_store(desk: Desk) -> None:
    share = new_share(desk.conn, "AAA", dict(zip(WEEK, (10.0, 10.0, 5.0, 5.0, 5.0), strict=True)))
    save_splits(desk.conn, Market.LIVE, [(share, Split("AAA", WEDNESDAY, 2, 1))], "test")
    save_dividends(desk.conn, Market.LIVE, [(share, Dividend("AAA", FRIDAY, 0.5))], "test", known_on=FRIDAY)
    add_statement(desk.conn, desk.book, StatementKind.CASH, TUESDAY, Decimal(100))
    desk.bring_in(share, 5, MONDAY)
    desk.make_snapshots(*WEEK)
    assert desk.measure("net") == dict.fromkeys(WEEK, 50.0)
    assert desk.measure("cash") == dict(zip(WEEK, (0.0, 100.0, 100.0, 100.0, 105.0), strict=True))
    assert desk.measure("daily_pnl")[FRIDAY] == 5.0
    assert desk.measure("dividends")[FRIDAY] == 5.0


def test_an_option_that_expired_before_the_window_keeps_what_it_settled_at(desk: Desk, share: int) -> None:
    for terms in (call("AAA", 8, expiry=TUESDAY), put("AAA", 8, expiry=TUESDAY)):
        (option,) = save_options(desk.conn, [terms], MONDAY).values()
        desk.bring_in(option, 1, MONDAY)
    desk.make_snapshots(*WEEK)
    day_by_day = desk.measure("cash")
    assert day_by_day == dict(zip(WEEK, (0.0, 0.0, 300.0, 300.0, 300.0), strict=True))
    replace_snapshots(desk.conn, [desk.book], desk.make_snapshots(FRIDAY))
    assert desk.measure("cash") == day_by_day
    assert share in {instrument.id for instrument in _frozen(desk, FRIDAY)}


def _frozen(desk: Desk, day: date) -> tuple[Instrument, ...]:
    books = freeze_books(desk.conn, desk.valuation, Market.LIVE, [desk.book], first=day, last=day)
    return books.market.instruments
