"""The days on which the simulated world moves: every Monday to Friday, whether the exchange opens or not.

Paths live on weekdays and prices are read off them on sessions. So a price depends on its date alone, and a session
that later disappears from the calendar (a day of mourning, a hurricane) moves no other day.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.market_data import DayArray, IntArray

ORIGIN = date(2020, 1, 1)
"""No session before this day is answered."""

ANCHOR = date(2026, 6, 30)
"""The session whose raw closes are the reference prices."""

WEEKDAYS_PER_YEAR = 261

_WARM_UP = date(2018, 1, 1)  # recursions start here, so that they have forgotten their start when answers begin
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The weekdays of the simulated world, D of them, and the sessions among them, T of them."""

    ordinals: IntArray  # (D,) proleptic Gregorian, as date.toordinal
    anchor: int  # position of ANCHOR in ordinals
    sessions: IntArray  # (T,) ordinals of sessions, from the first on or after ORIGIN
    at_sessions: IntArray  # (T,) positions of the sessions in ordinals
    anchor_session: int  # position of ANCHOR in sessions


def build_timeline(sessions: tuple[date, ...]) -> Timeline:
    """Lay weekdays from the warm-up to the last session and find the sessions among them.

    Args:
        sessions: Every session from ORIGIN on, ascending; ANCHOR must be among them.

    Raises:
        ValueError: If a session falls on a weekend.
    """
    ordinals = np.arange(_WARM_UP.toordinal(), sessions[-1].toordinal() + 1)
    ordinals = ordinals[(ordinals + 6) % 7 < 5]  # noqa: PLR2004 - Monday is 0, Saturday 5
    held = np.array([session.toordinal() for session in sessions])
    at_sessions = np.searchsorted(ordinals, held)
    if not np.array_equal(ordinals[at_sessions], held):
        raise ValueError("the simulated market moves on weekdays only, and the calendar has a session on a weekend")
    anchor = ANCHOR.toordinal()
    return Timeline(
        ordinals=ordinals,
        anchor=int(np.searchsorted(ordinals, anchor)),
        sessions=held,
        at_sessions=at_sessions,
        anchor_session=int(np.searchsorted(held, anchor)),
    )


def days_of(ordinals: IntArray) -> DayArray:
    """Date ordinals as datetime64[D]."""
    return (ordinals - _EPOCH).astype("datetime64[D]")
