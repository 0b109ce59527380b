"""Many rows at once: binary COPY, straight or by way of a temporary table."""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
from psycopg import Connection as DriverConnection
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, Table

from sigmasight.domain.market_data import DayArray, FloatArray

Row = Sequence[object]


def copy_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add rows by COPY, in the caller's transaction; returns how many there were."""
    return _copy(conn, table.name, table, columns, rows)


def add_missing_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add the rows whose key is not there yet and leave the others alone; returns how many were added."""
    listed = list(rows)
    if not listed:
        return 0
    driver = _driver(conn)
    arriving, target = Identifier(f"arriving_{table.name}"), Identifier(table.name)
    driver.execute(SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(arriving, target))
    _copy(conn, f"arriving_{table.name}", table, columns, listed)
    names = SQL(", ").join(map(Identifier, columns))
    added = driver.execute(
        SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING").format(target, names, names, arriving)
    ).rowcount
    driver.execute(SQL("DROP TABLE {}").format(arriving))
    return added


def days(array: DayArray) -> list[date]:
    """A column of days as the database takes it."""
    listed: list[date] = array.astype("datetime64[D]").tolist()
    return listed


def numbers(array: FloatArray) -> list[float | None]:
    """A column of numbers as the database takes it: NaN is NULL."""
    return [None if missing else value for value, missing in zip(array.tolist(), np.isnan(array).tolist(), strict=True)]


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


def _copy(conn: Connection, name: str, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    types = [_POSTGRES_TYPES[type(table.c[column].type).__name__] for column in columns]
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
    "ARRAY": "text[]",
}
