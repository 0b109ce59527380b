"""Many rows at once: binary COPY, straight or by way of a temporary table."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from psycopg import Connection as DriverConnection
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Select,
    Table,
    TableValuedAlias,
    any_,
    func,
    literal,
)
from sqlalchemy.types import TypeEngine

from sigmasight.domain.market_data import DayArray, FloatArray, IntArray

Row = Sequence[object]


def copy_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add rows by COPY, in the caller's transaction; returns how many there were."""
    return _copy(conn, table.name, table, columns, rows)


def add_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add rows by way of a temporary table, which row-level security allows; returns how many there were."""
    return _by_temporary_table(conn, table, columns, rows, SQL(""))


def add_missing_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add the rows whose key is not there yet and leave the others alone; returns how many were added."""
    return _by_temporary_table(conn, table, columns, rows, SQL(" ON CONFLICT DO NOTHING"))


def add_missing_days(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    day: str = "day",
    completed_by: Sequence[str] = (),
) -> dict[int, date]:
    """As add_missing_rows, for rows of instruments; returns the first day that was new of each instrument.

    A row that lacks one of ``completed_by`` is replaced by one that has them all, and is new.
    """
    listed = list(rows)
    if not listed:
        return {}
    arriving = _arrive(conn, table, columns, listed)
    names = SQL(", ").join(map(Identifier, columns))
    added = _driver(conn).execute(
        SQL(
            "WITH added AS (INSERT INTO {table} ({names}) SELECT {names} FROM {arriving} ON CONFLICT {conflict} "
            "RETURNING instrument_id, {day}) SELECT instrument_id, min({day}) FROM added GROUP BY instrument_id"
        ).format(
            table=Identifier(table.name),
            names=names,
            arriving=arriving,
            conflict=_replacing(table, columns, completed_by) if completed_by else SQL("DO NOTHING"),
            day=Identifier(day),
        )
    )
    first: dict[int, date] = dict(added.fetchall())
    _driver(conn).execute(SQL("DROP TABLE {}").format(arriving))
    return first


def _replacing(table: Table, columns: Sequence[str], completed_by: Sequence[str]) -> Composed:
    """What to do with a row that is there: take the arriving one where it completes it."""
    key = [column.name for column in table.primary_key]
    rest = [name for name in columns if name not in key]

    def listed(names: Sequence[str], of: str = "") -> Composed:
        return SQL(", ").join(Identifier(of, name) if of else Identifier(name) for name in names)

    return SQL(
        "({key}) DO UPDATE SET ({rest}) = ROW({arriving}) WHERE num_nulls({there}) > 0 AND num_nulls({completing}) = 0"
    ).format(
        key=listed(key),
        rest=listed(rest),
        arriving=listed(rest, "excluded"),
        there=listed(completed_by, table.name),
        completing=listed(completed_by, "excluded"),
    )


def read_marks(conn: Connection, query: Select[tuple[int, date, float]]) -> tuple[IntArray, DayArray, FloatArray]:
    """Columns of a query for instrument, day and number, none of them NULL: each arrives as one string of bytes.

    Rows would have to be taken up one by one, by COPY as well.
    """
    compiled = query.compile(dialect=conn.dialect)
    statement = SQL(
        "SELECT string_agg(int8send(instrument), ''), string_agg(date_send(day), ''), "
        "string_agg(float8send(number), '') FROM ({}) AS marks (instrument, day, number)"
    ).format(SQL(compiled.string))
    with _driver(conn).cursor(binary=True) as cursor:
        columns = cursor.execute(statement, compiled.params).fetchall()[0]
    instrument, day, number = (
        np.frombuffer(column or b"", dtype=sent) for column, sent in zip(columns, (">i8", ">i4", ">f8"), strict=True)
    )
    days = day.astype(np.int64) + _POSTGRES_EPOCH
    return instrument.astype(np.int64), days.astype("datetime64[D]"), number.astype(np.float64)


_POSTGRES_EPOCH = np.datetime64("2000-01-01", "D").astype(np.int64)


def among(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """Whether a column holds one of some values, which go as one array however many they are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def instrument_days(pairs: Collection[tuple[int, date]]) -> TableValuedAlias:
    """Pairs of instrument and day as a table, sent as two arrays however many there are."""
    ids = literal([instrument_id for instrument_id, _ in pairs], ARRAY(BigInteger))
    wanted = literal([day for _, day in pairs], ARRAY(Date))
    return func.unnest(ids, wanted).table_valued("instrument_id", "day").render_derived(name="wanted")


def days(array: DayArray) -> list[date]:
    """A column of days as the database takes it: NaT is NULL."""
    listed: list[date] = array.astype("datetime64[D]").tolist()
    return listed


def numbers(array: FloatArray) -> list[float | None]:
    """A column of numbers as the database takes it: NaN is NULL."""
    return [None if missing else value for value, missing in zip(array.tolist(), np.isnan(array).tolist(), strict=True)]


def number_lists(array: FloatArray) -> list[list[float | None]]:
    """Rows of numbers, (R, K), as the database takes arrays: NaN is NULL."""
    return [numbers(row) for row in array]


def number_rows(rows: Sequence[Sequence[float | None]], width: int) -> FloatArray:
    """Arrays from the database as rows of numbers, (R, width): NULL is NaN."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def number(value: float) -> float | None:
    """A number as the database takes it: NaN is NULL."""
    return None if np.isnan(value) else float(value)


def day_column(values: Sequence[date]) -> DayArray:
    """Days from the database as a column."""
    return np.array(values, dtype="datetime64[D]")


def number_column(values: Sequence[float | None]) -> FloatArray:
    """Numbers from the database as a column: NULL is NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _driver(conn: Connection) -> DriverConnection:
    driver = conn.connection.driver_connection
    if not isinstance(driver, DriverConnection):
        raise TypeError(f"COPY needs a psycopg connection, not {type(driver).__name__}")
    return driver


def _by_temporary_table(
    conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row], on_conflict: SQL
) -> int:
    listed = list(rows)
    if not listed:
        return 0
    arriving = _arrive(conn, table, columns, listed)
    names = SQL(", ").join(map(Identifier, columns))
    add = SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(Identifier(table.name), names, names, arriving)
    added = _driver(conn).execute(add + on_conflict).rowcount
    _driver(conn).execute(SQL("DROP TABLE {}").format(arriving))
    return added


def _arrive(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> Identifier:
    """Copy rows into a temporary table of these columns."""
    name = f"arriving_{table.name}"
    names = SQL(", ").join(map(Identifier, columns))
    _driver(conn).execute(
        SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            Identifier(name), names, Identifier(table.name)
        )
    )
    _copy(conn, name, table, columns, rows)
    return Identifier(name)


def _copy(conn: Connection, name: str, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    types = [_postgres_type(table.c[column].type) for column in columns]
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        Identifier(name), SQL(", ").join(map(Identifier, columns))
    )
    count = 0
    with _driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _postgres_type(declared: TypeEngine[Any]) -> str:
    if isinstance(declared, ARRAY):
        return f"{_postgres_type(declared.item_type)}[]"
    return _POSTGRES_TYPES[type(declared).__name__]


_POSTGRES_TYPES = {
    "BigInteger": "int8",
    "Integer": "int4",
    "SmallInteger": "int2",
    "Double": "float8",
    "Text": "text",
    "Date": "date",
    "Numeric": "numeric",
    "Boolean": "bool",
    "Uuid": "uuid",
    "JSONB": "jsonb",
}
