"""The demo after its nights: every option has Greeks from its own quote, and snapshots are sums of the view."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from sigmasight.store.database import Database
from support.databases import DatabaseCopies

from .conftest import Fact

SUMS = {
    "delta": "dollar_delta",
    "gamma": "dollar_gamma_per_percent",
    "theta": "theta_per_day",
    "vega": "vega_per_point",
    "rho": "rho_per_percent",
}

HELD = """
SELECT s.as_of, p.portfolio_id, i.symbol, i.underlying_id, u.symbol AS underlying, p.quantity::float8 AS quantity,
    i.multiplier::float8 AS multiplier, i.kind, i.expiry, c.close
FROM portfolio_snapshots s
JOIN positions p ON p.portfolio_id = s.portfolio_id AND p.held_from <= s.as_of
    AND (p.exit_date IS NULL OR p.exit_date > s.as_of)
JOIN instruments i ON i.id = p.instrument_id
LEFT JOIN instruments u ON u.id = i.underlying_id
LEFT JOIN prices c ON c.market = 'simulated' AND c.day = s.as_of AND c.instrument_id = coalesce(i.underlying_id, i.id)
"""


@pytest.fixture(scope="module")
def demo(databases: DatabaseCopies, with_demo: str) -> Iterator[Database]:
    """The demo, to be looked at only."""
    database = Database(databases.url_of(with_demo))
    yield database
    database.close()


def rows(db: Database, query: str) -> list[Fact]:
    with db.read() as conn:
        return [dict(row._mapping) for row in conn.execute(text(query))]


def test_every_option_of_every_night_has_greeks_from_its_own_quote(demo: Database) -> None:
    facts = rows(
        demo,
        "SELECT f.*, i.symbol, u.symbol AS underlying FROM option_analytics f"
        " JOIN instruments i ON i.id = f.instrument_id JOIN instruments u ON u.id = i.underlying_id",
    )
    have = {(fact["symbol"], fact["as_of"]) for fact in facts}
    held = {(row["symbol"], row["as_of"]) for row in rows(demo, HELD) if row["kind"] == "option"}
    assert have == held
    assert len(have) > 60
    for fact in facts:
        assert fact["volatility_source"] == "quote", fact
        assert fact["model"] == ("forward" if fact["underlying"] == "VIX" else "american"), fact
        assert abs(fact["price_gap"]) < 1e-9, fact
        assert (fact["quote_day"], fact["reasons"]) == (fact["as_of"], ["simulated"])
        assert 0.01 < fact["volatility"] < 3, fact
        assert fact["gamma"] > 0, fact
        assert fact["vega_per_point"] > 0, fact
    assert {fact["model"] for fact in facts} == {"forward", "american"}


def test_snapshots_are_the_sums_of_the_view_and_shares_count_with_delta_1(demo: Database) -> None:
    snapshots = rows(demo, "SELECT * FROM portfolio_snapshots")
    shares: dict[tuple[object, object], float] = {}
    for row in rows(demo, HELD):
        if row["kind"] != "option":
            key = (row["portfolio_id"], row["as_of"])
            shares[key] = shares.get(key, 0.0) + row["quantity"] * row["multiplier"] * row["close"]
    sums = ", ".join(f"coalesce(sum({column}), 0) AS {name}" for name, column in SUMS.items())
    view = {
        (row["portfolio_id"], row["as_of"]): row
        for row in rows(demo, f"SELECT portfolio_id, as_of, {sums} FROM position_greeks GROUP BY 1, 2")
    }
    assert len(snapshots) > 180
    with_options = 0
    for snapshot in snapshots:
        key = (snapshot["portfolio_id"], snapshot["as_of"])
        options = view.get(key, dict.fromkeys(SUMS, 0.0))
        with_options += key in view
        for name in SUMS:
            expected = options[name] + (shares[key] if name == "delta" else 0.0)
            assert snapshot[name] == pytest.approx(expected, rel=1e-9, abs=1e-6), (key, name)
        assert snapshot["delta_adjusted_exposure"] == snapshot["delta"]
        assert snapshot["delta_coverage"] == 1.0
        assert snapshot["not_included"] == []
    assert with_options > 60


def test_the_view_weighs_facts_with_quantity_and_multiplier(demo: Database) -> None:
    lines = rows(
        demo,
        "SELECT v.*, f.delta AS unit, f.gamma AS unit_gamma, f.theta_per_day AS unit_theta FROM position_greeks v"
        " JOIN instruments i ON i.symbol = v.symbol"
        " JOIN option_analytics f ON f.instrument_id = i.id AND f.as_of = v.as_of",
    )
    assert lines
    for line in lines:
        units = float(line["quantity"] * line["multiplier"])
        assert line["delta"] == pytest.approx(line["unit"] * units, rel=1e-13)
        assert line["theta_per_day"] == pytest.approx(line["unit_theta"] * units, rel=1e-13)
        assert line["dollar_delta"] == pytest.approx(line["unit"] * units * line["spot"], rel=1e-13)
        gamma = 0.01 * line["unit_gamma"] * units * line["spot"] ** 2
        assert line["dollar_gamma_per_percent"] == pytest.approx(gamma, rel=1e-13)
