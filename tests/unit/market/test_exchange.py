"""The exchange's calendar against days that people remember and against the exchange's published holidays."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta

import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import CalendarRangeError
from sigmasight.market.exchange import build_nyse_calendar, calendar_source_version


@pytest.fixture(scope="module")
def nyse() -> TradingCalendar:
    return build_nyse_calendar(date(1998, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2001, 9, 11), id="attack"),
        pytest.param(date(2001, 9, 12), id="attack-2"),
        pytest.param(date(2001, 9, 13), id="attack-3"),
        pytest.param(date(2001, 9, 14), id="attack-4"),
        pytest.param(date(2004, 6, 11), id="reagan"),
        pytest.param(date(2007, 1, 2), id="ford"),
        pytest.param(date(2012, 10, 29), id="sandy"),
        pytest.param(date(2012, 10, 30), id="sandy-2"),
        pytest.param(date(2018, 12, 5), id="bush"),
        pytest.param(date(2025, 1, 9), id="carter"),
        pytest.param(date(2022, 6, 20), id="first-juneteenth"),
        pytest.param(date(2023, 6, 19), id="juneteenth-2023"),
        pytest.param(date(2026, 6, 19), id="juneteenth-2026"),
        pytest.param(date(2019, 4, 19), id="good-friday-2019"),
        pytest.param(date(2024, 3, 29), id="good-friday-2024"),
        pytest.param(date(2026, 4, 3), id="good-friday-2026"),
        pytest.param(date(2027, 3, 26), id="good-friday-2027"),
        pytest.param(date(2026, 7, 3), id="independence-observed-on-friday"),
        pytest.param(date(2027, 7, 5), id="independence-observed-on-monday"),
        pytest.param(date(2027, 12, 24), id="christmas-observed-on-friday"),
        pytest.param(date(2026, 11, 26), id="thanksgiving"),
        pytest.param(date(2026, 11, 21), id="saturday"),
    ],
)
def test_the_exchange_is_closed(nyse: TradingCalendar, day: date) -> None:
    assert not nyse.is_trading_day(day)
    with pytest.raises(CalendarRangeError, match="no trading day"):
        nyse.close_of(day)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2001, 9, 10), id="before-the-attack"),
        pytest.param(date(2001, 9, 17), id="after-the-attack"),
        pytest.param(date(2012, 10, 31), id="after-sandy"),
        pytest.param(date(2021, 6, 18), id="juneteenth-was-no-holiday-yet"),
        pytest.param(date(2021, 12, 31), id="new-year-on-saturday-is-not-observed"),
        pytest.param(date(2027, 12, 31), id="new-year-2028-on-saturday"),
        pytest.param(date(2026, 7, 2), id="day-before-the-observed-holiday"),
        pytest.param(date(2026, 10, 12), id="columbus-day"),
        pytest.param(date(2026, 11, 11), id="veterans-day"),
    ],
)
def test_the_exchange_is_open(nyse: TradingCalendar, day: date) -> None:
    assert nyse.is_trading_day(day)


@pytest.mark.parametrize(("year", "sessions"), [(2001, 248), (2012, 250), (2023, 250), (2024, 252), (2025, 250)])
def test_years_have_as_many_sessions_as_the_exchange_held(nyse: TradingCalendar, year: int, sessions: int) -> None:
    assert len(nyse.sessions_between(date(year, 1, 1), date(year, 12, 31))) == sessions


@pytest.mark.parametrize(
    ("day", "closes"),
    [
        (date(2025, 11, 28), datetime(2025, 11, 28, 18, tzinfo=UTC)),
        (date(2026, 11, 27), datetime(2026, 11, 27, 18, tzinfo=UTC)),
        (date(2024, 12, 24), datetime(2024, 12, 24, 18, tzinfo=UTC)),
        (date(2026, 12, 24), datetime(2026, 12, 24, 18, tzinfo=UTC)),
        (date(2025, 7, 3), datetime(2025, 7, 3, 17, tzinfo=UTC)),
        (date(2028, 7, 3), datetime(2028, 7, 3, 17, tzinfo=UTC)),
    ],
)
def test_short_days_close_at_one_in_new_york_in_winter_and_in_summer(
    nyse: TradingCalendar, day: date, closes: datetime
) -> None:
    assert nyse.early_closes[day] == time(13)
    assert nyse.close_of(day) == closes


def test_only_short_days_are_named_early(nyse: TradingCalendar) -> None:
    in_2026 = [day for day in nyse.early_closes if day.year == 2026]
    assert in_2026 == [date(2026, 11, 27), date(2026, 12, 24)]
    assert date(2026, 7, 2) not in nyse.early_closes
    assert set(nyse.early_closes) <= set(nyse.sessions)


def test_regular_days_close_at_four_in_new_york_on_both_sides_of_daylight_saving(nyse: TradingCalendar) -> None:
    assert nyse.close_of(date(2026, 3, 6)) == datetime(2026, 3, 6, 21, tzinfo=UTC)
    assert nyse.close_of(date(2026, 3, 9)) == datetime(2026, 3, 9, 20, tzinfo=UTC)
    assert nyse.close_of(date(2026, 10, 30)) == datetime(2026, 10, 30, 20, tzinfo=UTC)
    assert nyse.close_of(date(2026, 11, 2)) == datetime(2026, 11, 2, 21, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2026, 11, 27), date(2026, 11, 20), date(2026, 7, 2), date(2025, 7, 3)])
def test_a_session_is_completed_at_its_close_and_not_a_second_before(nyse: TradingCalendar, day: date) -> None:
    close = nyse.close_of(day)
    assert nyse.last_completed_session(close) == day
    assert nyse.last_completed_session(close - timedelta(seconds=1)) == nyse.previous_session(day)
    assert nyse.last_completed_session(close + timedelta(hours=1)) == day


def test_evenings_in_utc_still_belong_to_new_yorks_day(nyse: TradingCalendar) -> None:
    past_midnight_in_utc = datetime(2026, 11, 20, 1, tzinfo=UTC)  # Thursday 20:00 in New York
    assert nyse.last_completed_session(past_midnight_in_utc) == date(2026, 11, 19)
    assert nyse.last_completed_session(datetime(2026, 11, 22, 12, tzinfo=UTC)) == date(2026, 11, 20)


def test_days_outside_are_refused_not_guessed(nyse: TradingCalendar) -> None:
    with pytest.raises(CalendarRangeError, match="outside the trading calendar"):
        nyse.is_trading_day(date(2033, 1, 3))
    with pytest.raises(CalendarRangeError, match="outside the trading calendar"):
        nyse.sessions_between(date(1997, 12, 31), date(1998, 2, 1))
    with pytest.raises(CalendarRangeError, match="no session after"):
        nyse.next_session(date(2032, 12, 31))
    with pytest.raises(CalendarRangeError, match="no session before"):
        nyse.previous_session(date(1998, 1, 2))


def test_a_calendar_may_hold_no_session_at_all() -> None:
    closed = build_nyse_calendar(date(2001, 9, 11), date(2001, 9, 16))
    assert closed.sessions == ()
    assert not closed.is_trading_day(date(2001, 9, 12))


def test_a_calendar_of_one_day_holds_that_day() -> None:
    assert build_nyse_calendar(date(2026, 6, 30), date(2026, 6, 30)).sessions == (date(2026, 6, 30),)


def test_a_calendar_cannot_end_before_it_begins() -> None:
    with pytest.raises(CalendarRangeError, match="end before it begins"):
        build_nyse_calendar(date(2026, 1, 2), date(2026, 1, 1))


def test_a_longer_calendar_agrees_with_a_shorter_one(nyse: TradingCalendar) -> None:
    first, last = date(2024, 1, 1), date(2025, 12, 31)
    short = build_nyse_calendar(first, last)
    assert short.sessions == nyse.sessions_between(first, last)
    assert short.early_closes == {day: at for day, at in nyse.early_closes.items() if first <= day <= last}


def test_the_source_names_library_release_and_exchange() -> None:
    library, release, exchange = calendar_source_version().split()
    assert (library, exchange) == ("exchange_calendars", "XNYS")
    assert release[0].isdigit()


def test_importing_the_module_imports_no_pandas() -> None:
    code = (
        "import sys, sigmasight.market.exchange as e; e.calendar_source_version(); "
        "sys.exit(str([m for m in ('pandas', 'exchange_calendars', 'numpy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
