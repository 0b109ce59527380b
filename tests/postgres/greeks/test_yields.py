"""Without a rate there is no Greek; a yield is carried five days and no longer."""

from datetime import date
from math import log

import pytest

from sigmasight.domain.reasons import Reason

from .conftest import (
    EXPIRY,
    FRIDAY,
    GREEKS,
    MONDAY,
    PRICED,
    RATE,
    SPREAD,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Desk,
    call,
    call_delta,
    put,
    worth,
)

AFTER_THE_HOLIDAY = date(2026, 11, 30)
"""A Monday; the Thursday before it is Thanksgiving."""


def test_without_any_yield_no_option_has_greeks_and_the_reason_is_named(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.last_yield = date.min
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", (contract, 2), ("AAA", 10), on=FRIDAY)
    outcome = desk.night(FRIDAY)
    fact, snapshot = desk.fact(contract), desk.snapshot(book)
    assert "no_rate" in fact["reasons"]
    assert {fact[name] for name in (*PRICED, "rate", "dividend_source") if name != "dividend_source"} == {None}
    assert fact["market_price"] == pytest.approx(worth(contract, desk.live.close("AAA", FRIDAY), FRIDAY))
    (left,) = snapshot.not_included
    assert left.symbol == "AAA270115C00100000"
    assert "no_rate" in left.reason.split(",")
    assert snapshot.measures.delta == snapshot.measures.delta_adjusted_exposure == 10 * desk.live.close("AAA", FRIDAY)
    assert (snapshot.measures.gamma, snapshot.measures.theta) == (0.0, 0.0)
    assert snapshot.coverage == 1.0
    assert snapshot.delta_coverage < 1.0
    (error,) = (error for error in outcome.errors if error.get("symbol") == left.symbol)
    assert "no_rate" in error["reason"].split(",")
    assert outcome.status == "partial"


def test_a_book_of_options_alone_without_a_rate_has_no_greek_at_all(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.last_yield = date.min
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", (contract, 2), on=FRIDAY)
    desk.night(FRIDAY)
    snapshot = desk.snapshot(book)
    for name in ("delta", "gamma", "theta", "vega", "rho", "delta_adjusted_exposure"):
        assert getattr(snapshot.measures, name) != getattr(snapshot.measures, name)
        assert Reason.NO_RATE in snapshot.reasons[name]
    assert snapshot.delta_coverage == 0.0
    assert snapshot.measures.option_exposure > 0


@pytest.mark.parametrize(
    ("last_yield", "used"),
    [(date(2026, 11, 25), True), (date(2026, 11, 24), False)],
    ids=["five days old", "six days old"],
)
def test_a_yield_is_carried_over_thanksgiving_for_five_days_and_no_more(
    desk: Desk, last_yield: date, *, used: bool
) -> None:
    desk.live.list_share("AAA")
    desk.live.last_yield = last_yield
    contract = call("AAA")
    desk.live.quote_at(contract, AFTER_THE_HOLIDAY)
    desk.book("a", (contract, 1), on=AFTER_THE_HOLIDAY)
    desk.night(AFTER_THE_HOLIDAY)
    fact = desk.fact(contract, AFTER_THE_HOLIDAY)
    if used:
        assert fact["rate"] == pytest.approx(RATE, rel=1e-14)
        spot = desk.live.close("AAA", AFTER_THE_HOLIDAY)
        assert fact["delta"] == pytest.approx(call_delta(contract, spot, AFTER_THE_HOLIDAY), abs=1e-6)
    else:
        assert (fact["rate"], fact["delta"]) == (None, None)
        assert "no_rate" in fact["reasons"]


def test_the_only_series_that_has_a_yield_serves_every_maturity(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.hidden = {("yields", each, day) for each in ("DGS3MO", "DGS2", "DGS30") for day in desk.days(FRIDAY, 80)}
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(contract)["rate"] == pytest.approx(RATE, rel=1e-14)


def test_at_a_negative_rate_a_put_is_european_and_a_call_may_be_exercised_early(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.par_yield = -0.01
    rate = 2 * log(1 - 0.01 / 2)
    contracts = (call("AAA"), put("AAA"))
    for contract in contracts:
        middle = worth(contract, desk.live.close("AAA", FRIDAY), FRIDAY, rate=rate)
        desk.live.quote(contract, FRIDAY, middle - SPREAD, middle + SPREAD)
    desk.book("a", *((contract, 1) for contract in contracts), on=FRIDAY)
    desk.night(FRIDAY)
    early, european = (desk.fact(contract) for contract in contracts)
    assert early["rate"] == european["rate"] == pytest.approx(rate, rel=1e-12)
    assert (early["model"], european["model"]) == ("tree", "european")
    assert european["volatility"] == pytest.approx(0.3, abs=1e-9)
    assert 0.299 < early["volatility"] < 0.3


def test_yields_that_come_late_are_taken_by_the_next_run_of_that_date_only(desk: Desk) -> None:
    """Published the day after, as always: what was priced with the yield of the day before stays as it is."""
    desk.live.list_share("AAA")
    contract = call("AAA", expiry=EXPIRY)
    desk.live.quote_at(contract, WEDNESDAY, THURSDAY, FRIDAY)
    book = desk.book("a", (contract, 1), on=WEDNESDAY)
    desk.live.last_yield = TUESDAY
    desk.night(WEDNESDAY)
    desk.live.last_yield, desk.live.par_yield = FRIDAY, 0.05
    with_the_older_one = desk.fact(contract, WEDNESDAY)
    desk.night(THURSDAY, FRIDAY)
    assert desk.fact(contract, WEDNESDAY) == with_the_older_one
    assert desk.fact(contract, THURSDAY)["rate"] == pytest.approx(0.0493852, abs=1e-7)
    before = {day: desk.fact(contract, day) for day in (THURSDAY, FRIDAY)}
    desk.night(WEDNESDAY, today=FRIDAY)
    assert desk.fact(contract, WEDNESDAY)["rate"] == pytest.approx(0.0493852, abs=1e-7)
    assert {day: desk.fact(contract, day) for day in (THURSDAY, FRIDAY)} == before
    (row,) = desk.view(book, WEDNESDAY)
    assert desk.snapshot(book, WEDNESDAY).measures.rho == row["rho_per_percent"]


def test_a_carried_yield_of_monday_is_used_all_week(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.last_yield = MONDAY
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    fact = desk.fact(contract)
    assert fact["rate"] == pytest.approx(RATE, rel=1e-14)
    assert all(fact[name] is not None for name in GREEKS)
