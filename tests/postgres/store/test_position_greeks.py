"""The view for hand queries: facts weighed with positions, each user's own."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, text

from postgres.store.builders import (
    DECEMBER,
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    call,
    fact_of,
    facts_of,
    new_book,
    new_share,
    new_user,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.market_data import Market, Split
from sigmasight.domain.reasons import Reason
from sigmasight.store.database import Database
from sigmasight.store.instruments import save_options
from sigmasight.store.option_facts import save_option_facts
from sigmasight.store.people import set_allow_estimates
from sigmasight.store.positions import NewPosition, add_positions, write_exit
from sigmasight.store.prices import save_splits
from sigmasight.store.tables import portfolio_settings

LIVE, SIMULATED = Market.LIVE, Market.SIMULATED
GREEKS = ("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
ON_A_VOLATILITY = (
    *("volatility", "volatility_source", "model", "price", "price_gap"),
    *GREEKS,
    *("dollar_delta", "dollar_gamma_per_percent"),
)


@pytest.fixture
def book(conn: Connection) -> Portfolio:
    """An empty portfolio."""
    return new_book(conn, new_user(conn))


@pytest.fixture
def option(conn: Connection) -> int:
    """A call on a share, 100 to the contract."""
    new_share(conn, "AAA")
    (contract,) = save_options(conn, [call("AAA")], MONDAY).values()
    return contract


def _hold(conn: Connection, book: Portfolio, instrument_id: int, quantity: str, since: date = MONDAY) -> UUID:
    lot = NewPosition(instrument_id, Decimal(quantity), Decimal(3), since)
    (position,) = add_positions(conn, book, [lot], recorded_on=since, tag_ids={}, imported=False)
    return position


def _rows(conn: Connection) -> list[Mapping[str, object]]:
    rows = conn.execute(text("SELECT * FROM position_greeks ORDER BY as_of, quantity"))
    return [dict(row._mapping) for row in rows]


def _quantities(conn: Connection) -> list[tuple[date, Decimal]]:
    return [tuple(row) for row in conn.execute(text("SELECT as_of, quantity FROM position_greeks ORDER BY as_of"))]


def test_a_row_is_the_facts_times_quantity_and_multiplier(conn: Connection, book: Portfolio, option: int) -> None:
    position = _hold(conn, book, option, "-2.5")
    save_option_facts(
        conn,
        LIVE,
        fact_of(
            option,
            FRIDAY,
            spot=96.0,
            market_price=2.5,
            price=2.75,
            delta=0.5,
            gamma=0.03125,
            theta_per_day=-0.25,
            vega_per_point=0.125,
            rho_per_percent=0.0625,
            reasons=Reason.STALE_PRICE,
        ),
    )
    (row,) = _rows(conn)
    assert row == {
        "portfolio_id": book.id,
        "user_id": book.user_id,
        "position_id": position,
        "as_of": FRIDAY,
        "symbol": "AAA261218C00100000",
        "underlying": "AAA",
        "expiry": DECEMBER,
        "strike": Decimal(100),
        "option_right": "call",
        "multiplier": Decimal(100),
        "quantity": Decimal("-2.5"),
        "volatility": 0.3,
        "volatility_source": "smile",
        "model": "american",
        "spot": 96.0,
        "market_price": 2.5,
        "price": 2.75,
        "price_gap": 0.25,
        "delta": -125.0,
        "gamma": -7.8125,
        "theta_per_day": 62.5,
        "vega_per_point": -31.25,
        "rho_per_percent": -15.625,
        "dollar_delta": -12000.0,
        "dollar_gamma_per_percent": pytest.approx(-720.0, rel=1e-15),
        "reasons": ["stale_price"],
    }


def test_there_is_a_row_for_each_day_on_which_it_is_held(conn: Connection, book: Portfolio, option: int) -> None:
    write_exit(conn, _hold(conn, book, option, "1", TUESDAY), exit_date=FRIDAY, exit_price=None)
    _hold(conn, book, option, "2", THURSDAY)
    _hold(conn, book, new_share(conn, "BBB"), "3")
    _hold(conn, new_book(conn, new_user(conn, "demo"), market=SIMULATED), option, "4")
    save_option_facts(conn, LIVE, facts_of(*(fact_of(option, day) for day in WEEK)))
    held = [(TUESDAY, 1), (WEDNESDAY, 1), (THURSDAY, 1), (THURSDAY, 2), (FRIDAY, 2)]
    assert [(row["as_of"], row["quantity"]) for row in _rows(conn)] == held


def test_a_split_multiplies_the_quantity_from_its_day_on(conn: Connection, book: Portfolio, option: int) -> None:
    _hold(conn, book, option, "10", MONDAY)
    share = new_share(conn, "AAA")
    done = [(MONDAY, 7, 1), (TUESDAY, 2, 1), (THURSDAY, 3, 2), (date(2026, 11, 21), 5, 1)]
    save_splits(conn, LIVE, [(share, Split("AAA", *each)) for each in done], "test")
    save_splits(conn, SIMULATED, [(share, Split("AAA", WEDNESDAY, 11, 1))], "test")
    save_option_facts(conn, LIVE, facts_of(*(fact_of(option, day, delta=0.5) for day in WEEK)))
    assert _quantities(conn) == [(MONDAY, 10), (TUESDAY, 20), (WEDNESDAY, 20), (THURSDAY, 30), (FRIDAY, 30)]
    assert [row["delta"] for row in _rows(conn)] == [500.0, 1000.0, 1000.0, 1500.0, 1500.0]


def test_a_contract_that_has_expired_is_not_split_any_more(conn: Connection, book: Portfolio) -> None:
    share = new_share(conn, "AAA")
    (option,) = save_options(conn, [call("AAA", expiry=WEDNESDAY)], MONDAY).values()
    _hold(conn, book, option, "1")
    save_splits(conn, LIVE, [(share, Split("AAA", day, 2, 1)) for day in (WEDNESDAY, THURSDAY)], "test")
    save_option_facts(conn, LIVE, fact_of(option, FRIDAY))
    assert _quantities(conn) == [(FRIDAY, 2)]


def test_many_splits_multiply_exactly(conn: Connection, book: Portfolio, option: int) -> None:
    _hold(conn, book, option, "0.08", date(2000, 1, 3))
    share = new_share(conn, "AAA")
    ratios = [(3, 1), (7, 2), (13, 10), (999, 1000), (1000, 1), (2, 3), (21, 20), (9, 7), (11, 1), (17, 1), (1, 25)]
    save_splits(conn, LIVE, [(share, Split("AAA", date(2001 + at, 1, 2), *r)) for at, r in enumerate(ratios)], "test")
    save_option_facts(conn, LIVE, fact_of(option, FRIDAY))
    ((_, quantity),) = _quantities(conn)
    assert Fraction(quantity) == prod((Fraction(*ratio) for ratio in ratios), start=Fraction("0.08"))


def test_a_product_of_splits_is_exact_whatever_they_are(conn: Connection) -> None:
    products = text(
        "SELECT count(*), count(*) FILTER (WHERE a * b * c <>"
        " round(exp(ln(a::numeric) + ln(b::numeric) + ln(c::numeric))))"
        " FROM generate_series(1, 1000, 7) a, generate_series(a, a + 60, 7) b, generate_series(a, a + 600, 59) c"
    )
    tried, wrong = conn.execute(products).one()
    assert tried > 10_000
    assert wrong == 0


@pytest.mark.parametrize("setting", [True, False, None])
def test_an_estimate_is_shown_only_where_it_is_allowed(
    conn: Connection, book: Portfolio, option: int, *, setting: bool | None
) -> None:
    _hold(conn, book, option, "1")
    estimated = Reason.ESTIMATED | Reason.SIMULATED
    save_option_facts(conn, LIVE, facts_of(fact_of(option, THURSDAY), fact_of(option, FRIDAY, reasons=estimated)))
    if setting is None:
        conn.execute(delete(portfolio_settings))
    else:
        set_allow_estimates(conn, book, allowed=setting)
    known, estimate = _rows(conn)
    assert known["reasons"] == []
    assert None not in {known[name] for name in ON_A_VOLATILITY}
    assert {estimate[name] is None for name in ON_A_VOLATILITY} == {not setting}
    assert estimate["reasons"] == ["estimated" if setting else "no_volatility", "simulated"]
    assert (estimate["spot"], estimate["market_price"]) == (known["spot"], known["market_price"])
    if setting:
        assert estimate == known | {"as_of": FRIDAY, "reasons": estimate["reasons"]}


def test_a_contract_without_price_is_there_with_its_reason(conn: Connection, book: Portfolio, option: int) -> None:
    _hold(conn, book, option, "1")
    unknown = dict.fromkeys(("volatility", "price", *GREEKS), float("nan"))
    none = {"volatility_source": 0, "model": 0}
    save_option_facts(conn, LIVE, fact_of(option, FRIDAY, **unknown, **none, reasons=Reason.NO_RATE))
    (row,) = _rows(conn)
    assert {row[name] for name in ON_A_VOLATILITY} == {None}
    assert row["reasons"] == ["no_rate"]


def test_a_stranger_sees_nothing_of_anothers_positions(db: Database) -> None:
    with db.write() as conn:
        new_share(conn, "AAA")
        (option,) = save_options(conn, [call("AAA")], MONDAY).values()
        alice, bob = new_user(conn, "alice"), new_user(conn, "bob")
        _hold(conn, new_book(conn, alice), option, "1")
        his = new_book(conn, bob)
        _hold(conn, his, option, "2")
        set_allow_estimates(conn, his, allowed=True)
        save_option_facts(conn, LIVE, fact_of(option, FRIDAY, reasons=Reason.ESTIMATED))
    with db.read() as conn:
        assert [row["quantity"] for row in _rows(conn)] == [1, 2]
    with db.read(acting_as=alice.id) as conn:
        assert [(row["user_id"], row["quantity"], row["price"]) for row in _rows(conn)] == [(alice.id, 1, None)]
    with db.read(acting_as=bob.id) as conn:
        assert [(row["user_id"], row["quantity"], row["price"]) for row in _rows(conn)] == [(bob.id, 2, 2.75)]
    with db.read() as conn:
        conn.execute(text("SET LOCAL ROLE sigmasight_api"))
        assert _rows(conn) == []
