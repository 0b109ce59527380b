"""The same question put to several providers of prices, their answers side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import nan

from sigmasight.domain.errors import ProviderError
from sigmasight.services.market_sources import Sources


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One close as each provider has it."""

    symbol: str
    day: date
    closes: tuple[float, ...]  # USD, raw, in the order of the providers; NaN where one has none
    spread: float  # the largest over the smallest, less 1; NaN where fewer than two have it


@dataclass(frozen=True, slots=True)
class Compared:
    """What providers answered."""

    providers: tuple[str, ...]
    rows: tuple[ComparedRow, ...]  # by symbol and day
    failures: tuple[tuple[str, str], ...]  # who could not be asked, and why


def compare_prices(sources: Sources, symbols: Sequence[str], first: date, last: date) -> Compared:
    """Ask each provider of prices for all closes of some days, whatever the others have."""
    found: dict[str, dict[tuple[str, date], float]] = {}
    failures = []
    for provider in sources.prices:
        try:
            answer = provider.daily_bars(symbols, first, last)
        except ProviderError as error:
            failures.append((provider.name, str(error)))
            continue
        found[provider.name] = {
            (symbol, day): close
            for symbol, bars in answer.items()
            for day, close in zip(bars.days.tolist(), bars.close.tolist(), strict=True)
        }
    keys = sorted({key for closes in found.values() for key in closes})
    rows = (_row(key, tuple(closes.get(key, nan) for closes in found.values())) for key in keys)
    return Compared(tuple(found), tuple(rows), tuple(failures))


def _row(key: tuple[str, date], closes: tuple[float, ...]) -> ComparedRow:
    known = [close for close in closes if close > 0.0]
    spread = max(known) / min(known) - 1.0 if len(known) > 1 else nan
    return ComparedRow(*key, closes, spread)
