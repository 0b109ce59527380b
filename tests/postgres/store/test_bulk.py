"""Many rows at once: what arrives is what was sent, and what was there stays."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from math import inf, nan
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    create_engine,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from postgres.store.builders import FRIDAY, MONDAY, TUESDAY, column, days, new_share
from sigmasight.store import bulk
from sigmasight.store.bulk import add_missing_days, add_missing_rows, add_rows, among, copy_rows
from sigmasight.store.tables import instruments, metadata, prices, rates

EVERY_TYPE = Table(
    "every_type",
    MetaData(),
    Column("key", BigInteger, primary_key=True),
    Column("whole", Integer),
    Column("small", SmallInteger),
    Column("measure", Double),
    Column("line", Text),
    Column("day", Date),
    Column("typed", Numeric),
    Column("yes", Boolean),
    Column("owner", Uuid),
    Column("document", JSONB),
    Column("words", ARRAY(Text)),
    Column("measures", ARRAY(Double)),
    Column("counts", ARRAY(Integer)),
)
NAMES = tuple(EVERY_TYPE.c.keys())
FULL = (
    2**62,
    2**31 - 1,
    -(2**15),
    0.1 + 0.2,
    "naïve, “quoted”\tand\nbroken \\N",
    date(1, 1, 1),
    Decimal("123456789012345678901234567890.000000000000000001"),
    True,
    UUID(int=2**127),
    Jsonb({"a": [1, None, "é"]}),
    ["one", "two, three", ""],
    [0.1 + 0.2, None, -1e-300],
    [2**31 - 1, None, 0],
)
EMPTY = (1, *(None,) * 12)
Add = Callable[[Connection, Table, tuple[str, ...], Iterable[Sequence[object]]], int]
RATES = ("market", "series", "day", "par_yield", "source")


@pytest.mark.parametrize("add", [copy_rows, add_rows, add_missing_rows])
def test_every_type_of_column_arrives_as_it_was_sent(conn: Connection, add: Add) -> None:
    EVERY_TYPE.create(conn)
    count = add(conn, EVERY_TYPE, NAMES, [FULL, EMPTY])
    stored = [tuple(row) for row in conn.execute(select(EVERY_TYPE).order_by(EVERY_TYPE.c.key.desc()))]
    assert count == 2
    assert stored == [tuple({"a": [1, None, "é"]} if isinstance(v, Jsonb) else v for v in FULL), EMPTY]


def test_every_type_of_the_declared_tables_can_be_copied() -> None:
    made_by_the_database = {"TIMESTAMP"}
    one_at_a_time = {"LargeBinary"}  # hashes of secrets
    declared = {_spelled(column) for table in metadata.tables.values() for column in table.c}
    known = {_spelled(column) for column in EVERY_TYPE.c}
    assert declared - made_by_the_database - one_at_a_time <= known
    assert {name for name in known if not name.endswith("[]")} == set(bulk._POSTGRES_TYPES)


def _spelled(column: Column[Any]) -> str:
    kind = column.type
    return f"{type(kind.item_type).__name__}[]" if isinstance(kind, ARRAY) else type(kind).__name__


def test_nan_is_null_at_rest_and_nan_again_when_it_is_read() -> None:
    assert bulk.numbers(column(1.5, nan, 0.0)) == [1.5, None, 0.0]
    assert bulk.number(nan) is None
    assert bulk.number(np.float64(2.5)) == 2.5
    assert bulk.number(inf) == inf  # the database refuses it, by a constraint
    np.testing.assert_array_equal(bulk.number_column([1.5, None]), column(1.5, nan))


def test_days_are_days_on_both_sides() -> None:
    assert bulk.days(days(MONDAY, FRIDAY)) == [MONDAY, FRIDAY]
    assert bulk.days(days(FRIDAY).astype("datetime64[ns]")) == [FRIDAY]
    assert bulk.day_column([MONDAY, FRIDAY]).tolist() == [MONDAY, FRIDAY]
    assert bulk.day_column([]).dtype == np.dtype("datetime64[D]")


def test_rows_that_are_there_stay_as_they_are(conn: Connection) -> None:
    assert copy_rows(conn, rates, RATES, [("live", "DGS2", MONDAY, 0.04, "first")]) == 1
    arriving = [("live", "DGS2", MONDAY, 0.09, "second"), ("live", "DGS2", FRIDAY, 0.05, "second")]
    assert add_missing_rows(conn, rates, RATES, arriving) == 1
    assert add_missing_rows(conn, rates, RATES, arriving) == 0
    stored = conn.execute(select(rates.c.par_yield, rates.c.source).order_by(rates.c.day)).all()
    assert [tuple(row) for row in stored] == [(0.04, "first"), (0.05, "second")]


def test_rows_by_way_of_a_temporary_table_are_all_added_or_none(conn: Connection) -> None:
    row = ("live", "DGS2", MONDAY, 0.04, "test")
    assert add_rows(conn, rates, RATES, [row]) == 1
    with pytest.raises(psycopg.errors.UniqueViolation):
        add_rows(conn, rates, RATES, [("live", "DGS2", FRIDAY, 0.04, "test"), row])


def test_columns_that_are_not_given_have_their_defaults(conn: Connection) -> None:
    assert add_rows(conn, instruments, ("symbol", "kind", "name"), [("AAA", "stock", "A")]) == 1
    row = conn.execute(select(instruments.c.id, instruments.c.currency, instruments.c.sector)).one()
    assert (row.id > 0, row.currency, row.sector) == (True, "USD", None)


def test_of_days_that_are_new_the_first_of_each_instrument_is_told(conn: Connection) -> None:
    aaa, bbb = new_share(conn, "AAA", {TUESDAY: 10}), new_share(conn, "BBB")
    columns = ("market", "instrument_id", "day", "close", "adjusted_close", "source")
    arriving = [("live", aaa, day, 1.0, 1.0, "two") for day in (FRIDAY, TUESDAY)]
    arriving += [("live", bbb, day, 1.0, 1.0, "two") for day in (MONDAY, FRIDAY, MONDAY)]
    assert add_missing_days(conn, prices, columns, arriving) == {aaa: FRIDAY, bbb: MONDAY}
    assert add_missing_days(conn, prices, columns, arriving) == {}
    assert add_missing_days(conn, prices, columns, iter(())) == {}
    assert len(conn.execute(select(prices)).all()) == 4


def test_among_takes_however_many_values_there_are(conn: Connection) -> None:
    add_rows(conn, instruments, ("symbol", "kind", "name"), [("AAA", "stock", "A"), ("BBB", "stock", "B")])
    many = [*(str(n) for n in range(100_000)), "BBB"]
    assert conn.execute(select(instruments.c.name).where(among(instruments.c.symbol, many))).scalars().all() == ["B"]
    assert conn.execute(select(instruments.c.name).where(among(instruments.c.symbol, []))).first() is None


def test_of_two_arriving_rows_with_one_key_one_is_added(conn: Connection) -> None:
    row = ("live", "DGS2", MONDAY, 0.04, "test")
    assert add_missing_rows(conn, rates, RATES, [row, row]) == 1


@pytest.mark.parametrize("add", [copy_rows, add_rows, add_missing_rows])
def test_no_rows_are_no_rows(conn: Connection, add: Add) -> None:
    assert add(conn, rates, RATES, iter(())) == 0


@pytest.mark.parametrize("add", [copy_rows, add_rows, add_missing_rows])
def test_one_bad_row_refuses_them_all(conn: Connection, add: Add) -> None:
    rows = [("live", "DGS2", MONDAY, 0.04, "test"), ("live", "DGS2", FRIDAY, nan, "test")]
    before = conn.begin_nested()
    with pytest.raises(psycopg.errors.CheckViolation):
        add(conn, rates, RATES, rows)
    before.rollback()
    assert conn.execute(select(rates)).all() == []


def test_another_driver_is_refused_by_name() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as other, pytest.raises(TypeError, match=r"psycopg connection, not .*Connection"):
        copy_rows(other, rates, RATES, [])
    engine.dispose()
