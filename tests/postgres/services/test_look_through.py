"""Looking through the funds of one portfolio: which reports are used, and what stays closed."""

from collections.abc import Mapping
from datetime import date
from math import nan
from uuid import UUID

import pytest

from postgres.services.conftest import RISING, Desk
from postgres.store.builders import FRIDAY, MONDAY, SATURDAY, THURSDAY, call, new_share
from sigmasight.domain.errors import NotATradingDayError, NotFoundError
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import Market
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.risk.look_through import NO_REPORT
from sigmasight.services.look_through import LookThroughReport, report_look_through
from sigmasight.store.funds import load_holdings, load_sources, save_holdings
from sigmasight.store.instruments import add_alias, find_instruments, save_options

OCTOBER, SEPTEMBER = date(2026, 10, 31), date(2026, 9, 30)


def see(desk: Desk, on: date = FRIDAY) -> LookThroughReport:
    return report_look_through(desk.conn, desk.valuation, desk.owner, desk.book.id, on)


def totals(report: LookThroughReport) -> dict[str, float]:
    return {line.label: line.total for line in report.found.lines}


def tell(
    desk: Desk,
    fund: str,
    lines: Mapping[str | None, float],
    as_of: date = OCTOBER,
    *,
    market: Market = Market.LIVE,
    source: str = "vendor",
) -> None:
    """Let a fund have reported what it holds."""
    listed = tuple(Holding(symbol, symbol or "Bonds", weight) for symbol, weight in lines.items())
    (instrument_id,) = find_instruments(desk.conn, [fund], FRIDAY).values()
    save_holdings(desk.conn, market, {instrument_id: FundHoldings(fund, as_of, listed)}, source)


@pytest.fixture
def funds(desk: Desk) -> Desk:
    """On Friday: 10 of the fund FFF at 14, 5 AAA at 20; GGG and HHH are funds that nobody holds."""
    fund = new_share(desk.conn, "FFF", RISING, kind=Kind.ETF)
    for symbol in ("GGG", "HHH"):
        new_share(desk.conn, symbol, kind=Kind.MUTUAL_FUND)
    desk.bring_in(fund, 10, MONDAY)
    desk.bring_in(new_share(desk.conn, "AAA", {FRIDAY: 20.0}), 5, MONDAY)
    return desk


def test_a_fund_is_what_it_holds(funds: Desk) -> None:
    tell(funds, "FFF", {"AAA": 0.5, "NEW": 0.25, None: 0.2})
    report = see(funds)
    assert totals(report) == pytest.approx({"AAA": 170.0, "NEW": 35.0, "FFF: not named": 35.0})
    (fund,) = report.found.funds
    assert (fund.as_of, fund.age_days, fund.source, fund.is_whole) == (OCTOBER, 20, "vendor", True)
    assert (report.found.net, report.not_included, report.factors) == (240.0, (), None)


def test_the_last_report_of_the_session_or_before_is_used(funds: Desk) -> None:
    tell(funds, "FFF", {"BBB": 1.0}, SEPTEMBER, source="older")
    tell(funds, "FFF", {"CCC": 1.0}, FRIDAY, source="newer")
    tell(funds, "FFF", {"DDD": 1.0}, SATURDAY, source="of the future")
    for day, name, source, level in ((THURSDAY, "BBB", "older", 13.0), (FRIDAY, "CCC", "newer", 14.0)):
        report = see(funds, day)
        assert totals(report)[name] == pytest.approx(10 * level)
        assert [fund.source for fund in report.found.funds] == [source]


def test_a_fund_whose_only_report_is_of_the_future_stays_closed(funds: Desk) -> None:
    tell(funds, "FFF", {"BBB": 1.0}, SATURDAY)
    report = see(funds)
    assert [(line.label, line.total, line.reason) for line in report.found.lines] == [
        ("FFF", 140.0, NO_REPORT),
        ("AAA", 100.0, ""),
    ]
    assert (report.found.funds, report.found.coverage) == ((), pytest.approx(100 / 240))


def test_the_reports_of_another_market_are_of_no_account(funds: Desk) -> None:
    tell(funds, "FFF", {"BBB": 1.0}, FRIDAY, market=Market.SIMULATED, source="simulated")
    tell(funds, "FFF", {"CCC": 1.0}, FRIDAY)
    assert set(totals(see(funds))) == {"CCC", "AAA"}
    (fund,) = find_instruments(funds.conn, ["FFF"], FRIDAY).values()
    for market, source in ((Market.LIVE, "vendor"), (Market.SIMULATED, "simulated")):
        reports = load_holdings(funds.conn, market, [fund], FRIDAY)
        assert load_sources(funds.conn, market, reports) == {fund: source}


def test_a_report_that_does_not_add_up_is_used_and_flagged(funds: Desk) -> None:
    tell(funds, "FFF", {"AAA": 0.5, "BBB": -0.25})
    report = see(funds)
    assert totals(report) == pytest.approx({"AAA": 170.0, "FFF: not named": 105.0, "BBB": -35.0})
    (fund,) = report.found.funds
    assert (fund.total_weight, fund.is_whole) == (0.25, False)


def test_a_holding_is_the_instrument_that_its_symbol_meant_on_the_day_of_the_report(funds: Desk) -> None:
    new = new_share(funds.conn, "META", {FRIDAY: 1.0})
    add_alias(funds.conn, source="test", symbol="FB", instrument_id=new, valid_from=date(2026, 11, 1))
    tell(funds, "FFF", {"FB": 0.5, "AAA": 0.5})
    assert totals(see(funds)) == pytest.approx({"AAA": 170.0, "FB": 70.0})
    tell(funds, "FFF", {"FB": 0.5, "META": 0.25, "AAA": 0.25}, THURSDAY)
    assert totals(see(funds)) == pytest.approx({"AAA": 135.0, "META": 105.0})


def test_a_fund_in_a_fund_is_looked_through_though_nobody_holds_it(funds: Desk) -> None:
    tell(funds, "FFF", {"GGG": 0.5, "HHH": 0.5})
    tell(funds, "GGG", {"AAA": 0.9, "FFF": 0.1}, SEPTEMBER)
    report = see(funds)
    assert totals(report) == pytest.approx({"AAA": 163.0, "HHH": 70.0, "FFF: not named": 7.0})
    assert {line.symbol: line.reason for line in report.found.lines} == {"AAA": "", "HHH": NO_REPORT, "FFF": ""}
    assert {fund.symbol: (fund.held, fund.inside) for fund in report.found.funds} == {
        "FFF": (140.0, 0.0),
        "GGG": (0.0, 70.0),
    }


def test_a_funds_own_shares_are_no_name(funds: Desk) -> None:
    tell(funds, "FFF", {"FFF": 0.25, "HHH": 0.75})
    assert totals(see(funds)) == pytest.approx({"HHH": 105.0, "AAA": 100.0, "FFF: not named": 35.0})


def test_a_fund_without_a_price_is_listed_and_lowers_the_coverage(funds: Desk) -> None:
    fund = new_share(funds.conn, "III", kind=Kind.ETF)
    funds.bring_in(fund, 20, MONDAY)
    for each in ("III", "FFF"):
        tell(funds, each, {"AAA": 1.0})
    report = see(funds)
    assert report.not_included == (NotIncluded("III", "no_price"),)
    assert (totals(report), report.found.net) == ({"AAA": 240.0}, 240.0)
    assert report.found.coverage == pytest.approx(240 / (240 + 20 * 8))
    assert [fund.symbol for fund in report.found.funds] == ["FFF"]


def test_an_option_whose_delta_is_not_known_is_listed(funds: Desk) -> None:
    """There are no Treasury yields here."""
    tell(funds, "FFF", {"AAA": 1.0})
    (option,) = save_options(funds.conn, [call("FFF", 15)], MONDAY).values()
    funds.bring_in(option, 2, MONDAY)
    report = see(funds)
    (left,) = report.not_included
    assert (left.symbol, totals(report)) == ("FFF261218C00015000", {"AAA": 240.0})
    assert report.found.coverage == pytest.approx(240 / (240 + 2 * 100 * 8))


def test_an_empty_portfolio_has_nothing_to_look_through(desk: Desk) -> None:
    report = see(desk)
    assert (report.found.lines, report.found.net, report.found.coverage) == ((), 0.0, 1.0)


def test_factors_without_any_history_say_so(funds: Desk) -> None:
    tell(funds, "FFF", {"AAA": 1.0})
    report = report_look_through(funds.conn, funds.valuation, funds.owner, funds.book.id, FRIDAY, factors=True)
    assert report.factors is not None
    for found in (report.factors.plain.exposure, report.factors.through.exposure):
        assert found == pytest.approx([nan] * 7, nan_ok=True)
    assert report.factors.through.coverage == 0.0


@pytest.mark.parametrize(("day", "error"), [(SATURDAY, NotATradingDayError), (date(2026, 11, 13), NotFoundError)])
def test_a_day_that_is_no_session_or_before_the_portfolio_is_refused(
    funds: Desk, day: date, error: type[Exception]
) -> None:
    with pytest.raises(error, match=day.isoformat()):
        see(funds, day)


def test_nobody_looks_through_a_strangers_funds(funds: Desk, stranger: UUID) -> None:
    with pytest.raises(NotFoundError, match=f"no portfolio {funds.book.id}"):
        report_look_through(funds.conn, funds.valuation, stranger, funds.book.id, FRIDAY)
