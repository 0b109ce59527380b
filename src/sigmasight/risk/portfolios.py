"""The portfolio stage: positions valued, steps explained, portfolios summed, session after session."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.books import StatementKind
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import PositionGreeks
from sigmasight.domain.reasons import Reason
from sigmasight.domain.units import SMALLEST_BASE
from sigmasight.engines.aggregation import (
    Concentration,
    Exposures,
    add_up,
    concentrate,
    share_known,
    sum_exposures,
    sum_known,
)
from sigmasight.engines.cash_events import CashCause
from sigmasight.engines.profit import StepProfit, explain_step
from sigmasight.engines.valuation import PositionValues, value_positions
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.holdings import Accounts, Holdings


@dataclass(frozen=True, slots=True)
class PositionState:
    """P positions at one session's close."""

    held: BoolArray  # (P,)
    quantity: FloatArray  # (P,) on the session's split basis
    price: FloatArray  # (P,) USD per share, NaN where none may be used
    reasons: IntArray  # (P,) Reason flags of the price
    values: PositionValues


@dataclass(frozen=True, slots=True)
class Balances:
    """What B portfolios have beside their positions, USD."""

    cash: FloatArray  # (B,)
    unmodelled_assets: FloatArray  # (B,)
    stated: BoolArray  # (B,) whether anything was ever stated


@dataclass(frozen=True, slots=True)
class Close:
    """B portfolios and their P positions at one session's close."""

    at: int  # index of the session
    positions: PositionState
    balances: Balances
    exposures: Exposures  # (B,)
    nav: FloatArray  # (B,) NaN where nothing of it is known


@dataclass(frozen=True, slots=True)
class Totals:
    """Further sums over the positions of B portfolios, USD; NaN where they have some and none is known."""

    stock_exposure: FloatArray  # (B,)
    option_exposure: FloatArray  # (B,)
    notional: FloatArray  # (B,)
    delta_adjusted: FloatArray  # (B,) the sum of dollar deltas
    delta_coverage: FloatArray  # (B,) share of the weight whose delta-adjusted exposure is known
    gamma: FloatArray  # (B,) of dollar gammas, per 1 % move
    theta_per_day: FloatArray  # (B,)
    vega_per_point: FloatArray  # (B,)
    rho_per_percent: FloatArray  # (B,)
    unrealised_pnl: FloatArray  # (B,)
    concentration: Concentration  # (B,)


@dataclass(frozen=True, slots=True)
class BookStep:
    """What happened to B portfolios from one close to the next: NAV step = P&L + flows + coverage change."""

    positions: StepProfit  # (P,)
    pnl: FloatArray  # (B,) NaN where positions are involved and none of them has a P&L
    flows: FloatArray  # (B,)
    coverage_change: FloatArray  # (B,)
    dividends: FloatArray  # (B,) part of the P&L
    invested: FloatArray  # (B,) NAV before + flows: what the return is on; NaN where that NAV is not known
    daily_return: FloatArray  # (B,) NaN where ``invested`` is not above 0


def value_books(market: MarketFrame, holdings: Holdings, accounts: Accounts) -> Iterator[tuple[Close, BookStep]]:
    """Value some portfolios at each session of the market's window but the first, in order.

    The step that leads to a portfolio's first session begins with nothing: all that is there then came as a flow, or
    was traded on that day.
    """
    before = close_books(market, holdings, accounts, 0)
    for at in range(1, market.sessions.count):
        after = close_books(market, holdings, accounts, at)
        yield after, _book_step(market, holdings, accounts, before, after)
        before = after


def total_positions(market: MarketFrame, holdings: Holdings, close: Close, greeks: PositionGreeks) -> Totals:
    """Sum what a snapshot tells beside exposure and NAV, with the Greeks of the positions at that close."""
    held = close.positions.held
    values, owner, books = close.positions.values, holdings.portfolio[held], len(close.nav)
    option = market.is_option[holdings.asset[held]]
    exposure, delta_adjusted, weight = values.exposure[held], greeks.dollar_delta[held], values.weight[held]
    return Totals(
        stock_exposure=sum_known(exposure[~option], owner[~option], books),
        option_exposure=sum_known(exposure[option], owner[option], books),
        notional=sum_known(values.notional[held], owner, books),
        delta_adjusted=sum_known(delta_adjusted, owner, books),
        delta_coverage=share_known(~np.isnan(delta_adjusted), weight, owner, books),
        gamma=sum_known(greeks.dollar_gamma[held], owner, books),
        theta_per_day=sum_known(greeks.theta_per_day[held], owner, books),
        vega_per_point=sum_known(greeks.vega_per_point[held], owner, books),
        rho_per_percent=sum_known(greeks.rho_per_percent[held], owner, books),
        unrealised_pnl=sum_known(values.unrealised_pnl[held], owner, books),
        concentration=concentrate(delta_adjusted, holdings.asset[held], owner, books),
    )


def close_books(market: MarketFrame, holdings: Holdings, accounts: Accounts, at: int) -> Close:
    """Value some portfolios at one session of the market's window."""
    positions = _state(market, holdings, at)
    balances = _balances(holdings, accounts, market, at)
    held = positions.held
    values, owner, books = positions.values, holdings.portfolio[held], len(accounts.opened)
    exposures = sum_exposures(values.exposure[held], values.weight[held], owner, books)
    return Close(at, positions, balances, exposures, _nav(exposures.net, balances))


def _book_step(market: MarketFrame, holdings: Holdings, accounts: Accounts, before: Close, after: Close) -> BookStep:
    group, books = holdings.portfolio, len(accounts.opened)
    started = accounts.opened < after.at
    step = _step(market, holdings, before, after)
    moved = add_up(holdings.cash_moved(after.at), group, books)
    stated = after.balances.cash - np.where(started, before.balances.cash, 0.0) - moved
    revalued = after.balances.unmodelled_assets - np.where(started, before.balances.unmodelled_assets, 0.0)
    flows = add_up(step.flow, group, books) + stated + revalued
    pnl = sum_known(step.pnl[step.involved], group[step.involved], books)
    invested = np.where(started, before.nav, 0.0) + flows
    return BookStep(
        positions=step,
        pnl=pnl,
        flows=flows,
        coverage_change=add_up(step.coverage_change, group, books),
        dividends=_dividends_received(holdings, after.at, books),
        invested=invested,
        daily_return=ratio(pnl, invested),
    )


def _state(market: MarketFrame, holdings: Holdings, at: int) -> PositionState:
    asset = holdings.asset
    quantity = holdings.quantity(market, at)
    price = market.price[at, asset]
    multiplier = market.multiplier[asset]
    excluded = (market.reasons[at, asset] & int(Reason.NOT_MODELLED)) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        entry_price = holdings.cost / (quantity * multiplier)
    values = value_positions(
        quantity=quantity,
        multiplier=multiplier,
        price=price,
        underlying_price=np.where(excluded, np.nan, market.price[at, market.underlying[asset]]),
        cost=holdings.cost,
        last_known_price=market.last_known[at, asset],
        entry_price=entry_price,
    )
    return PositionState(holdings.held(at), quantity, price, market.reasons[at, asset], values)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part / whole; NaN where the whole is not above ``SMALLEST_BASE`` or not known."""
    usable = whole > SMALLEST_BASE
    return np.where(usable, part / np.where(usable, whole, 1.0), np.nan)


def _step(market: MarketFrame, holdings: Holdings, before: Close, after: Close) -> StepProfit:
    at, then, now = after.at, before.positions, after.positions
    leaves = holdings.taken_out & (holdings.end == at)
    gone = np.where(market.foreign[holdings.asset], np.nan, 0.0)  # no step of theirs is ever known in USD
    left_at = now.quantity * market.multiplier[holdings.asset] * now.price
    return explain_step(
        value_before=np.where(then.held, then.values.exposure, 0.0),
        value_after=np.where(now.held, now.values.exposure, gone),
        cash=holdings.cash_moved(at),
        involved=holdings.involved(at),
        brought_in=holdings.brought_in & (holdings.entry == at),
        open_after=now.held,
        taken_out=np.where(leaves, left_at, 0.0),
    )


def _balances(holdings: Holdings, accounts: Accounts, market: MarketFrame, at: int) -> Balances:
    """Last statement on or before the session, plus what moved cash after it."""
    day = market.sessions.days[at : at + 1]
    cash, since, cash_stated = accounts.stated(StatementKind.CASH, day)
    unmodelled, _, unmodelled_stated = accounts.stated(StatementKind.UNMODELLED_ASSETS, day)
    owner = holdings.portfolio[holdings.events.position]
    counts = (holdings.event_session <= at) & (holdings.events.day > since[owner])
    moved = add_up(holdings.events.amount[counts], owner[counts], len(cash))
    return Balances(cash + moved, unmodelled, cash_stated | unmodelled_stated)


def _nav(net: FloatArray, balances: Balances) -> FloatArray:
    """Cash + unmodelled assets + net exposure; where no exposure is known, what was stated; NaN without either."""
    known = np.where(np.isnan(net) & balances.stated, 0.0, net)
    return balances.cash + balances.unmodelled_assets + known


def _dividends_received(holdings: Holdings, at: int, books: int) -> FloatArray:
    now = (holdings.event_session == at) & (holdings.events.cause == CashCause.DIVIDEND)
    owner = holdings.portfolio[holdings.events.position[now]]
    return add_up(holdings.events.amount[now], owner, books)
