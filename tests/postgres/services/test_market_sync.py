"""Providers asked in order, their answers checked and stored with who gave them."""

from dataclasses import replace
from datetime import date
from math import inf, nan

import numpy as np
import pytest
from sqlalchemy import Connection, select

from postgres.services.conftest import RISING, Desk
from postgres.services.vendors import Broken, Vendor, served_by
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    WEDNESDAY,
    WEEK,
    bars_of,
    call,
    column,
    days,
    new_book,
    new_share,
    new_user,
    put,
    quotes_of,
    share_profile,
)
from sigmasight.batch.market_job import sync_market
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.instruments import Kind, OptionTerms
from sigmasight.domain.market_data import Dividend, Market, Split, Yields
from sigmasight.services.market_plan import (
    ActionRequest,
    ChainRequest,
    PriceRequest,
    ProfileRequest,
    QuoteRequest,
    RateRequest,
    Request,
    Universe,
    find_universe,
    plan_requests,
)
from sigmasight.services.market_sync import Coverage, Sources, fetch, preflight, store_answers
from sigmasight.services.valuation import Valuation, wanted_days
from sigmasight.store.asked import asked
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.instruments import add_unknown, load_instruments, save_options, save_profiles
from sigmasight.store.people import outdated
from sigmasight.store.prices import closes_on, save_bars, save_splits
from sigmasight.store.runs import open_run
from sigmasight.store.tables import asked_ranges, dividends, instruments, option_quotes, prices, rates, refused_rows
from sigmasight.store.tables import splits as splits_table

SPAN = (MONDAY, FRIDAY)
CALL = "AAA261218C00100000"
NEXT_MONDAY = date(2026, 11, 23)
HISTORY = 520


@pytest.fixture
def universe(desk: Desk) -> Universe:
    """AAA, BBB and CCC, held."""
    for symbol in ("AAA", "BBB", "CCC"):
        desk.bring_in(new_share(desk.conn, symbol), 1, MONDAY)
    return find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)


def _sync(conn: Connection, universe: Universe, request: Request, *vendors: Vendor) -> int:
    return store_answers(conn, universe, request, fetch(request, served_by(*vendors)))


def _stored_prices(conn: Connection, universe: Universe) -> dict[tuple[str, date], tuple[float, str]]:
    symbols = {instrument_id: symbol for symbol, instrument_id in universe.ids.items()}
    return {(symbols[row.instrument_id], row.day): (row.close, row.source) for row in conn.execute(select(prices))}


def test_a_second_provider_is_asked_for_what_the_first_one_lacks(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 14}), "BBB": bars_of("BBB", {})})
    two = Vendor("two", bars={symbol: bars_of(symbol, {FRIDAY: 99}) for symbol in ("AAA", "BBB")})
    three = Vendor("three")
    assert _sync(conn, universe, PriceRequest(("AAA", "BBB", "CCC"), SPAN), one, two, three) == 0
    assert one.asked == [("bars", ("AAA", "BBB", "CCC", *SPAN))]
    assert two.asked == [("bars", ("BBB", "CCC", *SPAN))]
    assert three.asked == [("bars", ("CCC", *SPAN))]
    assert _stored_prices(conn, universe) == {("AAA", FRIDAY): (14.0, "one"), ("BBB", FRIDAY): (99.0, "two")}
    assert asked(conn, Market.LIVE, "prices") == dict.fromkeys(("AAA", "BBB", "CCC"), SPAN)
    assert set(conn.execute(select(asked_ranges.c.source)).scalars()) == {"one,two,three"}


def test_a_provider_that_has_everything_is_the_only_one_asked(conn: Connection, universe: Universe) -> None:
    one, two = Vendor("one", bars={"AAA": bars_of("AAA", RISING)}), Vendor("two")
    _sync(conn, universe, PriceRequest(("AAA",), SPAN), one, two)
    assert two.asked == []
    assert set(conn.execute(select(asked_ranges.c.source)).scalars()) == {"one"}


def test_without_providers_nothing_is_remembered(conn: Connection, universe: Universe) -> None:
    request = PriceRequest(("AAA",), SPAN)
    assert fetch(request, Sources()) == ()
    assert store_answers(conn, universe, request, ()) == 0
    assert conn.execute(select(asked_ranges)).first() is None


def test_a_provider_that_cannot_be_asked_says_so() -> None:
    with pytest.raises(ProviderError, match="broken does not answer for AAA"):
        fetch(PriceRequest(("AAA",), SPAN), Sources(prices=(Broken(),)))


@pytest.mark.xfail(strict=True, raises=ProviderError, reason="the first one that fails ends the asking")
def test_when_a_provider_cannot_be_asked_the_next_one_is() -> None:
    two = Vendor("two", bars={"AAA": bars_of("AAA", RISING)})
    answers = fetch(PriceRequest(("AAA",), SPAN), Sources(prices=(Broken(), two)))
    assert [answer.source for answer in answers] == ["two"]


def test_profiles_explain_what_nobody_knew(desk: Desk) -> None:
    conn = desk.conn
    for instrument_id in add_unknown(conn, ["NEW", "NEWER"]).values():
        desk.bring_in(instrument_id, 1, MONDAY)
    universe = find_universe(conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    one = Vendor("one", known={"NEW": share_profile("NEW", kind=Kind.ETF)})
    two = Vendor("two", known={"NEWER": share_profile("NEWER")})
    _sync(conn, universe, ProfileRequest(("NEW", "NEWER")), one, two)
    assert [vendor.asked for vendor in (one, two)] == [[("profiles", ("NEW", "NEWER"))], [("profiles", ("NEWER",))]]
    rows = conn.execute(select(instruments).where(instruments.c.symbol.in_(["NEW", "NEWER"]))).all()
    assert {row.symbol: (row.kind, row.source) for row in rows} == {"NEW": ("etf", "one"), "NEWER": ("stock", "two")}
    assert asked(conn, Market.LIVE, "profile") == dict.fromkeys(("NEW", "NEWER"), (FRIDAY, FRIDAY))


def test_yields_are_stored_with_who_gave_them(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", rates={"DGS2": Yields("DGS2", days(THURSDAY, FRIDAY), column(0.04, 4.0))})
    two = Vendor("two", rates={"DGS10": Yields("DGS10", days(FRIDAY), column(0.05))})
    assert _sync(conn, universe, RateRequest(("DGS10", "DGS2"), SPAN), one, two) == 1
    stored = {(row.series, row.day): (row.par_yield, row.source) for row in conn.execute(select(rates))}
    assert stored == {("DGS2", THURSDAY): (0.04, "one"), ("DGS10", FRIDAY): (0.05, "two")}
    (refused,) = conn.execute(select(refused_rows)).all()
    assert (refused.symbol, refused.day, refused.value, refused.source) == ("DGS2", FRIDAY, "4.0", "one")
    assert asked(conn, Market.LIVE, "rates") == dict.fromkeys(("DGS10", "DGS2"), SPAN)


def test_dividends_and_splits_are_stored_with_who_gave_them(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", paid=[Dividend("AAA", THURSDAY, 0.25), Dividend("AAA", date(2026, 12, 1), 9.0)])
    two = Vendor("two", paid=[Dividend("AAA", MONDAY, 9.0)], done=[Split("BBB", FRIDAY, 2, 1)])
    assert _sync(conn, universe, ActionRequest(("AAA", "BBB"), SPAN), one, two) == 0
    paid = [(row.ex_date, row.amount, row.source) for row in conn.execute(select(dividends))]
    assert paid == [(THURSDAY, 0.25, "one")]
    done = [(row.instrument_id, row.new_shares, row.source) for row in conn.execute(select(splits_table))]
    assert done == [(universe.ids["BBB"], 2, "two")]
    assert asked(conn, Market.LIVE, "actions") == dict.fromkeys(("AAA", "BBB"), SPAN)


def test_what_cannot_be_true_is_set_aside_and_the_rest_stored(conn: Connection, universe: Universe) -> None:
    closes = dict(zip(WEEK, (10.0, -1.0, inf, 500.0, 14.0), strict=True))
    bars = {"AAA": bars_of("AAA", closes), "BBB": bars_of("BBB", {FRIDAY: 20})}
    assert _sync(conn, universe, PriceRequest(("AAA", "BBB"), SPAN), Vendor("one", bars=bars)) == 3
    assert set(_stored_prices(conn, universe)) == {("AAA", MONDAY), ("AAA", FRIDAY), ("BBB", FRIDAY)}
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
    assert _sync(conn, universe, PriceRequest(("AAA",), (FRIDAY, FRIDAY)), one) == 1


def test_a_jump_that_a_split_explains_is_none(conn: Connection, universe: Universe) -> None:
    share = universe.ids["AAA"]
    save_bars(conn, Market.LIVE, {share: bars_of("AAA", {THURSDAY: 10})}, "test")
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 40})}, done=[Split("AAA", FRIDAY, 1, 4)])
    _sync(conn, universe, ActionRequest(("AAA",), SPAN), one)
    assert _sync(conn, universe, PriceRequest(("AAA",), (FRIDAY, FRIDAY)), one) == 0
    assert closes_on(conn, Market.LIVE, [share], FRIDAY) == {share: 40.0}


def test_bars_of_days_without_a_session_are_set_aside(conn: Connection, universe: Universe) -> None:
    sunday = date(2026, 11, 15)
    one = Vendor("one", bars={"AAA": bars_of("AAA", {sunday: 10, MONDAY: 10})})
    assert _sync(conn, universe, PriceRequest(("AAA",), (sunday, FRIDAY)), one) == 1
    assert set(_stored_prices(conn, universe)) == {("AAA", MONDAY)}


def test_bars_in_any_order_are_seen_from_the_close_before_the_first(conn: Connection, universe: Universe) -> None:
    save_bars(conn, Market.LIVE, {universe.ids["AAA"]: bars_of("AAA", {MONDAY: 10})}, "test")
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 41, THURSDAY: 40})})
    assert _sync(conn, universe, PriceRequest(("AAA",), SPAN), one) == 2


@pytest.mark.xfail(strict=True, raises=TypeError, reason="the earliest of some days is none as soon as one of them is")
def test_a_bar_of_no_day_is_set_aside(conn: Connection, universe: Universe) -> None:
    bars = bars_of("AAA", {THURSDAY: 10, FRIDAY: 11})
    bars = replace(bars, days=np.array([THURSDAY, "NaT"], dtype="datetime64[D]"))
    assert _sync(conn, universe, PriceRequest(("AAA",), SPAN), Vendor("one", bars={"AAA": bars})) == 1
    assert set(_stored_prices(conn, universe)) == {("AAA", THURSDAY)}


def test_what_was_asked_in_vain_is_asked_for_whole_once_it_has_a_price(desk: Desk, universe: Universe) -> None:
    for request in _planned(desk, universe):
        _sync(desk.conn, universe, request, Vendor("one"))
    after = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, NEXT_MONDAY)
    found = Vendor("one", bars={"AAA": bars_of("AAA", {NEXT_MONDAY: 10})})
    for request in _planned(desk, after):
        _sync(desk.conn, after, request, found)
    again = [request for request in _planned(desk, after) if isinstance(request, PriceRequest)]
    assert [request.symbols for request in again] == [("AAA",)]
    assert again[0].days[0] == desk.valuation.calendar.sessions_back(NEXT_MONDAY, HISTORY - 1)


def _planned(desk: Desk, universe: Universe) -> tuple[Request, ...]:
    return plan_requests(desk.conn, universe, history_sessions=HISTORY, with_chains=False)


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
    _sync(desk.conn, universe, request_, vendor)
    assert outdated(desk.conn, [desk.book.id]) == {desk.book.id: WEDNESDAY}
    assert wanted_days(desk.conn, [desk.book], FRIDAY) == {desk.book.id: {WEDNESDAY, THURSDAY, FRIDAY}}


def test_quotes_that_come_late_outdate_the_snapshots_too(desk: Desk) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    desk.make_snapshots(*WEEK)
    vendor = Vendor("one", board=[quotes_of(call("AAA"), [(THURSDAY, 1, 2, nan), (FRIDAY, 1, 2, nan)])])
    _sync(desk.conn, universe, QuoteRequest({CALL: call("AAA")}, SPAN), vendor)
    assert outdated(desk.conn, [desk.book.id]) == {desk.book.id: THURSDAY}


def test_what_comes_in_time_outdates_nothing(desk: Desk, universe: Universe) -> None:
    desk.make_snapshots(*WEEK)
    vendor = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 14})})
    _sync(desk.conn, universe, PriceRequest(("AAA",), SPAN), vendor)
    assert outdated(desk.conn, [desk.book.id]) == {}


def test_quotes_go_to_the_contract_that_was_asked_for_under_its_terms_in_force(desk: Desk) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    in_force = call("AAA", "33.3333333333")
    one = Vendor("one", board=[quotes_of(in_force, [(THURSDAY, 1, 2, nan), (FRIDAY, 3, 2, nan)])])
    two = Vendor("two")
    assert _sync(desk.conn, universe, QuoteRequest({CALL: in_force}, SPAN), one, two) == 2
    assert two.asked == []
    (row,) = desk.conn.execute(select(option_quotes)).all()
    assert (row.instrument_id, row.day, row.bid, row.source) == (option, THURSDAY, 1.0, "one")
    assert asked(desk.conn, Market.LIVE, "option_quotes") == {CALL: SPAN}


def test_a_chain_brings_in_its_contracts(conn: Connection, universe: Universe) -> None:
    board = [quotes_of(terms, [(FRIDAY, 1, 2, nan)]) for terms in (call("AAA"), put("AAA"), call("AAA", 105))]
    one, two = Vendor("one", board=board), Vendor("two", board=board)
    assert _sync(conn, universe, ChainRequest("AAA", FRIDAY), one, two) == 0
    assert two.asked == []
    contracts = conn.execute(select(option_quotes.c.instrument_id)).scalars().all()
    found = {each.option for each in load_instruments(conn, contracts) if each.option}
    assert found == {call("AAA"), put("AAA"), call("AAA", 105)}
    assert asked(conn, Market.LIVE, "chain") == {"AAA": (FRIDAY, FRIDAY)}


def test_of_an_underlying_without_a_chain_the_next_provider_is_asked(conn: Connection, universe: Universe) -> None:
    one, two = Vendor("one"), Vendor("two", board=[quotes_of(call("AAA"), [(FRIDAY, 1, 2, nan)])])
    _sync(conn, universe, ChainRequest("AAA", FRIDAY), one, two)
    assert two.asked == [("chain", ("AAA", FRIDAY))]
    assert conn.execute(select(option_quotes.c.source)).scalars().all() == ["two"]


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
    assert _sync(conn, universe, ActionRequest(("AAA",), SPAN), vendor) == 1
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
    _sync(desk.conn, universe, ProfileRequest(("NEW",)), Vendor("one", known={"NEW": profile}))
    row = desk.conn.execute(select(instruments)).one()
    assert (row.kind, row.market_cap, row.dividend_yield) == (
        "stock",
        cap if cap == 1e9 else None,
        dividend_yield if dividend_yield == 0.01 else None,
    )


@pytest.mark.parametrize(
    "value",
    [
        0.499,
        -0.499,
        pytest.param(0.5, marks=pytest.mark.xfail(strict=True, reason="the check allows what the table does not")),
    ],
)
def test_the_largest_yield_that_the_check_allows_can_be_stored(
    conn: Connection, universe: Universe, value: float
) -> None:
    vendor = Vendor("one", rates={"DGS2": Yields("DGS2", days(FRIDAY), column(value))})
    _sync(conn, universe, RateRequest(("DGS2",), SPAN), vendor)
    stored = conn.execute(select(rates.c.par_yield)).scalars().all()
    refused = conn.execute(select(refused_rows)).all()
    assert len(stored) + len(refused) == 1


def test_what_was_not_asked_for_is_left_out(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", bars={"ZZZ": bars_of("ZZZ", {FRIDAY: 10})}, done=[Split("ZZZ", FRIDAY, 2, 1)], tells_all=True)
    assert _sync(conn, universe, PriceRequest(("AAA",), SPAN), one) == 0
    assert _sync(conn, universe, ActionRequest(("AAA",), SPAN), one) == 1
    assert _stored_prices(conn, universe) == {}


@pytest.mark.xfail(strict=True, raises=KeyError, reason="a quote of a contract that was not asked for ends the night")
def test_a_quote_that_was_not_asked_for_is_left_out(desk: Desk) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    board = [quotes_of(terms, [(FRIDAY, 1, 2, nan)]) for terms in (call("AAA"), call("AAA", 105))]
    _sync(desk.conn, universe, QuoteRequest({CALL: call("AAA")}, SPAN), Vendor("one", board=board, tells_all=True))
    assert desk.conn.execute(select(option_quotes.c.instrument_id)).scalars().all() == [option]


@pytest.mark.xfail(strict=True, reason="a chain's contract is the one that had its symbol before the split")
def test_after_a_split_the_chain_leaves_the_held_contracts_quotes_alone(desk: Desk) -> None:
    held = OptionTerms("AAA", call("AAA").expiry, call("AAA").right, call("AAA", 200).strike)
    save_profiles(desk.conn, {"AAA": share_profile("AAA")}, "test")
    (option,) = save_options(desk.conn, [held], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    save_splits(desk.conn, Market.LIVE, [(universe.ids["AAA"], Split("AAA", FRIDAY, 2, 1))], "test")
    listed_after = quotes_of(held, [(FRIDAY, 0.01, 0.03, nan)])  # a strike of 200 on a share that is worth 100
    _sync(desk.conn, universe, ChainRequest("AAA", FRIDAY), Vendor("one", board=[listed_after]))
    assert closes_on(desk.conn, Market.LIVE, [option], FRIDAY) == {}


@pytest.mark.xfail(strict=True, reason="all requests are planned before the day's split has been fetched")
def test_on_the_day_of_a_split_a_contract_is_asked_for_by_its_new_terms(db: Database) -> None:
    with db.write() as conn:
        calendar = load_calendar(conn)
        book = new_book(conn, new_user(conn), opened_on=MONDAY)
        new_share(conn, "AAA")
        (option,) = save_options(conn, [call("AAA")], MONDAY).values()
        Desk(conn, Valuation(calendar, stale_sessions=5), book).bring_in(option, 1, MONDAY)
        run = open_run(conn, FRIDAY, holder="test", shards=1)
    vendor = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 10})}, done=[Split("AAA", FRIDAY, 2, 1)])
    sync_market(
        db,
        run,
        calendar,
        {Market.LIVE: served_by(vendor)},
        history_sessions=5,
        with_chains=False,
        progress=lambda _done, _of: None,
    )
    asked_for = [asked for kind, asked in vendor.asked if kind == "quotes"]
    assert [contract for asked in asked_for for contract in asked[:-2]] == [call("AAA", 50), put("AAA", 50)]


def test_coverage_is_the_share_of_what_is_held_that_has_a_price_of_the_day(
    conn: Connection, universe: Universe
) -> None:
    ids = universe.ids
    save_bars(conn, Market.LIVE, {ids["AAA"]: bars_of("AAA", {FRIDAY: 10})}, "test")
    save_bars(conn, Market.LIVE, {ids["BBB"]: bars_of("BBB", {THURSDAY: 10})}, "test")
    found = preflight(conn, universe, ids.values())
    assert found == Coverage(held=3, priced=1, missing=("BBB", "CCC"))
    assert preflight(conn, universe, [ids["AAA"]]) == Coverage(held=1, priced=1, missing=())
    assert preflight(conn, universe, []) == Coverage(held=0, priced=0, missing=())
