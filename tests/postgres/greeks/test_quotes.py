"""Quotes of all kinds, through the door of the night."""

from datetime import date, timedelta
from math import exp, nan

import pytest

from sigmasight.domain.reasons import Reason
from sigmasight.domain.symbols import occ_symbol

from .conftest import (
    EXPIRY,
    FRIDAY,
    GREEKS,
    MONDAY,
    PRICED,
    RATE,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Desk,
    call,
    call_delta,
    put,
    worth,
    years,
)


def test_a_crossed_quote_is_refused_and_the_last_good_one_stays(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, THURSDAY)
    desk.live.quote(contract, FRIDAY, 9.0, 5.0)
    desk.book("a", (contract, 1), on=THURSDAY)
    desk.night(THURSDAY, FRIDAY)
    aside = desk.rows("SELECT DISTINCT symbol, day FROM refused_rows")
    assert aside == [{"symbol": occ_symbol(contract), "day": FRIDAY}]
    fact = desk.fact(contract)
    assert (fact["quote_day"], fact["volatility_source"]) == (THURSDAY, "quote")
    assert fact["volatility"] == pytest.approx(0.3, abs=1e-6)
    assert "stale_price" in fact["reasons"]


@pytest.mark.parametrize(("bid", "ask"), [(nan, 9.0), (1.0, nan), (nan, nan)], ids=["ask", "bid", "neither"])
def test_of_a_quote_with_one_side_the_last_is_taken(desk: Desk, bid: float, ask: float) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    last = worth(contract, desk.live.close("AAA", FRIDAY), FRIDAY, 0.4)
    desk.live.quote(contract, FRIDAY, bid, ask, last)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    fact = desk.fact(contract)
    assert fact["market_price"] == last
    assert fact["volatility"] == pytest.approx(0.4, abs=1e-6)
    assert fact["volatility_source"] == "quote"


def test_a_last_beside_a_whole_quote_counts_for_nothing(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    middle = worth(contract, desk.live.close("AAA", FRIDAY), FRIDAY)
    desk.live.quote(contract, FRIDAY, middle - 0.5, middle + 0.5, 99.0)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(contract)["market_price"] == pytest.approx(middle, rel=1e-14)
    assert desk.fact(contract)["volatility"] == pytest.approx(0.3, abs=1e-6)


def test_without_a_quote_on_the_last_sessions_the_volatility_is_that_of_its_own_session(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda ordinal: 100.0 if ordinal <= TUESDAY.toordinal() else 110.0)
    contract = call("AAA")
    desk.live.quote_at(contract, TUESDAY)
    book = desk.book("a", (contract, 2), on=TUESDAY)
    desk.night(TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    fact = desk.fact(contract)
    assert (fact["quote_day"], fact["volatility_source"]) == (TUESDAY, "quote")
    assert fact["volatility"] == pytest.approx(0.3, abs=1e-6)
    assert fact["reasons"] == ["stale_price"]
    assert fact["delta"] == pytest.approx(call_delta(contract, 110, FRIDAY), abs=1e-6)
    assert fact["market_price"] == pytest.approx(worth(contract, 100, TUESDAY), rel=1e-14)
    assert fact["price_gap"] == pytest.approx(worth(contract, 110, FRIDAY) - worth(contract, 100, TUESDAY), abs=1e-5)
    snapshot = desk.snapshot(book)
    assert snapshot.marks & Reason.STALE_PRICE
    assert snapshot.delta_coverage == 1.0


def test_a_quote_is_used_for_five_sessions_and_not_for_six(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, MONDAY)
    desk.book("a", (contract, 1), on=MONDAY)
    fifth, sixth = date(2026, 11, 23), date(2026, 11, 24)
    desk.night(MONDAY, fifth, sixth)
    assert (desk.fact(contract, fifth)["quote_day"], desk.fact(contract, sixth)["quote_day"]) == (MONDAY, None)
    assert desk.fact(contract, fifth)["volatility"] == desk.fact(contract, MONDAY)["volatility"]
    assert desk.fact(contract, sixth)["volatility_source"] == "realised"


def test_a_quote_below_intrinsic_takes_the_smile_of_the_chain(desk: Desk) -> None:
    desk.live.list_factor_funds()
    desk.live.list_share("AAA", lambda _: 100.0)
    deep, lower, upper = call("AAA", 80), put("AAA", 75), put("AAA", 85)
    desk.live.quote(deep, FRIDAY, 19.0, 19.5)
    desk.live.quote(call("AAA", 120), FRIDAY, 0.3, nan, worth(call("AAA", 120), 100, FRIDAY, 0.2))
    for wing, volatility in ((lower, 0.4), (upper, 0.3)):
        desk.live.quote_at(wing, FRIDAY, volatility=volatility)
    book = desk.book("a", (deep, 2), ("AAA", 1), on=FRIDAY)
    outcome = desk.night(FRIDAY)
    assert outcome.status == "ok"
    fact = desk.fact(deep)
    assert (fact["volatility_source"], fact["reasons"]) == ("smile", [])
    assert 0.34 < fact["volatility"] < 0.37  # linear in ln(strike / forward), and the puts are American
    assert fact["price_gap"] > 0
    assert fact["delta"] == pytest.approx(call_delta(deep, 100, FRIDAY, fact["volatility"]), abs=1e-5)
    assert desk.snapshot(book).not_included == ()
    assert set(desk.facts()) == {(occ_symbol(deep), FRIDAY)}  # of the chain no facts are kept: nobody holds it


def test_beyond_the_chain_the_smile_is_flat(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    far = call("AAA", 150)
    desk.live.quote_at(call("AAA", 110), FRIDAY, volatility=0.22)
    desk.book("a", (far, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(far)["volatility"] == pytest.approx(0.22, abs=1e-6)
    assert desk.fact(far)["volatility_source"] == "smile"


@pytest.mark.parametrize("multiplier", [10, 150])
def test_the_multiplier_of_the_contract_counts(desk: Desk, multiplier: int) -> None:
    desk.live.list_share("AAA", option_multiplier=multiplier)
    contract = call("AAA")
    desk.live.quote_at(contract, THURSDAY, FRIDAY)
    book = desk.book("a", ("AAA", 1), on=THURSDAY)
    desk.night(THURSDAY)  # explains the share
    desk.hold(book, contract, -3, FRIDAY)
    desk.night(FRIDAY)
    (row,), fact, spot = desk.view(book), desk.fact(contract), desk.live.close("AAA", FRIDAY)
    assert row["multiplier"] == multiplier
    for name in GREEKS:
        assert row[name] == pytest.approx(-3 * multiplier * fact[name])
    assert desk.snapshot(book).measures.delta == pytest.approx((1 - 3 * multiplier * fact["delta"]) * spot)


def test_a_contract_that_was_there_before_its_share_was_explained_has_its_multiplier_too(desk: Desk) -> None:
    desk.live.list_share("AAA", option_multiplier=10)
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    (row,) = desk.view(book)
    assert row["multiplier"] == 10
    spot = desk.live.close("AAA", FRIDAY)
    assert desk.snapshot(book).measures.delta == pytest.approx(10 * desk.fact(contract)["delta"] * spot)


def test_the_index_option_is_priced_on_the_forward_that_parity_implies(desk: Desk) -> None:
    """Its forward lies at 22 with interest, wherever the index stands."""
    desk.live.list_index("VIX", lambda _: 20.0)
    contract, other = call("VIX", 20), put("VIX", 20)
    alone = call("VIX", 20, date(2027, 2, 17))
    for each in (contract, other):
        desk.live.quote_at(each, FRIDAY, volatility=0.9, spot=22.0)
    desk.live.quote_at(alone, FRIDAY, volatility=0.9)
    desk.book("a", (contract, 1), (alone, 1), on=FRIDAY)
    desk.night(FRIDAY)
    fact = desk.fact(contract)
    assert (fact["model"], fact["volatility_source"], fact["dividend_source"]) == ("forward", "quote", None)
    assert fact["spot"] == 20.0
    assert fact["forward"] == pytest.approx(22 * exp(RATE * years(FRIDAY)), rel=1e-12)
    assert fact["volatility"] == pytest.approx(0.9, abs=1e-9)
    assert fact["delta"] * 20 == pytest.approx(call_delta(contract, 22, FRIDAY, 0.9) * 22, rel=1e-9)
    assert fact["rho_per_percent"] == pytest.approx(-0.01 * years(FRIDAY) * fact["price"], rel=1e-9)
    assert "not_modelled" in desk.fact(alone)["reasons"]  # no put on the strike: no forward
    assert {desk.fact(alone)[name] for name in PRICED} == {None}


def test_an_option_over_the_end_of_the_curve_has_the_rate_of_its_end(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA", expiry=EXPIRY + timedelta(days=700))
    desk.live.quote_at(contract, FRIDAY)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(contract)["volatility"] == pytest.approx(0.3, abs=1e-6)


def test_a_bid_of_zero_is_a_bid(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    contract = call("AAA", 150)
    desk.live.quote(contract, FRIDAY, 0.0, 2 * worth(contract, 100, FRIDAY, 0.5), 77.0)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    fact = desk.fact(contract)
    assert fact["market_price"] == pytest.approx(worth(contract, 100, FRIDAY, 0.5), rel=1e-14)
    assert fact["volatility"] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("bid", "ask", "last"),
    [(0.0, 0.0, nan), (0.0, nan, 0.0), (-1.0, 2.0, nan), (nan, nan, nan)],
    ids=["nobody asks", "never traded", "negative", "nothing"],
)
def test_a_quote_without_a_usable_price_tells_no_volatility(desk: Desk, bid: float, ask: float, last: float) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote(contract, FRIDAY, bid, ask, last)
    book = desk.book("a", (contract, 1), on=FRIDAY)
    outcome = desk.night(FRIDAY)
    fact, snapshot = desk.fact(contract), desk.snapshot(book)
    assert (fact["market_price"], fact["quote_day"], fact["volatility_source"]) == (None, None, "realised")
    assert [(each.symbol, each.reason) for each in snapshot.not_included] == [
        (occ_symbol(contract), "no_price,no_volatility")
    ]
    assert {"market": "live", "symbol": occ_symbol(contract), "reason": "estimated"} in outcome.errors


def test_a_crossed_quote_with_a_last_is_worth_the_last(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    last = worth(contract, desk.live.close("AAA", FRIDAY), FRIDAY, 0.35)
    desk.live.quote(contract, FRIDAY, 9.0, 5.0, last)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(contract)["market_price"] == last
    assert desk.fact(contract)["volatility"] == pytest.approx(0.35, abs=1e-9)


@pytest.mark.parametrize("price", [100.01, 5000.0], ids=["dearer than the share", "in another unit"])
def test_a_price_above_what_any_volatility_gives_takes_the_smile(desk: Desk, price: float) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    contract, other = call("AAA", 100), call("AAA", 110)
    desk.live.quote(contract, FRIDAY, price, price)
    desk.live.quote_at(other, FRIDAY, volatility=0.22)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    fact = desk.fact(contract)
    assert (fact["volatility_source"], fact["market_price"]) == ("smile", price)
    assert fact["volatility"] == pytest.approx(0.22, abs=1e-9)
    assert fact["price_gap"] == pytest.approx(fact["price"] - price)


def test_of_a_call_and_a_put_on_one_strike_the_one_out_of_the_money_tells_the_smile(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0)
    held = call("AAA", 110)
    for strike in (105, 115):
        desk.live.quote_at(call("AAA", strike), FRIDAY, volatility=0.2)
        desk.live.quote(put("AAA", strike), FRIDAY, strike - 90, strike - 89)
    desk.book("a", (held, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(held)["volatility"] == pytest.approx(0.2, abs=1e-9)


def test_a_smile_serves_its_own_expiry_and_underlying_only(desk: Desk) -> None:
    for symbol in ("AAA", "BBB"):
        desk.live.list_share(symbol)
    held = call("AAA", 110)
    desk.live.quote_at(call("AAA", 110, date(2027, 2, 19)), FRIDAY)
    desk.live.quote_at(call("BBB", 110), FRIDAY)
    desk.book("a", (held, 1), (call("BBB", 120), 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(held)["volatility_source"] == "realised"
    assert desk.fact(call("BBB", 120))["volatility_source"] == "smile"


def test_a_smile_of_old_quotes_is_marked_stale(desk: Desk) -> None:
    """SPEC 1: a price up to 5 sessions old is used, and what stands on it is marked stale_price."""
    desk.live.list_share("AAA", lambda _: 100.0)
    held, other = call("AAA", 100), call("AAA", 110)
    desk.live.quote_at(other, MONDAY, volatility=0.22)
    desk.book("a", (held, 1), (other, 1), on=MONDAY)
    desk.night(MONDAY, FRIDAY)
    fact = desk.fact(held)
    assert (fact["volatility_source"], desk.fact(other)["reasons"]) == ("smile", ["stale_price"])
    assert fact["reasons"] == ["stale_price"]
