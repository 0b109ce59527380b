"""`sigmasight stress`: what it prints, and what it refuses."""

import json
from pathlib import Path

import psycopg
import pytest

from .conftest import Command

FUND = "Long/Short Equity Hedge Fund Style"
OWNER = "demo_hedgefundstyle@sigmasight.com"


def document(command: Command, url: str, *more: str, portfolio: str = FUND) -> dict[str, object]:
    ended = command(url, "stress", "--portfolio", portfolio, "--json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def lines(found: dict[str, object]) -> dict[str, dict[str, object]]:
    scenarios = found["scenarios"]
    assert isinstance(scenarios, list)
    return {line["id"]: line for line in scenarios}


def test_what_is_shown_is_what_the_night_has_stored(command: Command, demo_url: str) -> None:
    shown = {
        "stress": lines(document(command, demo_url)),
        "market": lines(document(command, demo_url, "--kind", "market")),
    }
    tables = {"stress": "stress_test_results", "market": "market_risk_scenarios"}
    assert {kind: len(found) for kind, found in shown.items()} == {"stress": 23, "market": 10}
    for kind, table in tables.items():
        with psycopg.connect(demo_url) as conn:
            query = f"""SELECT scenarios, direct, correlated FROM {table} r JOIN portfolios p ON p.id = r.portfolio_id
                WHERE p.name = %s ORDER BY as_of DESC LIMIT 1"""
            stored = conn.execute(query, (FUND,)).fetchone()
        assert stored is not None
        for name, direct, correlated in zip(*stored, strict=True):
            assert float(str(shown[kind][name]["direct"])) == pytest.approx(direct, abs=0.005)
            assert float(str(shown[kind][name]["correlated"])) == pytest.approx(correlated, abs=0.005)


def test_one_scenario_is_what_its_factors_and_its_positions_bring(command: Command, demo_url: str) -> None:
    (line,) = lines(document(command, demo_url, "--scenario", "covid_crash_2020")).values()
    for parts in (line["by_factor"], line["by_position"]):
        assert isinstance(parts, list)
        for which in ("direct", "correlated"):
            total = sum(float(part[which]) for part in parts)
            assert total == pytest.approx(float(str(line[which])), abs=0.30)
    assert line["plausibility"] == "outside anything in the window"


def test_a_replay_of_the_users_own_stands_beside_its_own_history(
    command: Command, demo_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "own.json"
    shocks = [{"factor": "Market", "size": -0.02}]
    head = {"id": "spring", "name": "Spring", "category": "historical", "severity": "mild", "active": True}
    then = {"from": "2026-03-02", "to": "2026-06-01"}
    file.write_text(json.dumps({"scenarios": [{**head, "shocks": shocks, **then}]}), encoding="utf-8")
    assert command(demo_url, "scenarios", "import", str(file), "--user", OWNER).code == 0
    (line,) = lines(document(command, demo_url, "--scenario", "spring")).values()
    own = line["own_history"]
    assert isinstance(own, dict)
    assert own["coverage"] == 1.0
    assert float(own["pnl"]) != float(str(line["direct"]))


def test_own_history_is_what_each_share_returned_then(command: Command, demo_url: str, tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    head = {"id": "spring", "name": "Spring", "category": "historical", "severity": "mild", "active": True}
    scenario = {**head, "shocks": [{"factor": "Market", "size": 0.0}], "from": "2026-03-02", "to": "2026-06-01"}
    file.write_text(json.dumps({"scenarios": [scenario]}), encoding="utf-8")
    owner, book = "demo_individual@sigmasight.com", "Balanced Individual Investor"
    assert command(demo_url, "scenarios", "import", str(file), "--user", owner).code == 0
    (line,) = lines(document(command, demo_url, "--scenario", "spring", portfolio=book)).values()
    query = """
        SELECT sum(p.quantity::float8 * now.close * (later.adjusted_close / before.adjusted_close - 1))
        FROM positions p JOIN portfolios b ON b.id = p.portfolio_id AND b.name = %s
        JOIN prices now ON now.instrument_id = p.instrument_id AND now.day = (SELECT max(day) FROM prices)
        JOIN prices before ON before.instrument_id = p.instrument_id AND before.day = '2026-03-02'
        JOIN prices later ON later.instrument_id = p.instrument_id AND later.day = '2026-06-01'"""
    with psycopg.connect(demo_url) as conn:
        row = conn.execute(query, (book,)).fetchone()
    assert row is not None
    own = line["own_history"]
    assert isinstance(own, dict)
    assert (own["coverage"], float(str(line["direct"]))) == (1.0, 0.0)
    assert float(own["pnl"]) == pytest.approx(row[0], abs=5.0)  # of half a million: a vendor rounds what he adjusts


def test_the_grid_says_its_worst_point_and_whether_it_is_at_the_edge(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--kind", "grid")
    pnl, worst = found["pnl"], found["worst"]
    assert isinstance(pnl, list)
    assert isinstance(worst, dict)
    assert (len(pnl), len(pnl[0])) == (13, 7)
    still = found["spot_returns"].index(0.0)  # type: ignore[attr-defined]
    assert float(pnl[still][2]) == 0.0
    assert float(worst["pnl"]) == min(float(each) for row in pnl for each in row)
    assert worst["at_edge"] is True


def test_a_book_of_shares_is_a_straight_line_on_the_grid(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--kind", "grid", portfolio="Balanced Individual Investor")
    pnl = found["pnl"]
    assert isinstance(pnl, list)
    assert all(len(set(row)) == 1 for row in pnl)
    down, up = float(pnl[0][0]), float(pnl[-1][0])
    assert down == pytest.approx(-up, abs=0.02)


@pytest.mark.parametrize("more", [(), ("--kind", "market"), ("--kind", "grid"), ("--scenario", "market_crash_35")])
def test_every_table_fits_the_screen(command: Command, demo_url: str, more: tuple[str, ...]) -> None:
    ended = command(demo_url, "stress", "--portfolio", FUND, *more)
    assert ended.code == 0, ended.err
    assert "…" not in ended.out


def test_the_classic_method_clips_and_keeps_what_it_clipped(command: Command, demo_url: str) -> None:
    found = lines(document(command, demo_url, "--method", "classic"))
    crash = found["market_crash_35"]
    assert float(str(crash["raw_correlated"])) < float(str(crash["correlated"])) < 0.0
    assert crash["by_factor"] == []


@pytest.mark.parametrize(
    ("more", "said"),
    [(("--scenario", "nothing_like_it"), "no active scenario"), (("--as-of", "2026-11-15"), "no trading day")],
)
def test_what_cannot_be_is_refused(command: Command, demo_url: str, more: tuple[str, ...], said: str) -> None:
    ended = command(demo_url, "stress", "--portfolio", FUND, *more)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err
