"""Positions and statements of some portfolios, frozen against a market: who holds what at which close."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.books import Portfolio, Position, Statement, StatementKind
from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, IntArray, asset_day_key
from sigmasight.engines.aggregation import add_up
from sigmasight.engines.cash_events import (
    CashEvents,
    dividend_events,
    joined,
    pair_with_events,
    settlement_events,
    trade_events,
)
from sigmasight.engines.splits import split_factor
from sigmasight.risk.frames import NEVER, MarketFrame, ids_of, rows_of


@dataclass(frozen=True, slots=True)
class Holdings:
    """P positions of B portfolios, ordered by portfolio."""

    portfolio: IntArray  # (P,) index of the portfolio
    asset: IntArray  # (P,) index of the instrument in the market frame
    units: FloatArray  # (P,) signed quantity on the basis of before the asset's first split
    cost: FloatArray  # (P,) USD paid: quantity x entry price x multiplier, signed
    entry: IntArray  # (P,) index of the first session at whose close it is held
    end: IntArray  # (P,) index of the first session at whose close it is held no more
    brought_in: BoolArray  # (P,) entered as a flow, not by a trade
    taken_out: BoolArray  # (P,) left as a flow, not by a trade
    events: CashEvents
    event_session: IntArray  # (E,) index of the session whose step contains the event

    def held(self, at: int) -> BoolArray:
        """Which positions are held at a session's close, shape (P,)."""
        return (self.entry <= at) & (self.end > at)

    def involved(self, at: int) -> BoolArray:
        """Which are held at a session's close or the one before, or were traded in between, shape (P,)."""
        return (self.entry <= at) & (self.end >= at)

    def quantity(self, market: MarketFrame, at: int) -> FloatArray:
        """Signed quantity on a session's split basis, shape (P,)."""
        return _quantity_on(market, self.asset, self.units, market.sessions.days[at : at + 1])

    def cash_moved(self, at: int) -> FloatArray:
        """USD that each position's events moved in the step that ends with a session, shape (P,)."""
        now = self.event_session == at
        return add_up(self.events.amount[now], self.events.position[now], len(self.units))


@dataclass(frozen=True, slots=True)
class Accounts:
    """Statements of B portfolios."""

    opened: IntArray  # (B,) index of the first session that may have a snapshot
    statements: dict[StatementKind, tuple[IntArray, DayArray, FloatArray]]  # portfolio, day, amount; ordered

    def stated(self, kind: StatementKind, day: DayArray) -> tuple[FloatArray, DayArray, BoolArray]:
        """Each portfolio's last statement on or before a day: amount (0 without one), its day, whether there is one."""
        portfolio, days, amount = self.statements[kind]
        books = np.arange(len(self.opened))
        row = np.searchsorted(asset_day_key(portfolio, days), asset_day_key(books, day), side="right") - 1
        found = np.zeros(len(books), dtype=np.bool_)
        if len(portfolio):
            found = (row >= 0) & (portfolio[row] == books)
        then = np.full(len(books), np.datetime64("0001-01-01"), dtype="datetime64[D]")
        value = np.zeros(len(books))
        then[found], value[found] = days[row[found]], amount[row[found]]
        return value, then, found


def freeze_accounts(market: MarketFrame, portfolios: Sequence[Portfolio], statements: Sequence[Statement]) -> Accounts:
    """Freeze statements, which come in the order in which they were recorded; of one day the last one counts."""
    index = {portfolio.id: at for at, portfolio in enumerate(portfolios)}
    opened = np.array([portfolio.opened_on for portfolio in portfolios], dtype="datetime64[D]")
    by_kind = {}
    for kind in StatementKind:
        mine = [statement for statement in statements if statement.kind is kind]
        book = np.array([index[statement.portfolio_id] for statement in mine], dtype=np.int64)
        day = np.array([statement.as_of for statement in mine], dtype="datetime64[D]")
        amount = np.array([float(statement.amount) for statement in mine])
        order = np.argsort(asset_day_key(book, day), kind="stable")
        by_kind[kind] = (book[order], day[order], amount[order])
    return Accounts(opened=market.sessions.index_from(opened), statements=by_kind)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The ledger's columns, P positions, on the split basis of ``held_from``."""

    asset: IntArray
    quantity: FloatArray
    entry_price: FloatArray
    exit_price: FloatArray  # NaN where not sold
    held_from: DayArray
    exit_date: DayArray  # NaT where not left
    brought_in: BoolArray

    @classmethod
    def of(cls, market: MarketFrame, positions: Sequence[Position]) -> "_Columns":
        held = np.array([position.instrument_id for position in positions], dtype=np.int64)
        return cls(
            asset=rows_of(ids_of(market.instruments), held),
            quantity=np.array([float(position.quantity) for position in positions]),
            entry_price=np.array([float(position.entry_price) for position in positions]),
            exit_price=np.array([np.nan if p.exit_price is None else float(p.exit_price) for p in positions]),
            held_from=np.array([position.held_from for position in positions], dtype="datetime64[D]"),
            exit_date=np.array([position.exit_date for position in positions], dtype="datetime64[D]"),
            brought_in=np.array([position.brought_in for position in positions], dtype=np.bool_),
        )


def freeze_holdings(
    market: MarketFrame, portfolios: Sequence[Portfolio], positions: Sequence[Position]
) -> tuple[Holdings, tuple[Position, ...]]:
    """Freeze positions; returns them with the records, in the same order (by portfolio, then as given)."""
    index = {portfolio.id: at for at, portfolio in enumerate(portfolios)}
    ordered = tuple(sorted(positions, key=lambda position: index[position.portfolio_id]))
    ledger = _Columns.of(market, ordered)
    units = ledger.quantity / _shares_on(market, ledger.asset, ledger.held_from)
    settled = market.settled_from[ledger.asset]
    entry = market.sessions.index_from(ledger.held_from)
    entry = np.where(entry < settled, entry, NEVER)
    leaves = market.sessions.index_from(ledger.exit_date)
    left = (leaves < settled) & (entry < NEVER)
    in_dollars = ~market.foreign[ledger.asset]
    events = joined(
        _purchases(market, ledger, ~ledger.brought_in & in_dollars & (entry < NEVER)),
        _sales(market, ledger, units, left & ~np.isnan(ledger.exit_price) & in_dollars),
        _dividends(market, ledger, np.where(in_dollars, units, 0.0), entry, leaves=np.where(left, leaves, NEVER)),
        _settlements(market, ledger, units, ~left & (entry < NEVER) & (settled < market.sessions.count)),
    )
    holdings = Holdings(
        portfolio=np.array([index[position.portfolio_id] for position in ordered], dtype=np.int64),
        asset=ledger.asset,
        units=units,
        cost=ledger.quantity * ledger.entry_price * market.multiplier[ledger.asset],
        entry=entry,
        end=np.minimum(leaves, settled),
        brought_in=ledger.brought_in,
        taken_out=left & np.isnan(ledger.exit_price),
        events=events,
        event_session=market.sessions.index_from(events.day),
    )
    return holdings, ordered


def _quantity_on(market: MarketFrame, asset: IntArray, units: FloatArray, day: DayArray) -> FloatArray:
    return units * _shares_on(market, asset, day)


def _shares_on(market: MarketFrame, asset: IntArray, day: DayArray) -> FloatArray:
    """Split factors; a contract that has expired is not split any more."""
    return split_factor(market.splits, market.underlying[asset], np.fmin(day, market.expiry[asset]))


def _purchases(market: MarketFrame, ledger: _Columns, traded: BoolArray) -> CashEvents:
    return trade_events(
        traded=traded,
        day=ledger.held_from,
        quantity=ledger.quantity,
        price=ledger.entry_price,
        multiplier=market.multiplier[ledger.asset],
    )


def _sales(market: MarketFrame, ledger: _Columns, units: FloatArray, traded: BoolArray) -> CashEvents:
    day = np.where(traded, ledger.exit_date, ledger.held_from)
    return trade_events(
        traded=traded,
        day=day,
        quantity=-_quantity_on(market, ledger.asset, units, day),
        price=ledger.exit_price,
        multiplier=market.multiplier[ledger.asset],
    )


def _dividends(
    market: MarketFrame, ledger: _Columns, units: FloatArray, entry: IntArray, *, leaves: IntArray
) -> CashEvents:
    """Dividends of what is held at the close before the ex-date: after the entry session, until it leaves.

    What is sold leaves on its day, what is taken out at the close of the session of that day.
    """
    asset, ex_date, amount = market.payouts
    exit_day = np.where(np.isnan(ledger.exit_price), _session(market, leaves), ledger.exit_date)
    last = np.where(leaves < NEVER, exit_day, market.sessions.days[-1])
    position, event = pair_with_events(
        ledger.asset, _session(market, entry), last, event_asset=asset, event_day=ex_date
    )
    day = ex_date[event]
    quantity = _quantity_on(market, ledger.asset[position], units[position], day)
    return dividend_events(position, day=day, quantity=quantity, amount=amount[event])


def _settlements(market: MarketFrame, ledger: _Columns, units: FloatArray, settled: BoolArray) -> CashEvents:
    expiry = np.where(settled, market.expiry[ledger.asset], market.sessions.days[0])
    return settlement_events(
        settled=settled,
        day=_session(market, market.settled_from[ledger.asset]),
        quantity=_quantity_on(market, ledger.asset, units, expiry),
        intrinsic=market.settlement[ledger.asset],
        multiplier=market.multiplier[ledger.asset],
    )


def _session(market: MarketFrame, at: IntArray) -> DayArray:
    """The sessions with given indices, inside the window or not; the calendar's ends stand for what is beyond."""
    sessions = market.sessions
    return sessions.whole[np.clip(at + sessions.start, 0, len(sessions.whole) - 1)]
