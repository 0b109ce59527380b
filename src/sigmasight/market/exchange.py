"""The New York Stock Exchange's sessions, from the library that keeps the list of its closures.

exchange_calendars pulls pandas, seconds to import: so it is imported only where a calendar is built; what is built is
stored.
"""

import warnings
from datetime import date, time, timedelta
from importlib.metadata import version
from typing import Any

from sigmasight.domain.calendar import NEW_YORK, REGULAR_CLOSE, TradingCalendar
from sigmasight.domain.errors import CalendarRangeError

_LIBRARY = "exchange_calendars"
_EXCHANGE = "XNYS"
_MARGIN = timedelta(days=30)
"""Asked for on both sides and cut off again: the library refuses a range in which no session lies."""


def build_nyse_calendar(first: date, last: date) -> TradingCalendar:
    """The NYSE's sessions from ``first`` to ``last``, both counted, with every close that was or will not be at 16:00.

    Raises:
        CalendarRangeError: If ``last`` is before ``first``.
    """
    if last < first:
        raise CalendarRangeError(f"a trading calendar cannot run from {first} to {last}: it would end before it begins")
    closings = {day: closing for day, closing in _closings(first, last).items() if first <= day <= last}
    early = {day: closing for day, closing in closings.items() if closing != REGULAR_CLOSE}
    return TradingCalendar(tuple(closings), first, last, early)


def calendar_source_version() -> str:
    """Which source the sessions come from and which release of it, to be stored beside them."""
    return f"{_LIBRARY} {version(_LIBRARY)} {_EXCHANGE}"


def _closings(first: date, last: date) -> dict[date, time]:
    """Each session with its close in New York time, ascending; a little more than was asked for."""
    exchange = _exchange(first - _MARGIN, last + _MARGIN)
    closes = exchange.closes.dt.tz_convert(NEW_YORK)
    return {session.date(): close.time() for session, close in closes.items()}


def _exchange(first: date, last: date) -> Any:  # noqa: ANN401 - the library is not typed
    # The library's own use of pandas warns of pandas' next release; that is for its authors to mend, not for our users.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar

        return XNYSExchangeCalendar(start=first.isoformat(), end=last.isoformat())
