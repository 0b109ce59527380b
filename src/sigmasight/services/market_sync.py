"""Send the planned requests to providers and put what they answer into the store."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import numpy as np

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import Instrument, OptionTerms, Profile
from sigmasight.domain.market_data import DailyBars, Dividend, OptionQuotes, Split, Yields
from sigmasight.domain.symbols import has_occ_symbol, occ_symbol
from sigmasight.market.action_checks import check_dividends, check_profiles, check_splits
from sigmasight.market.checks import RefusedRow, check_bars, check_option_quotes, check_yields, contract_name
from sigmasight.market.fund_checks import check_holdings
from sigmasight.market.gaps import Range
from sigmasight.market.meters import Meter
from sigmasight.market.ports import Funds, Options, Piecewise, Prices, Profiles, Provider, Rates
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    HoldingsRequest,
    PriceRequest,
    ProfileRequest,
    QuoteRequest,
    RateRequest,
    Request,
    days_of,
    kind_of,
    subjects_of,
)
from sigmasight.services.market_plan import Universe
from sigmasight.store.asked import asked, forget_asked, note_late, remember_asked, set_aside
from sigmasight.store.database import Connection
from sigmasight.store.funds import save_holdings
from sigmasight.store.instruments import save_options, save_profiles
from sigmasight.store.prices import (
    closes_before,
    closes_on,
    known_splits,
    never_priced,
    save_bars,
    save_dividends,
    save_quotes,
    save_splits,
    save_yields,
)
from sigmasight.store.quarantine import confirmed_days, refused_so_far

KINDS = ("profiles", "prices", "rates", "options", "funds")
"""Kinds of data, each with its providers."""


ASKED_AGAIN = 5
"""So often what was refused is asked for again, with all of its window: a vendor's mistake may be mended, or stay."""


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

    def asked_for(self, request: Request) -> tuple[Provider, ...]:
        """Who is asked for a request, in this order."""
        match request:
            case ProfileRequest():
                return self.profiles
            case PriceRequest() | ActionRequest():
                return self.prices
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
class Coverage:
    """How many of the held instruments have a price of the session itself."""

    held: int
    priced: int
    missing: tuple[str, ...]


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
            return _ask(sources.prices, symbols, lambda p, s: _actions(p, s, days, ahead), _first_word)
        case RateRequest(series, days):
            return _ask(sources.rates, series, lambda p, s: Answer(p.name, yields=p.yields(s, *days)), _with_yields)
        case HoldingsRequest(funds, day):
            return _ask(sources.funds, funds, lambda p, f: Answer(p.name, holdings=p.holdings(f, day)), _with_holdings)


def store_answers(
    conn: Connection,
    universe: Universe,
    request: Request,
    answers: Iterable[Answer],
    failures: Sequence[Failure] = (),
) -> tuple[RefusedRow, ...]:
    """Check and save what providers answered, and remember what was asked; returns the rows that were refused.

    Where rows are new for a day before the night's, that is noted, so that the snapshots that stand on it are made
    again. When there was nobody to ask, nothing is remembered; where a provider failed, only what others answered; and
    nothing of what rows were refused of that were not refused ``ASKED_AGAIN`` times before: all of that is asked again.
    """
    given = list(answers)
    refused = tuple(row for answer in given for row in _store(conn, universe, request, answer))
    if given:
        kind, subjects, span = _asked(request, universe.as_of)
        names = {row.symbol for row in refused}
        spoiled = _spoiled(request, refused_so_far(conn, universe.market, names, at_most=ASKED_AGAIN) if names else ())
        settled = {*(subjects if not failures else _answered(request, given))} - spoiled
        told = ",".join(answer.source for answer in given)
        forget_asked(conn, universe.market, kind, spoiled)
        remember_asked(conn, universe.market, kind, settled, span=span, source=told)
        if isinstance(request, ChainRequest):
            _remember_quoted(conn, universe, request, given, told)
    return refused


def _store(conn: Connection, universe: Universe, request: Request, answer: Answer) -> list[RefusedRow]:
    save_profiles(conn, check_profiles(answer.profiles, symbols=universe.ids), answer.source)
    refused = [
        *_store_actions(conn, universe, answer),
        *_store_bars(conn, universe, answer),
        *_store_yields(conn, universe, answer),
        *_store_quotes(conn, universe, request, answer),
        *_store_holdings(conn, universe, answer),
    ]
    rows = [
        {"symbol": row.symbol, "day": row.day, "field": row.field, "value": repr(row.value), "why": row.why}
        for row in refused
    ]
    set_aside(conn, universe.market, rows, answer.source)
    return refused


def _spoiled(request: Request, refused: Collection[str]) -> set[str]:
    """What rows were refused of, named as it was asked for."""
    match request:
        case QuoteRequest(contracts):
            return {symbol for symbol, terms in contracts.items() if contract_name(terms) in refused}
        case ChainRequest(underlying):
            return {underlying} if refused else set()
    return {subject for subject in subjects_of(request) if subject in refused}


def _remember_quoted(
    conn: Connection, universe: Universe, request: ChainRequest, answers: Iterable[Answer], source: str
) -> None:
    """A held contract that its chain quotes needs no question of its own for that day, if none is open before it."""
    known = asked(conn, universe.market, "option_quotes")
    told = {occ_symbol(terms) for answer in answers for terms in answer.quotes if has_occ_symbol(terms)}
    quoted = [
        contract.symbol
        for contract in universe.contracts
        if contract.symbol in told and _is_next(universe, contract, known.get(contract.symbol), request.day)
    ]
    remember_asked(conn, universe.market, "option_quotes", quoted, span=(request.day, request.day), source=source)


def _is_next(universe: Universe, contract: Instrument, span: Range | None, day: date) -> bool:
    """Whether nothing before a day is still to be asked of a contract."""
    if span is not None:
        return span[1] >= universe.day_before
    return universe.held_since.get(contract.id, day) >= day


def _answered(request: Request, answers: Iterable[Answer]) -> Collection[str]:
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


def preflight(conn: Connection, universe: Universe, held: Collection[int]) -> Coverage:
    """What of the held instruments has a price of the session itself."""
    symbols = {instrument.id: instrument.symbol for instrument in universe.instruments if instrument.id in held}
    priced = closes_on(conn, universe.market, symbols, universe.as_of)
    missing = sorted(symbol for instrument_id, symbol in symbols.items() if instrument_id not in priced)
    return Coverage(held=len(symbols), priced=len(symbols) - len(missing), missing=tuple(missing))


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


def _actions(provider: Prices, symbols: Sequence[str], days: Range, announced_until: date | None) -> Answer:
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


def _store_actions(conn: Connection, universe: Universe, answer: Answer) -> list[RefusedRow]:
    ids, market = universe.ids, universe.market
    dividends, no_dividends = check_dividends(answer.dividends, symbols=ids, today=universe.as_of)
    splits, no_splits = check_splits(answer.splits, symbols=ids, today=universe.as_of)
    declared = [(ids[row.symbol], row) for row in dividends]
    paid = save_dividends(conn, market, declared, answer.source, known_on=universe.known_on)
    split = save_splits(conn, market, [(ids[row.symbol], row) for row in splits], answer.source)
    _note_late(conn, universe, paid)
    _note_late(conn, universe, split)
    return [*no_dividends, *no_splits]


def _store_bars(conn: Connection, universe: Universe, answer: Answer) -> list[RefusedRow]:
    ids, market = universe.ids, universe.market
    bars = {symbol: each for symbol, each in answer.bars.items() if symbol in ids}
    if not bars:
        return []
    firsts = {ids[symbol]: np.fmin.reduce(each.days).item() for symbol, each in bars.items() if len(each.days)}
    before = closes_before(conn, market, {asset: day for asset, day in firsts.items() if day is not None})
    known, confirmed = known_splits(conn, market, ids), confirmed_days(conn, market, [ids[symbol] for symbol in bars])
    accepted: dict[int, DailyBars] = {}
    refused: list[RefusedRow] = []
    for symbol, each in bars.items():
        checked = check_bars(
            each,
            today=universe.as_of,
            splits=known.get(symbol, ()),
            previous_close=before.get(ids[symbol]),
            confirmed=confirmed.get(ids[symbol], frozenset()),
            sessions=universe.calendar.days,
        )
        accepted[ids[symbol]] = checked.accepted
        refused += checked.refused
    _forget_vain_questions(conn, universe, accepted)
    _note_late(conn, universe, save_bars(conn, market, accepted, answer.source))
    return refused


def _forget_vain_questions(conn: Connection, universe: Universe, arriving: Mapping[int, DailyBars]) -> None:
    """A symbol that was asked for in vain so far and now has prices: let its history be asked for again."""
    symbols = {instrument.id: instrument.symbol for instrument in universe.instruments}
    answered = [instrument_id for instrument_id, bars in arriving.items() if len(bars.days)]
    first = never_priced(conn, universe.market, answered, universe.as_of)
    forget_asked(conn, universe.market, "prices", [symbols[instrument_id] for instrument_id in first])


def _note_late(conn: Connection, universe: Universe, gained: Mapping[int, date]) -> None:
    again = universe.known_on > universe.as_of  # later nights stand on its own day too
    late = {asset: day for asset, day in gained.items() if day < universe.as_of or (again and day == universe.as_of)}
    note_late(conn, universe.market, late)


def _store_yields(conn: Connection, universe: Universe, answer: Answer) -> list[RefusedRow]:
    checked = [check_yields(yields, today=universe.as_of) for yields in answer.yields.values()]
    save_yields(conn, universe.market, [each.accepted for each in checked], answer.source)
    return [row for each in checked for row in each.refused]


def _store_quotes(conn: Connection, universe: Universe, request: Request, answer: Answer) -> list[RefusedRow]:
    """Quotes go to the contract that was asked for, whatever its terms have become since it was listed."""
    if not answer.quotes:
        return []
    if isinstance(request, QuoteRequest):
        ids = {terms: universe.ids[symbol] for symbol, terms in request.contracts.items()}
    else:
        ids = save_options(conn, [terms for terms in answer.quotes if has_occ_symbol(terms)], universe.as_of)
    known = {ids[terms]: quotes for terms, quotes in answer.quotes.items() if terms in ids}
    checked = {key: check_option_quotes(quotes, today=universe.as_of) for key, quotes in known.items()}
    gained = save_quotes(conn, universe.market, {key: each.accepted for key, each in checked.items()}, answer.source)
    _note_late(conn, universe, gained)
    return [row for each in checked.values() for row in each.refused]


def _store_holdings(conn: Connection, universe: Universe, answer: Answer) -> list[RefusedRow]:
    """Reports go to the funds that were asked for."""
    if not answer.holdings:
        return []
    ids = {fund: universe.ids[fund] for fund in answer.holdings if fund in universe.ids}
    reports, refused = check_holdings(answer.holdings, funds=ids, today=universe.as_of)
    save_holdings(conn, universe.market, {ids[fund]: report for fund, report in reports.items()}, answer.source)
    return refused


def _asked(request: Request, today: date) -> tuple[str, Collection[str], Range]:
    """What is remembered of a request: its kind, its subjects and its days."""
    return kind_of(request), subjects_of(request), days_of(request, today)
