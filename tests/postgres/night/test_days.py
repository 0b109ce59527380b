"""Nights are run for sessions that are over, and say so where there is nothing to run."""

from datetime import date

import pytest

from sigmasight.batch.night import run_night
from sigmasight.domain.errors import NotATradingDayError
from sigmasight.store.database import Database
from support.results import row_versions

from .conftest import Nights, unwatched

THANKSGIVING = date(2026, 11, 26)


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
