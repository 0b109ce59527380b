"""`sigmasight look-through`: what it prints, and what it refuses."""

import json
from collections.abc import Iterator
from math import fsum

import psycopg
import pytest

from support.databases import DatabaseCopies

from .conftest import Command

BOOK, FUND = "Balanced Individual Investor", "Long/Short Equity Hedge Fund Style"
CENT = 0.01


@pytest.fixture(scope="module")
def demo_url(databases: DatabaseCopies, with_demo: str) -> Iterator[str]:
    """The demo, to be looked at only."""
    with databases.copy(with_demo) as address:
        yield address


def document(command: Command, url: str, *more: str, book: str = BOOK) -> dict[str, object]:
    ended = command(url, "look-through", "--portfolio", book, "--json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def listed(found: object, name: str) -> list[dict[str, object]]:
    assert isinstance(found, dict)
    lines = found[name]
    assert isinstance(lines, list)
    return lines


def money(value: object) -> float:
    assert isinstance(value, str)
    return float(value)


def test_a_document_says_all_that_is_known_and_adds_up(command: Command, demo_url: str) -> None:
    found = document(command, demo_url)
    assert (found["portfolio"], found["market"], found["as_of"]) == (BOOK, "simulated", "2026-11-20")
    assert (found["not_included"], "factors" in found) == ([], False)
    lines = listed(found, "lines")
    assert len(lines) > 60
    for line in lines:
        assert set(line) == {"name", "kind", "symbol", "direct", "via", "total", "reason"}
        parts = [money(line["direct"]), *(money(via["exposure"]) for via in listed(line, "via"))]
        assert fsum(parts) == pytest.approx(money(line["total"]), abs=len(parts) * CENT)
    net = money(found["delta_adjusted_exposure"])
    assert fsum(money(line["total"]) for line in lines) == pytest.approx(net, abs=len(lines) * CENT)
    assert {line["name"] for line in lines if line["kind"] == "not_named"} == {
        f"{fund['fund']}: not named" for fund in listed(found, "funds")
    }
    for fund in listed(found, "funds"):
        assert (fund["as_of"], fund["age_days"], fund["source"]) == ("2026-10-31", 20, "simulated")
        assert (fund["total_weight"], fund["whole"], fund["inside"]) == (0.985, True, "0.00")
    concentration = found["concentration"]
    assert isinstance(concentration, dict)
    for when in ("before", "after"):
        assert set(concentration[when]) == {"hhi", "effective_positions", "top_3", "top_10"}
    assert concentration["before"]["effective_positions"] < concentration["after"]["effective_positions"]


def test_an_option_on_a_fund_looks_through_the_fund(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, book=FUND)
    (apple,) = (line for line in listed(found, "lines") if line["symbol"] == "AAPL")
    assert {via["fund"] for via in listed(apple, "via")} == {"SPY", "QQQ"}
    assert {fund["fund"] for fund in listed(found, "funds")} == {"SPY", "QQQ"}


def test_the_tables_say_what_the_document_says_and_fit_the_screen(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--factors")
    ended = command(demo_url, "look-through", "--portfolio", BOOK, "--factors", "--top", "12")
    assert ended.code == 0, ended.err
    assert "…" not in ended.out
    lines = listed(found, "lines")
    for line in lines[:12]:
        assert str(line["name"]) in ended.out
        assert f"{money(line['total']):,.2f}" in ended.out
    assert f"{len(lines) - 12} more" in ended.out
    assert f"{money(found['delta_adjusted_exposure']):,.2f}" in ended.out
    for each in listed(found["factors"], "exposures"):
        assert f"{money(each['exposure']):,.2f}" in ended.out
        assert f"{money(each['look_through']):,.2f}" in ended.out
    assert f"covers {float(str(found['coverage'])):.1%} of delta-adjusted gross" in ended.err
    assert "of what is in funds, the fund's own for the rest" in ended.err


def test_without_look_through_the_factors_are_those_of_the_factors_command(command: Command, demo_url: str) -> None:
    beside = document(command, demo_url, "--factors")["factors"]
    ended = command(demo_url, "factors", "--portfolio", BOOK, "--json")
    plain = listed(json.loads(ended.out), "factors")
    assert [(each["factor"], each["exposure"]) for each in listed(beside, "exposures")] == [
        (each["factor"], each["exposure"]) for each in plain
    ]


def test_an_older_session_stands_on_the_report_of_its_time(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--as-of", "2026-10-30")
    assert {fund["as_of"] for fund in listed(found, "funds")} == {"2026-09-30"}


def test_a_fund_without_a_report_and_one_that_does_not_add_up_are_told(
    command: Command, databases: DatabaseCopies, with_demo: str
) -> None:
    of_fund = "market = 'simulated' AND instrument_id = (SELECT id FROM instruments WHERE symbol = %s)"
    with databases.copy(with_demo) as url:
        with psycopg.connect(url) as conn:
            conn.execute(f"DELETE FROM fund_holdings WHERE {of_fund}", ("FXNAX",))
            conn.execute(f"UPDATE fund_holdings SET weight = weight / 2 WHERE {of_fund}", ("FCNTX",))
        ended = command(url, "look-through", "--portfolio", BOOK)
    assert ended.code == 0, ended.err
    assert "not looked through: FXNAX (no report)" in ended.err
    (told,) = (line for line in ended.out.splitlines() if "weights do not add up" in line)
    assert "FCNTX" in told
    assert "49.2%" in told


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--as-of", "2026-11-23"), "2026-11-23 has not closed yet"),
        (("--as-of", "2026-11-15"), "2026-11-15 is no trading day"),
        (("--as-of", "2026-08-26"), "was opened on 2026-08-27; it has nothing on 2026-08-26"),
        (("--portfolio", "Nowhere"), "There is no portfolio 'Nowhere'"),
    ],
)
def test_what_is_not_there_is_refused(command: Command, demo_url: str, more: tuple[str, ...], said: str) -> None:
    ended = command(demo_url, "look-through", "--portfolio", BOOK, *more)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err


def test_no_lines_are_no_table(command: Command) -> None:
    ended = command(None, "look-through", "--portfolio", BOOK, "--top", "0")
    assert (ended.code, ended.out) == (2, "")
