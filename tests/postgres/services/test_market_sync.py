"""Providers asked in order, and their answers stored with who gave them."""

from datetime import date
from math import nan

import pytest
from sqlalchemy import Connection, select

from postgres.services.conftest import RISING, Desk
from postgres.services.vendors import Broken, Vendor, served_by, stored_prices, sync
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
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
from sigmasight.domain.instruments import Kind, OptionTerms
from sigmasight.domain.market_data import Dividend, Market, Split, Yields
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    PriceRequest,
    ProfileRequest,
    QuoteRequest,
    RateRequest,
    Request,
)
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_plan import Universe, find_universe
from sigmasight.services.market_sources import Failure, Sources, fetch
from sigmasight.services.market_sync import Coverage, preflight, store_answers
from sigmasight.store.asked import asked, remember_asked
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.instruments import add_unknown, load_instruments, save_options, save_profiles
from sigmasight.store.prices import closes_on, save_bars, save_splits
from sigmasight.store.runs import open_run
from sigmasight.store.tables import asked_ranges, dividends, instruments, option_quotes, rates, refused_rows
from sigmasight.store.tables import splits as splits_table

SPAN = (MONDAY, FRIDAY)
CALL = "AAA261218C00100000"
NEXT_MONDAY = date(2026, 11, 23)
HISTORY = 520


def test_a_second_provider_is_asked_for_what_the_first_one_lacks(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: 14}), "BBB": bars_of("BBB", {})})
    two = Vendor("two", bars={symbol: bars_of(symbol, {FRIDAY: 99}) for symbol in ("AAA", "BBB")})
    three = Vendor("three")
    assert sync(conn, universe, PriceRequest(("AAA", "BBB", "CCC"), SPAN), one, two, three) == 0
    assert one.asked == [("bars", ("AAA", "BBB", "CCC", *SPAN))]
    assert two.asked == [("bars", ("BBB", "CCC", *SPAN))]
    assert three.asked == [("bars", ("CCC", *SPAN))]
    assert stored_prices(conn, universe) == {("AAA", FRIDAY): (14.0, "one"), ("BBB", FRIDAY): (99.0, "two")}
    assert asked(conn, Market.LIVE, "prices") == dict.fromkeys(("AAA", "BBB", "CCC"), SPAN)
    assert set(conn.execute(select(asked_ranges.c.source)).scalars()) == {"one,two,three"}


def test_a_provider_that_has_everything_is_the_only_one_asked(conn: Connection, universe: Universe) -> None:
    one, two = Vendor("one", bars={"AAA": bars_of("AAA", RISING)}), Vendor("two")
    sync(conn, universe, PriceRequest(("AAA",), SPAN), one, two)
    assert two.asked == []
    assert set(conn.execute(select(asked_ranges.c.source)).scalars()) == {"one"}


def test_without_providers_nothing_is_remembered(conn: Connection, universe: Universe) -> None:
    request = PriceRequest(("AAA",), SPAN)
    assert fetch(request, Sources()) == ((), ())
    assert store_answers(conn, universe, request, ()) == ()
    assert conn.execute(select(asked_ranges)).first() is None


def test_when_a_provider_cannot_be_asked_the_next_one_is() -> None:
    one, two = Broken("one"), Vendor("two", bars={"AAA": bars_of("AAA", RISING)})
    answers, failures = fetch(PriceRequest(("AAA", "BBB"), SPAN), served_by(one, two))
    assert [(answer.source, set(answer.bars)) for answer in answers] == [("two", {"AAA"})]
    assert two.asked == [("bars", ("AAA", "BBB", *SPAN))]
    said = "one does not answer for AAA, BBB, 2026-11-16 to 2026-11-20"
    assert failures == (Failure("one", said, ("AAA", "BBB")),)


def test_a_provider_is_not_missed_when_the_one_before_it_has_everything() -> None:
    answers, failures = fetch(
        PriceRequest(("AAA",), SPAN), served_by(Vendor("one", bars={"AAA": bars_of("AAA", RISING)}), Broken("two"))
    )
    assert ([answer.source for answer in answers], failures) == (["one"], ())


def test_what_could_not_be_asked_is_not_remembered_as_asked(conn: Connection, universe: Universe) -> None:
    request = PriceRequest(("AAA",), SPAN)
    answers, failures = fetch(request, served_by(Broken("one")))
    assert (answers, len(failures)) == ((), 1)
    store_answers(conn, universe, request, answers)
    assert asked(conn, Market.LIVE, "prices") == {}


def test_profiles_explain_what_nobody_knew(desk: Desk) -> None:
    conn = desk.conn
    for instrument_id in add_unknown(conn, ["NEW", "NEWER"]).values():
        desk.bring_in(instrument_id, 1, MONDAY)
    universe = find_universe(conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    one = Vendor("one", known={"NEW": share_profile("NEW", kind=Kind.ETF)})
    two = Vendor("two", known={"NEWER": share_profile("NEWER")})
    sync(conn, universe, ProfileRequest(("NEW", "NEWER")), one, two)
    assert [vendor.asked for vendor in (one, two)] == [[("profiles", ("NEW", "NEWER"))], [("profiles", ("NEWER",))]]
    rows = conn.execute(select(instruments).where(instruments.c.symbol.in_(["NEW", "NEWER"]))).all()
    assert {row.symbol: (row.kind, row.source) for row in rows} == {"NEW": ("etf", "one"), "NEWER": ("stock", "two")}
    assert asked(conn, Market.LIVE, "profile") == dict.fromkeys(("NEW", "NEWER"), (FRIDAY, FRIDAY))


def test_yields_are_stored_with_who_gave_them(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", rates={"DGS2": Yields("DGS2", days(THURSDAY, FRIDAY), column(0.04, 4.0))})
    two = Vendor("two", rates={"DGS10": Yields("DGS10", days(FRIDAY), column(0.05))})
    assert sync(conn, universe, RateRequest(("DGS10", "DGS2"), SPAN), one, two) == 1
    stored = {(row.series, row.day): (row.par_yield, row.source) for row in conn.execute(select(rates))}
    assert stored == {("DGS2", THURSDAY): (0.04, "one"), ("DGS10", FRIDAY): (0.05, "two")}
    (refused,) = conn.execute(select(refused_rows)).all()
    assert (refused.symbol, refused.day, refused.value, refused.source) == ("DGS2", FRIDAY, "4.0", "one")
    assert asked(conn, Market.LIVE, "rates") == {"DGS10": SPAN}


def test_dividends_and_splits_are_stored_with_who_gave_them(conn: Connection, universe: Universe) -> None:
    one = Vendor("one", paid=[Dividend("AAA", THURSDAY, 0.25), Dividend("AAA", date(2026, 12, 1), 9.0)])
    two = Vendor("two", paid=[Dividend("AAA", MONDAY, 9.0)], done=[Split("BBB", FRIDAY, 2, 1)])
    assert sync(conn, universe, ActionRequest(("AAA", "BBB"), SPAN), one, two) == 0
    paid = [(row.ex_date, row.amount, row.source) for row in conn.execute(select(dividends))]
    assert paid == [(THURSDAY, 0.25, "one")]
    done = [(row.instrument_id, row.new_shares, row.source) for row in conn.execute(select(splits_table))]
    assert done == [(universe.ids["BBB"], 2, "two")]
    assert asked(conn, Market.LIVE, "actions") == dict.fromkeys(("AAA", "BBB"), SPAN)


def test_quotes_go_to_the_contract_that_was_asked_for_under_its_terms_in_force(desk: Desk) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    in_force = call("AAA", "33.3333333333")
    one = Vendor("one", board=[quotes_of(in_force, [(THURSDAY, 1, 2, nan), (FRIDAY, 3, 2, nan)])])
    two = Vendor("two")
    assert sync(desk.conn, universe, QuoteRequest({CALL: in_force}, SPAN), one, two) == 2
    assert two.asked == []
    (row,) = desk.conn.execute(select(option_quotes)).all()
    assert (row.instrument_id, row.day, row.bid, row.source) == (option, THURSDAY, 1.0, "one")


@pytest.mark.parametrize(
    ("request_", "vendor", "kind", "subject"),
    [
        (
            QuoteRequest({CALL: call("AAA", "33.3333333333")}, SPAN),
            Vendor("one", board=[quotes_of(call("AAA", "33.3333333333"), [(FRIDAY, 3, 2, nan)])]),
            *("option_quotes", CALL),
        ),
        (
            ChainRequest("AAA", FRIDAY),
            Vendor("one", board=[quotes_of(call("AAA"), [(FRIDAY, 3, 2, nan)])]),
            "chain",
            "AAA",
        ),
        (PriceRequest(("AAA",), SPAN), Vendor("one", bars={"AAA": bars_of("AAA", {FRIDAY: -1})}), "prices", "AAA"),
        (ActionRequest(("AAA",), SPAN), Vendor("one", paid=[Dividend("AAA", FRIDAY, nan)]), "actions", "AAA"),
    ],
    ids=["quote", "chain", "price", "dividend"],
)
def test_of_what_rows_were_refused_nothing_is_remembered_so_that_all_of_it_is_asked_again(
    desk: Desk, request_: Request, vendor: Vendor, kind: str, subject: str
) -> None:
    (option,) = save_options(desk.conn, [call("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    remember_asked(desk.conn, Market.LIVE, kind, [subject, "BBB"], span=(MONDAY, THURSDAY), source="one")
    assert sync(desk.conn, universe, request_, vendor) > 0
    assert asked(desk.conn, Market.LIVE, kind) == {"BBB": (MONDAY, THURSDAY)}


def test_a_chain_brings_in_its_contracts(conn: Connection, universe: Universe) -> None:
    board = [quotes_of(terms, [(FRIDAY, 1, 2, nan)]) for terms in (call("AAA"), put("AAA"), call("AAA", 105))]
    one, two = Vendor("one", board=board), Vendor("two", board=board)
    assert sync(conn, universe, ChainRequest("AAA", FRIDAY), one, two) == 0
    assert two.asked == []
    contracts = conn.execute(select(option_quotes.c.instrument_id)).scalars().all()
    found = {each.option for each in load_instruments(conn, contracts) if each.option}
    assert found == {call("AAA"), put("AAA"), call("AAA", 105)}
    assert asked(conn, Market.LIVE, "chain") == {"AAA": (FRIDAY, FRIDAY)}


def test_of_an_underlying_without_a_chain_the_next_provider_is_asked(conn: Connection, universe: Universe) -> None:
    one, two = Vendor("one"), Vendor("two", board=[quotes_of(call("AAA"), [(FRIDAY, 1, 2, nan)])])
    sync(conn, universe, ChainRequest("AAA", FRIDAY), one, two)
    assert two.asked == [("chain", ("AAA", FRIDAY))]
    assert conn.execute(select(option_quotes.c.source)).scalars().all() == ["two"]


@pytest.mark.xfail(strict=True, reason="a chain's contract is the one that had its symbol before the split")
def test_after_a_split_the_chain_leaves_the_held_contracts_quotes_alone(desk: Desk) -> None:
    held = OptionTerms("AAA", call("AAA").expiry, call("AAA").right, call("AAA", 200).strike)
    save_profiles(desk.conn, {"AAA": share_profile("AAA")}, "test")
    (option,) = save_options(desk.conn, [held], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    save_splits(desk.conn, Market.LIVE, [(universe.ids["AAA"], Split("AAA", FRIDAY, 2, 1))], "test")
    listed_after = quotes_of(held, [(FRIDAY, 0.01, 0.03, nan)])  # a strike of 200 on a share that is worth 100
    sync(desk.conn, universe, ChainRequest("AAA", FRIDAY), Vendor("one", board=[listed_after]))
    assert closes_on(desk.conn, Market.LIVE, [option], FRIDAY) == {}


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
