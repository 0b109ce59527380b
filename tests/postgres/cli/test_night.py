"""`sigmasight night`: which sessions it runs, what it says of those it skips."""

import json

from support.databases import LAST_SESSION
from support.results import runs

from .conftest import Command

DAY_AFTER = "2026-11-27"


def test_the_command_says_that_there_is_nothing_to_run_and_exits_with_0(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "night", "--as-of", "2026-11-21", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    (skipped,) = document["skipped"]
    assert (document["nights"], skipped["as_of"], skipped["status"]) == ([], "2026-11-21", "skipped")
    assert "no trading day" in skipped["reason"]
    assert len(runs(demo_url)) == 61


def test_a_session_is_over_at_its_close_and_not_before(command: Command, demo_url: str) -> None:
    """The day after Thanksgiving closes at 13:00 in New York, 18:00 in universal time."""
    as_of = ("night", "--as-of", DAY_AFTER, "--json")
    before = command(demo_url, *as_of, SIGMASIGHT_NOW="2026-11-27T17:59:59+00:00")
    (skipped,) = json.loads(before.out)["skipped"]
    assert "has not closed yet; the last completed one is 2026-11-25" in skipped["reason"]
    assert (before.code, json.loads(before.out)["nights"]) == (0, [])
    after = command(demo_url, *as_of, SIGMASIGHT_NOW="2026-11-27T18:00:00+00:00")
    assert after.code == 0, after.err
    (night,) = json.loads(after.out)["nights"]
    assert (night["as_of"], night["status"]) == (DAY_AFTER, "ok")


def test_a_range_runs_its_sessions_and_skips_the_days_between(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "night", "--from", "2026-11-14", "--to", "2026-11-17", "--json")
    assert ended.code == 0, ended.err
    assert [night["as_of"] for night in json.loads(ended.out)["nights"]] == ["2026-11-16", "2026-11-17"]


def test_a_range_that_ends_in_the_future_runs_what_is_over_and_says_what_is_not(
    command: Command, demo_url: str
) -> None:
    ended = command(demo_url, "night", "--from", "2026-11-19", "--to", "2026-11-24", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert [night["as_of"] for night in document["nights"]] == ["2026-11-19", LAST_SESSION]
    assert [skipped["as_of"] for skipped in document["skipped"]] == ["2026-11-23", "2026-11-24"]


def test_a_range_without_a_session_runs_nothing(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "night", "--from", "2026-11-14", "--to", "2026-11-15")
    assert (ended.code, ended.out.strip()) == (0, "")
    assert "2026-11-14 skipped: no trading day lies between it and 2026-11-15" in ended.err


def test_without_a_date_the_last_completed_session_is_run_and_its_books_are_shown(
    command: Command, demo_url: str
) -> None:
    ended = command(demo_url, "night")
    assert ended.code == 0, ended.err
    assert LAST_SESSION in ended.out
    assert "Balanced" in ended.out
    shown = json.loads(command(demo_url, "night", "--json").out)
    assert [night["as_of"] for night in shown["nights"]] == [LAST_SESSION]
    jobs = ["market-data", "greeks", "factors", "values", "aggregation", "scenarios", "stress", "risk", "snapshots"]
    done = {job["name"]: job["status"] for job in shown["nights"][0]["jobs"]}
    assert list(done) == [*jobs[:-1], "correlations", jobs[-1]]
    assert done == dict.fromkeys(jobs, "ok") | {"correlations": "skipped"}  # of a Friday
    assert [str(run[1]) for run in runs(demo_url)[61:]] == [LAST_SESSION] * 2
