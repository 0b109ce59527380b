"""Data that come late: asked for again, and the snapshots that stand on them made anew."""

from datetime import date
from math import nan

import pytest

from postgres.services.conftest import Desk
from postgres.services.vendors import Vendor, sync
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    WEDNESDAY,
    WEEK,
    bars_of,
    call,
    quotes_of,
)
from sigmasight.domain.market_data import Dividend, Market, Split
from sigmasight.market.requests import ActionRequest, PriceRequest, QuoteRequest, Request
from sigmasight.services.market_plan import Universe, find_universe, plan_prices
from sigmasight.services.valuation import wanted_days
from sigmasight.store.instruments import save_options
from sigmasight.store.positions import outdated

SPAN = (MONDAY, FRIDAY)
CALL = "AAA261218C00100000"
NEXT_MONDAY = date(2026, 11, 23)
HISTORY = 520


def test_what_was_asked_in_vain_is_asked_for_whole_once_it_has_a_price(desk: Desk, universe: Universe) -> None:
    for request in _planned(desk, universe):
        sync(desk.conn, universe, request, Vendor("one"))
    after = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, NEXT_MONDAY)
    found = Vendor("one", bars={"AAA": bars_of("AAA", {NEXT_MONDAY: 10})})
    for request in _planned(desk, after):
        sync(desk.conn, after, request, found)
    again = [request for request in _planned(desk, after) if isinstance(request, PriceRequest)]
    assert [request.symbols for request in again] == [("AAA",)]
    assert again[0].days[0] == desk.valuation.calendar.sessions_back(NEXT_MONDAY, HISTORY - 1)


def _planned(desk: Desk, universe: Universe) -> tuple[Request, ...]:
    return plan_prices(desk.conn, universe, history_sessions=HISTORY, with_chains=False)


@pytest.mark.parametrize(
    ("request_", "vendor"),
    [
        (PriceRequest(("AAA",), SPAN), Vendor("one", bars={"AAA": bars_of("AAA", {WEDNESDAY: 12, FRIDAY: 14})})),
        (ActionRequest(("AAA",), SPAN), Vendor("one", paid=[Dividend("AAA", WEDNESDAY, 0.5)])),
        (ActionRequest(("AAA",), SPAN), Vendor("one", done=[Split("AAA", WEDNESDAY, 2, 1)])),
    ],
    ids=["price", "dividend", "split"],
)
def test_what_comes_late_outdates_the_snapshots_that_stand_on_it(
    desk: Desk, universe: Universe, request_: Request, vendor: Vendor
) -> None:
    desk.make_snapshots(*WEEK)
    sync(desk.conn, universe, request_, vendor)
    assert outdated(desk.conn, [desk.book.id]) == {desk.book.id: WEDNESDAY}
    assert wanted_days(desk.conn, [desk.book], FRIDAY) == {desk.book.id: {WEDNESDAY, THURSDAY, FRIDAY}}


def test_quotes_that_come_late_outdate_the_snapshots_too(desk: Desk) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    desk.make_snapshots(*WEEK)
    vendor = Vendor("one", board=[quotes_of(call("AAA"), [(THURSDAY, 1, 2, nan), (FRIDAY, 1, 2, nan)])])
    sync(desk.conn, universe, QuoteRequest({CALL: call("AAA")}, SPAN), vendor)
    assert outdated(desk.conn, [desk.book.id]) == {desk.book.id: THURSDAY}


def test_what_comes_in_time_outdates_nothing(desk: Desk, universe: Universe) -> None:
    desk.make_snapshots(*WEEK)
    vendor = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 14})})
    sync(desk.conn, universe, PriceRequest(("AAA",), SPAN), vendor)
    assert outdated(desk.conn, [desk.book.id]) == {}
