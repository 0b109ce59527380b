"""`sigmasight risk`: what it prints, and what it refuses."""

import json
from collections.abc import Iterator
from math import sqrt

import psycopg
import pytest

from support.databases import DatabaseCopies

from .conftest import Command

FUND = "Long/Short Equity Hedge Fund Style"
OWNER, NEIGHBOUR = "demo_hedgefundstyle@sigmasight.com", "demo_hnw@sigmasight.com"
METHODS, LEVELS = ("historical", "filtered", "normal"), (0.95, 0.975, 0.99)
HALF_A_CENT = 0.005


@pytest.fixture(scope="module")
def demo_url(databases: DatabaseCopies, with_demo: str) -> Iterator[str]:
    """The demo, to be looked at only."""
    with databases.copy(with_demo) as address:
        yield address


def document(command: Command, url: str, *more: str) -> dict[str, object]:
    ended = command(url, "risk", "--portfolio", FUND, "--json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def listed(found: dict[str, object], name: str) -> list[dict[str, object]]:
    lines = found[name]
    assert isinstance(lines, list)
    return lines


def figures(found: dict[str, object], name: str) -> list[float]:
    """One of the two figures by method and level, in the order of the table's row."""
    lines = listed(found, "methods")
    assert [(line["method"], line["level"]) for line in lines] == [(m, level) for m in METHODS for level in LEVELS]
    return [float(str(line[name])) for line in lines]


def test_what_is_shown_is_what_the_night_has_stored(command: Command, demo_url: str) -> None:
    found = document(command, demo_url)
    with psycopg.connect(demo_url) as conn:
        query = """SELECT value_at_risk, expected_shortfall, sessions, coverage, marks, v.as_of::text
            FROM value_at_risk v JOIN portfolios p ON p.id = v.portfolio_id
            WHERE p.name = %s ORDER BY v.as_of DESC LIMIT 1"""
        stored = conn.execute(query, (FUND,)).fetchone()
    assert stored is not None
    assert figures(found, "value_at_risk") == pytest.approx(stored[0], abs=HALF_A_CENT)
    assert figures(found, "expected_shortfall") == pytest.approx(stored[1], abs=HALF_A_CENT)
    assert [found[name] for name in ("sessions", "coverage", "marks", "as_of")] == list(stored[2:])


def test_a_document_says_all_that_is_known(command: Command, demo_url: str) -> None:
    found = document(command, demo_url)
    assert {name: found[name] for name in ("portfolio", "market", "method", "level", "horizon_days")} == {
        "portfolio": FUND,
        "market": "simulated",
        "method": "filtered",
        "level": 0.99,
        "horizon_days": 1,
    }
    assert (found["reasons"], found["not_included"]) == ({}, [])
    figures_of_a_position = {"dollar_delta", "value_at_risk", "share", "expected_shortfall", "marginal", "incremental"}
    assert all(set(line) == {"symbol", "reasons"} | figures_of_a_position for line in listed(found, "positions"))
    tests = found["backtests"]
    assert isinstance(tests, dict)
    chances = ("kupiec_p", "christoffersen_p", "conditional_p")
    assert set(tests) == set(METHODS)
    for each in (*tests.values(), found["backtest_of_stored_nights"]):
        assert set(each) == {"forecasts", "breaks", *chances}
        assert all(0.0 <= each[name] <= 1.0 for name in chances)
        assert 0 <= each["breaks"] <= each["forecasts"]


@pytest.mark.parametrize("more", [(), ("--method", "historical", "--level", "95"), ("--method", "normal")])
def test_positions_sum_to_the_portfolio(command: Command, demo_url: str, more: tuple[str, ...]) -> None:
    found = document(command, demo_url, *more)
    positions = listed(found, "positions")
    (whole,) = (
        line
        for line in listed(found, "methods")
        if (line["method"], line["level"]) == (found["method"], found["level"])
    )
    assert len(positions) == 30
    for name in ("value_at_risk", "expected_shortfall"):
        total = sum(float(str(line[name])) for line in positions)
        assert total == pytest.approx(float(str(whole[name])), abs=31 * HALF_A_CENT)
    assert sum(float(str(line["share"])) for line in positions) == pytest.approx(1.0, abs=1e-4)
    sizes = [abs(float(str(line["value_at_risk"]))) for line in positions]
    assert sizes == sorted(sizes, reverse=True)


def test_more_days_cost_by_the_square_root_of_time_and_positions_stay_those_of_one(
    command: Command, demo_url: str
) -> None:
    day, fortnight = document(command, demo_url), document(command, demo_url, "--horizon", "10")
    assert fortnight["horizon_days"] == 10
    for name in ("value_at_risk", "expected_shortfall"):
        expected = [sqrt(10.0) * each for each in figures(day, name)]
        assert figures(fortnight, name) == pytest.approx(expected, abs=0.03)
    assert fortnight["positions"] == day["positions"]
    shown = command(demo_url, "risk", "--portfolio", FUND, "--horizon", "10")
    assert "10 days by the square root of time" in " ".join(shown.out.split())


def test_the_tables_say_what_the_document_says_and_fit_the_screen(command: Command, demo_url: str) -> None:
    found, ended = document(command, demo_url), command(demo_url, "risk", "--portfolio", FUND)
    assert ended.code == 0, ended.err
    assert "…" not in ended.out
    for each in figures(found, "value_at_risk"):
        assert f"{each:,.2f}" in ended.out
    for line in listed(found, "positions")[:10]:
        assert str(line["symbol"]) in ended.out
        assert f"{float(str(line['incremental'])):,.2f}" in ended.out
    assert "10 of 30" in ended.out
    assert "504 sessions; covers 100.0% of gross" in ended.err


def test_an_older_session_is_shown_as_it_was(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--as-of", "2026-10-30", "--user", OWNER)
    with psycopg.connect(demo_url) as conn:
        query = """SELECT value_at_risk FROM value_at_risk v JOIN portfolios p ON p.id = v.portfolio_id
            WHERE p.name = %s AND v.as_of = '2026-10-30'"""
        stored = conn.execute(query, (FUND,)).fetchone()
    assert stored is not None
    assert figures(found, "value_at_risk") == pytest.approx(stored[0], abs=HALF_A_CENT)


REFUSED = (
    (("--level", "98"), "'98' is not one of '95', '97.5', '99'"),
    (("--method", "guess"), "'guess' is not one of 'historical', 'filtered', 'normal'"),
    (("--horizon", "0"), "greater than or equal to 1"),
    (("--horizon", "253"), "less than or equal to 252"),
)


@pytest.mark.parametrize(("more", "said"), REFUSED)
def test_what_has_no_meaning_is_refused_before_a_database_is_looked_for(
    command: Command, more: tuple[str, ...], said: str
) -> None:
    ended = command(None, "risk", "--portfolio", FUND, *more)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize("name", ["risk", "correlations", "performance", "attribution"])
def test_a_portfolio_that_is_not_there_or_a_session_that_is_not_over_is_refused(
    command: Command, demo_url: str, name: str
) -> None:
    refused = {
        ("--as-of", "2026-11-23"): "2026-11-23 has not closed yet; the last completed session is 2026-11-20",
        ("--user", NEIGHBOUR): f"There is no portfolio '{FUND}'",
        ("--user", "nobody@example.com"): "There is no user nobody@example.com",
        ("--portfolio", "Nowhere"): "There is no portfolio 'Nowhere'",
    }
    for more, said in refused.items():
        ended = command(demo_url, name, "--portfolio", FUND, *more)
        assert (ended.code, ended.out) == (1, ""), more
        assert said in ended.err


@pytest.mark.parametrize("name", ["risk", "correlations", "attribution"])
def test_a_day_without_a_session_is_refused(command: Command, demo_url: str, name: str) -> None:
    ended = command(demo_url, name, "--portfolio", FUND, "--as-of", "2026-11-15")
    assert (ended.code, ended.out) == (1, "")
    assert "2026-11-15 is no trading day" in ended.err


@pytest.mark.parametrize("name", ["risk", "correlations", "attribution"])
def test_a_session_from_before_the_book_was_opened_is_refused(command: Command, demo_url: str, name: str) -> None:
    ended = command(demo_url, name, "--portfolio", FUND, "--as-of", "2026-08-26")
    assert (ended.code, ended.out) == (1, "")
    assert f"{FUND} was opened on 2026-08-27; it has nothing on 2026-08-26" in ended.err
