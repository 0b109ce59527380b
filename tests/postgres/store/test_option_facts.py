"""Facts of option contracts at rest: every field comes back, and late data drop what stood on their absence."""

import threading
import time
from contextlib import closing
from dataclasses import fields
from math import inf, nan

import numpy as np
import pytest
from psycopg.errors import CheckViolation
from sqlalchemy import Connection, delete, insert, literal_column, select, text
from sqlalchemy.exc import IntegrityError

from postgres.store.builders import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    call,
    fact_of,
    facts_of,
    new_share,
    put,
)
from sigmasight.domain.market_data import Market
from sigmasight.domain.options import DividendSource, OptionFacts, PricingModel, VolatilitySource
from sigmasight.domain.reasons import Reason
from sigmasight.store.asked import note_late
from sigmasight.store.database import Database
from sigmasight.store.instruments import save_options
from sigmasight.store.option_facts import (
    add_option_facts,
    drop_outdated_option_facts,
    load_option_facts,
    no_option_facts,
    save_option_facts,
)
from sigmasight.store.tables import late_rows, option_analytics

LIVE, SIMULATED = Market.LIVE, Market.SIMULATED
NUMBERS = tuple(column.name for column in option_analytics.c if type(column.type).__name__ == "Double")
TURNS = 5_000
"""Times to look whether the other one waits."""
PRICED = ("price", "delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")


@pytest.fixture
def contracts(conn: Connection) -> tuple[int, int]:
    """A call and a put on one share."""
    new_share(conn, "AAA")
    first, second = save_options(conn, [call("AAA"), put("AAA")], MONDAY).values()
    return min(first, second), max(first, second)


def _same(one: OptionFacts, other: OptionFacts) -> bool:
    """The same bits, NaN and NaT included, in columns of the same types."""
    return all(
        getattr(one, field.name).dtype == getattr(other, field.name).dtype
        and getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes()
        for field in fields(OptionFacts)
    )


def _loaded(conn: Connection, *ids: int, market: Market = LIVE) -> OptionFacts:
    return load_option_facts(conn, market, ids, MONDAY, FRIDAY)


def _spots(conn: Connection, market: Market = LIVE) -> dict[tuple[int, object], float]:
    rows = conn.execute(select(option_analytics).where(option_analytics.c.market == market))
    return {(row.instrument_id, row.as_of): row.spot for row in rows}


def test_every_field_comes_back_to_the_last_bit(conn: Connection, contracts: tuple[int, int]) -> None:
    first, second = contracts
    expired = dict.fromkeys(["volatility", "rate", "dividend_yield", "market_price"], nan)
    unknown = dict.fromkeys({*NUMBERS} - {"spot", "price_gap"}, nan)
    nothing = {"dividend_source": 0, "volatility_source": 0, "model": 0, "quote_day": np.datetime64("NaT", "D")}
    facts = facts_of(
        fact_of(first, MONDAY, spot=1 / 3, price=0.1 + 0.2, delta=-2 / 3, gamma=5e-324, reasons=Reason.STALE_PRICE),
        fact_of(first, TUESDAY, **nothing, **unknown, reasons=Reason.NO_RATE | Reason.NOT_MODELLED),
        fact_of(first, FRIDAY, **nothing, **expired, delta=0.0, gamma=0.0, reasons=Reason.EXPIRED | Reason.SIMULATED),
        fact_of(second, MONDAY),
    )
    save_option_facts(conn, LIVE, facts)
    assert _same(_loaded(conn, second, first), facts)
    assert _same(
        load_option_facts(conn, LIVE, [first], TUESDAY, THURSDAY),
        fact_of(first, TUESDAY, **nothing, **unknown, reasons=Reason.NO_RATE | Reason.NOT_MODELLED),
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("dividend_source", DividendSource), ("volatility_source", VolatilitySource), ("model", PricingModel)],
)
def test_a_kind_is_a_word_at_rest_and_none_is_null(
    conn: Connection, contracts: tuple[int, int], name: str, kind: type[PricingModel]
) -> None:
    for member in kind:
        facts = fact_of(contracts[0], FRIDAY, **{name: member})
        save_option_facts(conn, LIVE, facts)
        stored = conn.execute(select(option_analytics.c[name])).scalar_one()
        assert stored == (member.name.lower() if member else None)
        assert _same(_loaded(conn, contracts[0]), facts)


def test_reasons_are_words_at_rest_and_the_gap_is_price_less_market_price(
    conn: Connection, contracts: tuple[int, int]
) -> None:
    reasons = Reason.ESTIMATED | Reason.STALE_PRICE
    save_option_facts(conn, LIVE, fact_of(contracts[0], FRIDAY, price=2.75, market_price=2.5, reasons=reasons))
    row = conn.execute(select(option_analytics)).one()
    assert (row.reasons, row.price_gap) == (["stale_price", "estimated"], 0.25)
    save_option_facts(conn, LIVE, fact_of(contracts[0], FRIDAY, market_price=nan))
    assert conn.execute(select(option_analytics.c.price_gap)).scalar_one() is None


def test_facts_of_nothing_are_columns_without_rows(conn: Connection, contracts: tuple[int, int]) -> None:
    nothing = no_option_facts()
    save_option_facts(conn, LIVE, nothing)
    assert add_option_facts(conn, LIVE, nothing) == 0
    assert _same(_loaded(conn, *contracts), nothing)
    assert _same(_loaded(conn), nothing)
    one = fact_of(contracts[0], FRIDAY)
    assert _same(facts_of(nothing, one), one)


def test_saving_again_replaces_the_same_contract_and_day_only(conn: Connection, contracts: tuple[int, int]) -> None:
    first, second = contracts
    before = facts_of(*(fact_of(each, day, spot=1.0) for each in contracts for day in (THURSDAY, FRIDAY)))
    for market in Market:
        save_option_facts(conn, market, before)
    save_option_facts(conn, LIVE, facts_of(fact_of(second, THURSDAY, spot=2.0), fact_of(first, FRIDAY, spot=3.0)))
    assert _spots(conn) == {
        (first, THURSDAY): 1.0,
        (first, FRIDAY): 3.0,
        (second, THURSDAY): 2.0,
        (second, FRIDAY): 1.0,
    }
    assert set(_spots(conn, SIMULATED).values()) == {1.0}
    assert _same(_loaded(conn, first, second, market=SIMULATED), before)


def test_adding_leaves_what_is_there(conn: Connection, contracts: tuple[int, int]) -> None:
    first, second = contracts
    assert add_option_facts(conn, LIVE, fact_of(first, FRIDAY, spot=1.0)) == 1
    both = facts_of(fact_of(second, FRIDAY, spot=2.0), fact_of(first, FRIDAY, spot=2.0))
    assert add_option_facts(conn, LIVE, both) == 1
    assert _spots(conn) == {(first, FRIDAY): 1.0, (second, FRIDAY): 2.0}


def test_rows_are_written_in_one_order_so_that_two_writers_wait_and_never_block_each_other(
    conn: Connection, contracts: tuple[int, int]
) -> None:
    first, second = contracts
    keys = [(second, MONDAY), (first, FRIDAY), (second, FRIDAY), (first, MONDAY)]
    save_option_facts(conn, LIVE, facts_of(*(fact_of(*key) for key in keys)))
    table = option_analytics.c
    written = conn.execute(select(table.instrument_id, table.as_of).order_by(literal_column("ctid")))
    assert [tuple(row) for row in written] == sorted(keys)


def test_two_who_write_the_same_facts_at_once_do_each_other_no_harm(db: Database, url: str) -> None:
    with db.write() as conn:
        new_share(conn, "AAA")
        ids = list(save_options(conn, [call("AAA", 100 + at) for at in range(20)], MONDAY).values())
    facts = [fact_of(each, FRIDAY) for each in ids]
    errors: list[BaseException] = []
    second = threading.Thread(target=_save_in_thread, args=(url, facts_of(*reversed(facts)), errors))
    with db.write() as conn:
        save_option_facts(conn, LIVE, facts_of(*facts))
        second.start()
        _wait_for_a_waiting_one(conn)
    second.join()
    assert errors == []
    with db.read() as conn:
        assert _same(_loaded(conn, *ids), facts_of(*(fact_of(each, FRIDAY) for each in sorted(ids))))


def _save_in_thread(url: str, facts: OptionFacts, errors: list[BaseException]) -> None:
    try:
        with closing(Database(url)) as db, db.write() as conn:
            save_option_facts(conn, LIVE, facts)
    except BaseException as error:
        errors.append(error)
        raise


def _wait_for_a_waiting_one(conn: Connection) -> None:
    for _ in range(TURNS):
        if conn.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            return
        time.sleep(0.001)
    raise AssertionError


@pytest.mark.parametrize("value", [inf, -inf])
@pytest.mark.parametrize("name", [name for name in NUMBERS if name != "price_gap"])
def test_infinity_is_no_fact(conn: Connection, contracts: tuple[int, int], name: str, value: float) -> None:
    with pytest.raises(CheckViolation, match=name):
        save_option_facts(conn, LIVE, fact_of(contracts[0], FRIDAY, **{name: value}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"spot": 0.0},
        {"forward": 0.0},
        {"tau_years": -1.0},
        {"volatility": -0.1},
        {"market_price": -1.0},
        {"price": -1.0},
    ],
    ids=str,
)
def test_a_number_below_its_floor_is_no_fact(
    conn: Connection, contracts: tuple[int, int], wrong: dict[str, float]
) -> None:
    (name,) = wrong
    with pytest.raises(CheckViolation, match=f"option_analytics_{name}_check"):
        save_option_facts(conn, LIVE, fact_of(contracts[0], FRIDAY, **wrong))


@pytest.mark.parametrize("name", PRICED)
def test_price_and_greeks_are_known_together_or_not_at_all(
    conn: Connection, contracts: tuple[int, int], name: str
) -> None:
    save_option_facts(conn, LIVE, fact_of(contracts[0], FRIDAY, **dict.fromkeys(PRICED, nan)))
    with pytest.raises(CheckViolation, match="priced"):
        save_option_facts(conn, LIVE, fact_of(contracts[0], FRIDAY, **{name: nan}))


@pytest.mark.parametrize("column", ["dividend_source", "volatility_source", "model", "market"])
@pytest.mark.parametrize("word", ["none", "QUOTE", ""])
def test_only_known_words_are_stored(conn: Connection, contracts: tuple[int, int], column: str, word: str) -> None:
    row = {"market": "live", "instrument_id": contracts[0], "as_of": FRIDAY, "reasons": []} | {column: word}
    with pytest.raises(IntegrityError, match=f"option_analytics_{column}_check"):
        conn.execute(insert(option_analytics).values(row))


def test_late_data_drop_the_facts_that_stand_on_them(conn: Connection, contracts: tuple[int, int]) -> None:
    first, second = contracts
    new_share(conn, "BBB")
    (foreign,) = save_options(conn, [call("BBB")], MONDAY).values()
    week = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    for market in Market:
        save_option_facts(conn, market, facts_of(*(fact_of(i, day) for i in (*contracts, foreign) for day in week)))
    assert drop_outdated_option_facts(conn, LIVE) == {}
    note_late(conn, LIVE, {first: THURSDAY})
    note_late(conn, LIVE, {first: FRIDAY})
    siblings = sorted(contracts)
    assert drop_outdated_option_facts(conn, LIVE) == {THURSDAY: siblings, FRIDAY: siblings}
    assert drop_outdated_option_facts(conn, LIVE) == {}
    left = {(each, day) for each in contracts for day in week[:3]} | {(foreign, day) for day in week}
    assert _spots(conn).keys() == left
    assert len(_spots(conn, SIMULATED)) == 15
    conn.execute(delete(late_rows))
    share = new_share(conn, "AAA")
    note_late(conn, LIVE, {share: TUESDAY, foreign: SATURDAY})
    note_late(conn, SIMULATED, {second: TUESDAY})
    assert drop_outdated_option_facts(conn, LIVE) == {TUESDAY: siblings, WEDNESDAY: siblings}
    assert _spots(conn).keys() == {(each, MONDAY) for each in contracts} | {(foreign, day) for day in week}
    assert drop_outdated_option_facts(conn, SIMULATED) == dict.fromkeys(week[1:], siblings)
