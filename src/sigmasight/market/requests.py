"""What may be asked of providers, one kind of data a request."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sigmasight.domain.instruments import OptionTerms
from sigmasight.market.gaps import Range


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """Explain symbols."""

    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldingsRequest:
    """What funds hold, as last reported at a day."""

    funds: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """Daily bars of symbols over a range."""

    symbols: tuple[str, ...]
    days: Range


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """Dividends and splits of symbols over a range, and dividends that are announced up to a later day."""

    symbols: tuple[str, ...]
    days: Range
    announced_until: date | None = None


@dataclass(frozen=True, slots=True)
class RateRequest:
    """Treasury yields over a range."""

    series: tuple[str, ...]
    days: Range


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """Quotes of contracts over a range; keys are their symbols in the security master, terms those in force."""

    contracts: Mapping[str, OptionTerms]
    days: Range


@dataclass(frozen=True, slots=True)
class ChainRequest:
    """Every listed contract on an underlying at one session."""

    underlying: str
    day: date
    listed: int = 0  # contracts that it had when it was asked last, as far as that is of interest


Request = ProfileRequest | PriceRequest | ActionRequest | RateRequest | QuoteRequest | ChainRequest | HoldingsRequest


def kind_of(request: Request) -> str:
    """The kind of data that a request is about, as it is remembered and shown."""
    kinds: dict[type[Request], str] = {
        ProfileRequest: "profile",
        PriceRequest: "prices",
        ActionRequest: "actions",
        RateRequest: "rates",
        QuoteRequest: "option_quotes",
        ChainRequest: "chain",
        HoldingsRequest: "holdings",
    }
    return kinds[type(request)]


def subjects_of(request: Request) -> Collection[str]:
    """The symbols, series or contracts that a request is about."""
    match request:
        case ProfileRequest(symbols) | PriceRequest(symbols) | ActionRequest(symbols) | HoldingsRequest(symbols):
            return symbols
        case RateRequest(series):
            return series
        case QuoteRequest(contracts):
            return contracts
        case ChainRequest(underlying):
            return (underlying,)


def days_of(request: Request, today: date) -> Range:
    """The days that a request is about; where it names none, or a snapshot's, they are today."""
    match request:
        case PriceRequest(_, days) | ActionRequest(_, days) | RateRequest(_, days) | QuoteRequest(_, days):
            return days
    return today, today
