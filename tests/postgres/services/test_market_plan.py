"""What a night asks of the market: what it needs, minus what was asked before."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import nan

import pytest
from sqlalchemy import Connection

from postgres.services.conftest import RISING, Desk
from postgres.services.vendors import Vendor, sync
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    call,
    new_book,
    new_share,
    new_user,
    put,
    quotes_of,
)
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.factors import FACTORS, FactorDefinition, FactorProxy
from sigmasight.domain.instruments import Kind, OptionTerms
from sigmasight.domain.market_data import TREASURY_SERIES, Market, OptionQuotes, Split
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    HoldingsRequest,
    PriceRequest,
    ProfileRequest,
    QuoteRequest,
    RateRequest,
    Request,
)
from sigmasight.services.market_plan import (
    ANNOUNCED_AHEAD,
    HOLDINGS_KEPT,
    SYMBOLS_PER_REQUEST,
    Universe,
    find_universe,
    needing_prices,
    plan_prices,
    plan_quotes,
    plan_reference,
)
from sigmasight.store.instruments import add_unknown, find_instruments, load_instruments, save_options
from sigmasight.store.positions import NewPosition, add_positions, write_exit
from sigmasight.store.prices import save_quotes, save_splits
from sigmasight.store.reference import add_factors

HISTORY = 520
NEXT_MONDAY = date(2026, 11, 23)
TEN_SESSIONS_AGO = date(2026, 11, 9)
RATES = tuple(sorted(TREASURY_SERIES))
PROXIES = {"SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV"}
CALL, PUT = "AAA261218C00100000", "AAA261218P00100000"


def _universe(desk: Desk, on: date = FRIDAY, market: Market = Market.LIVE) -> Universe:
    return find_universe(desk.conn, market, desk.valuation.calendar, on)


def _plan(desk: Desk, on: date = FRIDAY, *, with_chains: bool = True) -> tuple[Request, ...]:
    universe = _universe(desk, on)
    return (
        *plan_reference(desk.conn, universe, history_sessions=HISTORY),
        *plan_prices(desk.conn, universe, history_sessions=HISTORY, with_chains=with_chains),
    )


def _answer_nothing(desk: Desk, requests: Iterable[Request], on: date = FRIDAY) -> None:
    """Let the providers have been asked, without success."""
    for request in requests:
        sync(desk.conn, _universe(desk, on), request, Vendor("test"))


def _prices(requests: Iterable[Request]) -> list[PriceRequest]:
    return [request for request in requests if isinstance(request, PriceRequest)]


def _quotes(requests: Iterable[Request]) -> dict[str, tuple[OptionTerms, date, date]]:
    return {
        symbol: (terms, *request.days)
        for request in requests
        if isinstance(request, QuoteRequest)
        for symbol, terms in request.contracts.items()
    }


def _hold_call(desk: Desk, terms: OptionTerms, on: date = MONDAY) -> int:
    (option,) = save_options(desk.conn, [terms], on).values()
    desk.bring_in(option, 1, on)
    return option


def test_the_first_night_asks_for_the_whole_history(desk: Desk, calendar: TradingCalendar) -> None:
    desk.bring_in(new_share(desk.conn, "AAA"), 1, MONDAY)
    desk.bring_in(add_unknown(desk.conn, ["NEW"])["NEW"], 1, MONDAY)
    window = (calendar.sessions_back(FRIDAY, HISTORY - 1), FRIDAY)
    assert len(calendar.sessions_between(*window)) == HISTORY
    assert _plan(desk) == (
        ProfileRequest(("NEW",)),
        ActionRequest(("AAA", "NEW"), window, FRIDAY + ANNOUNCED_AHEAD),
        PriceRequest(("AAA", "NEW"), window),
        RateRequest(RATES, window),
    )


def test_what_was_answered_is_not_asked_again_but_for_what_comes_late(desk: Desk) -> None:
    desk.bring_in(new_share(desk.conn, "AAA", RISING), 1, MONDAY)
    (option, twin) = save_options(desk.conn, [call("AAA"), put("AAA")], MONDAY).values()
    desk.bring_in(option, 1, MONDAY)
    for contract, terms in ((option, call("AAA")), (twin, put("AAA"))):
        quotes = quotes_of(terms, [(day, 1.0, 2.0, nan) for day in WEEK])
        save_quotes(desk.conn, Market.LIVE, {contract: quotes}, "test")
    _answer_nothing(desk, _plan(desk))
    _answer_nothing(desk, plan_quotes(desk.conn, _universe(desk)))
    late = (
        ActionRequest(("AAA",), (TEN_SESSIONS_AGO, FRIDAY), FRIDAY + ANNOUNCED_AHEAD),
        RateRequest(RATES, (MONDAY, FRIDAY)),
    )
    assert _plan(desk) == late
    _answer_nothing(desk, late)
    assert _plan(desk) == late


def test_a_price_that_misses_among_the_last_ones_is_asked_for_again(desk: Desk) -> None:
    without = {day: close for day, close in RISING.items() if day != WEDNESDAY}
    desk.bring_in(new_share(desk.conn, "AAA", without), 1, MONDAY)
    desk.bring_in(new_share(desk.conn, "BBB", RISING), 1, MONDAY)
    _answer_nothing(desk, _plan(desk))
    assert _prices(_plan(desk)) == [PriceRequest(("AAA",), (MONDAY, FRIDAY))]


def test_what_nobody_knows_is_not_asked_for_again_on_the_same_days(desk: Desk) -> None:
    desk.bring_in(add_unknown(desk.conn, ["NEW"])["NEW"], 1, MONDAY)
    _answer_nothing(desk, _plan(desk))
    again = _plan(desk)
    assert _prices(again) == []
    assert not any(isinstance(request, ProfileRequest) for request in again)


def test_the_next_night_asks_for_the_days_since(desk: Desk) -> None:
    desk.bring_in(add_unknown(desk.conn, ["NEW"])["NEW"], 1, MONDAY)
    _hold_call(desk, call("AAA"))
    _answer_nothing(desk, _plan(desk))
    assert _plan(desk, NEXT_MONDAY) == (
        ProfileRequest(("AAA", "NEW")),
        ActionRequest(("AAA", "NEW"), (date(2026, 11, 10), NEXT_MONDAY), NEXT_MONDAY + ANNOUNCED_AHEAD),
        PriceRequest(("AAA", "NEW"), (NEXT_MONDAY, NEXT_MONDAY)),
        RateRequest(RATES, (TUESDAY, NEXT_MONDAY)),
        QuoteRequest({CALL: call("AAA"), PUT: put("AAA")}, (TUESDAY, FRIDAY)),
        ChainRequest("AAA", NEXT_MONDAY),
    )


def test_a_night_made_up_for_asks_no_profiles_and_chains_of_days_gone_by(desk: Desk) -> None:
    desk.bring_in(add_unknown(desk.conn, ["NEW"])["NEW"], 1, MONDAY)
    _hold_call(desk, call("AAA"))
    _answer_nothing(desk, _plan(desk))
    earlier = {type(request) for request in _plan(desk, WEDNESDAY)}
    assert earlier.isdisjoint({ProfileRequest, ChainRequest})


def test_only_what_is_new_is_asked_for_from_its_beginning(desk: Desk, calendar: TradingCalendar) -> None:
    desk.bring_in(new_share(desk.conn, "AAA", RISING), 1, MONDAY)
    _answer_nothing(desk, _plan(desk))
    desk.bring_in(new_share(desk.conn, "BBB"), 1, FRIDAY)
    assert _prices(_plan(desk)) == [PriceRequest(("BBB",), (calendar.sessions_back(FRIDAY, HISTORY - 1), FRIDAY))]


def test_chains_are_asked_for_only_when_the_session_is_the_last_one(desk: Desk) -> None:
    _hold_call(desk, call("AAA"))
    assert ChainRequest("AAA", FRIDAY) in _plan(desk)
    assert not any(isinstance(request, ChainRequest) for request in _plan(desk, with_chains=False))


def _board(*days: date) -> list[OptionQuotes]:
    return [quotes_of(terms, [(day, 1.0, 2.0, nan) for day in days]) for terms in (call("AAA"), put("AAA"))]


def test_what_a_chain_quotes_is_asked_for_no_more(desk: Desk) -> None:
    """The chain has bid and ask of its day: what else there is to ask comes after it."""
    _hold_call(desk, call("AAA"))
    plan = _plan(desk)
    assert _quotes(plan) == {CALL: (call("AAA"), MONDAY, THURSDAY), PUT: (put("AAA"), MONDAY, THURSDAY)}
    assert plan.index(ChainRequest("AAA", FRIDAY)) > [type(each) for each in plan].index(QuoteRequest)
    for request in plan:
        sync(desk.conn, _universe(desk), request, Vendor("test", board=_board(*WEEK)))
    assert plan_quotes(desk.conn, _universe(desk)) == ()


def test_what_a_chain_lacks_is_asked_for_after_it(desk: Desk) -> None:
    _hold_call(desk, call("AAA"))
    for request in _plan(desk):
        board = _board(FRIDAY)[:1] if isinstance(request, ChainRequest) else _board(*WEEK[:-1])
        sync(desk.conn, _universe(desk), request, Vendor("test", board=board))
    assert _quotes(plan_quotes(desk.conn, _universe(desk))) == {PUT: (put("AAA"), FRIDAY, FRIDAY)}


def test_a_chain_hides_no_question_that_is_open_before_its_day(desk: Desk) -> None:
    """The provider could not be asked for the days before, but had the chain."""
    _hold_call(desk, call("AAA"))
    sync(desk.conn, _universe(desk), ChainRequest("AAA", FRIDAY), Vendor("test", board=_board(FRIDAY)))
    assert _quotes(_plan(desk)) == {CALL: (call("AAA"), MONDAY, THURSDAY), PUT: (put("AAA"), MONDAY, THURSDAY)}


def test_what_funds_hold_is_asked_once_a_month_of_those_that_are_held(desk: Desk) -> None:
    add_factors(desk.conn, FACTORS)
    for symbol, kind in (("SPY", Kind.ETF), ("VTV", Kind.ETF), ("FXNAX", Kind.MUTUAL_FUND), ("AAA", Kind.STOCK)):
        new_share(desk.conn, symbol, kind=kind)
    _hold_call(desk, call("SPY", expiry=date(2027, 6, 18)))
    desk.bring_in(find_instruments(desk.conn, ["FXNAX"], MONDAY)["FXNAX"], 1, MONDAY)
    asked = HoldingsRequest(("FXNAX", "SPY"), FRIDAY)
    assert [each for each in _plan(desk) if isinstance(each, HoldingsRequest)] == [asked]
    _answer_nothing(desk, [asked])
    month_later = FRIDAY + HOLDINGS_KEPT
    for day, due in ((NEXT_MONDAY, False), (month_later - timedelta(days=1), False), (month_later, True)):
        assert any(isinstance(each, HoldingsRequest) for each in _plan(desk, day)) is due


def test_the_universe_is_what_is_held_with_underlyings_twins_and_the_factors_funds(desk: Desk) -> None:
    add_factors(desk.conn, FACTORS)
    new_share(desk.conn, "SPY", kind=Kind.ETF)
    _hold_call(desk, call("AAA"))
    universe = _universe(desk)
    assert {i.symbol for i in universe.priced} == PROXIES | {"AAA"}
    assert {i.symbol for i in universe.contracts} == {CALL, PUT}
    assert set(universe.ids) == {i.symbol for i in universe.instruments}
    assert universe.held_since == {universe.ids[CALL]: MONDAY, universe.ids[PUT]: MONDAY}
    assert _universe(desk) == universe


def test_a_fund_that_stood_for_a_factor_in_the_window_is_looked_at_with_the_one_that_replaced_it(desk: Desk) -> None:
    """The window of 252 returns, and one more for the lag, that ends on Friday begins on 18 November 2025."""
    long_ago, just_inside, changed = date(2025, 11, 18), date(2025, 11, 19), date(2026, 6, 1)
    for name, proxies in {
        "Value": (FactorProxy("OLD", date(1990, 1, 1), long_ago), FactorProxy("VTV", long_ago)),
        "Growth": (FactorProxy("LATE", date(1990, 1, 1), just_inside), FactorProxy("VUG", just_inside)),
        "Size": (FactorProxy("SLY", date(1990, 1, 1), changed), FactorProxy("IWM", changed)),
        "Quality": (FactorProxy("QUAL", date(1990, 1, 1)), FactorProxy("NEXT", NEXT_MONDAY)),
    }.items():
        add_factors(desk.conn, [FactorDefinition(name, len(name), active=True, proxies=proxies)])
    first = desk.valuation.calendar.sessions_back(FRIDAY, 253)
    assert long_ago <= first < just_inside
    assert {i.symbol for i in _universe(desk).priced} == {"VTV", "LATE", "VUG", "SLY", "IWM", "QUAL"}


def test_each_market_looks_at_what_its_own_portfolios_hold(desk: Desk) -> None:
    desk.bring_in(new_share(desk.conn, "AAA"), 1, MONDAY)
    demo = new_book(desk.conn, new_user(desk.conn, "demo"), market=Market.SIMULATED, opened_on=MONDAY)
    replace(desk, book=demo).bring_in(new_share(desk.conn, "BBB"), 1, MONDAY)
    assert set(_universe(desk).ids) == {"AAA"}
    assert set(_universe(desk, market=Market.SIMULATED).ids) == {"BBB"}


def test_what_was_sold_before_the_last_snapshot_is_looked_at_no_more(desk: Desk) -> None:
    for symbol, day in (("AAA", WEDNESDAY), ("BBB", THURSDAY)):
        position = desk.bring_in(new_share(desk.conn, symbol), 1, MONDAY)
        write_exit(desk.conn, position, exit_date=day, exit_price=None)
    assert set(_universe(desk).ids) == {"AAA", "BBB"}
    desk.make_snapshots(THURSDAY)
    assert set(_universe(desk).ids) == {"BBB"}


def test_an_option_that_expired_before_the_last_snapshot_is_looked_at_no_more(desk: Desk) -> None:
    _hold_call(desk, call("AAA", expiry=WEDNESDAY))
    assert set(_universe(desk).ids) == {"AAA", "AAA261118C00100000", "AAA261118P00100000"}
    desk.make_snapshots(THURSDAY)
    assert _universe(desk).contracts == []


def test_an_option_held_with_its_twin_is_asked_for_since_either_is_held(desk: Desk) -> None:
    """Parity of the call needs the put from the call's first day on."""
    _hold_call(desk, call("AAA"), MONDAY)
    _hold_call(desk, put("AAA"), WEDNESDAY)
    plan = _plan(desk, with_chains=False)
    assert _quotes(plan) == {CALL: (call("AAA"), MONDAY, FRIDAY), PUT: (put("AAA"), MONDAY, FRIDAY)}


def test_quotes_are_asked_for_until_the_expiry_and_not_after_it(desk: Desk) -> None:
    expiring = call("AAA", expiry=WEDNESDAY)
    _hold_call(desk, expiring)
    plan = _plan(desk)
    assert _quotes(plan)["AAA261118C00100000"] == (expiring, MONDAY, WEDNESDAY)
    desk.make_snapshots(FRIDAY)
    assert _quotes(_plan(desk, NEXT_MONDAY)) == {}


def test_of_a_contract_that_expired_before_it_was_held_nothing_is_asked(desk: Desk) -> None:
    _hold_call(desk, call("AAA", expiry=MONDAY), TUESDAY)
    assert _quotes(_plan(desk)) == {}


def test_after_a_whole_split_a_contract_is_asked_for_by_the_terms_in_force(desk: Desk) -> None:
    option = _hold_call(desk, call("AAA"))
    _universe(desk, MONDAY)
    parent = load_instruments(desk.conn, [option])[0]
    splits = [Split("AAA", TUESDAY, 2, 1), Split("AAA", THURSDAY, 5, 1), Split("AAA", MONDAY, 7, 1)]
    save_splits(desk.conn, Market.LIVE, [(parent.id, split) for split in splits], "test")
    assert _quotes(_plan(desk, with_chains=False)) == {
        CALL: (call("AAA", 10), MONDAY, FRIDAY),
        PUT: (put("AAA", 10), MONDAY, FRIDAY),
    }
    assert _quotes(_plan(desk, WEDNESDAY))[CALL][0] == call("AAA", 50)


@pytest.mark.parametrize(("new", "old"), [(3, 2), (1, 10)])
def test_after_an_odd_split_a_contract_is_asked_for_no_more(desk: Desk, new: int, old: int) -> None:
    option = _hold_call(desk, call("AAA"))
    _hold_call(desk, call("BBB"))
    _universe(desk, MONDAY)
    parent = load_instruments(desk.conn, [option])[0]
    save_splits(desk.conn, Market.LIVE, [(parent.id, Split("AAA", THURSDAY, new, old))], "test")
    assert set(_quotes(_plan(desk))) == {"BBB261218C00100000", "BBB261218P00100000"}
    assert set(_quotes(_plan(desk, WEDNESDAY))) >= {CALL, PUT}


def test_the_twin_of_a_contract_that_was_split_has_its_terms(desk: Desk) -> None:
    option = _hold_call(desk, call("AAA"))
    parent = load_instruments(desk.conn, [option])[0]
    save_splits(desk.conn, Market.LIVE, [(parent.id, Split("AAA", TUESDAY, 2, 1))], "test")
    assert _quotes(_plan(desk))[PUT][0].strike == _quotes(_plan(desk))[CALL][0].strike == Decimal(50)


def test_many_symbols_are_asked_for_in_pieces(conn: Connection, desk: Desk) -> None:
    symbols = [f"S{n}" for n in range(2 * SYMBOLS_PER_REQUEST + 1)]
    new = [NewPosition(i, Decimal(1), Decimal(1), MONDAY) for i in add_unknown(conn, symbols).values()]
    add_positions(conn, desk.book, new, recorded_on=MONDAY, tag_ids={}, imported=True)
    pieces = [request.symbols for request in _prices(_plan(desk))]
    assert [len(piece) for piece in pieces] == [SYMBOLS_PER_REQUEST, SYMBOLS_PER_REQUEST, 1]
    assert sorted(symbol for piece in pieces for symbol in piece) == sorted(symbols)


def test_an_empty_market_needs_its_rates_only(desk: Desk) -> None:
    (request,) = _plan(desk)
    assert isinstance(request, RateRequest)


def test_a_market_without_portfolios_is_looked_at_all_the_same(conn: Connection, calendar: TradingCalendar) -> None:
    universe = find_universe(conn, Market.LIVE, calendar, FRIDAY)
    assert {i.symbol for i in universe.instruments} == PROXIES
    assert universe.held_since == {}
    assert universe.last_sessions(2) == (THURSDAY, FRIDAY)


def test_what_is_held_needs_a_price_unless_it_expires(desk: Desk) -> None:
    share = new_share(desk.conn, "AAA")
    desk.bring_in(share, 1, MONDAY)
    alive = _hold_call(desk, call("AAA"))
    _hold_call(desk, call("AAA", expiry=FRIDAY))
    _hold_call(desk, call("AAA", expiry=WEDNESDAY))
    sold = desk.bring_in(new_share(desk.conn, "BBB"), 1, MONDAY)
    write_exit(desk.conn, sold, exit_date=FRIDAY, exit_price=None)
    assert needing_prices(desk.conn, _universe(desk)) == {share, alive}
