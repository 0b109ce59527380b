"""`sigmasight performance` and `sigmasight attribution`: what they print, and what they refuse."""

import json
from collections.abc import Iterator, Mapping
from math import prod

import psycopg
import pytest

from support.databases import DatabaseCopies

from .conftest import Command

FUND = "Long/Short Equity Hedge Fund Style"
INDIVIDUAL = "Balanced Individual Investor"
FIGURES = (
    *("return_1d", "return_1w", "return_1m", "return_3m", "return_ytd", "return_1y", "return_since_opening"),
    *("volatility_21", "volatility_63", "sharpe", "sortino", "max_drawdown", "beta"),
)
GREEK_LINES = ("delta", "gamma", "vega", "theta", "rho", "dividends", "trades", "residual")
FACTORS = ("Market", "Value", "Growth", "Momentum", "Quality", "Size", "Low Volatility", "specific")
SNAPSHOTS = """
SELECT s.daily_pnl, s.daily_return, s.beta FROM portfolio_snapshots s JOIN portfolios p ON p.id = s.portfolio_id
WHERE p.name = %s ORDER BY s.as_of"""
HALF_A_CENT = 0.005


@pytest.fixture(scope="module")
def demo_url(databases: DatabaseCopies, with_demo: str) -> Iterator[str]:
    """The demo, to be looked at only."""
    with databases.copy(with_demo) as address:
        yield address


def document(command: Command, url: str, name: str, *more: str, portfolio: str = FUND) -> dict[str, object]:
    ended = command(url, name, "--portfolio", portfolio, "--json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def figures(found: Mapping[str, object]) -> dict[str, dict[str, object]]:
    told = found["figures"]
    assert isinstance(told, dict)
    return told


def parts(found: Mapping[str, object]) -> dict[str, float]:
    lines = found["lines"]
    assert isinstance(lines, list)
    return {line["name"]: float(line["pnl"]) for line in lines}


def snapshots(url: str) -> list[tuple[float, float, float]]:
    with psycopg.connect(url) as conn:
        return [(pnl, earned, beta) for pnl, earned, beta in conn.execute(SNAPSHOTS, (FUND,)).fetchall()]


def test_every_figure_says_what_it_is_how_many_sessions_it_stands_on_and_why_it_is_none(
    command: Command, demo_url: str
) -> None:
    found = document(command, demo_url, "performance")
    told, nights = figures(found), snapshots(demo_url)
    assert tuple(told) == FIGURES
    assert all(set(each) == {"value", "sessions", "reasons"} for each in told.values())
    grown = prod(1.0 + earned for _, earned, _ in nights[1:]) - 1.0
    assert told["return_since_opening"] == {"value": round(grown, 6), "sessions": 60, "reasons": ["simulated"]}
    assert told["return_1d"]["value"] == round(nights[-1][1], 6)
    assert told["volatility_63"] == {"value": None, "sessions": 60, "reasons": ["no_history"]}
    assert told["beta"]["value"] == round(nights[-1][2], 6)
    assert told["sharpe"]["reasons"] == ["short_history", "simulated"]
    assert (found["as_of"], found["first_snapshot"], found["portfolio"]) == ("2026-11-20", "2026-08-27", FUND)


def test_the_table_says_so_too_and_fits_the_screen(command: Command, demo_url: str) -> None:
    told = figures(document(command, demo_url, "performance"))
    ended = command(demo_url, "performance", "--portfolio", FUND)
    assert ended.code == 0, ended.err
    assert "…" not in ended.out
    lines = {line.split("│")[1].strip(): line for line in ended.out.splitlines() if line.startswith("│")}
    assert set(lines) == {name.replace("_", " ") for name in FIGURES}
    assert f"{told['return_1w']['value']:+.2%}" in lines["return 1w"]
    assert f"{told['sortino']['value']:.2f}" in lines["sortino"]
    assert "n/a" in lines["volatility 63"]
    assert "no_history" in lines["volatility 63"]


def test_an_older_session_stands_on_the_snapshots_up_to_it(command: Command, demo_url: str) -> None:
    told = figures(document(command, demo_url, "performance", "--as-of", "2026-09-30"))
    assert told["return_since_opening"]["sessions"] == 23
    grown = prod(1.0 + earned for _, earned, _ in snapshots(demo_url)[1:24]) - 1.0
    assert told["return_since_opening"]["value"] == round(grown, 6)


@pytest.mark.parametrize(
    ("day", "told"), [("2026-08-26", f"{FUND} has no snapshot of"), ("2026-11-15", "is no trading day")]
)
def test_a_day_without_a_snapshot_is_refused(command: Command, demo_url: str, day: str, told: str) -> None:
    ended = command(demo_url, "performance", "--portfolio", FUND, "--as-of", day)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert day in ended.err


@pytest.mark.parametrize("by", ["position", "tag", "factor", "greek"])
def test_the_parts_add_up_to_the_pnl_that_is_stored(command: Command, demo_url: str, by: str) -> None:
    found = document(command, demo_url, "attribution", "--by", by)
    lines, pnl = parts(found), float(str(found["pnl"]))
    assert pnl == pytest.approx(snapshots(demo_url)[-1][0], abs=HALF_A_CENT)
    assert sum(lines.values()) == pytest.approx(pnl, abs=(len(lines) + 1) * HALF_A_CENT)
    assert (found["by"], found["since"], found["as_of"], found["not_included"]) == (by, "2026-11-19", "2026-11-20", [])
    expected = {"factor": FACTORS, "greek": GREEK_LINES}
    assert by not in expected or tuple(lines) == expected[by]


def test_every_option_is_explained_beside_its_book(command: Command, demo_url: str) -> None:
    options = document(command, demo_url, "attribution", "--by", "greek")["options"]
    assert isinstance(options, list)
    assert len(options) == 8
    for each in options:
        assert tuple(each["parts"]) == GREEK_LINES
        total = sum(float(part) for part in each["parts"].values())
        assert total == pytest.approx(float(each["pnl"]), abs=9 * HALF_A_CENT)
    assert document(command, demo_url, "attribution", "--by", "position")["options"] == []
    assert document(command, demo_url, "attribution", "--by", "greek", portfolio=INDIVIDUAL)["options"] == []


@pytest.mark.parametrize("by", ["position", "tag", "factor", "greek"])
def test_the_tables_end_with_the_pnl_and_fit_the_screen(command: Command, demo_url: str, by: str) -> None:
    found = document(command, demo_url, "attribution", "--by", by, portfolio=INDIVIDUAL)
    ended = command(demo_url, "attribution", "--portfolio", INDIVIDUAL, "--by", by)
    assert ended.code == 0, ended.err
    assert "…" not in ended.out
    lines = {line.split("│")[1].strip(): line for line in ended.out.splitlines() if line.startswith("│")}
    assert set(lines) == {name or "untagged" for name in parts(found)} | {"P&L"}
    assert list(lines)[-1] == "P&L"
    assert f"{float(str(found['pnl'])):,.2f}" in lines["P&L"]


def test_on_the_day_a_book_is_brought_in_nothing_is_earned(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "attribution", "--as-of", "2026-08-27")
    assert (found["pnl"], set(parts(found).values())) == ("0.00", {0.0})
    assert len(parts(found)) == 30


def test_what_it_cannot_be_split_by_is_refused(command: Command) -> None:
    ended = command(None, "attribution", "--portfolio", FUND, "--by", "luck")
    assert (ended.code, ended.out) == (2, "")
    assert "'luck' is not one of 'position', 'tag', 'factor', 'greek'" in ended.err
