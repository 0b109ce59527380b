"""The door for dividends, splits and profiles: what nobody asked for, or cannot be, stays outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import isfinite

from sigmasight.domain.instruments import Profile
from sigmasight.domain.market_data import Dividend, Split
from sigmasight.market.checks import RefusedRow

LARGEST_RATIO = 1000
"""More shares for one, or one for more, was never a split of a listed company."""

ANNOUNCED_AHEAD = timedelta(days=400)
"""How far ahead an ex-date may lie: companies announce at most a year's dividends, and options are priced on them."""


def check_dividends(
    dividends: Sequence[Dividend], *, symbols: Collection[str], today: date
) -> tuple[tuple[Dividend, ...], tuple[RefusedRow, ...]]:
    """Take dividends of what was asked for, paid and announced.

    Several of one share and day (a regular and a special one) are added up.
    """
    refused = []
    taken: dict[tuple[str, date], float] = {}
    for row in dividends:
        why = _why_refused(row.symbol, row.ex_date, symbols, today + ANNOUNCED_AHEAD)
        if why is None and not (isfinite(row.amount) and row.amount > 0):
            why = "a dividend is a positive amount"
        if why is not None:
            refused.append(RefusedRow(row.symbol, row.ex_date, "dividend", row.amount, why))
            continue
        taken[row.symbol, row.ex_date] = taken.get((row.symbol, row.ex_date), 0.0) + row.amount
    return tuple(Dividend(symbol, day, amount) for (symbol, day), amount in taken.items()), tuple(refused)


def check_splits(
    splits: Sequence[Split], *, symbols: Collection[str], today: date
) -> tuple[tuple[Split, ...], tuple[RefusedRow, ...]]:
    """Take splits of what was asked for; of two on one day the first counts."""
    refused = []
    taken: dict[tuple[str, date], Split] = {}
    for row in splits:
        why = _why_refused(row.symbol, row.ex_date, symbols, today)
        if why is None and not _is_ratio(row):
            why = f"{row.new_shares} for {row.old_shares} is no split"
        if why is None and taken.get((row.symbol, row.ex_date), row) != row:
            why = "another split of the same day was taken"
        if why is not None:
            refused.append(RefusedRow(row.symbol, row.ex_date, "split", float(row.new_shares), why))
            continue
        taken[row.symbol, row.ex_date] = row
    return tuple(taken.values()), tuple(refused)


def check_profiles(profiles: Mapping[str, Profile], *, symbols: Collection[str]) -> dict[str, Profile]:
    """Take profiles of what was asked for; a market capitalisation or yield that cannot be is taken as not known."""
    return {symbol: _plausible(profile) for symbol, profile in profiles.items() if symbol in symbols}


def _why_refused(symbol: str, day: date, symbols: Collection[str], last: date) -> str | None:
    if symbol not in symbols:
        return "nobody asked for it"
    return "its day lies in the future" if day > last else None


def _is_ratio(split: Split) -> bool:
    new, old = split.new_shares, split.old_shares
    return new > 0 and old > 0 and new != old and max(new, old) <= LARGEST_RATIO * min(new, old)


def _plausible(profile: Profile) -> Profile:
    cap, dividend_yield = profile.market_cap, profile.dividend_yield
    return replace(
        profile,
        market_cap=cap if cap is not None and isfinite(cap) and cap > 0 else None,
        dividend_yield=dividend_yield if dividend_yield is not None and isfinite(dividend_yield) else None,
    )
