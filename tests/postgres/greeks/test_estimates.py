"""A market without option quotes: a portfolio that takes no estimates goes without, one that does has them marked."""

from math import isnan

import pytest

from sigmasight.domain.reasons import Reason
from sigmasight.domain.symbols import occ_symbol
from sigmasight.services.portfolios import allow_estimates

from .conftest import (
    FRIDAY,
    GREEKS,
    PRICED,
    THURSDAY,
    Desk,
    call,
    call_delta,
    put,
    realised,
)

SUMS = (("theta", "theta_per_day"), ("vega", "vega_per_point"), ("rho", "rho_per_percent"))


def test_side_by_side_the_same_contract_is_estimated_in_one_book_and_missing_in_the_other(  # noqa: PLR0915
    desk: Desk,
) -> None:
    desk.live.list_share("AAA")
    desk.live.list_index("VIX", 20)
    contract, index_call = call("AAA"), call("VIX", 20)
    symbol, index_symbol = occ_symbol(contract), occ_symbol(index_call)
    holdings = ((contract, 2), (index_call, 3), ("AAA", 10))
    strict, lenient = (desk.book(name, *holdings, on=THURSDAY) for name in ("strict", "lenient"))
    desk.night(THURSDAY)
    with desk.db.write() as conn:
        allow_estimates(conn, desk.valuation, lenient, allowed=True)
    outcome = desk.night(FRIDAY)

    closes = [desk.live.close("AAA", day) for day in desk.days(FRIDAY, 64)]
    fact = desk.fact(contract)
    assert fact["volatility_source"] == "realised"
    assert fact["volatility"] == pytest.approx(realised(closes), rel=1e-10)
    assert set(fact["reasons"]) >= {"estimated"}
    assert fact["delta"] == pytest.approx(call_delta(contract, closes[-1], FRIDAY, realised(closes)), abs=1e-5)
    assert (fact["market_price"], fact["quote_day"], fact["price_gap"]) == (None, None, None)
    index = desk.fact(index_call)
    assert "not_modelled" in index["reasons"]
    assert {index[name] for name in PRICED} == {None}

    spot = closes[-1]
    for day in (THURSDAY, FRIDAY):
        without, taking = desk.snapshot(strict, day), desk.snapshot(lenient, day)
        left = {each.symbol: each.reason.split(",") for each in without.not_included}
        assert set(left) == {symbol, index_symbol}
        assert "no_volatility" in left[symbol]
        assert "estimated" not in left[symbol]
        assert "not_modelled" in left[index_symbol]
        here = desk.live.close("AAA", day)
        assert without.measures.delta == without.measures.delta_adjusted_exposure == pytest.approx(10 * here)
        assert [getattr(without.measures, name) for name in ("gamma", "theta", "vega", "rho")] == [0, 0, 0, 0]
        assert without.delta_coverage < 1.0
        assert not without.marks & Reason.ESTIMATED
        unit = desk.fact(contract, day)
        assert taking.measures.delta == pytest.approx((10 + 200 * unit["delta"]) * here)
        assert taking.measures.gamma == pytest.approx(2 * unit["gamma"] * here * here)
        for name, column in SUMS:
            assert getattr(taking.measures, name) == pytest.approx(200 * unit[column])
        assert taking.marks & Reason.ESTIMATED
        assert f"estimated: {symbol}" in taking.warnings
        assert not any(warning.startswith("estimated") for warning in without.warnings)
        assert taking.delta_coverage > without.delta_coverage
        assert not any(each.symbol == symbol and "no_volatility" in each.reason for each in taking.not_included)
        assert any(each.symbol == index_symbol for each in taking.not_included)
    rows = {row["symbol"]: row for row in desk.view(lenient)}
    assert rows[symbol]["volatility_source"] == "realised"
    assert "estimated" in rows[symbol]["reasons"]
    assert rows[symbol]["delta"] == pytest.approx(200 * fact["delta"])
    assert rows[symbol]["dollar_delta"] == pytest.approx(200 * fact["delta"] * spot)
    hidden = {row["symbol"]: row for row in desk.view(strict)}
    assert {hidden[symbol][name] for name in (*PRICED, "volatility", "volatility_source", "model", "dollar_delta")} == {
        None
    }
    assert "no_volatility" in hidden[symbol]["reasons"]
    assert "estimated" not in hidden[symbol]["reasons"]
    for lines in (rows, hidden):
        assert "not_modelled" in lines[index_symbol]["reasons"]
        assert {lines[index_symbol][name] for name in GREEKS} == {None}

    assert outcome.status == "partial"
    assert {job.name: job.status for job in outcome.jobs}["greeks"] == "partial"
    named = {error["symbol"]: error["reason"] for error in outcome.errors if error.get("symbol") in left}
    assert set(named) == {symbol, index_symbol}


def test_estimates_allowed_and_refused_again_leave_what_was_there(desk: Desk) -> None:
    desk.live.list_share("AAA")
    book = desk.book("a", (call("AAA"), 2), (put("AAA"), -1), ("AAA", 10), on=THURSDAY)
    desk.night(THURSDAY, FRIDAY)
    before = desk.results()
    with desk.db.write() as conn:
        book = allow_estimates(conn, desk.valuation, book, allowed=True)
    between = desk.results()
    assert between["option_analytics"] == before["option_analytics"]
    assert between["snapshots"] != before["snapshots"]
    desk.night(FRIDAY)
    assert desk.results() == between
    with desk.db.write() as conn:
        allow_estimates(conn, desk.valuation, book, allowed=False)
    assert desk.results() == before
    assert [row["action"] for row in desk.rows("SELECT action FROM audit_log ORDER BY at")] == [
        "estimates allowed",
        "estimates refused",
    ]


def test_a_share_that_is_too_young_has_the_assumed_volatility(desk: Desk) -> None:
    twenty_one, twenty_two = desk.days(FRIDAY, 21)[0], desk.days(FRIDAY, 22)[0]
    desk.live.list_share("NEW", since=twenty_one)
    desk.live.list_share("OLD", since=twenty_two)
    book = desk.book("a", (call("NEW"), 1), (call("OLD"), 1), on=FRIDAY)
    with desk.db.write() as conn:
        allow_estimates(conn, desk.valuation, book, allowed=True)
    desk.night(FRIDAY)
    young, old = desk.fact(call("NEW")), desk.fact(call("OLD"))
    assert (young["volatility"], young["volatility_source"]) == (0.25, "assumed")
    assert old["volatility_source"] == "realised"
    closes = [desk.live.close("OLD", day) for day in desk.days(FRIDAY, 22)]
    assert old["volatility"] == pytest.approx(realised(closes), rel=1e-10)
    assert not isnan(desk.snapshot(book).measures.delta)


def test_a_close_that_never_moves_realises_nothing_and_is_assumed(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    desk.book("a", (call("AAA"), 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert (desk.fact(call("AAA"))["volatility"], desk.fact(call("AAA"))["volatility_source"]) == (0.25, "assumed")
