"""The migrations add up to the declared tables, and the constraints hold."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.store import migrations
from sigmasight.store.database import Database
from sigmasight.store.migrate import HEAD, migrate
from sigmasight.store.tables import metadata
from support.databases import DatabaseCopies

POSITION = """
    INSERT INTO positions (portfolio_id, user_id, instrument_id, quantity, entry_price, entry_date, recorded_on)
"""
FACTS = (
    *("spot", "tau_years", "rate", "dividend_yield", "forward", "volatility", "market_price", "price"),
    *("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent"),
)
CATALOG = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, generation_expression
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
          AND table_name NOT IN (SELECT table_name FROM information_schema.views WHERE table_schema = 'public')""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'""",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
}


def _catalog(conn: Connection) -> dict[str, set[tuple[object, ...]]]:
    return {part: {tuple(row) for row in conn.execute(text(query))} for part, query in CATALOG.items()}


def test_the_migrations_make_exactly_the_declared_tables(databases: DatabaseCopies, conn: Connection) -> None:
    with databases.copy("template1") as url:
        database = Database(url)
        with database.write() as empty:
            metadata.create_all(empty)
            declared = _catalog(empty)
        database.close()
    migrated = _catalog(conn)
    assert migrated == declared
    assert len(migrated["columns"]) > 200


def test_migrating_again_changes_nothing(conn: Connection) -> None:
    before = _catalog(conn)
    migrate(conn)
    assert _catalog(conn) == before


def test_the_head_that_the_code_needs_is_the_last_migration(conn: Connection) -> None:
    files = Path(migrations.__file__).parent.glob("versions/r*.py")
    assert max(file.name[1:5] for file in files) == HEAD
    assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD


def test_a_schema_of_a_newer_version_is_left_alone(conn: Connection) -> None:
    conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseSetupError, match="version 9999, which this SigmaSight does not know"):
        migrate(conn)


def test_every_table_of_what_a_user_owns_has_a_row_policy(conn: Connection) -> None:
    owned = {table.name for table in metadata.tables.values() if "user_id" in table.c} | {"users"}
    secured = conn.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity")).scalars()
    assert set(secured) == owned


def test_the_api_role_owns_nothing_and_passes_no_policy(conn: Connection) -> None:
    row = conn.execute(
        text("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'sigmasight_api'")
    ).one()
    assert tuple(row) == (False, False, False)
    owned = conn.execute(
        text("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'sigmasight_api'")
    ).scalar_one()
    assert owned == 0


@pytest.mark.parametrize("value", ["'NaN'", "'Infinity'", "'-Infinity'"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO prices VALUES ('live', {i}, '2026-11-20', 1, 1, 1, {v}, 1, 1, 'test')",
        "INSERT INTO prices VALUES ('live', {i}, '2026-11-20', 1, 1, 1, 1, {v}, 1, 'test')",
        "INSERT INTO dividends VALUES ('live', {i}, '2026-11-20', {v}, 'test')",
        "INSERT INTO rates VALUES ('live', 'DGS10', '2026-11-20', {v}, 'test')",
        "INSERT INTO option_quotes VALUES ('live', {i}, '2026-11-20', {v}, {v}, 1, 1, 1, 'test')",
        "INSERT INTO statements (portfolio_id, user_id, kind, as_of, amount) VALUES ({p}, 'cash', '2026-11-20', {v})",
        POSITION + "VALUES ({p}, {i}, {v}, 1, '2026-11-20', '2026-11-20')",
        POSITION + "VALUES ({p}, {i}, 1, {v}, '2026-11-20', '2026-11-20')",
        "UPDATE instruments SET strike = {v} WHERE id = {i}",
        "UPDATE instruments SET multiplier = {v} WHERE id = {i}",
        "UPDATE portfolio_snapshots SET nav = {v}",
        *(f"UPDATE option_analytics SET {name} = {{v}}" for name in FACTS),
    ],
)
def test_no_number_at_rest_is_nan_or_infinite(conn: Connection, statement: str, value: str) -> None:
    user = conn.execute(
        text("INSERT INTO users (email, name, password_hash) VALUES ('a@b', 'a', 'x') RETURNING id")
    ).scalar_one()
    instrument = conn.execute(
        text("INSERT INTO instruments (symbol, kind, name) VALUES ('AAA', 'stock', 'A') RETURNING id")
    ).scalar_one()
    portfolio = conn.execute(
        text("INSERT INTO portfolios (user_id, name, market, opened_on) VALUES (:u, 'p', 'live', now()) RETURNING id"),
        {"u": user},
    ).scalar_one()
    conn.execute(
        text(
            "INSERT INTO portfolio_snapshots (portfolio_id, user_id, as_of, method, positions, long_positions,"
            " short_positions, option_positions, coverage, delta_coverage, reasons, marks, not_included, warnings)"
            " VALUES (:p, :u, '2026-11-20', 'default', 0, 0, 0, 0, 1, 1, '{}', '{}', '[]', '{}')"
        ),
        {"p": portfolio, "u": user},
    )
    conn.execute(
        text(
            "INSERT INTO option_analytics (market, instrument_id, as_of, price, delta, gamma, theta_per_day,"
            " vega_per_point, rho_per_percent, reasons) VALUES ('live', :i, '2026-11-20', 1, 1, 1, 1, 1, 1, '{}')"
        ),
        {"i": instrument},
    )
    filled = statement.format(i=instrument, v=value, p=f"'{portfolio}', '{user}'")
    with pytest.raises(IntegrityError, match="check constraint"):
        conn.exec_driver_sql(filled)
