"""Prices, corporate actions, yields and quotes at rest."""

from dataclasses import replace
from datetime import date
from math import nan

import numpy as np
import pytest
from sqlalchemy import Connection, func, select

from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    bars_of,
    betas_of,
    call,
    column,
    days,
    fact_of,
    factor_set_of,
    new_share,
    quotes_of,
)
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.market_data import DailyBars, Dividend, Market, Marks, OptionQuotes, Split, Yields
from sigmasight.store.asked import note_late, remember_asked, set_aside
from sigmasight.store.factor_facts import save_betas, save_factor_set
from sigmasight.store.funds import save_holdings
from sigmasight.store.instruments import save_options
from sigmasight.store.option_facts import save_option_facts
from sigmasight.store.prices import (
    closes_before,
    closes_on,
    count_marks,
    forget_market,
    known_splits,
    load_announced,
    load_closes,
    load_marks,
    load_marks_on,
    load_payouts,
    load_quotes,
    load_splits,
    load_yields,
    never_priced,
    save_bars,
    save_dividends,
    save_quotes,
    save_splits,
    save_yields,
)
from sigmasight.store.quarantine import confirm_jump
from sigmasight.store.tables import metadata, option_quotes, prices, rates

LIVE, SIMULATED = Market.LIVE, Market.SIMULATED
BEFORE = date(2026, 11, 13)
LONG_BEFORE = date(2026, 10, 1)


@pytest.fixture
def share(conn: Connection) -> int:
    """A share without prices."""
    return new_share(conn, "AAA")


@pytest.fixture
def contract(conn: Connection, share: int) -> int:
    """An option on it, without quotes."""
    return save_options(conn, [call("AAA")], MONDAY)[call("AAA")] if share else 0


def _rows(marks: Marks) -> set[tuple[int, date, float]]:
    return set(zip(marks.instrument_id.tolist(), marks.day.tolist(), marks.price.tolist(), strict=True))


def test_bars_are_stored_with_every_field_and_their_source(conn: Connection, share: int) -> None:
    bars = DailyBars(
        "AAA",
        days(MONDAY, TUESDAY),
        open=column(10, 20),
        high=column(11, 21),
        low=column(9, 19),
        close=column(10.5, 20.5),
        adjusted_close=column(5.25, 10.25),
        volume=column(nan, 1e6),
    )
    assert save_bars(conn, LIVE, {share: bars}, "one") == {share: MONDAY}
    stored = [tuple(row) for row in conn.execute(select(prices).order_by(prices.c.day))]
    assert stored == [
        ("live", share, MONDAY, 10.0, 11.0, 9.0, 10.5, 5.25, None, "one"),
        ("live", share, TUESDAY, 20.0, 21.0, 19.0, 20.5, 10.25, 1e6, "one"),
    ]


def test_what_was_stored_first_stays(conn: Connection, share: int) -> None:
    save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 10})}, "one")
    assert save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 99, TUESDAY: 11})}, "two") == {share: TUESDAY}
    stored = conn.execute(select(prices.c.close, prices.c.source).order_by(prices.c.day)).all()
    assert [tuple(row) for row in stored] == [(10.0, "one"), (11.0, "two")]
    assert save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 99})}, "two") == {}
    assert save_bars(conn, LIVE, {}, "two") == {}


def test_the_two_markets_do_not_know_each_other(conn: Connection, share: int) -> None:
    save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 10})}, "one")
    save_bars(conn, SIMULATED, {share: bars_of("AAA", {MONDAY: 99})}, "simulated")
    assert closes_on(conn, LIVE, [share], MONDAY) == {share: 10.0}
    assert closes_on(conn, SIMULATED, [share], MONDAY) == {share: 99.0}


def test_yields_are_stored_as_fractions(conn: Connection) -> None:
    series = [Yields("DGS2", days(MONDAY, TUESDAY), column(0.04, -0.001)), Yields("DGS10", days(MONDAY), column(0.05))]
    assert save_yields(conn, LIVE, series, "one") == 3
    assert save_yields(conn, LIVE, series, "two") == 0
    stored = {(row.series, row.day): (row.par_yield, row.source) for row in conn.execute(select(rates))}
    assert stored == {
        ("DGS2", MONDAY): (0.04, "one"),
        ("DGS2", TUESDAY): (-0.001, "one"),
        ("DGS10", MONDAY): (0.05, "one"),
    }


def test_quotes_are_stored_with_every_field(conn: Connection, contract: int) -> None:
    quotes = OptionQuotes(
        call("AAA"),
        days(MONDAY, TUESDAY),
        bid=column(1, nan),
        ask=column(2, nan),
        last=column(nan, 3),
        volume=column(0, nan),
        open_interest=column(nan, 7),
    )
    assert save_quotes(conn, LIVE, {contract: quotes}, "one") == {contract: MONDAY}
    assert save_quotes(conn, LIVE, {contract: quotes}, "two") == {}
    stored = [tuple(row) for row in conn.execute(select(option_quotes).order_by(option_quotes.c.day))]
    assert stored == [
        ("live", contract, MONDAY, 1.0, 2.0, None, 0.0, None, "one"),
        ("live", contract, TUESDAY, None, None, 3.0, None, 7.0, "one"),
    ]


def test_a_mark_is_the_close_or_an_options_mid_or_else_its_last(conn: Connection, share: int, contract: int) -> None:
    save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 10, TUESDAY: 11})}, "one")
    quotes = [(MONDAY, 1.0, 2.0, 9.0), (TUESDAY, nan, nan, 3.0), (WEDNESDAY, 0.0, 1.0, nan), (THURSDAY, 1.0, nan, 5.0)]
    save_quotes(conn, LIVE, {contract: quotes_of(call("AAA"), quotes)}, "one")
    assert _rows(load_marks(conn, LIVE, [share, contract], MONDAY, FRIDAY)) == {
        (share, MONDAY, 10.0),
        (share, TUESDAY, 11.0),
        (contract, MONDAY, 1.5),
        (contract, TUESDAY, 3.0),
        (contract, WEDNESDAY, 0.5),
        (contract, THURSDAY, 5.0),
    }
    assert closes_on(conn, LIVE, [share, contract], TUESDAY) == {share: 11.0, contract: 3.0}
    assert closes_on(conn, LIVE, [share, contract], FRIDAY) == {}


def test_of_the_time_before_the_window_the_last_mark_of_each_is_loaded(
    conn: Connection, share: int, contract: int
) -> None:
    closes = {LONG_BEFORE: 8, BEFORE: 9, TUESDAY: 10, FRIDAY: 11, SATURDAY: 12}
    save_bars(conn, LIVE, {share: bars_of("AAA", closes)}, "one")
    quotes = [(LONG_BEFORE, 1.0, 2.0, nan), (FRIDAY, 3.0, 4.0, nan)]
    save_quotes(conn, LIVE, {contract: quotes_of(call("AAA"), quotes)}, "one")
    assert _rows(load_marks(conn, LIVE, [share, contract], MONDAY, FRIDAY)) == {
        (share, BEFORE, 9.0),
        (share, TUESDAY, 10.0),
        (share, FRIDAY, 11.0),
        (contract, LONG_BEFORE, 1.5),
        (contract, FRIDAY, 3.5),
    }
    assert _rows(load_marks(conn, SIMULATED, [share, contract], MONDAY, FRIDAY)) == set()
    assert load_marks(conn, LIVE, [], MONDAY, FRIDAY).day.dtype == np.dtype("datetime64[D]")


def test_the_last_mark_on_or_before_each_wanted_day_is_found(conn: Connection, share: int, contract: int) -> None:
    other = new_share(conn, "BBB", {MONDAY: 20})
    save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 10, WEDNESDAY: 12})}, "one")
    quotes = [(MONDAY, 1.0, 2.0, nan), (THURSDAY, nan, nan, 3.0)]
    save_quotes(conn, LIVE, {contract: quotes_of(call("AAA"), quotes)}, "one")
    wanted = [(share, WEDNESDAY), (share, TUESDAY), (other, FRIDAY), (other, BEFORE), (contract, WEDNESDAY)]
    assert _rows(load_marks_on(conn, LIVE, wanted)) == {
        (share, WEDNESDAY, 12.0),
        (share, MONDAY, 10.0),
        (other, MONDAY, 20.0),
        (contract, MONDAY, 1.5),
    }
    assert _rows(load_marks_on(conn, LIVE, [])) == set()


def test_marks_are_counted_on_given_sessions(conn: Connection, share: int, contract: int) -> None:
    save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 10, WEDNESDAY: 12, FRIDAY: 14})}, "one")
    save_quotes(conn, LIVE, {contract: quotes_of(call("AAA"), [(FRIDAY, 1.0, 2.0, nan)])}, "one")
    assert count_marks(conn, LIVE, [share, contract], (MONDAY, TUESDAY, FRIDAY)) == {share: 2, contract: 1}
    assert count_marks(conn, LIVE, [contract], (MONDAY, TUESDAY)) == {}
    assert count_marks(conn, SIMULATED, [share], (MONDAY,)) == {}


def test_what_never_had_a_price_is_told(conn: Connection, share: int, contract: int) -> None:
    bare = new_share(conn, "CCC")
    save_bars(conn, LIVE, {share: bars_of("AAA", {TUESDAY: 10})}, "one")
    save_quotes(conn, LIVE, {contract: quotes_of(call("AAA"), [(FRIDAY, 1.0, 2.0, nan)])}, "one")
    assert never_priced(conn, LIVE, [share, contract, bare], FRIDAY) == {bare}
    assert never_priced(conn, LIVE, [share, contract, bare], TUESDAY) == {bare, contract}
    assert never_priced(conn, LIVE, [], FRIDAY) == frozenset()


def test_the_close_before_a_day_of_its_own_is_found_for_each(conn: Connection, share: int) -> None:
    other, bare = new_share(conn, "BBB", {BEFORE: 20, MONDAY: 21}), new_share(conn, "CCC")
    save_bars(conn, LIVE, {share: bars_of("AAA", {MONDAY: 10, WEDNESDAY: 12})}, "one")
    firsts = {share: WEDNESDAY, other: MONDAY, bare: FRIDAY}
    assert closes_before(conn, LIVE, firsts) == {share: (MONDAY, 10.0), other: (BEFORE, 20.0)}
    assert closes_before(conn, LIVE, {share: MONDAY}) == {}
    assert closes_before(conn, LIVE, {}) == {}
    assert closes_before(conn, SIMULATED, firsts) == {}


def test_splits_are_stored_once_and_loaded_up_to_a_day(conn: Connection, share: int) -> None:
    first, second = Split("AAA", MONDAY, 2, 1), Split("AAA", THURSDAY, 3, 2)
    assert save_splits(conn, LIVE, [(share, second), (share, first)], "one") == {share: MONDAY}
    assert save_splits(conn, LIVE, [(share, replace(first, new_shares=9))], "two") == {}
    loaded = load_splits(conn, LIVE, [share], FRIDAY)
    assert loaded.instrument_id.tolist() == [share, share]
    assert loaded.ex_date.tolist() == [MONDAY, THURSDAY]
    assert loaded.ratio.tolist() == [2.0, 1.5]
    assert load_splits(conn, LIVE, [share], TUESDAY).ratio.tolist() == [2.0]
    assert load_splits(conn, SIMULATED, [share], FRIDAY).ratio.dtype == np.float64
    assert known_splits(conn, LIVE, {"AAA": share}) == {"AAA": (first, second)}
    assert known_splits(conn, LIVE, {}) == {}


def test_dividends_are_stored_once_and_loaded_up_to_a_day(conn: Connection, share: int) -> None:
    first, second = Dividend("AAA", MONDAY, 0.25), Dividend("AAA", THURSDAY, 0.5)
    assert save_dividends(conn, LIVE, [(share, second), (share, first)], "one", known_on=FRIDAY) == {share: MONDAY}
    assert save_dividends(conn, LIVE, [(share, replace(first, amount=9.0))], "two", known_on=FRIDAY) == {}
    loaded = load_payouts(conn, LIVE, [share], FRIDAY)
    assert loaded.instrument_id.tolist() == [share, share]
    assert loaded.ex_date.tolist() == [MONDAY, THURSDAY]
    assert loaded.amount.tolist() == [0.25, 0.5]
    assert load_payouts(conn, LIVE, [share], TUESDAY).amount.tolist() == [0.25]
    assert load_payouts(conn, LIVE, [], FRIDAY).ex_date.dtype == np.dtype("datetime64[D]")


def test_what_is_announced_lies_after_the_day_and_was_known_on_it(conn: Connection, share: int) -> None:
    other = new_share(conn, "BBB")
    rows = [(share, FRIDAY, 0.5), (other, THURSDAY, 2.0), (share, THURSDAY, 0.25), (share, TUESDAY, 9.0)]
    declared = [(asset, Dividend("AAA", day, amount)) for asset, day, amount in rows]
    save_dividends(conn, LIVE, declared, "one", known_on=TUESDAY)
    assert load_announced(conn, LIVE, [other, share], MONDAY).amount.tolist() == []
    loaded = load_announced(conn, LIVE, [other, share], TUESDAY)
    assert loaded.instrument_id.tolist() == [share, share, other]
    assert loaded.ex_date.tolist() == [THURSDAY, FRIDAY, THURSDAY]
    assert loaded.amount.tolist() == [0.25, 0.5, 2.0]
    assert load_announced(conn, LIVE, [share], THURSDAY).amount.tolist() == [0.5]
    assert load_announced(conn, SIMULATED, [share], MONDAY).amount.tolist() == []
    assert load_announced(conn, LIVE, [], MONDAY).ex_date.dtype == np.dtype("datetime64[D]")


def test_an_announced_dividend_takes_the_amount_that_is_told_last(conn: Connection, share: int) -> None:
    announced, paid = Dividend("AAA", THURSDAY, 0.25), Dividend("AAA", MONDAY, 0.5)
    save_dividends(conn, LIVE, [(share, announced), (share, paid)], "one", known_on=TUESDAY)
    told = [(share, replace(each, amount=0.75)) for each in (announced, paid)]
    assert save_dividends(conn, LIVE, told, "one", known_on=FRIDAY) == {share: THURSDAY}
    assert save_dividends(conn, LIVE, told, "one", known_on=FRIDAY) == {}
    assert load_payouts(conn, LIVE, [share], FRIDAY).amount.tolist() == [0.5, 0.75]


def test_yields_come_as_a_table_of_days_and_series(conn: Connection) -> None:
    series = [
        Yields("DGS30", days(FRIDAY, MONDAY), column(0.05, 0.06)),
        Yields("DGS3MO", days(MONDAY, TUESDAY), column(0.03, -0.001)),
        Yields("DGS2", days(BEFORE, SATURDAY), column(0.9, 0.9)),
        Yields("ANOTHER", days(WEDNESDAY), column(0.9)),
    ]
    save_yields(conn, LIVE, [replace(each, values=each.values / 2) for each in series], "one")
    found, values = load_yields(conn, LIVE, MONDAY, FRIDAY)
    assert found.tolist() == [MONDAY, TUESDAY, FRIDAY]
    expected = [[0.015, nan, nan, 0.03], [-0.0005, nan, nan, nan], [nan, nan, nan, 0.025]]
    assert np.array_equal(values, expected, equal_nan=True)
    none, empty = load_yields(conn, SIMULATED, MONDAY, FRIDAY)
    assert (none.dtype, empty.shape, empty.dtype) == (np.dtype("datetime64[D]"), (0, 4), np.float64)


def test_quotes_of_a_window_come_ordered_with_what_is_not_known(conn: Connection, contract: int) -> None:
    other = save_options(conn, [call("AAA", 105)], MONDAY)[call("AAA", 105)]
    mine = [(THURSDAY, 1.0, 2.0, nan), (MONDAY, nan, nan, 3.0), (BEFORE, 9.0, 9.0, 9.0), (SATURDAY, 9.0, 9.0, 9.0)]
    quotes = {
        other: quotes_of(call("AAA", 105), [(TUESDAY, 0.0, 0.1, 0.05)]),
        contract: quotes_of(call("AAA"), mine),
    }
    save_quotes(conn, LIVE, quotes, "one")
    loaded = load_quotes(conn, LIVE, [other, contract], MONDAY, FRIDAY)
    assert loaded.instrument_id.tolist() == [contract, contract, other]
    assert loaded.day.tolist() == [MONDAY, THURSDAY, TUESDAY]
    table = [loaded.bid, loaded.ask, loaded.last]
    assert np.array_equal(table, [[nan, 1.0, 0.0], [nan, 2.0, 0.1], [3.0, nan, 0.05]], equal_nan=True)
    assert load_quotes(conn, LIVE, [contract], TUESDAY, WEDNESDAY).bid.dtype == np.float64
    assert load_quotes(conn, SIMULATED, [contract], MONDAY, FRIDAY).day.tolist() == []


def test_closes_are_the_raw_ones_of_the_window_only(conn: Connection, share: int) -> None:
    other = new_share(conn, "BBB", {WEDNESDAY: 20})
    bars = bars_of("AAA", {BEFORE: 9, MONDAY: 10, FRIDAY: 14, SATURDAY: 15})
    save_bars(conn, LIVE, {share: replace(bars, adjusted_close=bars.close / 2)}, "one")
    loaded = load_closes(conn, LIVE, [other, share], MONDAY, FRIDAY)
    rows = zip(loaded.instrument_id.tolist(), loaded.day.tolist(), loaded.price.tolist(), strict=True)
    assert list(rows) == [(share, MONDAY, 10.0), (share, FRIDAY, 14.0), (other, WEDNESDAY, 20.0)]
    assert load_closes(conn, SIMULATED, [share], MONDAY, FRIDAY).price.tolist() == []


def test_a_quote_of_a_last_price_alone_gives_way_to_one_with_bid_and_ask_and_no_other_does(
    conn: Connection, contract: int
) -> None:
    def save(source: str, *rows: tuple[date, float, float, float]) -> dict[int, date]:
        return save_quotes(conn, LIVE, {contract: quotes_of(call("AAA"), rows)}, source)

    save("one", (MONDAY, nan, nan, 3.0), (TUESDAY, 1.0, 2.0, 3.0), (WEDNESDAY, nan, nan, 3.0))
    assert save("two", (MONDAY, 4.0, 5.0, 6.0), (TUESDAY, 4.0, 5.0, 6.0), (WEDNESDAY, nan, 5.0, 6.0)) == {
        contract: MONDAY
    }
    stored = conn.execute(select(option_quotes).order_by(option_quotes.c.day)).all()
    assert [(row.bid, row.ask, row.last, row.source) for row in stored] == [
        (4.0, 5.0, 6.0, "two"),
        (1.0, 2.0, 3.0, "one"),
        (None, None, 3.0, "one"),
    ]


def test_a_market_is_forgotten_whole_and_the_other_stays(conn: Connection, share: int, contract: int) -> None:
    for market in Market:
        save_bars(conn, market, {share: bars_of("AAA", {MONDAY: 10})}, "one")
        save_dividends(conn, market, [(share, Dividend("AAA", MONDAY, 0.25))], "one", known_on=FRIDAY)
        save_splits(conn, market, [(share, Split("AAA", MONDAY, 2, 1))], "one")
        save_yields(conn, market, [Yields("DGS2", days(MONDAY), column(0.04))], "one")
        save_quotes(conn, market, {contract: quotes_of(call("AAA"), [(MONDAY, 1.0, 2.0, nan)])}, "one")
        remember_asked(conn, market, "prices", ["AAA"], span=(MONDAY, MONDAY), source="one")
        row = {"symbol": "AAA", "day": MONDAY, "field": "close", "value": "-1.0", "why": "it is below 0"}
        set_aside(conn, market, [row], "one")
        note_late(conn, market, {share: MONDAY})
        save_holdings(conn, market, {share: FundHoldings("AAA", MONDAY, (Holding("BBB", "Beta", 1.0),))}, "one")
        confirm_jump(conn, market, share, MONDAY, "a takeover")
        save_option_facts(conn, market, fact_of(contract, MONDAY))
        save_factor_set(conn, market, factor_set_of(MONDAY))
        save_betas(conn, market, MONDAY, betas_of(share))
    forget_market(conn, SIMULATED)
    tables = [t for t in metadata.tables.values() if "market" in t.c and t.name != "portfolios"]
    counts = {
        table.name: {
            market: conn.execute(select(func.count()).where(table.c.market == market)).scalar_one() for market in Market
        }
        for table in tables
    }
    assert counts == {table.name: {LIVE: 1, SIMULATED: 0} for table in tables}
    assert len(tables) == 13
