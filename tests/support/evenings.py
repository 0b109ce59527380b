"""The walk of the real code through a world: what it says at each session's close."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.market_data import FloatArray, Marks, Payouts, SplitRows
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.snapshots import Snapshot
from sigmasight.risk.frames import MarketFrame, freeze_market
from sigmasight.risk.greeks import HeldGreeks, instrument_greeks, position_greeks
from sigmasight.risk.holdings import Holdings, freeze_accounts, freeze_holdings
from sigmasight.risk.portfolios import BookStep, Close, Totals, total_positions, value_books
from sigmasight.risk.snapshots import accumulate, compose_snapshots
from support.books import World
from support.facts import facts_of_what_is_held

FactsOf = Callable[[World, MarketFrame, Holdings], OptionFacts]


@dataclass(frozen=True, slots=True)
class Evening:
    """One session's close; arrays over portfolios in the order of ``books``, over positions of ``position_ids``."""

    day: date
    books: tuple[UUID, ...]  # in the order of the arrays over portfolios
    position_ids: tuple[UUID, ...]
    holdings: Holdings
    market: MarketFrame
    close: Close
    step: BookStep
    greeks: HeldGreeks
    totals: Totals
    snapshots: dict[UUID, Snapshot]


def frozen_market(world: World, first: date, last: date) -> MarketFrame:
    """The world's market as arrays; like the store, it tells nothing that lies after the last session."""
    marks = [(i, day, price) for (i, day), price in world.prices.items() if day <= last]
    splits = [split for split in world.splits if split.ex_date <= last]
    payouts = [paid for paid in world.dividends if paid.ex_date <= last]
    return freeze_market(
        market=world.market,
        calendar=world.calendar,
        first=first,
        last=last,
        instruments=world.instruments,
        marks=Marks(
            np.array([i for i, _, _ in marks], dtype=np.int64),
            np.array([day for _, day, _ in marks], dtype="datetime64[D]"),
            np.array([float(price) for _, _, price in marks]),
        ),
        splits=SplitRows(
            np.array([split.instrument_id for split in splits], dtype=np.int64),
            np.array([split.ex_date for split in splits], dtype="datetime64[D]"),
            np.array([split.new / split.old for split in splits], dtype=np.float64),
        ),
        payouts=Payouts(
            np.array([paid.instrument_id for paid in payouts], dtype=np.int64),
            np.array([paid.ex_date for paid in payouts], dtype="datetime64[D]"),
            np.array([float(paid.amount) for paid in payouts]),
        ),
        stale_sessions=world.stale_sessions,
    )


def evenings(
    world: World, first: date | None = None, last: date | None = None, *, facts_of: FactsOf = facts_of_what_is_held
) -> list[Evening]:
    """Value a world's books at each session from ``first`` (default: the calendar's second) to ``last``."""
    first = first or world.calendar.sessions[1]
    last = last or world.calendar.sessions[-1]
    market = frozen_market(world, first, last)
    holdings, ordered = freeze_holdings(market, world.portfolios, world.positions)
    accounts = freeze_accounts(market, world.portfolios, world.statements)
    facts = facts_of(world, market, holdings)
    allowed = np.array([portfolio.allow_estimates for portfolio in world.portfolios], dtype=np.bool_)
    cumulative: FloatArray = np.full(len(world.portfolios), np.nan)
    walked = []
    for close, step in value_books(market, holdings, accounts):
        cumulative = accumulate(np.where(accounts.opened >= close.at, np.nan, cumulative), step)
        greeks = position_greeks(market, holdings, close.at, instrument_greeks(market, close.at, facts), allowed)
        totals = total_positions(market, holdings, close, greeks.greeks)
        snapshots = compose_snapshots(
            market=market,
            portfolios=world.portfolios,
            holdings=holdings,
            close=close,
            step=step,
            totals=totals,
            greeks=greeks,
            cumulative_pnl=cumulative,
        )
        walked.append(
            Evening(
                day=market.sessions.days[close.at].item(),
                books=tuple(book.id for book in world.portfolios),
                position_ids=tuple(position.id for position in ordered),
                holdings=holdings,
                market=market,
                close=close,
                step=step,
                greeks=greeks,
                totals=totals,
                snapshots={snapshot.portfolio_id: snapshot for snapshot in snapshots},
            )
        )
    return walked


def snapshots_of(world: World, first: date | None = None, last: date | None = None) -> dict[date, Snapshot]:
    """The snapshots of a world's only portfolio by session."""
    (book,) = world.portfolios
    return {each.day: each.snapshots[book.id] for each in evenings(world, first, last) if book.id in each.snapshots}
