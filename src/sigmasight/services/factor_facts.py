"""Factors of a session and instruments' betas on them: made once for all portfolios, and kept."""

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from sigmasight.domain.factor_facts import Betas, FactorSet
from sigmasight.domain.factors import FACTORS, FactorDefinition
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import FloatArray, IntArray, Market
from sigmasight.risk.factor_facts import (
    WINDOW_SESSIONS,
    FactorWindow,
    describe_factors,
    estimate_betas,
    open_window,
    yields_on,
)
from sigmasight.risk.return_panel import ReturnPanel, freeze_returns, returns_between
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection, take_turn
from sigmasight.store.factor_facts import (
    add_betas,
    add_factor_set,
    drop_outdated_betas,
    forget_betas,
    load_betas,
    load_factor_set,
    save_betas,
    save_factor_set,
)
from sigmasight.store.instruments import find_instruments, load_instruments
from sigmasight.store.positions import open_on
from sigmasight.store.prices import load_closes, load_payouts, load_splits, load_yields
from sigmasight.store.reference import load_factors


def renew_factor_facts(conn: Connection, valuation: Valuation, market: Market, as_of: date) -> tuple[FactorSet, Betas]:
    """Make anew what late data outdated, a session's factors, and the betas of all that is held at its close."""
    take_turn(conn, "factor facts")
    for day, ids in drop_outdated_betas(conn, market).items():
        ensure_factor_facts(conn, valuation, market, day, load_instruments(conn, ids))
    held = load_instruments(conn, open_on(conn, market, as_of))
    window, panel, funds = _open(conn, valuation, market, as_of, held, _active(conn))
    factors = describe_factors(window)
    betas = _betas_of(window, panel, funds, valuation, _ids(held))
    forget_betas(conn, market, as_of)
    save_factor_set(conn, market, factors)
    save_betas(conn, market, as_of, betas)
    return factors, betas


def ensure_factor_facts(
    conn: Connection,
    valuation: Valuation,
    market: Market,
    as_of: date,
    held: Sequence[Instrument],
    *,
    keep: bool = True,
) -> tuple[FactorSet, Betas]:
    """A session's factors and betas of some instruments; what is not there is made, and kept by who may write."""
    factors = load_factor_set(conn, market, as_of)
    ids = _ids(held)
    known = None if factors is None else load_betas(conn, market, as_of, ids, factors=len(factors.names))
    missing = set(ids) if known is None else set(ids) - set(known.instrument_id.tolist())
    if factors is not None and known is not None and not missing:
        return factors, known
    lacking = [each for each in held if each.id in missing]
    window, panel, funds = _open(conn, valuation, market, as_of, lacking, _definitions(conn, factors))
    made = describe_factors(window) if factors is None else factors
    betas = _betas_of(window, panel, funds, valuation, _ids(lacking))
    if keep:
        take_turn(conn, "factor facts")
        add_factor_set(conn, market, made)
        add_betas(conn, market, as_of, betas)
    return made, betas if known is None else known.joined(betas)


def load_window(
    conn: Connection, valuation: Valuation, factors: FactorSet, market: Market, held: Sequence[Instrument] = ()
) -> tuple[FactorWindow, ReturnPanel]:
    """The factors' returns over the window that ends at a set's session, and those of some instruments."""
    window, panel, _ = _open(conn, valuation, market, factors.as_of, held, _definitions(conn, factors))
    wanted = np.flatnonzero(np.isin(panel.instrument_id, _ids(held)))
    return window, ReturnPanel(panel.instrument_id[wanted], panel.days, panel.returns[:, wanted])


def own_returns(
    conn: Connection, valuation: Valuation, market: Market, instruments: Sequence[Instrument], first: date, last: date
) -> FloatArray:
    """What instruments, ascending by id, themselves returned between two closes, (N,); NaN where either is missing."""
    ids = np.array([each.id for each in instruments], dtype=np.int64)
    calendar = valuation.calendar
    if not {first, last} <= set(calendar.sessions):
        return np.full(len(ids), np.nan)
    days = np.array(calendar.sessions_between(first, last), dtype="datetime64[D]")
    return returns_between(
        ids,
        days,
        closes=load_closes(conn, market, ids.tolist(), first, last),
        splits=load_splits(conn, market, ids.tolist(), last),
        payouts=load_payouts(conn, market, ids.tolist(), last),
    )


def _active(conn: Connection) -> tuple[FactorDefinition, ...]:
    return tuple(factor for factor in load_factors(conn) or FACTORS if factor.active)


def _definitions(conn: Connection, factors: FactorSet | None) -> tuple[FactorDefinition, ...]:
    """The active factors, or those that a session was worked with."""
    if factors is None:
        return _active(conn)
    known = {factor.name: factor for factor in load_factors(conn) or FACTORS}
    return tuple(known[name] for name in factors.names)


def _open(
    conn: Connection,
    valuation: Valuation,
    market: Market,
    as_of: date,
    held: Sequence[Instrument],
    factors: Sequence[FactorDefinition],
) -> tuple[FactorWindow, ReturnPanel, frozenset[int]]:
    """Window, returns of instruments and proxies, and which of them are mutual funds."""
    calendar = valuation.calendar
    days = calendar.sessions_between(calendar.sessions_back(as_of, WINDOW_SESSIONS + 1), as_of)
    proxies = find_instruments(conn, [proxy.symbol for factor in factors for proxy in factor.proxies], as_of)
    wanted = np.array(sorted({*_ids(held), *proxies.values()}), dtype=np.int64)
    sessions = np.array(days, dtype="datetime64[D]")
    panel = freeze_returns(
        wanted,
        sessions,
        closes=load_closes(conn, market, wanted.tolist(), days[0], as_of),
        splits=load_splits(conn, market, wanted.tolist(), as_of),
        payouts=load_payouts(conn, market, wanted.tolist(), as_of),
    )
    window = open_window(
        panel,
        yields_on(sessions, *load_yields(conn, market, days[0], as_of)),
        market=market,
        factors=factors,
        proxy_ids=proxies,
    )
    return window, panel, frozenset(each.id for each in held if each.kind is Kind.MUTUAL_FUND)


def _betas_of(
    window: FactorWindow, panel: ReturnPanel, funds: Collection[int], valuation: Valuation, ids: Sequence[int]
) -> Betas:
    wanted: IntArray = np.flatnonzero(np.isin(panel.instrument_id, ids))
    theirs = ReturnPanel(panel.instrument_id[wanted], panel.days, panel.returns[:, wanted])
    is_fund = np.isin(theirs.instrument_id, list(funds))
    return estimate_betas(window, theirs, is_fund, min_obs=valuation.least_observations)


def _ids(instruments: Sequence[Instrument]) -> list[int]:
    """Of what has returns of its own: all that is no option."""
    return [each.id for each in instruments if each.kind is not Kind.OPTION]
