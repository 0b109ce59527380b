"""Nights of the live market in this process: vendors in a box, asked over real HTTP as settings say."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sigmasight.batch.night import NightOutcome, run_night
from sigmasight.domain.market_data import Market
from sigmasight.services.imports import commit_import, preview_import
from sigmasight.store.people import add_portfolio, add_user
from sigmasight.wiring.application import open_application
from sigmasight.wiring.settings import Settings
from support.databases import environment
from support.vendor_box import KEY, VendorBox

VENDORS = {"FMP": "fmp", "POLYGON": "massive", "FRED": "fred"}
RESULTS = ("portfolio_snapshots", "factor_exposures", "stress_test_results", "value_at_risk", "position_greeks")
PROXIES = ("SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV")
"""What every night asks for."""

_KEYS = {
    "prices": ("symbol", "day"),
    "dividends": ("symbol", "ex_date"),
    "splits": ("symbol", "ex_date"),
    "rates": ("series", "day"),
    "option_quotes": ("symbol", "day"),
    "fund_holdings": ("symbol", "as_of", "asset", "name"),
}
_OF_THE_ROW = frozenset({"market", "instrument_id", "source", "announced_on", "line"})
_OF_THE_OWNER = frozenset({"portfolio_id", "user_id", "position_id"})

Rows = dict[tuple[Any, ...], dict[str, Any]]
Stored = dict[str, Rows]


def settings_of(box: VendorBox, key: str = KEY, **more: str) -> dict[str, str]:
    """Settings that lead to a box, by name."""
    keys = {f"{name}_API_KEY": key for name in VENDORS}
    addresses = {f"SIGMASIGHT_{name}_ADDRESS": f"{box.address}/{path}" for name, path in VENDORS.items()}
    paces = {f"SIGMASIGHT_{name}_PER_MINUTE": "60000" for name in VENDORS}
    return keys | addresses | paces | {"SIGMASIGHT_RETRY_SECONDS": "0.002"} | more


def bring_in(url: str, book: Mapping[str, int], day: date, *markets: Market) -> None:
    """A user's portfolios of the same positions, one in each market and named like it, brought in on a day."""
    rows = "".join(f"{symbol},{quantity},100,{day}\n" for symbol, quantity in book.items())
    content = f"ticker,quantity,entry_price,entry_date\n{rows}".encode()
    with open_application(Settings.model_validate(environment(url)), lambda _: None) as app, app.db.write() as conn:
        owner = add_user(conn, email="live@example.com", name="Live", password_hash="a hash")  # noqa: S106
        for market in markets:
            made = add_portfolio(conn, user_id=owner.id, name=market.value, market=market, opened_on=day)
            preview = preview_import(conn, made, file_name="book.csv", content=content, today=day)
            commit_import(conn, app.valuation, made, preview, today=day, only_good=False)


def run_live(url: str, box: VendorBox, **settings: str) -> NightOutcome:
    """The night of the box's day."""
    environ = environment(url, SIGMASIGHT_NOW=f"{box.today}T22:00:00+00:00", **settings_of(box, **settings))
    with open_application(Settings.model_validate(environ), lambda _: None) as app:
        return run_night(app.db, app.night_plan(box.market), box.today, lambda *_: None)


def stored(url: str, market: Market) -> Stored:
    """All that is stored of a market, by table and by what it is about."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        return {table: _rows(conn, table, market) for table in _KEYS}


def _rows(conn: psycopg.Connection[dict[str, Any]], table: str, market: Market) -> Rows:
    columns = {
        "rates": ("t.*", "series AS symbol"),
        "fund_holdings": ("t.as_of", "t.symbol AS asset", "t.name", "t.weight", "i.symbol"),
    }.get(table, ("t.*", "i.symbol"))
    instruments = "" if table == "rates" else "JOIN instruments i ON i.id = t.instrument_id"
    query = f"SELECT {', '.join(columns)} FROM {table} t {instruments} WHERE t.market = %s"
    found = conn.execute(query, (market.value,)).fetchall()
    rows = {tuple(row[key] for key in _KEYS[table]): _of_market(row) for row in found}
    assert len(rows) == len(found), f"{table} has rows twice"
    return rows


def _of_market(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in _OF_THE_ROW}
    return told | ({"weight": round(told["weight"], 12)} if "weight" in told else {})  # it was told in percent


def differences(found: Stored, expected: Stored) -> Iterator[str]:
    """What is stored and should not be, or not so; what a last price alone says of a quote may be missing from it."""
    for table, rows in found.items():
        for key, row in rows.items():
            right = expected[table].get(key, {})
            untold = {"bid", "ask", "open_interest"} if table == "option_quotes" and row["bid"] is None else set()
            yield from (
                f"{table} {key}: {name} {row[name]}" for name in row.keys() - untold if row[name] != right.get(name)
            )


def lacking(found: Stored, expected: Stored) -> dict[str, set[str]]:
    """By table, the symbols and series of which something is not stored, or not whole."""
    return {
        table: {row["symbol"] for key, row in rows.items() if found[table].get(key) != row}
        for table, rows in expected.items()
    }


def results(url: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """Every column of what the nights made of a portfolio, but for whose it is and that it is simulated."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        return {table: [_of_book(row) for row in _of_portfolio(conn, table, name)] for table in RESULTS}


def _of_portfolio(conn: psycopg.Connection[dict[str, Any]], table: str, name: str) -> list[dict[str, Any]]:
    order = "as_of, symbol" if table == "position_greeks" else "as_of"
    query = f"SELECT t.* FROM {table} t JOIN portfolios p ON p.id = t.portfolio_id WHERE p.name = %s ORDER BY {order}"
    return conn.execute(query, (name,)).fetchall()


def _of_book(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in _OF_THE_OWNER}
    words = {name: value for name, value in told.items() if name in {"marks", "reasons"} and isinstance(value, list)}
    return told | {name: sorted({*value} - {"simulated"}) for name, value in words.items()}
