"""Check what providers answered, put it into the store, and remember what was asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import DailyBars
from sigmasight.domain.symbols import has_occ_symbol, occ_symbol
from sigmasight.market.action_checks import check_dividends, check_profiles, check_splits
from sigmasight.market.checks import RefusedRow, check_bars, check_option_quotes, check_yields, contract_name
from sigmasight.market.fund_checks import check_holdings
from sigmasight.market.gaps import Range
from sigmasight.market.requests import (
    ChainRequest,
    QuoteRequest,
    Request,
    days_of,
    kind_of,
    subjects_of,
)
from sigmasight.services.market_plan import Universe
from sigmasight.services.market_sources import Answer, Failure, answered_for
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

ASKED_AGAIN = 5
"""So often what was refused is asked for again, with all of its window: a vendor's mistake may be mended, or stay."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the held instruments have a price of the session itself."""

    held: int
    priced: int
    missing: tuple[str, ...]


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
        settled = {*(subjects if not failures else answered_for(request, given))} - spoiled
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


def preflight(conn: Connection, universe: Universe, held: Collection[int]) -> Coverage:
    """What of the held instruments has a price of the session itself."""
    symbols = {instrument.id: instrument.symbol for instrument in universe.instruments if instrument.id in held}
    priced = closes_on(conn, universe.market, symbols, universe.as_of)
    missing = sorted(symbol for instrument_id, symbol in symbols.items() if instrument_id not in priced)
    return Coverage(held=len(symbols), priced=len(symbols) - len(missing), missing=tuple(missing))


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
