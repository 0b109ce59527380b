"""What a night leaves in the database, so that two histories can be compared."""

from datetime import date

import psycopg
from psycopg.sql import SQL, Identifier

RunRow = tuple[int, date, str, int]
Rows = dict[str, tuple[tuple[object, ...], ...]]

# Ids of instruments are left out: a night that was cut off may have used some up.
_RESULTS = {
    "portfolio_snapshots": "SELECT as_of AS day, to_jsonb(s)::text AS line FROM portfolio_snapshots s",
    "prices": "SELECT day, i.symbol || (to_jsonb(p) - 'instrument_id') AS line FROM prices p "
    "JOIN instruments i ON i.id = p.instrument_id",
    "option_quotes": "SELECT day, i.symbol || (to_jsonb(q) - 'instrument_id') AS line FROM option_quotes q "
    "JOIN instruments i ON i.id = q.instrument_id",
    "option_analytics": "SELECT as_of AS day, i.symbol || (to_jsonb(f) - 'instrument_id') AS line "
    "FROM option_analytics f JOIN instruments i ON i.id = f.instrument_id",
    "factor_correlations": "SELECT as_of AS day, to_jsonb(c)::text AS line FROM factor_correlations c",
    "instrument_betas": "SELECT as_of AS day, i.symbol || (to_jsonb(b) - 'instrument_id') AS line "
    "FROM instrument_betas b JOIN instruments i ON i.id = b.instrument_id",
    "factor_exposures": "SELECT as_of AS day, to_jsonb(e)::text AS line FROM factor_exposures e",
    "market_risk_scenarios": "SELECT as_of AS day, to_jsonb(m)::text AS line FROM market_risk_scenarios m",
    "stress_test_results": "SELECT as_of AS day, to_jsonb(t)::text AS line FROM stress_test_results t",
    "value_at_risk": "SELECT as_of AS day, to_jsonb(v)::text AS line FROM value_at_risk v",
    "correlation_calculations": "SELECT as_of AS day, to_jsonb(c)::text AS line FROM correlation_calculations c",
    "dividends": "SELECT ex_date AS day, i.symbol || (to_jsonb(d) - 'instrument_id') AS line FROM dividends d "
    "JOIN instruments i ON i.id = d.instrument_id",
    "splits": "SELECT ex_date AS day, i.symbol || (to_jsonb(s) - 'instrument_id') AS line FROM splits s "
    "JOIN instruments i ON i.id = s.instrument_id",
    "rates": "SELECT day, to_jsonb(r)::text AS line FROM rates r",
    "instruments": "SELECT i.terms_as_of AS day, (to_jsonb(i) - 'id' - 'underlying_id')::text || u.symbol AS line "
    "FROM instruments i LEFT JOIN instruments u ON u.id = i.underlying_id",
    "asked_ranges": "SELECT last_day AS day, to_jsonb(a)::text AS line FROM asked_ranges a",
}


def result_rows(url: str) -> Rows:
    """For each table of results and each day: the day, how many rows, and the digest of all that is in them."""
    with psycopg.connect(url) as conn:
        return {table: _rows_of(conn, table) for table in _RESULTS}


def snapshot_rows(url: str) -> tuple[tuple[object, ...], ...]:
    """The part of the result rows that the portfolio jobs make."""
    with psycopg.connect(url) as conn:
        return _rows_of(conn, "portfolio_snapshots")


def _rows_of(conn: psycopg.Connection, table: str) -> tuple[tuple[object, ...], ...]:
    query = (
        'SELECT day, count(*), md5(string_agg(line, chr(10) ORDER BY line COLLATE "C")) '
        f"FROM ({_RESULTS[table]}) AS lines GROUP BY day ORDER BY day"
    )
    return tuple(conn.execute(query.encode()).fetchall())


def row_versions(url: str) -> Rows:
    """For each table: how many rows, and the digest of their contents and of the transactions that wrote them."""
    query = (
        'SELECT count(*), md5(string_agg(version, chr(10) ORDER BY version COLLATE "C")) '
        "FROM (SELECT xmin::text || t::text AS version FROM {} AS t) AS versions"
    )
    with psycopg.connect(url) as conn:
        tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        return {name: tuple(conn.execute(SQL(query).format(Identifier(name))).fetchall()) for (name,) in tables}


def snapshot_versions(url: str, portfolio: str) -> dict[date, tuple[str, str]]:
    """By day: the transaction that wrote a portfolio's snapshot, and all that is in it."""
    query = (
        "SELECT s.as_of, s.xmin::text, to_jsonb(s)::text FROM portfolio_snapshots s "
        "JOIN portfolios p ON p.id = s.portfolio_id WHERE p.name = %s"
    )
    with psycopg.connect(url) as conn:
        return {day: (written, line) for day, written, line in conn.execute(query, (portfolio,))}


def runs(url: str) -> list[RunRow]:
    """The runs in the order in which they were opened: id, as of, status, attempt."""
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT id, as_of, status, attempt FROM batch_runs ORDER BY id")
        return [(key, as_of, status, attempt) for key, as_of, status, attempt in rows]
