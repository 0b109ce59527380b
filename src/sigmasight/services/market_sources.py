"""Who is asked for what, and what comes of asking: answers by provider, and those that could not be asked."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import OptionTerms, Profile
from sigmasight.domain.market_data import DailyBars, Dividend, OptionQuotes, Split, Yields
from sigmasight.market.checks import contract_name
from sigmasight.market.gaps import Range
from sigmasight.market.meters import Meter
from sigmasight.market.ports import Actions, Funds, Options, Piecewise, Prices, Profiles, Provider, Rates
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    HoldingsRequest,
    PriceRequest,
    ProfileRequest,
    QuoteRequest,
    RateRequest,
    Request,
)

KINDS = ("profiles", "prices", "rates", "options", "funds")
"""Kinds of data, each with its providers."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked, in this order, for each kind of data of one market."""

    profiles: tuple[Profiles, ...] = ()
    prices: tuple[Prices, ...] = ()
    rates: tuple[Rates, ...] = ()
    options: tuple[Options, ...] = ()
    funds: tuple[Funds, ...] = ()
    meters: tuple[Meter, ...] = ()  # of those among them that count what asking costs
    today: date | None = None  # the day in New York on which it is counted
    advice: str = ""  # what to set where nobody has prices

    @property
    def actions(self) -> tuple[Actions, ...]:
        """Those of prices that tell dividends and splits too; another one's silence would be taken for none."""
        return tuple(provider for provider in self.prices if isinstance(provider, Actions))

    def asked_for(self, request: Request) -> tuple[Provider, ...]:
        """Who is asked for a request, in this order."""
        match request:
            case ProfileRequest():
                return self.profiles
            case PriceRequest():
                return self.prices
            case ActionRequest():
                return self.actions
            case RateRequest():
                return self.rates
            case HoldingsRequest():
                return self.funds
            case QuoteRequest() | ChainRequest():
                return self.options


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider had for a request."""

    source: str
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    bars: Mapping[str, DailyBars] = field(default_factory=dict)
    dividends: Sequence[Dividend] = ()
    splits: Sequence[Split] = ()
    yields: Mapping[str, Yields] = field(default_factory=dict)
    quotes: Mapping[OptionTerms, OptionQuotes] = field(default_factory=dict)
    holdings: Mapping[str, FundHoldings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """A provider that could not be asked for something."""

    provider: str
    said: str
    subjects: tuple[str, ...]  # symbols, series or contracts


Fetched = tuple[tuple[Answer, ...], tuple[Failure, ...]]


def fetch(request: Request, sources: Sources) -> Fetched:
    """Ask the providers in order, each only for what the ones before it had nothing of, or could not be asked for."""
    match request:
        case QuoteRequest(contracts, days):
            return _ask(sources.options, tuple(contracts.values()), lambda p, c: _quotes(p, c, *days), _with_quotes)
        case ChainRequest(underlying, day, _):
            return _ask(sources.options, (underlying,), lambda p, u: _chain(p, u[0], day), _with_chain)
    return _fetch_by_symbol(request, sources)


def _fetch_by_symbol(
    request: ProfileRequest | PriceRequest | ActionRequest | RateRequest | HoldingsRequest, sources: Sources
) -> Fetched:
    match request:
        case ProfileRequest(symbols):
            return _ask(sources.profiles, symbols, lambda p, s: Answer(p.name, profiles=p.profiles(s)), _profiled)
        case PriceRequest(symbols, days):
            return _ask(sources.prices, symbols, lambda p, s: Answer(p.name, bars=p.daily_bars(s, *days)), _with_bars)
        case ActionRequest(symbols, days, ahead):
            return _ask(sources.actions, symbols, lambda p, s: _actions(p, s, days, ahead), _first_word)
        case RateRequest(series, days):
            return _ask(sources.rates, series, lambda p, s: Answer(p.name, yields=p.yields(s, *days)), _with_yields)
        case HoldingsRequest(funds, day):
            return _ask(sources.funds, funds, lambda p, f: Answer(p.name, holdings=p.holdings(f, day)), _with_holdings)


def answered_for(request: Request, answers: Iterable[Answer]) -> Collection[str]:
    """What some provider had an answer for: where another one failed, the others may be known to it."""
    found: set[str] = set()
    for answer in answers:
        match request:
            case QuoteRequest(contracts, _):
                found |= {symbol for symbol, terms in contracts.items() if terms in _with_quotes(answer)}
            case ChainRequest():
                found |= set(_with_chain(answer))
            case ProfileRequest():
                found |= set(_profiled(answer))
            case PriceRequest():
                found |= set(_with_bars(answer))
            case ActionRequest():
                found |= set(_first_word(answer))
            case RateRequest():
                found |= set(_with_yields(answer))
            case HoldingsRequest():
                found |= set(_with_holdings(answer))
    return found


_Provider = TypeVar("_Provider", bound=Provider)
_Subject = TypeVar("_Subject", str, OptionTerms)


def _ask(
    providers: Iterable[_Provider],
    subjects: Sequence[_Subject],
    ask: Callable[[_Provider, Sequence[_Subject]], Answer],
    answered: Callable[[Answer], Collection[_Subject]],
) -> Fetched:
    answers: list[Answer] = []
    failures: dict[tuple[str, str], list[str]] = {}
    left = list(subjects)
    for provider in providers:
        if not left:
            break
        pieces = []
        for piece in _pieces(provider, left):
            try:
                pieces.append(ask(provider, piece))
            except ProviderError as error:
                failures.setdefault((provider.name, str(error)), []).extend(map(_name, piece))
        if pieces:
            answers.append(_merged(provider.name, pieces))
            found = answered(answers[-1])
            left = [subject for subject in left if subject not in found]
    return tuple(answers), tuple(Failure(*words, tuple(subjects)) for words, subjects in failures.items())


def _name(subject: str | OptionTerms) -> str:
    return subject if isinstance(subject, str) else contract_name(subject)


def _pieces(provider: Provider, subjects: Sequence[_Subject]) -> Iterable[Sequence[_Subject]]:
    """What is asked at once: a call that fails takes no more with it than it must."""
    size = provider.subjects_at_once if isinstance(provider, Piecewise) else len(subjects)
    return (subjects[at : at + size] for at in range(0, len(subjects), size))


def _merged(source: str, pieces: Sequence[Answer]) -> Answer:
    return Answer(
        source,
        profiles={symbol: each for piece in pieces for symbol, each in piece.profiles.items()},
        bars={symbol: each for piece in pieces for symbol, each in piece.bars.items()},
        dividends=[each for piece in pieces for each in piece.dividends],
        splits=[each for piece in pieces for each in piece.splits],
        yields={series: each for piece in pieces for series, each in piece.yields.items()},
        quotes={terms: each for piece in pieces for terms, each in piece.quotes.items()},
        holdings={fund: each for piece in pieces for fund, each in piece.holdings.items()},
    )


def _actions(provider: Actions, symbols: Sequence[str], days: Range, announced_until: date | None) -> Answer:
    first, last = days
    return Answer(
        provider.name,
        dividends=provider.dividends(symbols, first, announced_until or last),
        splits=provider.splits(symbols, first, last),
    )


def _first_word(answer: Answer) -> Collection[str]:
    """What has a dividend or split is answered; of all else the next provider is asked too, if there is one."""
    return {row.symbol for row in answer.dividends} | {row.symbol for row in answer.splits}


def _quotes(provider: Options, contracts: Sequence[OptionTerms], first: date, last: date) -> Answer:
    return Answer(provider.name, quotes={quote.terms: quote for quote in provider.quotes(contracts, first, last)})


def _chain(provider: Options, underlying: str, day: date) -> Answer:
    return Answer(provider.name, quotes={quote.terms: quote for quote in provider.chain(underlying, day)})


def _profiled(answer: Answer) -> Collection[str]:
    return answer.profiles.keys()


def _with_bars(answer: Answer) -> Collection[str]:
    return {symbol for symbol, bars in answer.bars.items() if len(bars.days)}


def _with_yields(answer: Answer) -> Collection[str]:
    return {series for series, yields in answer.yields.items() if len(yields.days)}


def _with_quotes(answer: Answer) -> Collection[OptionTerms]:
    return {terms for terms, quotes in answer.quotes.items() if len(quotes.days)}


def _with_holdings(answer: Answer) -> Collection[str]:
    return {fund for fund, report in answer.holdings.items() if report.lines}


def _with_chain(answer: Answer) -> Collection[str]:
    return {terms.underlying for terms in answer.quotes}
