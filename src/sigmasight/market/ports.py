"""The ports that every market data provider fills, as far as it has the kind of data.

All take canonical symbols and closed date ranges, answer only for what they know (an unknown symbol is absent from the
answer, an empty range gives empty columns) and raise ProviderError when they cannot be asked at all.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol, runtime_checkable

from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import OptionTerms, Profile
from sigmasight.domain.market_data import CurrentQuote, DailyBars, Dividend, OptionQuotes, Split, Yields


class Provider(Protocol):
    """Anything that answers; ``name`` is stored on each row it gave."""

    @property
    def name(self) -> str:
        """The provider's name as settings and rows spell it."""
        ...


@runtime_checkable
class Piecewise(Protocol):
    """A provider of which many calls answer one question: a call that fails is to take little with it."""

    @property
    def subjects_at_once(self) -> int:
        """How many symbols, series or contracts it is best asked for at once."""
        ...


class Profiles(Provider, Protocol):
    """Knows what a symbol is."""

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        """Explain symbols (no options)."""
        ...


class Prices(Provider, Protocol):
    """Has daily prices of stocks, ETFs, funds and indices."""

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        """Daily bars from ``first`` to ``last``."""
        ...


@runtime_checkable
class Actions(Provider, Protocol):
    """Has corporate actions of what it has prices of."""

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


class Funds(Provider, Protocol):
    """Knows what funds hold."""

    def holdings(self, funds: Sequence[str], as_of: date) -> Mapping[str, FundHoldings]:
        """Each fund's last report that the provider has at a day."""
        ...


class Quotes(Provider, Protocol):
    """Has quotes of the running session."""

    def current(self, symbols: Sequence[str]) -> Mapping[str, CurrentQuote]:
        """The last trade of symbols (no options), with the session's range so far."""
        ...
