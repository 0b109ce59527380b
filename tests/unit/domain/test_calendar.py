"""The calendar's questions, on two weeks around Christmas 2025 written by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sigmasight.domain.calendar import NEW_YORK, TradingCalendar
from sigmasight.domain.errors import CalendarRangeError


def december(day: int) -> date:
    return date(2025, 12, day)


CALENDAR = TradingCalendar(
    sessions=tuple(december(day) for day in (18, 19, 22, 23, 24, 26, 29, 30, 31)),
    first=december(18),
    last=december(31),
    early_closes={december(24): time(13, 0)},
)
QUIET = TradingCalendar(sessions=(december(26),), first=december(25), last=december(28))


def in_new_york(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2025, 12, day, hour, minute, second, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("day", "is_open"),
    [(18, True), (19, True), (20, False), (21, False), (24, True), (25, False), (26, True), (31, True)],
)
def test_a_trading_day_is_a_session(day: int, is_open: bool) -> None:  # noqa: FBT001
    assert CALENDAR.is_trading_day(december(day)) is is_open


def test_its_days_are_its_sessions_and_nobody_changes_them() -> None:
    assert tuple(CALENDAR.days.tolist()) == CALENDAR.sessions
    with pytest.raises(ValueError, match="read-only"):
        CALENDAR.days[0] = december(19)


@pytest.mark.parametrize(
    ("day", "before", "after"), [(19, 18, 22), (20, 19, 22), (21, 19, 22), (24, 23, 26), (25, 24, 26)]
)
def test_the_sessions_around_a_day_do_not_count_the_day(day: int, before: int, after: int) -> None:
    assert CALENDAR.previous_session(december(day)) == december(before)
    assert CALENDAR.next_session(december(day)) == december(after)


@pytest.mark.parametrize(
    ("first", "last", "sessions"),
    [
        (19, 23, [19, 22, 23]),
        (20, 21, []),
        (25, 28, [26]),
        (24, 24, [24]),
        (25, 25, []),
        (23, 19, []),
        (18, 31, [18, 19, 22, 23, 24, 26, 29, 30, 31]),
    ],
)
def test_sessions_between_two_days_count_both_ends(first: int, last: int, sessions: list[int]) -> None:
    assert CALENDAR.sessions_between(december(first), december(last)) == tuple(map(december, sessions))


def test_a_session_closes_at_four_in_new_york_or_early() -> None:
    assert CALENDAR.close_of(december(23)) == datetime(2025, 12, 23, 21, 0, tzinfo=UTC)
    assert CALENDAR.close_of(december(24)) == datetime(2025, 12, 24, 18, 0, tzinfo=UTC)
    assert CALENDAR.close_of(december(23)).tzinfo is UTC


def test_in_summer_the_close_is_an_hour_earlier_in_universal_time() -> None:
    day = date(2025, 7, 1)
    assert TradingCalendar((day,), day, day).close_of(day) == datetime(2025, 7, 1, 20, 0, tzinfo=UTC)


def test_a_day_without_session_has_no_close() -> None:
    with pytest.raises(CalendarRangeError, match="2025-12-25 is no trading day, so it has no close"):
        CALENDAR.close_of(december(25))


@pytest.mark.parametrize(
    ("instant", "session"),
    [
        (in_new_york(23, 15, 59, 59), 22),
        (in_new_york(23, 16, 0), 23),
        (in_new_york(24, 12, 59), 23),
        (in_new_york(24, 13, 0), 24),
        (in_new_york(25, 23, 0), 24),
        (in_new_york(28, 12, 0), 26),
        (in_new_york(29, 0, 0), 26),
        (datetime(2025, 12, 24, 4, 0, tzinfo=UTC), 23),
        (datetime(2025, 12, 24, 5, 30, tzinfo=ZoneInfo("Asia/Tokyo")), 22),
    ],
    ids=str,
)
def test_the_last_completed_session_has_closed(instant: datetime, session: int) -> None:
    assert CALENDAR.last_completed_session(instant) == december(session)


@pytest.mark.parametrize(
    ("session", "count", "back"), [(31, 0, 31), (31, 1, 30), (29, 2, 24), (31, 8, 18), (28, 0, 26)]
)
def test_sessions_are_counted_back(session: int, count: int, back: int) -> None:
    assert CALENDAR.sessions_back(december(session), count) == december(back)


def test_counting_back_ends_where_the_calendar_begins() -> None:
    with pytest.raises(CalendarRangeError, match="no session 9 sessions before 2025-12-31"):
        CALENDAR.sessions_back(december(31), 9)


@pytest.mark.parametrize("day", [december(17), date(2026, 1, 1)])
def test_a_day_outside_is_neither_open_nor_closed(day: date) -> None:
    message = f"{day} lies outside the trading calendar, which runs 2025-12-18 to 2025-12-31"
    questions: list[Callable[[], object]] = [
        lambda: CALENDAR.is_trading_day(day),
        lambda: CALENDAR.previous_session(day),
        lambda: CALENDAR.next_session(day),
        lambda: CALENDAR.close_of(day),
        lambda: CALENDAR.sessions_between(min(day, december(20)), max(day, december(20))),
        lambda: CALENDAR.last_completed_session(datetime.combine(day, time(12), tzinfo=NEW_YORK)),
    ]
    for question in questions:
        with pytest.raises(CalendarRangeError, match=message):
            question()


def test_before_the_first_and_after_the_last_session_there_is_none() -> None:
    with pytest.raises(CalendarRangeError, match="knows no session before 2025-12-26; it begins on 2025-12-25"):
        QUIET.previous_session(december(26))
    with pytest.raises(CalendarRangeError, match="knows no session after 2025-12-26; it ends on 2025-12-28"):
        QUIET.next_session(december(26))
    with pytest.raises(CalendarRangeError, match="knows no session before 2025-12-26"):
        QUIET.last_completed_session(in_new_york(26, 15))


def test_next_and_previous_lead_back_to_every_session() -> None:
    for session in CALENDAR.sessions[1:-1]:
        assert CALENDAR.next_session(CALENDAR.previous_session(session)) == session
        assert CALENDAR.previous_session(session + timedelta(days=1)) == session
