"""Expiry: on which day a contract is alive, expired, settled; and where the day is no session."""

from datetime import date, time
from math import isnan

import pytest

from sigmasight.domain.reasons import Reason
from sigmasight.domain.symbols import occ_symbol

from .conftest import FRIDAY, PRICED, THURSDAY, WEDNESDAY, Desk, call, put, years

NEXT_MONDAY = date(2026, 11, 23)
THANKSGIVING, HALF_DAY = date(2026, 11, 26), date(2026, 11, 27)


def test_an_option_that_expires_today_has_greeks_of_zero_and_no_facts(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    contract = call("AAA", 99, FRIDAY)
    desk.live.quote_at(contract, THURSDAY)
    book = desk.book("a", (contract, 1), ("AAA", 1), on=THURSDAY)
    desk.night(THURSDAY, FRIDAY)
    before, last = desk.snapshot(book, THURSDAY), desk.snapshot(book)
    assert desk.fact(contract, THURSDAY)["tau_years"] == pytest.approx(1 / 365, rel=1e-12)
    assert before.measures.delta == pytest.approx(100 + 100 * 100 * desk.fact(contract, THURSDAY)["delta"])
    assert (occ_symbol(contract), FRIDAY) not in desk.facts()
    assert desk.view(book) == []
    assert last.measures.delta == 100.0
    assert [getattr(last.measures, name) for name in ("gamma", "theta", "vega", "rho")] == [0, 0, 0, 0]
    assert (last.delta_coverage, last.marks & Reason.EXPIRED) == (1.0, Reason.EXPIRED)
    assert last.measures.option_exposure == pytest.approx(100)


def test_an_option_that_expires_tomorrow_loses_no_more_than_its_price(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    contract = call("AAA", 100, FRIDAY)
    desk.live.quote_at(contract, THURSDAY)
    desk.book("a", (contract, 1), on=THURSDAY)
    desk.night(THURSDAY)
    fact = desk.fact(contract, THURSDAY)
    assert all(fact[name] is not None for name in PRICED)
    assert -fact["price"] <= fact["theta_per_day"] < 0
    assert fact["volatility"] == pytest.approx(0.3, abs=1e-6)


def test_an_option_that_expired_yesterday_is_settled_and_has_no_greeks(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda ordinal: 100.0 + (ordinal - FRIDAY.toordinal()))
    contract, worthless = call("AAA", 98, THURSDAY), put("AAA", 98, THURSDAY)
    book = desk.book("a", (contract, -2), (worthless, 5), ("AAA", 1), on=WEDNESDAY)
    for each in (contract, worthless):
        desk.live.quote(each, WEDNESDAY, 1.2, 1.3)
    desk.night(WEDNESDAY, THURSDAY, FRIDAY)
    last, after = desk.snapshot(book, THURSDAY), desk.snapshot(book)
    assert after.measures.cash - last.measures.cash == pytest.approx(-200)
    assert (last.option_positions, after.option_positions) == (2, 0)
    assert last.measures.delta == 99.0
    assert after.measures.delta == after.measures.notional == after.measures.delta_adjusted_exposure == 100.0
    assert [getattr(after.measures, name) for name in ("gamma", "theta", "vega", "rho")] == [0, 0, 0, 0]
    assert {day for _, day in desk.facts()} == {WEDNESDAY}
    assert set(after.warnings) == {f"settled: {occ_symbol(each)}" for each in (contract, worthless)}
    assert not after.marks & Reason.EXPIRED


@pytest.mark.parametrize("expiry", [date(2026, 11, 21), THANKSGIVING], ids=["a Saturday", "Thanksgiving"])
def test_an_option_that_expires_on_no_session_is_alive_until_then_and_expired_on_the_next_one(
    desk: Desk, expiry: date
) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA", 100, expiry)
    before, after = desk.calendar.previous_session(expiry), desk.calendar.next_session(expiry)
    desk.live.quote_at(contract, before)
    book = desk.book("a", (contract, 1), on=before)
    settled = desk.calendar.next_session(after)
    desk.night(before, after, settled)
    fact = desk.fact(contract, before)
    assert fact["tau_years"] == pytest.approx(years(before, expiry), rel=1e-12)
    assert fact["volatility"] == pytest.approx(0.3, abs=1e-9)
    assert {day for _, day in desk.facts()} == {before}
    assert desk.snapshot(book, after).marks & Reason.EXPIRED
    assert (desk.snapshot(book, after).measures.delta, desk.snapshot(book, after).measures.vega) == (0.0, 0.0)
    assert desk.snapshot(book, settled).option_positions == 0


def test_from_an_early_close_time_runs_until_four_in_the_afternoon_of_the_expiry(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract, today = call("AAA", 100), call("AAA", 100, HALF_DAY)
    desk.live.quote(contract, HALF_DAY, 5.0, 5.2)
    desk.live.quote(today, HALF_DAY, 1.0, 1.2)
    book = desk.book("a", (contract, 1), (today, 1), on=HALF_DAY)
    desk.night(HALF_DAY)
    assert desk.fact(contract, HALF_DAY)["tau_years"] == pytest.approx(years(HALF_DAY, close=time(13)), rel=1e-12)
    assert set(desk.facts()) == {(occ_symbol(contract), HALF_DAY)}
    assert f"expired: {occ_symbol(today)}" in desk.snapshot(book, HALF_DAY).warnings


def test_over_the_end_of_daylight_saving_time_an_hour_counts(desk: Desk) -> None:
    day = date(2026, 10, 30)
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, day)
    desk.book("a", (contract, 1), on=day)
    desk.night(day)
    days = (date(2027, 1, 15) - day).days
    assert desk.fact(contract, day)["tau_years"] == pytest.approx((days * 24 + 1) / 8760, rel=1e-12)


def test_an_expired_option_without_a_settlement_lacks_a_price_and_nothing_else(desk: Desk) -> None:
    """It stays open until its settlement is known (docs/adr/0003); by what it would have moved is not known either."""
    contract = call("NOBODY", 100, THURSDAY)
    book = desk.book("a", (contract, 1), on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY)
    snapshot = desk.snapshot(book, THURSDAY)
    assert [(left.symbol, left.reason) for left in snapshot.not_included] == [(occ_symbol(contract), "no_price")]
    assert isnan(snapshot.measures.gamma)
    assert snapshot.reasons["gamma"] == Reason.NO_PRICE
