"""The clock: the machine's, or one that stands still at an instant that was set."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from sigmasight.domain.calendar import NEW_YORK
from sigmasight.wiring.errors import SettingError
from sigmasight.wiring.settings import Settings

Clock = Callable[[], datetime]
"""Tells the present instant, with its time zone."""


def machine_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or in development the instant of SIGMASIGHT_NOW.

    Raises:
        SettingError: If SIGMASIGHT_NOW is no instant, or is set outside development.
    """
    if settings.now is None:
        return machine_clock
    if settings.environment != "development":
        raise SettingError("SIGMASIGHT_NOW stops the clock, which only SIGMASIGHT_ENV=development may do.")
    try:
        instant = datetime.fromisoformat(settings.now)
    except ValueError as error:
        raise SettingError(f"SIGMASIGHT_NOW is {settings.now!r}; write it as 2026-06-30T20:05:00+00:00.") from error
    fixed = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return lambda: fixed


def today_in_new_york(clock: Clock) -> date:
    """The calendar day in New York, where trading days are counted."""
    return clock().astimezone(NEW_YORK).date()
