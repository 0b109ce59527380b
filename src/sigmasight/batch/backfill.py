"""Fill the history of symbols: what was never asked of some days, in pieces that are saved as they come."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sigmasight.batch.asking import ask_all
from sigmasight.batch.night import NightPlan
from sigmasight.domain.errors import NightHeldError, NotATradingDayError, ProviderError
from sigmasight.domain.market_data import Market
from sigmasight.market.gaps import Range
from sigmasight.services.market_plan import Universe, find_symbols, find_universe, plan_backfill
from sigmasight.store.database import Connection, Database
from sigmasight.store.prices import count_priced
from sigmasight.store.runs import hold

Progress = Callable[[int, int], None]
"""Told how many requests are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What became of a backfill."""

    first: date
    last: date
    symbols: int
    requests: int
    refused: int  # rows, kept aside at the door
    sessions: int  # of the range
    without_prices: tuple[str, ...]  # symbols of which the range has none
    errors: tuple[Mapping[str, str], ...]  # providers that failed, and how; what was refused at the door


def backfill(
    db: Database, plan: NightPlan, market: Market, days: Range, symbols: Collection[str], progress: Progress
) -> Backfilled:
    """Ask for what was never asked of some days.

    One that was ended in the middle goes on where it was: each request is saved whole, and remembered.

    Args:
        db: Where to.
        plan: Who is asked.
        market: Whose prices.
        days: First and last day.
        symbols: Canonical symbols, or none for all that the market's portfolios hold, and the factors' funds.
        progress: Shown while it runs.

    Raises:
        NotATradingDayError: If the last day's session has not closed yet.
        NightHeldError: If another process fills history.
        ProviderError: If nobody has prices of that market.
    """
    first, last = days
    if not plan.sources[market].prices:
        raise ProviderError(plan.sources[market].advice or f"no provider has prices of the {market} market")
    if last > plan.last_completed:
        raise NotATradingDayError(f"{last} has not closed yet; the last completed session is {plan.last_completed}.")
    with db.session() as held:
        if not hold(held, "backfill"):
            raise NightHeldError("Another process is filling history; it goes on where it was if it is ended.")
        with db.write() as conn:
            universe = _universe(conn, plan, market, last, symbols)
            requests = plan_backfill(conn, universe, days)
        asked = ask_all(db, universe, requests, plan.sources[market], guard=lambda _: None, progress=progress)
        with db.read() as conn:
            priced = count_priced(conn, market, {each.id for each in universe.priced}, first, last)
    return Backfilled(
        first=first,
        last=last,
        symbols=len(universe.priced),
        requests=asked.requests,
        refused=asked.refused,
        sessions=len(plan.valuation.calendar.sessions_between(first, last)),
        without_prices=tuple(sorted(each.symbol for each in universe.priced if each.id not in priced)),
        errors=tuple(asked.errors),
    )


def _universe(conn: Connection, plan: NightPlan, market: Market, as_of: date, symbols: Collection[str]) -> Universe:
    calendar = plan.valuation.calendar
    session = calendar.sessions_back(as_of, 0)
    if symbols:
        return find_symbols(conn, market, calendar, session, symbols)
    return find_universe(conn, market, calendar, session)
