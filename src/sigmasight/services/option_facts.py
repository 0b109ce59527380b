"""Facts of option contracts: made once for a contract and session, whoever holds it, and kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date, timedelta

import numpy as np

from sigmasight.domain.instruments import ExerciseStyle, Instrument, Kind
from sigmasight.domain.market_data import FloatArray, IntArray, Market
from sigmasight.domain.methods import Method
from sigmasight.domain.options import OptionFacts
from sigmasight.risk.frames import ids_of
from sigmasight.risk.option_facts import (
    REALISED_SESSIONS,
    compose_facts,
    from_estimates,
    from_quotes,
    from_smile,
    underlying_closes,
)
from sigmasight.risk.option_market import OLDEST_YIELD_DAYS, OptionMarket, freeze_options
from sigmasight.services.market_frames import Valuation, load_market
from sigmasight.store.database import Connection, take_turn
from sigmasight.store.instruments import contracts_of_expiries, load_instruments
from sigmasight.store.option_facts import (
    add_option_facts,
    drop_outdated_option_facts,
    load_option_facts,
    no_option_facts,
    save_option_facts,
)
from sigmasight.store.positions import open_on
from sigmasight.store.prices import load_announced, load_closes, load_yields

Wanted = Mapping[date, Collection[int]]
"""Contracts by session."""


def make_option_facts(
    conn: Connection,
    valuation: Valuation,
    market: Market,
    as_of: date,
    contracts: Collection[int],
    method: Method = Method.DEFAULT,
) -> OptionFacts:
    """Work out the facts of contracts at a session's close; those that have expired by then have none.

    The classic method is Black-Scholes for every contract, its implied volatility too.
    """
    held = _alive(load_instruments(conn, contracts), as_of)
    if not held:
        return no_option_facts()
    options = _load_options(conn, valuation, market, as_of, _with_families(conn, held), method)
    wanted = _rows(options, [each.id for each in held])
    volatilities = from_quotes(options)
    lacking = wanted[volatilities.missing[wanted]]
    if len(lacking):
        others = _load_options(conn, valuation, market, as_of, _siblings(conn, options, lacking), method)
        volatilities = from_smile(options, volatilities, others, from_quotes(others))
        volatilities = from_estimates(volatilities, _closes(conn, valuation, options, as_of))
    return compose_facts(options, volatilities, wanted)


def load_option_market(
    conn: Connection, valuation: Valuation, market: Market, as_of: date, contracts: Collection[int]
) -> OptionMarket | None:
    """What contracts are priced with at a session's close; None where all of them have expired by then."""
    held = _alive(load_instruments(conn, contracts), as_of)
    if not held:
        return None
    return _load_options(conn, valuation, market, as_of, _with_families(conn, held), Method.DEFAULT)


def ensure_option_facts(
    conn: Connection, valuation: Valuation, market: Market, wanted: Wanted, *, keep: bool = True
) -> OptionFacts:
    """The facts of contracts by session; those that are not there yet are made, and kept by who may write."""
    if not any(wanted.values()):
        return no_option_facts()
    ids = {contract for contracts in wanted.values() for contract in contracts}
    known = load_option_facts(conn, market, ids, min(wanted), max(wanted))
    present = set(zip(known.instrument_id.tolist(), known.as_of.tolist(), strict=True))
    missing = {day: [each for each in sorted(ids) if (each, day) not in present] for day, ids in wanted.items()}
    made = [make_option_facts(conn, valuation, market, day, ids) for day, ids in sorted(missing.items()) if ids]
    if keep and any(len(each.instrument_id) for each in made):
        take_turn(conn, "option facts")
        for each in made:
            add_option_facts(conn, market, each)
    return _joined([known, *made])


def classic_option_facts(conn: Connection, valuation: Valuation, market: Market, wanted: Wanted) -> OptionFacts:
    """The facts of contracts by session as the classic method has them; never kept."""
    made = [
        make_option_facts(conn, valuation, market, day, contracts, Method.CLASSIC)
        for day, contracts in sorted(wanted.items())
    ]
    return _joined([no_option_facts(), *made])


def renew_option_facts(conn: Connection, valuation: Valuation, market: Market, as_of: date) -> OptionFacts:
    """Make anew what late data outdated, and the facts of all that a market's portfolios hold at a close.

    Returns:
        The latter.
    """
    take_turn(conn, "option facts")
    for day, contracts in drop_outdated_option_facts(conn, market).items():
        add_option_facts(conn, market, make_option_facts(conn, valuation, market, day, contracts))
    made = make_option_facts(conn, valuation, market, as_of, open_on(conn, market, as_of))
    save_option_facts(conn, market, made)
    return made


def _alive(instruments: Iterable[Instrument], as_of: date) -> list[Instrument]:
    return [each for each in instruments if each.option and each.option.expiry > as_of]


def _with_families(conn: Connection, held: list[Instrument]) -> list[Instrument]:
    """Contracts, and the others of the expiries whose forward parity implies."""
    families = {_family(each) for each in held if each.exercise is ExerciseStyle.EUROPEAN}
    return [*held, *contracts_of_expiries(conn, families)]


def _family(contract: Instrument) -> tuple[int, date]:
    """Underlying and expiry."""
    if contract.option is None or contract.underlying_id is None:
        raise ValueError(f"{contract.symbol} is no option")
    return contract.underlying_id, contract.option.expiry


def _load_options(
    conn: Connection,
    valuation: Valuation,
    market: Market,
    as_of: date,
    contracts: Iterable[Instrument],
    method: Method,
) -> OptionMarket:
    """Contracts over the sessions from which a price may still be used."""
    calendar = valuation.calendar
    instruments = load_instruments(conn, {contract.id for contract in contracts})
    first = calendar.sessions_back(as_of, max(valuation.stale_sessions - 1, 0))
    frame = load_market(conn, valuation, market, instruments, first=first, last=as_of)
    since = calendar.previous_session(first) - timedelta(days=OLDEST_YIELD_DAYS)
    payers = [each.id for each in instruments if each.kind is not Kind.OPTION]
    options = freeze_options(
        frame,
        calendar,
        yields=load_yields(conn, market, since, as_of),
        announced=load_announced(conn, market, payers, as_of),
    )
    return options.as_european() if method is Method.CLASSIC else options


def _rows(options: OptionMarket, ids: Collection[int]) -> IntArray:
    return np.flatnonzero(np.isin(ids_of(options.frame.instruments)[options.asset], list(ids)))


def _siblings(conn: Connection, options: OptionMarket, lacking: IntArray) -> tuple[Instrument, ...]:
    contracts = [options.frame.instruments[int(asset)] for asset in options.asset[lacking]]
    return contracts_of_expiries(conn, {_family(contract) for contract in contracts})


def _closes(conn: Connection, valuation: Valuation, options: OptionMarket, as_of: date) -> FloatArray:
    """Adjusted closes of each contract's underlying on the last sessions, (S, C)."""
    calendar = valuation.calendar
    days = calendar.sessions_between(calendar.sessions_back(as_of, REALISED_SESSIONS), as_of)
    ids = ids_of(options.frame.instruments)[np.unique(options.underlying)]
    marks = load_closes(conn, options.frame.market, ids.tolist(), days[0], as_of)
    return underlying_closes(options, np.array(days, dtype="datetime64[D]"), marks)


def _joined(parts: list[OptionFacts]) -> OptionFacts:
    columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(OptionFacts)}
    return OptionFacts(**{name: np.concatenate(column) for name, column in columns.items()})
