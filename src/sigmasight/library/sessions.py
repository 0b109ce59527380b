"""The sessions that the library's books are valued at."""

from datetime import date, timedelta
from functools import cache

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.market.exchange import build_nyse_calendar

_FIRST = date(1990, 1, 1)
_AHEAD = timedelta(days=800)  # options expire later


@cache
def nyse_until(year: int) -> TradingCalendar:
    """The New York Stock Exchange's sessions, from 1990 to two years after a year."""
    return build_nyse_calendar(_FIRST, date(year, 12, 31) + _AHEAD)


def require_session(calendar: TradingCalendar, day: date) -> None:
    """See to it that a day is a session.

    Raises:
        ValueError: If it is none.
    """
    if not calendar.is_trading_day(day):
        raise ValueError(f"{day} is no session of the New York Stock Exchange")
