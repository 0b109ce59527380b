"""What people do about market data: confirm a close, name an alias, see what a book stands on, plan what it costs."""

from datetime import date
from math import isnan
from uuid import UUID

import pytest
from sqlalchemy import Connection

from postgres.services.conftest import RISING, Desk
from postgres.services.vendors import Broken, Vendor, served_by, sync
from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    bars_of,
    call,
    new_share,
    put,
    quotes_of,
)
from sigmasight.domain.errors import ConflictError, InvalidEntryError, NotATradingDayError, NotFoundError
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import Dividend, Market
from sigmasight.domain.usage import Usage
from sigmasight.market.meters import Meter, grown
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    HoldingsRequest,
    PriceRequest,
    Request,
)
from sigmasight.services.aliases import name_alias
from sigmasight.services.data_quality import report_data_quality
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_plan import find_symbols, find_universe, plan_backfill
from sigmasight.services.market_sources import Sources
from sigmasight.services.provider_comparison import compare_prices
from sigmasight.services.provider_plan import NIGHTS_A_MONTH, plan_spending
from sigmasight.services.quarantine import confirm_close
from sigmasight.store.asked import asked
from sigmasight.store.funds import load_holdings
from sigmasight.store.instruments import find_instruments, save_options
from sigmasight.store.positions import write_exit
from sigmasight.store.prices import load_announced, load_payouts, save_quotes
from sigmasight.store.provider_usage import add_usage, usage_between, usage_by_day
from sigmasight.store.quarantine import load_quarantined

WHY = "a takeover at three times the price"


def _place(desk: Desk, day: date, owner: UUID | None = None) -> tuple[Connection, Valuation, UUID, UUID, date]:
    return desk.conn, desk.valuation, owner or desk.owner, desk.book.id, day


def _ask_prices(desk: Desk, vendor: Vendor, days: tuple[date, date] = (MONDAY, FRIDAY)) -> int:
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    return sync(desk.conn, universe, PriceRequest(("AAA",), days), vendor)


def test_a_close_that_jumped_is_let_in_when_a_person_confirms_it(desk: Desk) -> None:
    desk.bring_in(new_share(desk.conn, "AAA"), 1, MONDAY)
    closes = {MONDAY: 10, TUESDAY: 10, WEDNESDAY: 60, THURSDAY: 61, FRIDAY: 62}
    vendor = Vendor("one", bars={"AAA": bars_of("AAA", closes)})
    assert _ask_prices(desk, vendor) == 3
    kept = load_quarantined(desk.conn, Market.LIVE, limit=10)
    assert {(row.symbol, row.day, row.field, row.source) for row in kept} == {
        ("AAA", day, "close", "one") for day in (WEDNESDAY, THURSDAY, FRIDAY)
    }
    confirm_close(desk.conn, Market.LIVE, "AAA", WEDNESDAY, WHY)
    assert "AAA" not in asked(desk.conn, Market.LIVE, "prices")
    assert _ask_prices(desk, vendor) == 0
    assert report_data_quality(*_place(desk, FRIDAY)).assets[0].sessions == len(WEEK)


@pytest.mark.parametrize(
    ("symbol", "day", "why", "error"),
    [
        ("AAA", THURSDAY, WHY, NotFoundError),
        ("BBB", WEDNESDAY, WHY, NotFoundError),
        ("AAA", WEDNESDAY, "  ", InvalidEntryError),
    ],
)
def test_only_what_was_kept_aside_can_be_confirmed(
    desk: Desk, symbol: str, day: date, why: str, error: type[Exception]
) -> None:
    desk.bring_in(new_share(desk.conn, "AAA"), 1, MONDAY)
    _ask_prices(desk, Vendor("one", bars={"AAA": bars_of("AAA", {TUESDAY: 10, WEDNESDAY: 60})}))
    with pytest.raises(error):
        confirm_close(desk.conn, Market.LIVE, symbol, day, why)


def test_the_same_row_kept_aside_twice_is_told_once(desk: Desk) -> None:
    desk.bring_in(new_share(desk.conn, "AAA"), 1, MONDAY)
    for _ in range(2):
        _ask_prices(desk, Vendor("one", bars={"AAA": bars_of("AAA", {TUESDAY: 10, WEDNESDAY: 60})}))
    (row,) = load_quarantined(desk.conn, Market.LIVE, symbols=["AAA"], limit=10)
    assert (row.day, row.value, row.times) == (WEDNESDAY, "60.0", 2)
    assert load_quarantined(desk.conn, Market.LIVE, symbols=["BBB"], limit=10) == []
    assert load_quarantined(desk.conn, Market.SIMULATED, limit=10) == []


def test_an_alias_holds_on_its_days(desk: Desk) -> None:
    meta = new_share(desk.conn, "META")
    name_alias(desk.conn, "FB", "META", valid_from=date(2012, 5, 18), valid_to=date(2022, 6, 9))
    name_alias(desk.conn, "ZOOM", "ZM", valid_from=date(2019, 4, 18), valid_to=None)
    assert find_instruments(desk.conn, ["FB", "ZOOM"], date(2022, 6, 8))["FB"] == meta
    found = find_instruments(desk.conn, ["FB", "ZOOM", "ZM"], FRIDAY)
    assert found == {"ZOOM": found["ZM"], "ZM": found["ZM"]}
    with pytest.raises(ConflictError, match="META is an instrument of its own"):
        name_alias(desk.conn, "META", "ZM", valid_from=MONDAY, valid_to=None)
    for wrong in (("FB", "FB", MONDAY, None), ("FB", "META", MONDAY, MONDAY)):
        with pytest.raises(InvalidEntryError):
            name_alias(desk.conn, *wrong[:2], valid_from=wrong[2], valid_to=wrong[3])


def test_a_book_s_data_are_told_the_worst_first(desk: Desk, stranger: UUID) -> None:
    desk.bring_in(new_share(desk.conn, "AAA", RISING), 1, MONDAY)
    desk.bring_in(new_share(desk.conn, "OLD", {MONDAY: 5, TUESDAY: 5}), 1, MONDAY)
    desk.bring_in(new_share(desk.conn, "NONE"), 1, MONDAY)
    gone = desk.bring_in(new_share(desk.conn, "SOLD", RISING), 1, MONDAY)
    write_exit(desk.conn, gone, exit_date=THURSDAY, exit_price=None)
    desk.make_snapshots(FRIDAY)
    report = report_data_quality(*_place(desk, FRIDAY))
    told = [(a.symbol, a.last_day, a.age_sessions, a.sessions) for a in report.assets]
    assert told == [("NONE", None, None, 0), ("OLD", TUESDAY, 3, 2), ("AAA", FRIDAY, 0, 5)]
    assert {a.source for a in report.assets} == {None, "test"}
    engines = {each.engine: each for each in report.engines}
    assert engines["values"].coverage == pytest.approx((14.0 + 5.0) / (14.0 + 5.0 + 8.0))  # its entry price weighs NONE
    assert {left.symbol for left in engines["values"].not_included} == {"NONE"}
    assert engines["risk"].coverage is None
    assert report.trend[-1] == (FRIDAY, engines["values"].coverage)
    with pytest.raises(NotATradingDayError):
        report_data_quality(*_place(desk, date(2026, 11, 21)))
    with pytest.raises(NotFoundError):
        report_data_quality(*_place(desk, FRIDAY, stranger))


def _funds(desk: Desk) -> FundHoldings:
    desk.bring_in(new_share(desk.conn, "SPY", kind=Kind.ETF), 1, MONDAY)
    lines = (
        Holding("AAA", "Alpha", 0.6, 10.0, 600.0),
        Holding(None, "Cash", 0.2),
        Holding("BBB", "Beta", float("nan")),
    )
    return FundHoldings("SPY", TUESDAY, lines)


def test_what_a_fund_holds_is_kept_by_report_and_known_from_its_day_on(desk: Desk) -> None:
    report = _funds(desk)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
    request = HoldingsRequest(("SPY",), FRIDAY)
    fund = universe.ids["SPY"]
    assert sync(desk.conn, universe, request, Vendor("one", reports={"SPY": report})) == 1
    later = FundHoldings("SPY", THURSDAY, (Holding("BBB", "Beta", 0.95),))
    again = FundHoldings("SPY", TUESDAY, (Holding("CCC", "Gamma", 0.95),))
    future = FundHoldings("SPY", date(2026, 11, 23), (Holding("DDD", "Delta", 0.95),))
    for each, refused in ((later, 0), (again, 0), (future, 1)):
        assert sync(desk.conn, universe, request, Vendor("one", reports={"SPY": each})) == refused
    assert load_holdings(desk.conn, Market.LIVE, [fund], MONDAY) == {}
    assert load_holdings(desk.conn, Market.SIMULATED, [fund], FRIDAY) == {}
    (known,) = load_holdings(desk.conn, Market.LIVE, [fund], WEDNESDAY).values()
    assert [(line.symbol, line.weight, isnan(line.shares)) for line in known.lines] == [
        ("AAA", 0.6, False),
        (None, 0.2, True),
    ]
    assert (known.total_weight, known.is_whole) == (pytest.approx(0.8), False)
    last = load_holdings(desk.conn, Market.LIVE, [fund], FRIDAY)[fund]
    assert ([line.symbol for line in last.lines], last.as_of, last.is_whole) == (["BBB"], THURSDAY, True)


def test_a_dividend_is_asked_for_ahead_and_corrected_until_it_is_paid(desk: Desk) -> None:
    share = new_share(desk.conn, "AAA", RISING)
    desk.bring_in(share, 1, MONDAY)
    universe = find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, WEDNESDAY)
    ahead = date(2027, 2, 1)
    for amount in (0.5, 0.6):
        paid = [Dividend("AAA", ahead, amount), Dividend("AAA", TUESDAY, amount)]
        sync(desk.conn, universe, ActionRequest(("AAA",), (MONDAY, WEDNESDAY), ahead), Vendor("one", paid=paid))
    announced = load_announced(desk.conn, Market.LIVE, [share], WEDNESDAY)
    assert announced.amount.tolist() == [0.6]
    assert load_announced(desk.conn, Market.LIVE, [share], TUESDAY).amount.tolist() == []
    assert load_payouts(desk.conn, Market.LIVE, [share], FRIDAY).amount.tolist() == [0.5]


def test_what_providers_cost_adds_up_by_day(desk: Desk) -> None:
    usage = Usage()
    meter = Meter("one", usage, lambda _: 0)
    for day, calls in ((MONDAY, 3), (TUESDAY, 4), (TUESDAY, 1)):
        usage.calls += calls
        usage.cost += 0.5 * calls
        add_usage(desk.conn, day, grown([meter]))
    add_usage(desk.conn, FRIDAY, grown([meter]))
    assert usage_between(desk.conn, MONDAY, FRIDAY) == {"one": Usage(calls=8, cost=4.0)}
    assert usage_between(desk.conn, TUESDAY, TUESDAY) == {"one": Usage(calls=5, cost=2.5)}
    assert [(day, found.calls) for day, _, found in usage_by_day(desk.conn, MONDAY, FRIDAY)] == [
        (TUESDAY, 5),
        (MONDAY, 3),
    ]


def _calls(request: Request) -> int:
    """A vendor that takes a call a symbol, two for a history, and one for 100 contracts of a chain."""
    match request:
        case PriceRequest(symbols, (first, last)):
            return len(symbols) * (1 if first == last else 2)
        case ChainRequest():
            return max(1, request.listed // 100)
    return 0


def test_a_plan_counts_tonight_and_the_month_after_it(desk: Desk) -> None:
    desk.bring_in(new_share(desk.conn, "AAA", RISING), 1, MONDAY)
    contracts = save_options(desk.conn, [call("AAA"), put("AAA")], MONDAY)
    desk.bring_in(contracts[call("AAA")], 1, MONDAY)
    for terms, option in contracts.items():
        save_quotes(desk.conn, Market.LIVE, {option: quotes_of(terms, [(THURSDAY, 1.0, 2.0, 1.5)])}, "one")
    vendor = Vendor("one")
    meter = Meter("one", Usage(), _calls, credits_per_call=20.0, cost_per_credit=0.01, per_minute=10.0)
    sources = Sources((vendor,), (Vendor("files"), vendor), (), (vendor,), (), (meter,))
    plan = plan_spending(desk.conn, desk.valuation, sources, FRIDAY, history_sessions=520)
    tonight = {each.kind: each for each in plan.tonight}
    assert (tonight["prices"].calls, tonight["prices"].credits) == (2, 40.0)
    assert (tonight["prices"].minutes, tonight["prices"].cost) == (pytest.approx(0.2), pytest.approx(0.4))
    month = {each.kind: each.calls for each in plan.month}
    assert month["prices"] == 2 + (NIGHTS_A_MONTH - 1)
    assert month["chain"] == NIGHTS_A_MONTH
    assert {each.provider for each in (*plan.tonight, *plan.month)} == {"one"}


def test_a_backfill_asks_only_what_was_never_asked(desk: Desk) -> None:
    universe = find_symbols(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY, ["AAA", "BBB"])
    first = plan_backfill(desk.conn, universe, (TUESDAY, FRIDAY))
    assert [type(request).__name__ for request in first] == [
        *("ProfileRequest", "ActionRequest", "PriceRequest", "RateRequest"),
    ]
    for request in first:
        sync(desk.conn, universe, request, Vendor("one"))
    assert plan_backfill(desk.conn, universe, (TUESDAY, FRIDAY)) == ()
    wider = plan_backfill(desk.conn, universe, (MONDAY, FRIDAY))
    assert [request.days for request in wider if isinstance(request, PriceRequest)] == [(MONDAY, MONDAY)]


def test_providers_are_compared_close_by_close(desk: Desk) -> None:
    assert desk.owner
    one = Vendor("one", bars={"AAA": bars_of("AAA", {MONDAY: 10, TUESDAY: 11})})
    two = Vendor("two", bars={"AAA": bars_of("AAA", {TUESDAY: 22, WEDNESDAY: 12})})
    found = compare_prices(served_by(one, Broken("three"), two), ["AAA"], MONDAY, FRIDAY)
    assert found.providers == ("one", "two")
    assert [(row.day, row.spread) for row in found.rows if not isnan(row.spread)] == [(TUESDAY, 1.0)]
    assert [row.day for row in found.rows] == [MONDAY, TUESDAY, WEDNESDAY]
    assert [provider for provider, _ in found.failures] == ["three"]
