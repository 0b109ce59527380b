"""Why a number is missing, or why to trust it less."""

import enum
from collections.abc import Iterable


class Reason(enum.IntFlag):
    """Reasons combine by OR and travel with their number to the screen."""

    NONE = 0
    STALE_PRICE = enum.auto()  # the last close is older than the session asked for, but not too old
    SHORT_HISTORY = enum.auto()  # fewer observations than the window, enough to fit
    ESTIMATED = enum.auto()  # a stand-in that the user allowed; its source is stored
    EXPIRED = enum.auto()  # an option at or after its expiry, not yet settled
    CAPPED = enum.auto()
    INTRADAY = enum.auto()
    SIMULATED = enum.auto()  # computed from the simulated market
    NO_PRICE = enum.auto()
    NO_HISTORY = enum.auto()
    NO_VOLATILITY = enum.auto()
    NO_RATE = enum.auto()
    NOT_MODELLED = enum.auto()
    NAV_NOT_POSITIVE = enum.auto()
    EXACT_FIT = enum.auto()
    FULLY_HEDGED = enum.auto()

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the single reasons in it, in lower case, as people read them."""
        return tuple(reason.name.lower() for reason in Reason if reason & self and reason.name)


BLOCKING = (
    Reason.NO_PRICE
    | Reason.NO_HISTORY
    | Reason.NO_VOLATILITY
    | Reason.NO_RATE
    | Reason.NOT_MODELLED
    | Reason.NAV_NOT_POSITIVE
    | Reason.EXACT_FIT
    | Reason.FULLY_HEDGED
)
"""With any of these the number is NaN (NULL at the edges); with none of them it is finite."""


def reason_from_words(words: Iterable[str]) -> Reason:
    """Combine reasons that are given by name.

    Raises:
        KeyError: If a word names no reason.
    """
    combined = Reason.NONE
    for word in words:
        combined |= Reason[word.upper()]
    return combined
