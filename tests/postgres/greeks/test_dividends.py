"""Announced dividends: they count from the day on which they were told, and never in a night of before."""

from datetime import date
from math import exp

import pytest

from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.market_data import Dividend, Split

from .conftest import (
    FRIDAY,
    MONDAY,
    PRICED,
    RATE,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    Desk,
    call,
    put,
    worth,
    years,
)

EX_DATE = date(2026, 12, 15)
CALL, PUT = call("AAA"), put("AAA")
COMING = Dividend("AAA", EX_DATE, 2.0)


def forward_less_dividend(desk: Desk, day: date, amount: float = 2.0) -> float:
    """Of a share that pays one amount before the expiry."""
    tau = years(day)
    return desk.live.close("AAA", day) * exp(RATE * tau) - amount * exp(RATE * (tau - (EX_DATE - day).days / 365))


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A book with a call and a put on a share, whose dividend was announced on Wednesday."""
    desk.live.list_share("AAA")
    desk.live.announces = True
    for each in (CALL, PUT):
        desk.live.quote_at(each, *WEEK)
    desk.book("a", (CALL, 1), (PUT, -1), ("AAA", 10))
    desk.night(MONDAY, TUESDAY)
    desk.live.paid.append(COMING)
    desk.night(WEDNESDAY, THURSDAY)
    return desk


def test_model_and_source_change_from_the_day_of_the_announcement_on(told: Desk) -> None:
    for contract, without in ((CALL, "european"), (PUT, "american")):
        for day in (MONDAY, TUESDAY):
            fact = told.fact(contract, day)
            assert (fact["model"], fact["dividend_source"]) == (without, "trailing")
        for day in (WEDNESDAY, THURSDAY):
            fact = told.fact(contract, day)
            assert (fact["model"], fact["dividend_source"], fact["volatility_source"]) == ("tree", "dated", "quote")
            assert fact["forward"] == pytest.approx(forward_less_dividend(told, day), rel=1e-12)
            assert abs(fact["price_gap"]) < 1e-8
    assert told.fact(CALL, WEDNESDAY)["volatility"] > 0.3 > told.fact(PUT, WEDNESDAY)["volatility"]
    assert told.rows("SELECT ex_date, announced_on FROM dividends") == [{"ex_date": EX_DATE, "announced_on": WEDNESDAY}]


def test_an_older_night_run_again_sees_no_more_than_it_did(told: Desk) -> None:
    before = told.results()
    told.night(MONDAY, TUESDAY, today=THURSDAY)
    assert told.results() == before
    told.night(WEDNESDAY, THURSDAY, today=THURSDAY)
    assert told.results() == before


def test_a_dividend_that_an_old_night_run_again_is_told_first_was_not_known_then(desk: Desk) -> None:
    """ADR 8: running an old night again sees no more than that night did."""
    desk.live.list_share("AAA")
    desk.live.announces = True
    desk.live.quote_at(CALL, *WEEK)
    desk.book("a", (CALL, 1))
    desk.night(MONDAY, TUESDAY, WEDNESDAY)
    before = {day: desk.fact(CALL, day) for day in (MONDAY, TUESDAY, WEDNESDAY)}
    desk.live.paid.append(COMING)
    desk.night(TUESDAY, today=WEDNESDAY)
    assert {day: desk.fact(CALL, day) for day in (MONDAY, TUESDAY, WEDNESDAY)} == before


def test_a_dividend_after_the_expiry_changes_nothing(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.announces = True
    short, long = call("AAA", 100, date(2026, 12, 11)), CALL
    for each in (short, long):
        desk.live.quote_at(each, FRIDAY)
    desk.live.paid.append(COMING)
    desk.book("a", (short, 1), (long, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert (desk.fact(short)["model"], desk.fact(short)["dividend_source"]) == ("european", "trailing")
    assert desk.fact(short)["volatility"] == pytest.approx(0.3, abs=1e-9)
    assert (desk.fact(long)["model"], desk.fact(long)["dividend_source"]) == ("tree", "dated")


@pytest.mark.parametrize("expiry", [EX_DATE, date(2026, 12, 16)], ids=["on its day", "on the day after"])
def test_a_dividend_on_the_last_days_of_a_life_lies_in_it(desk: Desk, expiry: date) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    desk.live.announces = True
    desk.live.paid.append(COMING)
    contract = call("AAA", 90, expiry)
    desk.live.quote(contract, FRIDAY, 10.9, 11.1)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert (desk.fact(contract)["model"], desk.fact(contract)["dividend_source"]) == ("tree", "dated")
    assert all(desk.fact(contract)[name] is not None for name in PRICED)


def test_once_it_is_paid_it_is_one_of_those_of_the_last_year(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    desk.live.announces = True
    desk.live.paid.append(Dividend("AAA", WEDNESDAY, 2.0))
    desk.live.quote_at(CALL, *WEEK)
    book = desk.book("a", (CALL, 1), ("AAA", 10))
    desk.night(MONDAY, TUESDAY, WEDNESDAY)
    found = {day: desk.fact(CALL, day) for day in WEEK[:3]}
    assert [found[day]["dividend_source"] for day in WEEK[:3]] == ["dated", "dated", "trailing"]
    assert [found[day]["model"] for day in WEEK[:3]] == ["tree", "tree", "american"]
    assert found[WEDNESDAY]["dividend_yield"] == pytest.approx(0.0202027, abs=1e-7)  # -ln(1 - 2 / 100)
    assert desk.snapshot(book, WEDNESDAY).measures.dividends == 20.0


def test_an_old_quote_is_held_against_the_dividends_of_its_own_day(desk: Desk) -> None:
    """Quoted the day before the ex-date, and not on it: the volatility is that of a share that is about to pay."""
    spot_with, spot_without = 102.0, 100.0
    desk.live.list_share("AAA", lambda ordinal: spot_with if ordinal < WEDNESDAY.toordinal() else spot_without)
    desk.live.announces = True
    desk.live.paid += [Dividend("AAA", WEDNESDAY, 2.0), COMING]
    contract = put("AAA", 90)
    desk.live.quote(contract, TUESDAY, 1.9, 2.1)
    desk.book("a", (contract, 1))
    desk.night(MONDAY, TUESDAY, WEDNESDAY)
    quoted, old = desk.fact(contract, TUESDAY), desk.fact(contract, WEDNESDAY)
    assert (old["quote_day"], old["volatility_source"]) == (TUESDAY, "quote")
    assert old["volatility"] == pytest.approx(quoted["volatility"], rel=1e-9)


def test_a_dividend_told_on_the_old_shares_is_halved_with_them(desk: Desk) -> None:
    """The announced amount is per share as traded on its ex-date; a split in between does not make it another."""
    desk.live.list_share("AAA", lambda ordinal: 200.0 if ordinal < THURSDAY.toordinal() else 100.0)
    desk.live.announces = True
    desk.live.paid.append(COMING)
    desk.live.done.append(Split("AAA", THURSDAY, 2, 1))
    before, after = OptionTerms("AAA", CALL.expiry, CALL.right, 2 * CALL.strike), CALL
    desk.live.quote(before, WEDNESDAY, 9.0, 9.2)
    desk.live.quote(after, THURSDAY, 4.5, 4.6)
    desk.book("a", (before, 1), on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY)
    fact = desk.fact(before, THURSDAY)
    assert (fact["spot"], fact["dividend_source"]) == (100.0, "dated")
    assert fact["forward"] == pytest.approx(forward_less_dividend(desk, THURSDAY), rel=1e-12)


def test_beyond_the_last_announced_dividend_the_known_yield_goes_on(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0, dividend_yield=0.03)
    desk.live.announces = True
    desk.live.paid.append(COMING)
    desk.live.quote_at(CALL, FRIDAY)
    desk.book("a", (CALL, 1), on=FRIDAY)
    desk.night(FRIDAY)
    tau, until = years(FRIDAY), (EX_DATE - FRIDAY).days / 365
    kept = (100 - 2 * exp(-RATE * until)) * exp(-0.03 * (tau - until))
    assert desk.fact(CALL)["forward"] == pytest.approx(kept * exp(RATE * tau), rel=1e-12)
    assert desk.fact(CALL)["dividend_source"] == "dated"


def test_a_dividend_too_far_ahead_is_refused(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.announces = True
    desk.live.paid.append(Dividend("AAA", date(2028, 12, 15), 2.0))
    contract = call("AAA", 100, date(2029, 1, 19))
    desk.live.quote(contract, FRIDAY, *(worth(contract, desk.live.close("AAA", FRIDAY), FRIDAY),) * 2)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(contract)["dividend_source"] == "trailing"
    assert desk.rows("SELECT symbol, field FROM refused_rows") == [{"symbol": "AAA", "field": "dividend"}]
