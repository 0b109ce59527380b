"""A book at one close whose shares have a past that a table tells, on the night's own path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import FloatArray
from sigmasight.risk.frames import ids_of
from sigmasight.risk.historical_pnl import HistoricalPnl, simulate_history
from sigmasight.risk.holdings import freeze_accounts, freeze_holdings
from sigmasight.risk.option_facts import compose_facts, from_quotes
from sigmasight.risk.portfolio_risk import HeldRisk, hold_risk
from sigmasight.risk.portfolios import value_books
from sigmasight.risk.return_panel import ReturnPanel
from sigmasight.risk.session_market import SessionMarket
from spec.small_market import PRICE, TODAY, Share, betas_of, factors_of
from support.books import OPENED, closes, holding, portfolio, stock, world_of
from support.evenings import frozen_market
from support.facts import option_facts
from support.option_chains import flat_yields, option_market

A, B, C, D = (stock(number, name) for number, name in enumerate("ABCD", start=1))


@dataclass(frozen=True, slots=True)
class Past:
    """One book put against what its shares did."""

    held: HeldRisk
    history: HistoricalPnl
    instruments: tuple[Instrument, ...]
    tags: tuple[frozenset[str], ...]  # of what is held, in its order


@dataclass(frozen=True, slots=True)
class Lot:
    """So much of an instrument: shares, or contracts."""

    instrument: Instrument
    quantity: float
    tags: frozenset[str] = field(default_factory=frozenset)


def past_of(
    lots: Sequence[Lot],
    returns: Mapping[Instrument, FloatArray],
    *,
    prices: Mapping[Instrument, float] | None = None,
    rate: float = 0.0,
) -> Past:
    """A book against its market's past.

    Args:
        lots: What is held.
        returns: Of every share and index, simple, (T,) each, the last one today's; NaN where missing.
        prices: Of what does not cost $100; NaN of what has no price. Options are quoted at theirs.
        rate: Par yield of every tenor.
    """
    told = prices or {}
    instruments = {each.id: each for each in (*returns, *(lot.instrument for lot in lots), *told)}
    table: dict[tuple[int, date], Decimal] = {}
    for each in instruments.values():
        price = told.get(each, PRICE)
        table |= {} if np.isnan(price) else closes(each, {TODAY: price})
    book = portfolio()
    positions = [
        holding(book, lot.instrument, lot.quantity, entry_price=PRICE, held_from=OPENED, brought_in=True, label=str(at))
        for at, lot in enumerate(lots)
    ]
    ordered = tuple(instruments[each] for each in sorted(instruments))
    world = world_of(book, *positions, instruments=ordered, prices=table)
    frame = frozen_market(world, TODAY, TODAY)
    alive = any(each.option and each.option.expiry > TODAY for each in ordered)
    options = option_market(world, TODAY, TODAY, yields=flat_yields(TODAY, par_yield=rate)) if alive else None
    facts = option_facts([])
    if options is not None:
        living = np.flatnonzero(frame.expiry[options.asset] > np.datetime64(TODAY))
        facts = compose_facts(options, from_quotes(options), living)
    shares = [each for each in ordered if each.option is None]
    betas = betas_of([Share((1.0,))] * len(shares), 1)
    session = SessionMarket(frame, frame.sessions.count - 1, facts, options, factors_of(), betas)
    holdings, _ = freeze_holdings(frame, [book], positions)
    ((close, _),) = value_books(frame, holdings, freeze_accounts(frame, [book], ()))
    return Past(
        held=hold_risk(frame, [book], holdings, close, session.assess(())),
        history=simulate_history(session, _panel(shares, returns)),
        instruments=ordered,
        tags=tuple(lot.tags for lot in lots),
    )


def _panel(shares: Sequence[Instrument], returns: Mapping[Instrument, FloatArray]) -> ReturnPanel:
    sessions = max((len(each) for each in returns.values()), default=0)
    unknown = np.full(sessions, np.nan)
    columns = [returns.get(each, unknown) for each in shares]
    days = np.busday_offset(np.datetime64(TODAY), np.arange(1 - sessions, 1))
    return ReturnPanel(ids_of(shares), days, np.array(columns).reshape(len(shares), sessions).T.copy())
