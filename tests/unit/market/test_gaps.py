"""Gaps: what is wanted minus what was asked, each symbol's day once, in as few requests as the ranges allow."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.market.gaps import Gap, Range, find_gaps

DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 31))
RANGES = st.tuples(DAYS, DAYS).map(lambda pair: (min(pair), max(pair)))
SYMBOLS = st.sampled_from(["AAPL", "BND", "MSFT", "SPY"])
WANTED = st.dictionaries(SYMBOLS, RANGES)
STORED = st.dictionaries(SYMBOLS, st.none() | RANGES)


def january(first: int, last: int) -> Range:
    return date(2026, 1, first), date(2026, 1, last)


def days_of(days: Range | None) -> set[date]:
    if days is None:
        return set()
    return {days[0] + timedelta(days=number) for number in range((days[1] - days[0]).days + 1)}


@pytest.mark.parametrize(
    ("wanted", "asked", "missing"),
    [
        ((5, 20), None, [(5, 20)]),
        ((5, 20), (5, 20), []),
        ((5, 20), (1, 31), []),
        ((5, 20), (5, 10), [(11, 20)]),
        ((5, 20), (10, 25), [(5, 9)]),
        ((5, 20), (10, 12), [(5, 9), (13, 20)]),
        ((5, 20), (1, 4), [(5, 20)]),
        ((5, 20), (21, 31), [(5, 20)]),
        ((15, 20), (1, 10), [(11, 20)]),
        ((5, 10), (20, 31), [(5, 19)]),
        ((7, 7), None, [(7, 7)]),
    ],
    ids=str,
)
def test_a_gap_is_what_was_not_asked(
    wanted: tuple[int, int], asked: tuple[int, int] | None, missing: list[tuple[int, int]]
) -> None:
    gaps = find_gaps({"SPY": january(*wanted)}, {"SPY": asked and january(*asked)})
    assert gaps == tuple(Gap(("SPY",), *january(*days)) for days in missing)


def test_symbols_with_the_same_days_are_one_request() -> None:
    wanted = {"SPY": january(1, 20), "AAPL": january(1, 20), "NEW": january(1, 20), "OLD": january(1, 20)}
    stored = {"SPY": january(1, 19), "AAPL": january(1, 19), "OLD": january(1, 20), "GONE": january(1, 2)}
    assert find_gaps(wanted, stored) == (
        Gap(("NEW",), *january(1, 20)),
        Gap(("AAPL", "SPY"), *january(20, 20)),
    )


def test_nothing_wanted_is_nothing_asked() -> None:
    assert find_gaps({}, {"SPY": january(1, 2)}) == ()


@pytest.mark.parametrize(("wanted", "asked"), [((20, 5), None), ((5, 20), (9, 8))], ids=["wanted", "asked"])
def test_a_range_that_ends_before_it_begins_is_an_error(wanted: tuple[int, int], asked: tuple[int, int] | None) -> None:
    with pytest.raises(ValueError, match="cannot end"):
        find_gaps({"SPY": january(*wanted)}, {"SPY": asked and january(*asked)})


@given(WANTED, STORED)
def test_stored_and_gaps_together_are_what_is_wanted(wanted: dict[str, Range], stored: dict[str, Range | None]) -> None:
    gaps = find_gaps(wanted, stored)
    planned = Counter((symbol, day) for gap in gaps for symbol in gap.symbols for day in days_of((gap.first, gap.last)))
    assert all(count == 1 for count in planned.values())
    for symbol, days in wanted.items():
        asked = days_of(stored.get(symbol))
        missing = {day for name, day in planned if name == symbol}
        assert not missing & asked
        assert days_of(days) <= missing | asked
        everything = sorted(days_of(days) | asked)
        bridge = days_of((everything[0], everything[-1])) - set(everything)
        assert missing == (days_of(days) | bridge) - asked


@given(WANTED, STORED)
def test_requests_come_in_one_order_and_none_could_be_merged(
    wanted: dict[str, Range], stored: dict[str, Range | None]
) -> None:
    gaps = find_gaps(wanted, stored)
    ranges = [(gap.first, gap.last) for gap in gaps]
    assert ranges == sorted(set(ranges))
    assert all(gap.symbols == tuple(sorted(set(gap.symbols))) != () for gap in gaps)
    assert find_gaps(dict(reversed(wanted.items())), stored) == gaps


@given(WANTED, STORED)
def test_once_filled_a_gap_is_not_asked_again(wanted: dict[str, Range], stored: dict[str, Range | None]) -> None:
    asked = dict(stored)
    for gap in find_gaps(wanted, stored):
        for symbol in gap.symbols:
            known = asked.get(symbol) or (gap.first, gap.last)
            asked[symbol] = (min(known[0], gap.first), max(known[1], gap.last))
    assert find_gaps(wanted, asked) == ()
