"""Nights are run for sessions that are over, and say so where there is nothing to run."""

import json
from datetime import date

import pytest

from sigmasight.batch.night import run_night
from sigmasight.domain.errors import NotATradingDayError
from sigmasight.store.database import Database
from support.databases import run_command

from .conftest import LAST, Nights, unwatched
from support.results import row_versions, runs

THANKSGIVING, DAY_AFTER = date(2026, 11, 26), date(2026, 11, 27)


@pytest.mark.parametrize(
    ("as_of", "why"),
    [
        (date(2026, 11, 21), "2026-11-21 is no trading day of the New York Stock Exchange"),
        (THANKSGIVING, "2026-11-26 is no trading day of the New York Stock Exchange"),
        (date(2026, 11, 23), "The session of 2026-11-23 has not closed yet; the last completed one is 2026-11-20"),
    ],
    ids=["a Saturday", "a holiday", "the next session"],
)
def test_a_day_without_a_finished_session_is_refused_and_leaves_no_trace(
    demo_url: str, demo_db: Database, nights: Nights, as_of: date, why: str
) -> None:
    before = row_versions(demo_url)
    with pytest.raises(NotATradingDayError, match=why):
        run_night(demo_db, nights.plan(), as_of, unwatched)
    assert row_versions(demo_url) == before


def test_the_command_says_that_there_is_nothing_to_run_and_exits_with_0(demo_url: str) -> None:
    ended = run_command(demo_url, "night", "--as-of", "2026-11-21", "--json")
    assert ended.returncode == 0
    assert "2026-11-21 is no trading day" in ended.stderr
    document = json.loads(ended.stdout)
    (skipped,) = document["skipped"]
    assert (document["nights"], skipped["as_of"], skipped["status"]) == ([], "2026-11-21", "skipped")
    assert len(runs(demo_url)) == 61


def test_a_session_is_over_at_its_close_and_not_before(demo_url: str) -> None:
    """The day after Thanksgiving closes at 13:00 in New York, 18:00 in universal time."""
    as_of = ("night", "--as-of", DAY_AFTER.isoformat(), "--json")
    before = run_command(demo_url, *as_of, SIGMASIGHT_NOW="2026-11-27T17:59:59+00:00")
    assert "has not closed yet; the last completed one is 2026-11-25" in before.stderr
    assert (before.returncode, json.loads(before.stdout)["nights"]) == (0, [])
    after = run_command(demo_url, *as_of, SIGMASIGHT_NOW="2026-11-27T18:00:00+00:00")
    assert after.returncode == 0, after.stderr
    (night,) = json.loads(after.stdout)["nights"]
    assert (night["as_of"], night["status"]) == (DAY_AFTER.isoformat(), "ok")


def test_a_range_runs_its_sessions_and_skips_the_days_between(demo_url: str) -> None:
    ended = run_command(demo_url, "night", "--from", "2026-11-14", "--to", "2026-11-17", "--json")
    assert ended.returncode == 0, ended.stderr
    assert [night["as_of"] for night in json.loads(ended.stdout)["nights"]] == ["2026-11-16", "2026-11-17"]


def test_a_range_that_ends_in_the_future_runs_what_is_over_and_says_what_is_not(demo_url: str) -> None:
    ended = run_command(demo_url, "night", "--from", "2026-11-19", "--to", "2026-11-24", "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert [night["as_of"] for night in document["nights"]] == ["2026-11-19", LAST.isoformat()]
    assert [skipped["as_of"] for skipped in document["skipped"]] == ["2026-11-23", "2026-11-24"]


def test_a_range_without_a_session_runs_nothing(demo_url: str) -> None:
    ended = run_command(demo_url, "night", "--from", "2026-11-14", "--to", "2026-11-15")
    assert (ended.returncode, ended.stdout.strip()) == (0, "")
    assert "No trading day lies in that range" in ended.stderr
