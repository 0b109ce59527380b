"""`sigmasight correlations`: what it prints, what it refuses, and when a night makes them."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from support.databases import DatabaseCopies

from .conftest import Command

FUND = "Long/Short Equity Hedge Fund Style"
TUESDAY, FRIDAY = "2026-11-17", "2026-11-20"
MEASURES = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration"),
)
DAYS = "SELECT DISTINCT as_of::text FROM correlation_calculations WHERE as_of > '2026-11-10' ORDER BY 1"


@pytest.fixture(scope="module")
def demo_url(databases: DatabaseCopies, with_demo: str) -> Iterator[str]:
    """The demo, to be looked at only."""
    with databases.copy(with_demo) as address:
        yield address


def document(command: Command, url: str, *more: str) -> dict[str, object]:
    ended = command(url, "correlations", "--portfolio", FUND, "--json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def listed(found: Mapping[str, object], name: str) -> list[dict[str, object]]:
    lines = found[name]
    assert isinstance(lines, list)
    return lines


def names(found: Mapping[str, object]) -> dict[str, float]:
    return {str(line["symbol"]): float(str(line["exposure"])) for line in listed(found, "names")}


def test_what_is_shown_of_a_tuesday_is_what_its_night_has_stored(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--as-of", TUESDAY)
    with psycopg.connect(demo_url, row_factory=dict_row) as conn:
        query = """SELECT c.* FROM correlation_calculations c JOIN portfolios p ON p.id = c.portfolio_id
            WHERE p.name = %s AND as_of = %s"""
        stored = conn.execute(query, (FUND, TUESDAY)).fetchone()
    assert stored is not None
    assert list(names(found)) == stored["symbols"]
    assert list(names(found).values()) == pytest.approx(stored["exposure"], abs=0.005)
    assert {name: found[name] for name in MEASURES} == pytest.approx(
        {name: stored[name] for name in MEASURES}, abs=1e-6
    )
    same = ("sessions", "window_sessions", "data_quality", "coverage", "reasons", "marks", "not_included", "method")
    assert {name: found[name] for name in same} == {name: stored[name] for name in same}
    for shown, kept in zip(listed(found, "clusters"), stored["clusters"], strict=True):
        assert {name: shown[name] for name in ("nickname", "symbols")} == {
            name: kept[name] for name in ("nickname", "symbols")
        }
        for name in ("gross_weight", "net_weight", "average_correlation"):
            assert shown[name] == pytest.approx(kept[name], abs=1e-6)
    assert (found["portfolio"], found["market"], found["as_of"]) == (FUND, "simulated", TUESDAY)


def test_the_matrix_has_a_one_for_each_name_and_the_pairs_average(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--matrix")
    assert "matrix" not in document(command, demo_url)
    matrix = np.array(found["matrix"])
    count = len(names(found))
    assert matrix.shape == (count, count)
    assert (matrix == matrix.T).all()
    assert np.diag(matrix).tolist() == [1.0] * count
    pairs = matrix[np.triu_indices(count, 1)]
    assert pairs.mean() == pytest.approx(found["average_correlation"], abs=1e-6)
    assert np.linalg.eigvalsh(matrix).min() > -1e-5
    symbols = list(names(found))
    for cluster in listed(found, "clusters"):
        members = cluster["symbols"]
        assert isinstance(members, list)
        places = [symbols.index(each) for each in members]
        inside = matrix[np.ix_(places, places)][np.triu_indices(len(places), 1)]
        assert inside.mean() == pytest.approx(cluster["average_correlation"], abs=1e-6)


def test_both_sides_of_a_book_are_all_of_it(command: Command, demo_url: str) -> None:
    whole, longs, shorts = (names(document(command, demo_url, "--view", v)) for v in ("portfolio", "longs", "shorts"))
    assert longs | shorts == whole
    assert min(longs.values()) > 0.0 > max(shorts.values())


def test_a_filter_takes_what_passes_it_and_names_the_others(command: Command, demo_url: str) -> None:
    by_mode = {
        mode: document(command, demo_url, "--filter", mode, "--least-exposure", "400000", "--least-weight", "0.02")
        for mode in ("both", "either", "value_only", "weight_only")
    }
    taken = {mode: set(names(found)) for mode, found in by_mode.items()}
    by_value, by_weight = taken["value_only"], taken["weight_only"]
    assert taken["both"] == by_value & by_weight
    assert taken["either"] == by_value | by_weight
    assert by_value < by_weight
    assert min(map(abs, names(by_mode["value_only"]).values())) >= 400_000
    for found in by_mode.values():
        left = {line["symbol"] for line in listed(found, "not_included")}
        assert {line["reason"] for line in listed(found, "not_included")} == {"filtered_out"}
        assert not left & set(names(found))
        assert len(left) + len(names(found)) == 25  # VIX is one of them


def test_a_lower_threshold_joins_more_names(command: Command, demo_url: str) -> None:
    usual, loose = (document(command, demo_url, "--threshold", each) for each in ("0.7", "0.4"))
    assert sum(len(str(line["symbols"])) for line in listed(loose, "clusters")) > sum(
        len(str(line["symbols"])) for line in listed(usual, "clusters")
    )
    assert float(str(loose["concentration"])) > float(str(usual["concentration"]))
    assert loose["average_correlation"] == usual["average_correlation"]


def test_the_classic_method_joins_whatever_is_linked(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--method", "classic", "--matrix")
    matrix, symbols = np.abs(np.array(found["matrix"])), list(names(found))
    assert found["method"] == "classic"
    inside = {str(symbol): at for at, line in enumerate(listed(found, "clusters")) for symbol in list_of(line)}
    for one, other in zip(*np.nonzero(matrix >= 0.7), strict=True):
        if one != other:
            assert inside[symbols[one]] == inside[symbols[other]]
    assert sum(len(list_of(line)) for line in listed(found, "clusters")) == len(inside) > 1


def list_of(cluster: Mapping[str, object]) -> list[str]:
    members = cluster["symbols"]
    assert isinstance(members, list)
    return members


def test_a_window_says_how_long_it_is(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--window", "252")
    assert (found["sessions"], found["window_sessions"], found["data_quality"]) == (252, 252, "sufficient")
    short = document(command, demo_url, "--window", "30")
    assert (short["sessions"], short["window_sessions"]) == (30, 30)
    assert short["average_correlation"] != found["average_correlation"]


@pytest.mark.parametrize("more", [(), ("--matrix",), ("--threshold", "0.3"), ("--window", "2")])
def test_every_table_fits_the_screen(command: Command, demo_url: str, more: tuple[str, ...]) -> None:
    ended = command(demo_url, "correlations", "--portfolio", FUND, *more)
    assert ended.code == 0, ended.err
    assert "…" not in ended.out
    assert "not included: ROKU (filtered_out)" in ended.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--window", "1"), "greater than or equal to 2"),
        (("--window", "505"), "less than or equal to 504"),
        (("--min-returns", "91"), "91 returns at least: it must be 2 to the window's 90"),
        (("--min-returns", "1"), "greater than or equal to 2"),
        (("--threshold", "0"), "a threshold of 0.0: it must lie between 0 and 1"),
        (("--threshold", "1"), "a threshold of 1.0: it must lie between 0 and 1"),
        (("--threshold", "nan"), "a threshold of nan: it must lie between 0 and 1"),
        (("--least-exposure", "-1"), "greater than or equal to 0"),
        (("--least-weight", "1.5"), "less than or equal to 1"),
        (("--filter", "none"), "'none' is not one of 'both', 'either', 'value_only', 'weight_only'"),
        (("--view", "middle"), "'middle' is not one of 'portfolio', 'longs', 'shorts'"),
    ],
)
def test_what_has_no_meaning_is_refused_before_a_database_is_looked_for(
    command: Command, more: tuple[str, ...], said: str
) -> None:
    ended = command(None, "correlations", "--portfolio", FUND, *more)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_nothing_that_passes_is_no_correlation_with_a_reason_for_each_number(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--least-exposure", "1e9")
    assert (names(found), found["clusters"], found["data_quality"], found["coverage"]) == ({}, [], "insufficient", 0.0)
    assert [found[name] for name in MEASURES] == [None] * len(MEASURES)
    assert found["reasons"] == {name: ["not_modelled"] for name in MEASURES}


def test_a_setting_lets_a_fridays_night_make_them(command: Command, databases: DatabaseCopies, with_demo: str) -> None:
    with databases.copy(with_demo) as url:
        plain = command(url, "night", "--as-of", FRIDAY, "--json")
        before = days_with_correlations(url)
        daily = command(url, "night", "--as-of", FRIDAY, "--json", SIGMASIGHT_CORRELATIONS_DAILY="true")
        after = days_with_correlations(url)
    assert (before, after) == ([TUESDAY], [TUESDAY, FRIDAY])
    assert (status(plain.out), status(daily.out)) == ("skipped", "ok")


def days_with_correlations(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        return [day for (day,) in conn.execute(DAYS)]


def status(out: str) -> object:
    (night,) = json.loads(out)["nights"]
    return {job["name"]: job["status"] for job in night["jobs"]}["correlations"]
