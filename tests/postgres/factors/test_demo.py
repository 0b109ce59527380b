"""The demo after its nights: what is stored of its three books is what a slow loop makes of the same facts."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from postgres.greeks.conftest import Fact, rows_of
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios
from sigmasight.store.database import Database
from support.databases import DatabaseCopies

from .conftest import NAMES

LAST = "2026-11-20"
HELD = """
SELECT s.as_of, p.portfolio_id, i.id, coalesce(i.underlying_id, i.id) AS parent, i.kind, s.nav,
    p.quantity::float8 * i.multiplier::float8 AS shares, c.close, f.delta, f.spot, b.loading, b.residual_volatility
FROM portfolio_snapshots s
JOIN positions p ON p.portfolio_id = s.portfolio_id AND p.held_from <= s.as_of
    AND (p.exit_date IS NULL OR p.exit_date > s.as_of)
JOIN instruments i ON i.id = p.instrument_id
LEFT JOIN prices c ON c.market = 'simulated' AND c.day = s.as_of AND c.instrument_id = i.id
LEFT JOIN option_analytics f ON f.market = 'simulated' AND f.as_of = s.as_of AND f.instrument_id = i.id
LEFT JOIN instrument_betas b ON b.market = 'simulated' AND b.as_of = s.as_of
    AND b.instrument_id = coalesce(i.underlying_id, i.id)
"""
VIEW = """
SELECT portfolio_id, as_of, factor, sum(exposure) AS exposure, count(*) AS lines
FROM position_factor_exposures GROUP BY 1, 2, 3"""
MARKET = (
    *("market_up_5", "market_down_5", "market_up_10", "market_down_10", "market_up_20", "market_down_20"),
    *("ir_up_100bp", "ir_down_100bp", "ir_up_200bp", "ir_down_200bp"),
)
Key = tuple[object, object]


@pytest.fixture(scope="module")
def demo(databases: DatabaseCopies, with_demo: str) -> Iterator[Database]:
    """The demo, to be looked at only."""
    with closing(Database(databases.url_of(with_demo))) as database:
        yield database


@pytest.fixture(scope="module")
def held(demo: Database) -> dict[Key, list[Fact]]:
    """What is held by portfolio and day."""
    found = defaultdict(list)
    for row in rows_of(demo, HELD):
        found[row["portfolio_id"], row["as_of"]].append(row)
    return dict(found)


@pytest.fixture(scope="module")
def exposures(demo: Database) -> dict[Key, Fact]:
    return {(row["portfolio_id"], row["as_of"]): row for row in rows_of(demo, "SELECT * FROM factor_exposures")}


def dollar_delta(row: Fact) -> float:
    per_share = row["delta"] * row["spot"] if row["kind"] == "option" else row["close"]
    return float(row["shares"] * per_share)


def test_every_night_has_a_row_for_each_book_that_covers_all_of_it(
    exposures: dict[Key, Fact], held: dict[Key, list[Fact]]
) -> None:
    assert set(exposures) == set(held)
    assert len(exposures) == 3 * 61
    for row in exposures.values():
        assert tuple(row["factors"]) == NAMES
        assert row["coverage"] == pytest.approx(1.0, abs=1e-12)
        assert (row["reasons"], row["not_included"]) == ({}, [])
        assert "simulated" in row["marks"]
        assert set(row["marks"]) <= {"simulated", "short_history"}


@pytest.mark.parametrize("table", ["factor_exposures", "market_risk_scenarios", "stress_test_results"])
def test_what_covers_all_says_one(demo: Database, table: str) -> None:
    """As the snapshot's coverage does: whoever asks whether anything is left out compares with 1."""
    column = "ARRAY[coverage]" if table == "factor_exposures" else "coverage"
    rows = rows_of(demo, f"SELECT DISTINCT unnest({column}) AS share FROM {table}")
    assert {row["share"] for row in rows} == {1.0}


def test_exposures_are_those_of_a_loop_over_positions(exposures: dict[Key, Fact], held: dict[Key, list[Fact]]) -> None:
    for key, stored in exposures.items():
        expected, gross = [0.0] * len(NAMES), 0.0
        for row in held[key]:
            for at, beta in enumerate(row["loading"]):
                expected[at] += dollar_delta(row) * beta
            gross += abs(dollar_delta(row))
        assert stored["exposure"] == pytest.approx(expected, abs=1e-12 * gross, rel=1e-9), key
        nav = held[key][0]["nav"]
        assert stored["beta"] == pytest.approx([each / nav for each in stored["exposure"]], rel=1e-14), key


def test_shares_of_risk_are_those_of_a_loop_and_sum_to_one(
    demo: Database, exposures: dict[Key, Fact], held: dict[Key, list[Fact]]
) -> None:
    """Specific risk adds squares by what moves an option, not by option."""
    covariance = {
        row["as_of"]: np.array(row["covariance"]).reshape(7, 7)
        for row in rows_of(demo, "SELECT as_of, covariance FROM factor_correlations")
    }
    for key, stored in exposures.items():
        by_parent: dict[object, float] = defaultdict(float)
        spread = {}
        for row in held[key]:
            by_parent[row["parent"]] += dollar_delta(row)
            spread[row["parent"]] = row["residual_volatility"]
        specific = sum((dollars * spread[parent]) ** 2 for parent, dollars in by_parent.items())
        exposure = np.array(stored["exposure"])
        parts = exposure * (covariance[key[1]] @ exposure)
        variance = parts.sum() + specific
        assert stored["risk_share"] == pytest.approx((parts / variance).tolist(), rel=1e-9, abs=1e-12), key
        assert stored["specific_share"] == pytest.approx(specific / variance, rel=1e-9), key
        assert stored["volatility"] == pytest.approx(variance**0.5, rel=1e-9), key
        assert sum(stored["risk_share"]) + stored["specific_share"] == pytest.approx(1.0, abs=1e-12), key


def test_the_view_sums_to_the_exposures(
    demo: Database, exposures: dict[Key, Fact], held: dict[Key, list[Fact]]
) -> None:
    found = rows_of(demo, VIEW)
    assert len(found) == 7 * len(exposures)
    for row in found:
        key = (row["portfolio_id"], row["as_of"])
        stored = dict(zip(exposures[key]["factors"], exposures[key]["exposure"], strict=True))
        scale = sum(abs(dollar_delta(each)) for each in held[key])
        assert row["exposure"] == pytest.approx(stored[row["factor"]], rel=1e-9, abs=1e-12 * scale), key
        assert row["lines"] == len(held[key])


def test_the_markets_fund_has_a_beta_of_one_and_no_t(demo: Database) -> None:
    rows = rows_of(
        demo,
        "SELECT b.* FROM instrument_betas b JOIN instruments i ON i.id = b.instrument_id WHERE i.symbol = 'SPY'",
    )
    assert len(rows) == 61
    for row in rows:
        assert row["loading"] == pytest.approx([1.0, *[0.0] * 6], abs=1e-12)
        assert (row["t_statistic"], row["reasons"]) == ([None] * 7, ["simulated"])


def test_betas_are_made_for_what_is_held_and_for_nothing_else(demo: Database, held: dict[Key, list[Fact]]) -> None:
    have = rows_of(demo, "SELECT instrument_id, as_of, market FROM instrument_betas")
    wanted = {(row["parent"], day) for (_, day), rows in held.items() for row in rows}
    assert {(row["instrument_id"], row["as_of"]) for row in have} == wanted
    assert {row["market"] for row in have} == {"simulated"}


def test_each_book_has_ten_scenarios_of_markets_and_rates_and_all_active_stress_tests(demo: Database) -> None:
    market = rows_of(demo, "SELECT * FROM market_risk_scenarios")
    stress = rows_of(demo, "SELECT * FROM stress_test_results")
    ids = tuple(each.id for each in (*shipped_scenarios(), *shipped_replays()) if each.active)
    assert len(ids) == 18 + 5
    for rows, names in ((market, MARKET), (stress, ids)):
        assert len(rows) == 3 * 61
        for row in rows:
            assert tuple(row["scenarios"]) == names
            assert all(np.isfinite([*row["direct"], *row["correlated"]]))
            assert row["coverage"] == pytest.approx([1.0] * len(names), abs=1e-12)
            assert (row["reasons"], row["not_included"]) == ({}, [])
            assert "simulated" in row["marks"]


def test_equal_names_give_equal_numbers_bit_for_bit(demo: Database) -> None:
    both = rows_of(
        demo,
        "SELECT m.scenarios AS names, m.direct, m.correlated, s.scenarios AS their_names, s.direct AS their_direct,"
        " s.correlated AS their_correlated FROM market_risk_scenarios m"
        " JOIN stress_test_results s USING (portfolio_id, as_of)",
    )
    assert len(both) == 3 * 61
    for row in both:
        for name in ("market_up_10", "market_down_10"):
            here, there = row["names"].index(name), row["their_names"].index(name)
            assert row["direct"][here] == row["their_direct"][there]
            assert row["correlated"][here] == row["their_correlated"][there]
        for by_rates, name in (("ir_up_100bp", "rates_up_100bp"), ("ir_down_100bp", "rates_down_100bp")):
            here, there = row["names"].index(by_rates), row["their_names"].index(name)
            assert (row["direct"][here], row["correlated"][here]) == (
                row["their_direct"][there],
                row["their_correlated"][there],
            )


def test_what_the_market_does_is_the_same_direct_and_correlated(demo: Database) -> None:
    """No style is shocked, and styles are what goes beyond the market: nothing is dragged along."""
    for row in rows_of(demo, "SELECT * FROM market_risk_scenarios"):
        for at, name in enumerate(row["scenarios"]):
            same = row["direct"][at] == row["correlated"][at]
            assert same == name.startswith("market_"), name
