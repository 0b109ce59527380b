"""The ports that every market data provider fills, as far as it has the kind of data.

All take canonical symbols and closed date ranges, answer only for what they know (an unknown symbol is absent from the
answer, an empty range gives empty columns) and raise ProviderError when they cannot be asked at all.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from sigmasight.domain.instruments import OptionTerms, Profile
from sigmasight.domain.market_data import DailyBars, Dividend, OptionQuotes, Split, Yields


class Provider(Protocol):
    """Anything that answers; ``name`` is stored on each row it gave."""

    @property
    def name(self) -> str:
        """The provider's name as settings and rows spell it."""
        ...


class Profiles(Provider, Protocol):
    """Knows what a symbol is."""

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        """Explain symbols (no options)."""
        ...


class Prices(Provider, Protocol):
    """Has daily prices and corporate actions of stocks, ETFs, funds and indices."""

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Daily bars from ``first`` to ``last``."""
        ...

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        """Cash dividends with ex-dates from ``first`` to ``last``."""
        ...

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits with ex-dates from ``first`` to ``last``."""
        ...


class Rates(Provider, Protocol):
    """Has Treasury yields."""

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        """Par yields, as fractions, from ``first`` to ``last``."""
        ...


class Options(Provider, Protocol):
    """Has option quotes and chains."""

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        """Closing quotes of contracts from ``first`` to ``last``; terms are those in force on ``last``."""
        ...

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        """Every listed contract on an underlying, quoted at one session's close."""
        ...
