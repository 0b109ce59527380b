"""The doors in use: what cannot be true, or was not asked for, stays outside, and the rest goes in."""

from dataclasses import replace
from datetime import date
from math import inf, nan

import numpy as np
import pytest
from sqlalchemy import Connection, select

from postgres.services.conftest import Desk
from postgres.services.vendors import Vendor, stored_prices, sync
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    WEEK,
    bars_of,
    call,
    column,
    days,
    quotes_of,
    share_profile,
)
from sigmasight.domain.market_data import Dividend, Market, Split, Yields
from sigmasight.market.requests import ActionRequest, PriceRequest, ProfileRequest, QuoteRequest, RateRequest
from sigmasight.services.market_plan import Universe, find_universe
from sigmasight.store.instruments import add_unknown, save_options
from sigmasight.store.prices import closes_on, save_bars
from sigmasight.store.tables import dividends, instruments, option_quotes, rates, refused_rows
from sigmasight.store.tables import splits as splits_table

SPAN = (MONDAY, FRIDAY)
CALL = "AAA261218C00100000"
NEXT_MONDAY = date(2026, 11, 23)
HISTORY = 520


def test_what_cannot_be_true_is_set_aside_and_the_rest_stored(conn: Connection, universe: Universe) -> None:
    closes = dict(zip(WEEK, (10.0, -1.0, inf, 500.0, 14.0), strict=True))
    bars = {"AAA": bars_of("AAA", closes), "BBB": bars_of("BBB", {FRIDAY: 20})}
    assert sync(conn, universe, PriceRequest(("AAA", "BBB"), SPAN), Vendor("one", bars=bars)) == 3
    assert set(stored_prices(conn, universe)) == {("AAA", MONDAY), ("AAA", FRIDAY), ("BBB", FRIDAY)}
    found = conn.execute(select(refused_rows).order_by(refused_rows.c.day)).all()
    assert [(row.symbol, row.day, row.value) for row in found] == [
        ("AAA", WEEK[1], "-1.0"),
        ("AAA", WEEK[2], "inf"),
        ("AAA", WEEK[3], "500.0"),
    ]
    assert {(row.market, row.source) for row in found} == {("live", "one")}


def test_a_jump_is_seen_from_the_close_that_is_stored(conn: Connection, universe: Universe) -> None:
    share = universe.ids["AAA"]
    save_bars(conn, Market.LIVE, {share: bars_of("AAA", {THURSDAY: 10})}, "test")
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 40})})
    assert sync(conn, universe, PriceRequest(("AAA",), (FRIDAY, FRIDAY)), one) == 1


def test_a_jump_that_a_split_explains_is_none(conn: Connection, universe: Universe) -> None:
    share = universe.ids["AAA"]
    save_bars(conn, Market.LIVE, {share: bars_of("AAA", {THURSDAY: 10})}, "test")
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 40})}, done=[Split("AAA", FRIDAY, 1, 4)])
    sync(conn, universe, ActionRequest(("AAA",), SPAN), one)
    assert sync(conn, universe, PriceRequest(("AAA",), (FRIDAY, FRIDAY)), one) == 0
    assert closes_on(conn, Market.LIVE, [share], FRIDAY) == {share: 40.0}


def test_bars_of_days_without_a_session_are_set_aside(conn: Connection, universe: Universe) -> None:
    sunday = date(2026, 11, 15)
    one = Vendor("one", bars={"AAA": bars_of("AAA", {sunday: 10, MONDAY: 10})})
    assert sync(conn, universe, PriceRequest(("AAA",), (sunday, FRIDAY)), one) == 1
    assert set(stored_prices(conn, universe)) == {("AAA", MONDAY)}


def test_bars_in_any_order_are_seen_from_the_close_before_the_first(conn: Connection, universe: Universe) -> None:
    save_bars(conn, Market.LIVE, {universe.ids["AAA"]: bars_of("AAA", {MONDAY: 10})}, "test")
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 41, THURSDAY: 40})})
    assert sync(conn, universe, PriceRequest(("AAA",), SPAN), one) == 2


def test_a_bar_of_no_day_is_set_aside(conn: Connection, universe: Universe) -> None:
    bars = bars_of("AAA", {THURSDAY: 10, FRIDAY: 11})
    bars = replace(bars, days=np.array([THURSDAY, "NaT"], dtype="datetime64[D]"))
    assert sync(conn, universe, PriceRequest(("AAA",), SPAN), Vendor("one", bars={"AAA": bars})) == 1
    assert set(stored_prices(conn, universe)) == {("AAA", THURSDAY)}


@pytest.mark.parametrize(
    "vendor",
    [
        Vendor("one", paid=[Dividend("AAA", FRIDAY, 0.0)]),
        Vendor("one", paid=[Dividend("AAA", FRIDAY, nan)]),
        Vendor("one", paid=[Dividend("AAA", FRIDAY, -0.5)]),
        Vendor("one", done=[Split("AAA", FRIDAY, 1, 1)]),
        Vendor("one", done=[Split("AAA", FRIDAY, 0, 1)]),
    ],
    ids=["no dividend", "NaN dividend", "negative dividend", "split that is none", "split into nothing"],
)
def test_a_corporate_action_that_cannot_be_true_is_set_aside(
    conn: Connection, universe: Universe, vendor: Vendor
) -> None:
    assert sync(conn, universe, ActionRequest(("AAA",), SPAN), vendor) == 1
    (refused,) = conn.execute(select(refused_rows)).all()
    assert (refused.symbol, refused.day, refused.source) == ("AAA", FRIDAY, "one")
    for table in (dividends, splits_table):
        assert conn.execute(select(table)).first() is None


@pytest.mark.parametrize(("cap", "dividend_yield"), [(nan, 0.01), (0.0, 0.01), (-1.0, 0.01), (1e9, nan), (1e9, inf)])
def test_a_number_of_a_profile_that_cannot_be_true_does_not_lose_the_profile(
    desk: Desk, cap: float, dividend_yield: float
) -> None:
    desk.bring_in(add_unknown(desk.conn, ["NEW"])["NEW"], 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    profile = replace(share_profile("NEW"), market_cap=cap, dividend_yield=dividend_yield)
    sync(desk.conn, universe, ProfileRequest(("NEW",)), Vendor("one", known={"NEW": profile}))
    row = desk.conn.execute(select(instruments)).one()
    assert (row.kind, row.market_cap, row.dividend_yield) == (
        "stock",
        cap if cap == 1e9 else None,
        dividend_yield if dividend_yield == 0.01 else None,
    )


@pytest.mark.parametrize("value", [0.5, -0.5])
def test_the_largest_yield_that_the_check_allows_can_be_stored(
    conn: Connection, universe: Universe, value: float
) -> None:
    vendor = Vendor("one", rates={"DGS2": Yields("DGS2", days(FRIDAY), column(value))})
    sync(conn, universe, RateRequest(("DGS2",), SPAN), vendor)
    assert conn.execute(select(rates.c.par_yield)).scalars().all() == [value]


def test_what_was_not_asked_for_is_left_out(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", bars={"ZZZ": bars_of("ZZZ", {FRIDAY: 10})}, done=[Split("ZZZ", FRIDAY, 2, 1)], tells_all=True)
    assert sync(conn, universe, PriceRequest(("AAA",), SPAN), one) == 0
    assert sync(conn, universe, ActionRequest(("AAA",), SPAN), one) == 1
    assert stored_prices(conn, universe) == {}


def test_a_quote_that_was_not_asked_for_is_left_out(desk: Desk) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    board = [quotes_of(terms, [(FRIDAY, 1, 2, nan)]) for terms in (call("AAA"), call("AAA", 105))]
    sync(desk.conn, universe, QuoteRequest({CALL: call("AAA")}, SPAN), Vendor("one", board=board, tells_all=True))
    assert desk.conn.execute(select(option_quotes.c.instrument_id)).scalars().all() == [option]
