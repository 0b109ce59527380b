"""What is still to be asked of a provider: what is wanted minus what was asked already.

Of each symbol the range is remembered that was *asked*, not the one that was answered: an unknown symbol and days
without data are not asked again. That range is one piece without holes, and stays one: where the wanted days do not
touch it, the days between are part of the gap.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)

Range = tuple[date, date]
"""First and last day, both counted."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One request: the same days for every symbol."""

    symbols: tuple[str, ...]  # ascending
    first: date
    last: date


def find_gaps(wanted: Mapping[str, Range], stored: Mapping[str, Range | None]) -> tuple[Gap, ...]:
    """Plan the requests that are missing, each symbol's day in exactly one of them.

    Args:
        wanted: For each symbol, the days that somebody needs (the widest, if several do).
        stored: For each symbol, the days that were asked before; None, or absent, when it never was.

    Returns:
        The gaps, symbols with the same days together, earliest first.

    Raises:
        ValueError: If a range ends before it begins.
    """
    symbols: defaultdict[Range, list[str]] = defaultdict(list)
    for symbol in sorted(wanted):
        for missing in _missing(wanted[symbol], stored.get(symbol)):
            symbols[missing].append(symbol)
    return tuple(Gap(tuple(symbols[days]), *days) for days in sorted(symbols))


def _missing(wanted: Range, asked: Range | None) -> list[Range]:
    """The days before and after what was asked, up to where the wanted ones begin and end."""
    _require_order(wanted)
    if asked is None:
        return [wanted]
    _require_order(asked)
    before = [(wanted[0], asked[0] - _DAY)] if wanted[0] < asked[0] else []
    after = [(asked[1] + _DAY, wanted[1])] if wanted[1] > asked[1] else []
    return before + after


def _require_order(days: Range) -> None:
    if days[1] < days[0]:
        raise ValueError(f"a range of days cannot end ({days[1]}) before it begins ({days[0]})")
