"""The trading calendar as a value: sessions of the New York Stock Exchange and when each one closes."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sigmasight.domain.errors import CalendarRangeError
from sigmasight.domain.units import SECONDS_PER_YEAR

if TYPE_CHECKING:  # who looks up the exchange's release needs no numpy
    from sigmasight.domain.market_data import DayArray

NEW_YORK = ZoneInfo("America/New_York")
REGULAR_CLOSE = time(16, 0)


def closing_bell(day: date) -> datetime:
    """The instant, in UTC, of 16:00 in New York: when options of a day expire, whether or not it is a session."""
    return datetime.combine(day, REGULAR_CLOSE, tzinfo=NEW_YORK).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class TradingCalendar:
    """Sessions from ``first`` to ``last``; both ends are days the calendar was built for, sessions or not.

    Every question about a day outside raises CalendarRangeError: an unknown day is neither open nor closed.
    """

    sessions: tuple[date, ...]  # ascending, without duplicates
    first: date
    last: date
    early_closes: dict[date, time] = field(default_factory=dict, hash=False)  # New York time, only where not 16:00
    days: "DayArray" = field(init=False, repr=False, compare=False)  # the sessions once more, read-only

    def __post_init__(self) -> None:
        import numpy as np

        days = np.array(self.sessions, dtype="datetime64[D]")
        days.setflags(write=False)
        object.__setattr__(self, "days", days)

    def is_trading_day(self, day: date) -> bool:
        """Whether the exchange holds a session on that day."""
        self._require(day)
        at = bisect_left(self.sessions, day)
        return at < len(self.sessions) and self.sessions[at] == day

    def previous_session(self, day: date) -> date:
        """The last session before a day, itself not counted."""
        self._require(day)
        at = bisect_left(self.sessions, day) - 1
        if at < 0:
            raise CalendarRangeError(f"the calendar knows no session before {day}; it begins on {self.first}")
        return self.sessions[at]

    def next_session(self, day: date) -> date:
        """The first session after a day, itself not counted."""
        self._require(day)
        at = bisect_right(self.sessions, day)
        if at == len(self.sessions):
            raise CalendarRangeError(f"the calendar knows no session after {day}; it ends on {self.last}")
        return self.sessions[at]

    def sessions_between(self, first: date, last: date) -> tuple[date, ...]:
        """The sessions from ``first`` to ``last``, both ends counted; none when ``last`` is before ``first``."""
        if last < first:
            return ()
        self._require(first)
        self._require(last)
        return self.sessions[bisect_left(self.sessions, first) : bisect_right(self.sessions, last)]

    def close_of(self, session: date) -> datetime:
        """The instant, in UTC, at which a session closes.

        Raises:
            CalendarRangeError: If the day is no session.
        """
        if not self.is_trading_day(session):
            raise CalendarRangeError(f"{session} is no trading day, so it has no close")
        closing = self.early_closes.get(session, REGULAR_CLOSE)
        return datetime.combine(session, closing, tzinfo=NEW_YORK).astimezone(UTC)

    def years_to_expiry(self, session: date, expiry: date) -> float:
        """Years of 365 days from a session's close to 16:00 in New York of an expiry; negative after it.

        Raises:
            CalendarRangeError: If the first day is no session.
        """
        return (closing_bell(expiry) - self.close_of(session)).total_seconds() / SECONDS_PER_YEAR

    def last_completed_session(self, instant: datetime) -> date:
        """The last session whose close lies at or before an instant (which carries its time zone)."""
        today = instant.astimezone(NEW_YORK).date()
        if self.is_trading_day(today) and self.close_of(today) <= instant:
            return today
        return self.previous_session(today)

    def sessions_back(self, session: date, count: int) -> date:
        """The session ``count`` (0 or more) sessions before the last one on or before a day.

        Raises:
            CalendarRangeError: If the calendar does not reach back so far.
        """
        self._require(session)
        at = bisect_right(self.sessions, session) - 1 - count
        if at < 0:
            raise CalendarRangeError(f"the calendar knows no session {count} sessions before {session}")
        return self.sessions[at]

    def _require(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise CalendarRangeError(f"{day} lies outside the trading calendar, which runs {self.first} to {self.last}")
