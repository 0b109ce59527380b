"""Corporate actions: when dividends are paid and shares split."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.market_data import IntArray
from sigmasight.market.simulated.randomness import stream_key
from sigmasight.market.simulated.timeline import ORIGIN, Timeline
from sigmasight.market.simulated.universe import Listing

SPLITTING = ("BRK.B", "JNJ", "UNH", "HD", "PG", "V", "JPM", "NFLX")
"""Shares that split 2 for 1, one in each odd year: no 520 sessions pass without a split, and no price wears away."""

NEW_SHARES, OLD_SHARES = 2, 1

_SPLIT_MONTH, _SPLIT_DAY = 6, 24  # after the last day on which a dividend can fall
_FIRST_EX_DAY, _EX_DAYS = 3, 18
_MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Actions:
    """Positions in a timeline's sessions on which something happens."""

    ex_dividend: IntArray
    split: IntArray


def scheduled_actions(listing: Listing, timeline: Timeline) -> Actions:
    """A listing's ex-dates: the first session on or after a fixed day of fixed months."""
    years = range(ORIGIN.year, date.fromordinal(int(timeline.sessions[-1])).year + 1)
    dividends = [date(year, month, day) for year in years for month, day in _ex_days(listing)]
    splits = [date(year, _SPLIT_MONTH, _SPLIT_DAY) for year in years if _splits_in(listing, year)]
    return Actions(_sessions_on_or_after(dividends, timeline), _sessions_on_or_after(splits, timeline))


def count_until(events: IntArray, timeline: Timeline) -> IntArray:
    """How many events lie on or before each session, minus those on or before the anchor, shape (T,)."""
    done = np.searchsorted(events, np.arange(len(timeline.sessions)), side="right")
    return np.asarray(done - done[timeline.anchor_session])


def _splits_in(listing: Listing, year: int) -> bool:
    return year % 2 == 1 and SPLITTING[(year // 2) % len(SPLITTING)] == listing.symbol


def _ex_days(listing: Listing) -> list[tuple[int, int]]:
    """Month and day of each payment of a year, staggered by symbol."""
    if listing.payments == 0:
        return []
    apart = _MONTHS_PER_YEAR // listing.payments
    key = stream_key(f"{listing.symbol}/ex-dates")
    first, day = key % apart, key // apart % _EX_DAYS
    return [(month, _FIRST_EX_DAY + day) for month in range(1 + first, _MONTHS_PER_YEAR + 1, apart)]


def _sessions_on_or_after(days: list[date], timeline: Timeline) -> IntArray:
    """Positions of sessions; days up to the first session have no close before them, days after the last no session."""
    ordinals = np.array([day.toordinal() for day in days], dtype=np.int64)
    at = np.searchsorted(timeline.sessions, ordinals)
    return at[(at > 0) & (at < len(timeline.sessions))]
