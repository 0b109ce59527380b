"""A market and a book at their worst: each contract has a number or a reason, and the night goes on."""

from decimal import Decimal
from math import isnan

import pytest

from sigmasight.domain.books import Portfolio
from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import Dividend, Market, Split
from sigmasight.domain.snapshots import Snapshot
from sigmasight.domain.symbols import occ_symbol
from sigmasight.services.exposures import Grouping, split_exposures
from sigmasight.services.ledger import Trade, record_trade
from sigmasight.store.instruments import save_options
from sigmasight.store.people import set_allow_estimates

from .conftest import (
    FRIDAY,
    GREEKS,
    MONDAY,
    PRICED,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    Desk,
    call,
    call_delta,
    put,
    realised,
    worth,
)


def left_of(snapshot: Snapshot) -> dict[str, str]:
    return {left.symbol: left.reason for left in snapshot.not_included}


def allow(desk: Desk, book: Portfolio) -> None:
    with desk.db.write() as conn:
        set_allow_estimates(conn, book, allowed=True)


@pytest.mark.parametrize("estimates", [False, True])
def test_an_option_whose_underlying_nobody_knows_has_no_price(desk: Desk, *, estimates: bool) -> None:
    contract = call("NOBODY")
    desk.live.list_share("AAA")
    desk.live.quote(contract, FRIDAY, 5.0, 5.2)
    book = desk.book("a", (contract, 1), ("AAA", 1), on=FRIDAY)
    if estimates:
        allow(desk, book)
    outcome = desk.night(FRIDAY)
    fact, snapshot = desk.fact(contract), desk.snapshot(book)
    assert "no_price" in fact["reasons"]
    assert {fact[name] for name in (*PRICED, "spot", "forward", "model")} == {None}
    assert (fact["market_price"], fact["quote_day"]) == (pytest.approx(5.1), FRIDAY)
    assert "no_price" in left_of(snapshot)[occ_symbol(contract)]
    assert snapshot.measures.delta == desk.live.close("AAA", FRIDAY)
    assert snapshot.measures.option_exposure == pytest.approx(510)
    assert outcome.failed_portfolios == 0


def test_where_only_the_price_of_the_share_is_missing_nothing_else_is_said_to_be(desk: Desk) -> None:
    """SPEC 1: not_modelled is for what no model here prices; this option on a share has none because of no_price."""
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, *WEEK)
    desk.live.hidden = {("bars", "AAA", day) for day in desk.days(FRIDAY, 80)}
    book = desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert "not_modelled" not in desk.fact(contract)["reasons"]
    assert "not_modelled" not in left_of(desk.snapshot(book))[occ_symbol(contract)]


def test_what_has_no_number_is_not_called_estimated(desk: Desk) -> None:
    """SPEC 1: an informing reason marks a number that stands."""
    desk.live.list_index("VIX", 20)
    book = desk.book("a", (call("VIX", 20), 1), on=FRIDAY)
    allow(desk, book)
    desk.night(FRIDAY)
    snapshot = desk.snapshot(book)
    assert "not_modelled" in left_of(snapshot)[occ_symbol(call("VIX", 20))]
    assert snapshot.warnings == ()


def test_a_spot_of_four_sessions_ago_is_used_and_marked(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda ordinal: 100.0 if ordinal <= MONDAY.toordinal() else 200.0)
    contract = call("AAA")
    desk.live.hidden = {("bars", "AAA", day) for day in WEEK[1:]}
    desk.live.quote(contract, FRIDAY, worth(contract, 100, FRIDAY) - 0.01, worth(contract, 100, FRIDAY) + 0.01)
    book = desk.book("a", (contract, 1), on=MONDAY)
    desk.night(MONDAY, FRIDAY)
    fact = desk.fact(contract)
    assert (fact["spot"], fact["reasons"], fact["volatility_source"]) == (100.0, ["stale_price"], "quote")
    assert fact["volatility"] == pytest.approx(0.3, abs=1e-9)
    assert desk.snapshot(book).measures.delta == pytest.approx(100 * 100 * call_delta(contract, 100, FRIDAY), abs=0.1)


@pytest.mark.parametrize("estimates", [False, True])
def test_an_option_on_a_share_in_another_currency_is_not_modelled(desk: Desk, *, estimates: bool) -> None:
    """SPEC 1: a row in another currency is kept as not_modelled, never converted silently."""
    contract = call(desk.live.list_share("SHOP", currency="CAD"))
    desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", (contract, 1), ("SHOP", 10), on=FRIDAY)
    if estimates:
        allow(desk, book)
    desk.night(FRIDAY)
    fact, snapshot = desk.fact(contract), desk.snapshot(book)
    assert "not_modelled" in fact["reasons"]
    assert {fact[name] for name in PRICED} == {None}
    assert "not_modelled" in left_of(snapshot)[occ_symbol(contract)]
    assert isnan(snapshot.measures.delta)
    assert snapshot.delta_coverage == 0.0


def test_an_option_on_a_share_in_another_currency_is_not_settled_in_dollars(desk: Desk) -> None:
    """SPEC 1: everything is in USD; what is not is not_modelled with its stated value, never converted silently."""
    desk.live.list_share("SHOP", lambda _: 150.0, currency="CAD")
    contract = call("SHOP", 100, THURSDAY)
    desk.live.quote(contract, WEDNESDAY, 50.0, 50.2)
    book = desk.book("a", (contract, 1), on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY, FRIDAY)
    assert isnan(desk.snapshot(book, WEDNESDAY).measures.option_exposure)
    assert desk.snapshot(book, FRIDAY).measures.cash == 0.0


def test_lots_of_one_contract_add_up_and_each_has_its_row(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, THURSDAY, FRIDAY)
    book = desk.book("a", (contract, 3), (contract, 3), (contract, -1), ("AAA", -200), on=THURSDAY)
    desk.hold(book, contract, "0.5", FRIDAY)
    desk.night(THURSDAY, FRIDAY)
    fact, spot = desk.fact(contract), desk.live.close("AAA", FRIDAY)
    assert [float(row["quantity"]) for row in desk.view(book)] == [-1, 0.5, 3, 3]
    assert [float(row["quantity"]) for row in desk.view(book, THURSDAY)] == [-1, 3, 3]
    assert desk.snapshot(book).measures.delta == pytest.approx((550 * fact["delta"] - 200) * spot)
    assert desk.snapshot(book).measures.vega == pytest.approx(550 * fact["vega_per_point"])


def test_long_and_short_of_one_contract_have_no_greek_and_are_covered(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", (contract, 3), (contract, -3), on=FRIDAY)
    desk.night(FRIDAY)
    snapshot = desk.snapshot(book)
    assert {getattr(snapshot.measures, name) for name in ("delta", "gamma", "theta", "vega", "rho")} == {0.0}
    assert snapshot.delta_coverage == 1.0


def test_books_of_both_markets_with_the_same_contract_have_their_own_numbers(desk: Desk) -> None:
    """A simulated price never serves a book of the live market, nor does a simulated volatility."""
    simulated = desk.exchanges[Market.SIMULATED]
    desk.live.list_share("AAA", lambda _: 100.0)
    simulated.list_share("AAA", lambda _: 120.0)
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY, volatility=0.3)
    simulated.quote_at(contract, FRIDAY, volatility=0.5)
    real = desk.book("real", (contract, 1), on=FRIDAY)
    demo = desk.book("demo", (contract, 1), on=FRIDAY, market=Market.SIMULATED)
    desk.night(FRIDAY)
    for book, market, spot, volatility in ((real, Market.LIVE, 100, 0.3), (demo, Market.SIMULATED, 120, 0.5)):
        fact = desk.fact(contract, market=market)
        assert (fact["spot"], fact["volatility"]) == (spot, pytest.approx(volatility, abs=1e-9))
        (row,) = desk.view(book)
        assert row["delta"] == pytest.approx(100 * call_delta(contract, spot, FRIDAY, volatility), abs=1e-3)
        assert desk.snapshot(book).measures.delta == pytest.approx(row["dollar_delta"])
    assert desk.fact(contract)["reasons"] == []
    assert desk.fact(contract, market=Market.SIMULATED)["reasons"] == ["simulated"]


def test_quotes_of_the_simulated_market_do_not_serve_the_live_one(desk: Desk) -> None:
    simulated = desk.exchanges[Market.SIMULATED]
    for exchange in desk.exchanges.values():
        exchange.list_share("AAA")
    contract = call("AAA")
    for each in (contract, call("AAA", 110), put("AAA", 90)):
        simulated.quote_at(each, FRIDAY)
    real = desk.book("real", (contract, 1), on=FRIDAY)
    desk.book("demo", (contract, 1), on=FRIDAY, market=Market.SIMULATED)
    desk.night(FRIDAY)
    assert desk.fact(contract)["volatility_source"] == "realised"
    assert desk.fact(contract)["market_price"] is None
    assert left_of(desk.snapshot(real)) == {occ_symbol(contract): "no_price,no_volatility"}


def test_late_data_of_one_market_leave_the_facts_of_the_other_alone(desk: Desk) -> None:
    contract = call("AAA")
    for exchange in desk.exchanges.values():
        exchange.list_share("AAA")
        exchange.quote_at(contract, *WEEK)
    desk.book("real", (contract, 1))
    desk.book("demo", (contract, 1), market=Market.SIMULATED)
    desk.live.hidden = {("quotes", occ_symbol(contract), TUESDAY)}
    desk.night(MONDAY, TUESDAY)
    query = "SELECT market, as_of, xmin::text AS writer FROM option_analytics WHERE as_of = :day"
    before = {row["market"]: row["writer"] for row in desk.rows(query, day=TUESDAY)}
    desk.live.hidden = set()
    desk.night(WEDNESDAY)
    after = {row["market"]: row["writer"] for row in desk.rows(query, day=TUESDAY)}
    assert after["simulated"] == before["simulated"]
    assert after["live"] != before["live"]


def test_after_an_odd_split_a_contract_is_not_modelled(desk: Desk) -> None:
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, *WEEK)
    desk.live.done.append(Split("AAA", THURSDAY, 3, 2))
    book = desk.book("a", (contract, 1), ("AAA", 10), on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY)
    assert desk.fact(contract, WEDNESDAY)["reasons"] == []
    assert "not_modelled" in desk.fact(contract, THURSDAY)["reasons"]
    assert {desk.fact(contract, THURSDAY)[name] for name in PRICED} == {None}
    snapshot = desk.snapshot(book, THURSDAY)
    assert "not_modelled" in left_of(snapshot)[occ_symbol(contract)]
    assert snapshot.measures.delta == pytest.approx(15 * desk.live.close("AAA", THURSDAY))


def test_a_split_of_whole_numbers_changes_strike_and_quantity_and_no_dollar(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda ordinal: 100.0 if ordinal < THURSDAY.toordinal() else 50.0)
    held, renamed = call("AAA", 110), call("AAA", 55)
    desk.live.quote_at(held, WEDNESDAY)
    desk.live.quote_at(renamed, THURSDAY)
    desk.live.done.append(Split("AAA", THURSDAY, 2, 1))
    book = desk.book("a", (held, -3), ("AAA", 10), on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY)
    before, after = desk.fact(held, WEDNESDAY), desk.fact(held, THURSDAY)
    assert after["volatility_source"] == "quote"
    assert (before["volatility"], after["volatility"]) == (pytest.approx(0.3, abs=1e-9),) * 2
    assert after["delta"] == pytest.approx(call_delta(renamed, 50, THURSDAY), abs=1e-6)
    (row,) = desk.view(book, THURSDAY)
    assert row["quantity"] == -6
    snapshot = desk.snapshot(book, THURSDAY)
    assert snapshot.measures.delta == pytest.approx((20 - 600 * after["delta"]) * 50)
    assert snapshot.measures.theta == pytest.approx(-600 * after["theta_per_day"])


def test_a_split_is_no_return_of_the_realised_volatility(desk: Desk) -> None:
    """SPEC 2: returns use adjusted closes; a vendor's are on the basis of the day on which they are asked for."""
    desk.live.list_share("AAA", lambda ordinal: (100 + ordinal % 5) / (1 if ordinal < THURSDAY.toordinal() else 2))
    desk.live.done.append(Split("AAA", THURSDAY, 2, 1))
    contract = call("AAA")
    desk.book("a", (contract, 1), on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY)
    closes = [100 + day.toordinal() % 5 for day in desk.days(THURSDAY, 64)]
    assert desk.fact(contract, THURSDAY)["volatility"] == pytest.approx(realised(closes), rel=1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_impossible_dividend_of_one_share_does_not_stop_the_night(desk: Desk) -> None:
    """SPEC 5: one bad portfolio, symbol or provider never stops the others."""
    for symbol in ("AAA", "BBB"):
        desk.live.list_share(symbol)
        desk.live.quote_at(call(symbol), FRIDAY)
    desk.live.announces = True
    desk.live.paid.append(Dividend("AAA", FRIDAY.replace(month=12), 150.0))  # in cents, say
    book = desk.book("a", (call("AAA"), 1), (call("BBB"), 1), on=FRIDAY)
    desk.night(FRIDAY)
    assert desk.fact(call("BBB"))["volatility"] == pytest.approx(0.3, abs=1e-9)
    assert desk.snapshot(book).measures.vega > 0


def test_a_yield_in_percent_that_a_vendor_tells_as_a_fraction_leaves_reasons_or_numbers(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0, dividend_yield=2.5)
    for contract in (contracts := (call("AAA"), put("AAA"))):
        desk.live.quote_at(contract, FRIDAY)
    desk.book("a", *((contract, 1) for contract in contracts), on=FRIDAY)
    desk.night(FRIDAY)
    for contract in contracts:
        fact = desk.fact(contract)
        assert (fact["dividend_yield"], fact["dividend_source"]) == (2.5, "yield")
        assert all(fact[name] is not None for name in GREEKS)


def test_a_known_yield_and_what_was_paid_last_year_are_told_apart(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: 100.0, dividend_yield=0.02)
    desk.live.list_share("BBB", lambda _: 100.0)
    desk.live.list_share("CCC", lambda _: 100.0)
    for symbol in ("AAA", "BBB"):
        desk.live.paid += [Dividend(symbol, day, 1.5) for day in (MONDAY, desk.days(FRIDAY, 70)[0])]
    for symbol in ("AAA", "BBB", "CCC"):
        desk.live.quote_at(call(symbol), FRIDAY)
    desk.book("a", *((call(symbol), 1) for symbol in ("AAA", "BBB", "CCC")), on=FRIDAY)
    desk.night(FRIDAY)
    facts = {symbol: desk.fact(call(symbol)) for symbol in ("AAA", "BBB", "CCC")}
    found = {symbol: (fact["dividend_source"], fact["dividend_yield"]) for symbol, fact in facts.items()}
    assert found["AAA"] == ("yield", 0.02)
    assert found["BBB"] == ("trailing", pytest.approx(0.030459207, abs=1e-9))  # -ln(1 - 3 / 100)
    assert found["CCC"] == ("trailing", 0.0)


def test_an_index_with_a_known_yield_needs_no_chain(desk: Desk) -> None:
    desk.live.list_share("SPX", lambda _: 5000.0, kind=Kind.INDEX, option_exercise="european", dividend_yield=0.0)
    contract = call("SPX", 5000)
    desk.live.quote_at(contract, FRIDAY)
    desk.book("a", (contract, 1), on=FRIDAY)
    desk.night(FRIDAY)
    fact = desk.fact(contract)
    assert (fact["model"], fact["volatility_source"], fact["dividend_source"]) == ("european", "quote", "yield")
    assert fact["volatility"] == pytest.approx(0.3, abs=1e-9)


def test_a_book_of_options_beside_one_of_shares_of_another_market_that_has_no_provider(desk: Desk) -> None:
    simulated = desk.exchanges[Market.SIMULATED]
    simulated.list_share("AAA")
    contract = call("AAA")
    simulated.quote_at(contract, FRIDAY)
    lonely = desk.book("lonely", (contract, 1), on=FRIDAY)
    fine = desk.book("fine", (contract, 1), on=FRIDAY, market=Market.SIMULATED)
    outcome = desk.night(FRIDAY)
    assert outcome.failed_portfolios == 0
    assert "no_price" in left_of(desk.snapshot(lonely))[occ_symbol(contract)]
    assert desk.snapshot(fine).delta_coverage == 1.0


def test_the_role_of_the_api_makes_and_keeps_facts_that_a_request_misses(desk: Desk) -> None:
    desk.live.list_share("AAA")
    held, new = call("AAA"), put("AAA")
    for each in (held, new):
        desk.live.quote_at(each, *WEEK)
    book = desk.book("a", (held, 1), ("AAA", 5), on=THURSDAY)
    desk.night(THURSDAY, FRIDAY)
    with desk.db.write() as conn:
        contract = save_options(conn, [new], FRIDAY)[new]
    before = set(desk.facts())
    with desk.db.write(acting_as=book.user_id) as conn:
        trade = Trade(contract, Decimal(-2), Decimal(3), FRIDAY)
        record_trade(conn, desk.valuation, book.user_id, book.id, trade, today=FRIDAY)
    assert set(desk.facts()) - before == {(occ_symbol(new), FRIDAY)}
    rows = {row["symbol"]: row for row in desk.view(book)}
    assert (
        rows[occ_symbol(new)]["volatility_source"] == "quote"
    )  # the other right of what is held, whose quotes are kept
    assert desk.snapshot(book).measures.vega == pytest.approx(sum(row["vega_per_point"] for row in rows.values()))


def test_exposures_can_be_read_in_a_transaction_that_only_reads(desk: Desk) -> None:
    """STYLE 2: db.read() is READ ONLY in PostgreSQL; before Greeks every exposure could be read so."""
    desk.live.list_share("AAA")
    contract = call("AAA")
    desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", (contract, 1), on=FRIDAY)
    with desk.db.read() as conn:
        lines = split_exposures(conn, desk.valuation, book.user_id, book.id, FRIDAY, Grouping.KIND)
    assert [line.group for line in lines] == ["option"]
