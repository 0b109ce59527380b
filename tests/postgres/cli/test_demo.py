"""`sigmasight demo`: what it prints, what it checks, what it deletes."""

import json
from decimal import Decimal

import psycopg
import pytest

from support.databases import LAST_SESSION, DatabaseCopies, run_command
from support.results import row_versions

from .conftest import Command

MONEY = ("nav", "gross", "net", "long", "short", "cash", "unmodelled_assets", "day_pnl", "cumulative_pnl")
BOOK = ("name", *MONEY, "greeks", "positions", "coverage", "delta_coverage", "not_included")
GREEKS = ("delta", "gamma", "theta", "vega", "rho")
BOOKS = {
    "Balanced Individual Investor": 16,
    "Sophisticated High Net Worth": 17,
    "Long/Short Equity Hedge Fund Style": 30,
}
JOBS = (
    *("market-data", "greeks", "factors", "values", "aggregation", "scenarios", "stress", "risk", "correlations"),
    "snapshots",
)
STATUSES = {"queued", "running", "ok", "partial", "failed", "cancelled", "skipped"}


@pytest.fixture(scope="module")
def shown(databases: DatabaseCopies, with_demo: str) -> str:
    """What the demo prints where all of it is there already."""
    with databases.copy(with_demo) as url:
        ended = run_command(url, "demo", "--json", "--no-serve")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_standard_output_is_one_object_of_the_agreed_shape(shown: str) -> None:
    document = json.loads(shown)
    assert tuple(document) == ("as_of", "provider", "portfolios", "jobs")
    assert (document["as_of"], document["provider"]) == (LAST_SESSION, "simulated")
    assert {book["name"]: book["positions"] for book in document["portfolios"]} == BOOKS
    assert tuple(book["name"] for book in document["portfolios"]) == tuple(BOOKS)
    for book in document["portfolios"]:
        assert tuple(book) == BOOK
        assert (book["coverage"], book["delta_coverage"], book["not_included"]) == (1.0, 1.0, [])
        assert tuple(book["greeks"]) == GREEKS


def test_money_is_text_with_two_places(shown: str) -> None:
    for book in json.loads(shown)["portfolios"]:
        for name in MONEY:
            assert isinstance(book[name], str)
            assert Decimal(book[name]).as_tuple().exponent == -2
            assert str(Decimal(book[name])) == book[name]
        for text in book["greeks"].values():
            assert Decimal(text).as_tuple().exponent == -2


def test_what_is_shown_adds_up(shown: str) -> None:
    for book in json.loads(shown)["portfolios"]:
        value = {name: Decimal(book[name]) for name in MONEY}
        assert value["net"] + value["cash"] + value["unmodelled_assets"] == value["nav"]
        assert value["long"] - value["short"] == value["gross"]
        assert value["long"] + value["short"] == value["net"]
        assert value["long"] >= 0 >= value["short"]


def test_each_job_of_the_last_night_has_a_status_and_its_seconds(shown: str) -> None:
    jobs = json.loads(shown)["jobs"]
    assert tuple(job["name"] for job in jobs) == JOBS
    for job in jobs:
        assert tuple(job) == ("name", "status", "seconds")
        assert job["status"] in STATUSES
        assert isinstance(job["seconds"], float)
        assert job["seconds"] >= 0


def test_people_get_tables_and_the_demos_password(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "demo", "--no-serve")
    assert ended.code == 0, ended.err
    assert f"close of {LAST_SESSION}; brought in on 2026-08-27; 0 nights run now" in ended.out
    assert all(word in ended.out for word in ("unmodelled assets", "market-data", "snapshots", "100% of gross"))
    assert "Database: " in ended.err
    assert "demo12345" in command(demo_url, "demo").out


def test_a_position_without_a_price_is_shown_as_left_out(command: Command, demo_url: str) -> None:
    with psycopg.connect(demo_url) as conn:
        conn.execute("INSERT INTO instruments (symbol, kind, name) VALUES ('NOBODYKNOWS', 'unknown', 'NOBODYKNOWS')")
        conn.execute(
            "INSERT INTO positions (portfolio_id, user_id, instrument_id, quantity, entry_price, entry_date, "
            "recorded_on, imported) SELECT p.id, p.user_id, i.id, 100, 50, p.opened_on, p.opened_on, true "
            "FROM portfolios p, instruments i WHERE p.name LIKE 'Balanced%' AND i.symbol = 'NOBODYKNOWS'"
        )
    assert command(demo_url, "night", "--as-of", LAST_SESSION).code == 0
    book = json.loads(command(demo_url, "demo", "--json", "--no-serve").out)["portfolios"][0]
    assert book["not_included"] == [{"symbol": "NOBODYKNOWS", "reason": "no_price"}]
    assert book["positions"] == 17
    assert 0.98 < book["coverage"] < 1
    assert Decimal(book["net"]) + Decimal(book["cash"]) == Decimal(book["nav"])


def test_the_check_of_a_whole_demo_says_so_and_changes_nothing(command: Command, demo_url: str) -> None:
    before = row_versions(demo_url)
    ended = command(demo_url, "demo", "--check", "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["whole"], document["as_of"]) == (0, True, LAST_SESSION)
    wanted = {condition["what"]: condition["wanted"] for condition in document["conditions"]}
    assert (wanted["users"], wanted["portfolios"]) == ("3", "3")
    assert (wanted["factor definitions"], wanted["stress scenarios"]) == ("8", "18")
    assert {name: wanted[f"positions of {name}"] for name in BOOKS} == {name: str(n) for name, n in BOOKS.items()}
    assert all(condition["holds"] for condition in document["conditions"])
    assert row_versions(demo_url) == before


DAMAGES = {
    "user": ("DELETE FROM users WHERE email LIKE '%hnw%'", "users", "2"),
    "factor": (
        "INSERT INTO factor_definitions SELECT 'Ninth', 9, false, '' FROM factor_definitions LIMIT 1",
        "factor definitions",
        "9",
    ),
    "scenario": (
        (
            "INSERT INTO stress_test_scenarios (id, name, category, severity, shocks) "
            "VALUES ('x', 'X', 'market', 'mild', '[]')"
        ),
        "stress scenarios",
        "19",
    ),
    "position": (
        "DELETE FROM positions p USING instruments i WHERE i.id = p.instrument_id AND i.symbol = 'VNQ'",
        "positions of Balanced Individual Investor",
        "15",
    ),
    "snapshot": (
        "DELETE FROM portfolio_snapshots WHERE as_of > '2026-11-19'",
        "positions without a price in Sophisticated High Net Worth",
        f"no snapshot of {LAST_SESSION}",
    ),
}


@pytest.mark.parametrize(("damage", "what", "found"), DAMAGES.values(), ids=DAMAGES.keys())
def test_the_check_names_what_is_missing_and_fails(
    command: Command, demo_url: str, damage: str, what: str, found: str
) -> None:
    with psycopg.connect(demo_url) as conn:
        assert conn.execute(damage.encode()).rowcount > 0
    ended = command(demo_url, "demo", "--check", "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["whole"]) == (1, False)
    assert {"what": what, "found": found, "holds": False}.items() <= next(
        condition for condition in document["conditions"] if condition["what"] == what
    ).items()
    assert "The demo is not whole" in ended.err


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM factor_definitions d WHERE NOT EXISTS (SELECT FROM factor_proxies p WHERE p.factor = d.name)",
        "DELETE FROM stress_test_scenarios WHERE id = 'covid_crash_2020'",
    ],
)
def test_what_every_installation_has_is_there_again_at_the_next_start(
    command: Command, demo_url: str, damage: str
) -> None:
    """Factor definitions and shipped scenarios are brought up to date with the schema; the check counts them after."""
    with psycopg.connect(demo_url) as conn:
        assert conn.execute(damage.encode()).rowcount == 1
    ended = command(demo_url, "demo", "--check", "--json")
    assert (ended.code, json.loads(ended.out)["whole"]) == (0, True)


def test_the_check_finds_nothing_where_nothing_was_made_and_makes_nothing(command: Command, url: str) -> None:
    before = row_versions(url)
    ended = command(url, "demo", "--check")
    assert ended.code == 1
    assert "sigmasight demo" in ended.err
    assert "NO" in ended.out
    assert row_versions(url) == before


def test_a_reset_asks_first_and_without_an_answer_deletes_nothing(demo_url: str) -> None:
    before = row_versions(demo_url)
    ended = run_command(demo_url, "demo", "--reset", "--no-serve")
    assert ended.returncode not in {0, 2}
    assert "Delete the demo's three users" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout.strip() == ""
    assert row_versions(demo_url) == before


def test_a_confirmed_reset_makes_the_same_demo_anew_and_leaves_others_alone(demo_url: str, shown: str) -> None:
    with psycopg.connect(demo_url) as conn:
        conn.execute("INSERT INTO users (email, name, password_hash) VALUES ('somebody@example.com', 'Somebody', 'x')")
        conn.execute(
            "INSERT INTO portfolios (user_id, name, market, opened_on) SELECT id, 'Own', 'live', '2026-11-18' "
            "FROM users WHERE email = 'somebody@example.com'"
        )
        conn.execute("UPDATE positions SET quantity = quantity * 3")
    before = people(demo_url)
    ended = run_command(demo_url, "demo", "--reset", "--yes", "--json", "--no-serve")
    assert ended.returncode == 0, ended.stderr
    assert "Deleted 3 demo users" in ended.stderr
    assert json.loads(ended.stdout)["portfolios"] == json.loads(shown)["portfolios"]
    after = people(demo_url)
    assert before.keys() == after.keys()
    assert [email for email in before if before[email] == after[email]] == ["somebody@example.com"]


def people(url: str) -> dict[str, tuple[object, ...]]:
    """Users by e-mail: their id, their portfolios' ids, the version of their row."""
    query = (
        "SELECT u.email, u.id, u.xmin::text, array_agg(p.id ORDER BY p.id) FROM users u "
        "JOIN portfolios p ON p.user_id = u.id GROUP BY u.email, u.id"
    )
    with psycopg.connect(url) as conn:
        return {row[0]: row[1:] for row in conn.execute(query).fetchall()}


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("arguments", [(), ("--check",), ("--reset", "--yes")])
def test_outside_development_there_is_no_demo(
    command: Command, url: str, environment: str, arguments: tuple[str, ...]
) -> None:
    before = row_versions(url)
    ended = command(url, "demo", *arguments, SIGMASIGHT_ENV=environment)
    assert (ended.code, ended.out) == (6, "")
    assert "runs only where SIGMASIGHT_ENV is development" in ended.err
    assert row_versions(url) == before


def test_half_a_demo_is_not_mended_in_silence(command: Command, demo_url: str) -> None:
    with psycopg.connect(demo_url) as conn:
        conn.execute("DELETE FROM portfolios WHERE name LIKE 'Balanced%'")
    ended = command(demo_url, "demo", "--no-serve")
    assert ended.code == 1
    assert "sigmasight demo --reset" in ended.err
