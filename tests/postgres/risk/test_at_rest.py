"""Value at risk and correlations at rest: every field comes back, once for each portfolio and day."""

from dataclasses import fields, replace
from datetime import timedelta
from math import nan

import numpy as np
import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import IntegrityError

from postgres.store.builders import FRIDAY, MONDAY, THURSDAY, new_book, new_user
from postgres.store.conftest import full_correlations, full_tails
from sigmasight.domain.books import Portfolio
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import Correlations, DataQuality, TailRisk
from sigmasight.store.risk_results import load_correlations, load_tails, replace_correlations, replace_tails
from sigmasight.store.tables import correlation_calculations, value_at_risk

CORRELATION_NUMBERS = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration"),
)
NOT_NEGATIVE = CORRELATION_NUMBERS[1:]


@pytest.fixture
def book(conn: Connection) -> Portfolio:
    """A portfolio of its own."""
    return new_book(conn, new_user(conn, "carol"))


@pytest.fixture
def saved(conn: Connection, book: Portfolio) -> Portfolio:
    """The portfolio with a row in both tables."""
    replace_tails(conn, [book], [full_tails(book)])
    replace_correlations(conn, [book], [full_correlations(book)])
    return book


def assert_same(found: TailRisk | Correlations | None, expected: TailRisk | Correlations) -> None:
    assert type(found) is type(expected)
    for field in fields(expected):
        mine, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, float | np.ndarray):
            assert np.array_equal(mine, theirs, equal_nan=True), field.name
            assert np.shape(mine) == np.shape(theirs), field.name
        else:
            assert mine == theirs, field.name


def test_every_field_of_value_at_risk_comes_back(conn: Connection, saved: Portfolio) -> None:
    (found,) = load_tails(conn, saved.id, FRIDAY, FRIDAY)
    assert_same(found, full_tails(saved))


def test_every_field_of_correlations_comes_back(conn: Connection, saved: Portfolio) -> None:
    assert_same(load_correlations(conn, saved.id, FRIDAY), full_correlations(saved))


@pytest.mark.parametrize("name", CORRELATION_NUMBERS)
def test_a_number_that_is_missing_is_null_at_rest_and_comes_back_with_its_reason(
    conn: Connection, book: Portfolio, name: str
) -> None:
    without = replace(full_correlations(book), **{name: nan, "reasons": {name: Reason.NO_HISTORY}})  # type: ignore[arg-type]
    replace_correlations(conn, [book], [without])
    assert conn.execute(select(correlation_calculations.c[name])).scalar_one() is None
    assert_same(load_correlations(conn, book.id, FRIDAY), without)


def test_no_name_takes_part_and_nothing_is_known(conn: Connection, book: Portfolio) -> None:
    nothing = replace(
        full_correlations(book),
        symbols=(),
        exposure=np.empty(0),
        clusters=(),
        data_quality=DataQuality.INSUFFICIENT,
        sessions=0,
    )
    replace_correlations(conn, [book], [nothing])
    assert_same(load_correlations(conn, book.id, FRIDAY), nothing)


def test_saving_again_replaces_the_row_of_the_day_and_leaves_the_others(conn: Connection, saved: Portfolio) -> None:
    earlier = replace(full_tails(saved), as_of=THURSDAY)
    replace_tails(conn, [saved], [earlier])
    replace_tails(conn, [saved], [replace(full_tails(saved), sessions=299)])
    assert [(each.as_of, each.sessions) for each in load_tails(conn, saved.id, MONDAY, FRIDAY)] == [
        (THURSDAY, 300),
        (FRIDAY, 299),
    ]
    assert load_tails(conn, saved.id, MONDAY, THURSDAY - timedelta(days=1)) == ()
    replace_correlations(conn, [saved], [replace(full_correlations(saved), sessions=79)])
    assert conn.execute(select(correlation_calculations.c.sessions)).scalars().all() == [79]
    assert load_correlations(conn, saved.id, THURSDAY) is None


def test_what_is_replaced_is_only_what_is_made(conn: Connection, saved: Portfolio) -> None:
    other = new_book(conn, new_user(conn, "dora"), "Other")
    replace_tails(conn, [other], [full_tails(other)])
    replace_tails(conn, [saved, other], [])
    replace_correlations(conn, [saved, other], [])
    counts = [
        conn.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (value_at_risk, correlation_calculations)
    ]
    assert counts == [2, 1]


def test_a_deleted_portfolio_takes_its_rows_along(conn: Connection, saved: Portfolio) -> None:
    conn.execute(text("DELETE FROM portfolios WHERE id = :book"), {"book": saved.id})
    for table in (value_at_risk, correlation_calculations):
        assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0


@pytest.mark.parametrize("value", ["'NaN'", "'Infinity'", "'-Infinity'"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE value_at_risk SET value_at_risk[3] = {v}",
        "UPDATE value_at_risk SET expected_shortfall[9] = {v}",
        "UPDATE value_at_risk SET coverage = {v}",
        "UPDATE correlation_calculations SET exposure[2] = {v}",
        "UPDATE correlation_calculations SET coverage = {v}",
        *(f"UPDATE correlation_calculations SET {name} = {{v}}" for name in CORRELATION_NUMBERS),
    ],
)
def test_no_number_at_rest_is_nan_or_infinite(conn: Connection, saved: Portfolio, statement: str, value: str) -> None:
    assert load_tails(conn, saved.id, FRIDAY, FRIDAY)
    with pytest.raises(IntegrityError, match="check constraint"):
        conn.exec_driver_sql(statement.format(v=value))


@pytest.mark.parametrize(
    "change",
    [
        "value_at_risk SET coverage = 1.01",
        "value_at_risk SET coverage = -0.01",
        "correlation_calculations SET coverage = 1.01",
        "correlation_calculations SET data_quality = 'good'",
        *(f"correlation_calculations SET {name} = -1" for name in NOT_NEGATIVE),
    ],
)
def test_what_cannot_be_is_refused_at_rest(conn: Connection, saved: Portfolio, change: str) -> None:
    assert load_correlations(conn, saved.id, FRIDAY)
    with pytest.raises(IntegrityError, match="check constraint"):
        conn.exec_driver_sql(f"UPDATE {change}")


def test_every_quality_that_can_be_said_can_be_kept(conn: Connection, book: Portfolio) -> None:
    for quality in DataQuality:
        replace_correlations(conn, [book], [replace(full_correlations(book), data_quality=quality)])
        assert conn.execute(select(correlation_calculations.c.data_quality)).scalar_one() == quality
