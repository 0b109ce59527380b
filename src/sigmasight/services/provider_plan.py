"""What a night will ask of providers, and what that takes: calls, credits, minutes, USD."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sigmasight.domain.market_data import TREASURY_SERIES, Market
from sigmasight.market.meters import Meter
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    HoldingsRequest,
    PriceRequest,
    RateRequest,
    Request,
    kind_of,
)
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_plan import (
    ACTION_TAIL_SESSIONS,
    ANNOUNCED_AHEAD,
    SYMBOLS_PER_REQUEST,
    TAIL_SESSIONS,
    Universe,
    find_universe,
    is_asked,
    plan_prices,
    plan_reference,
)
from sigmasight.services.market_sources import Sources
from sigmasight.store.database import Connection
from sigmasight.store.funds import funds_among
from sigmasight.store.positions import open_on
from sigmasight.store.prices import chain_sizes

NIGHTS_A_MONTH = 21


@dataclass(frozen=True, slots=True)
class Spending:
    """What one provider is asked for one kind of data."""

    provider: str
    kind: str
    requests: int
    calls: int
    credits: float
    minutes: float  # at the pace of its tier
    cost: float  # USD


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """What is asked tonight, and in a month of nights like it once history is there."""

    as_of: date
    tonight: tuple[Spending, ...]
    month: tuple[Spending, ...]


def plan_spending(
    conn: Connection, valuation: Valuation, sources: Sources, as_of: date, *, history_sessions: int
) -> ProviderPlan:
    """Plan the live market's night of a session and the month that begins with it.

    Each request is counted for the first provider that counts its calls, as if that had all of it. What late data take
    is not foreseen. Instruments that miss in the security master are added, as the night does.
    """
    universe = find_universe(conn, Market.LIVE, valuation.calendar, as_of)
    tonight = (
        *plan_reference(conn, universe, history_sessions=history_sessions),
        *plan_prices(conn, universe, history_sessions=history_sessions, with_chains=True),
    )
    sizes = chain_sizes(conn, Market.LIVE, {each.underlying_id for each in universe.contracts if each.underlying_id})
    sized = [_sized(request, sizes) for request in tonight]
    nightly = [_sized(request, sizes) for request in _usual_night(universe)]
    funds = _fund_requests(conn, universe)
    month = [*sized, *(request for _ in range(NIGHTS_A_MONTH - 1) for request in nightly)]
    asked_funds = any(isinstance(request, HoldingsRequest) for request in sized)
    return ProviderPlan(
        as_of, _spending(sized, sources), _spending(month if asked_funds else [*month, *funds], sources)
    )


def session_due(conn: Connection, valuation: Valuation, completed: date) -> date:
    """The session whose night asks next: the last completed one until all of it was asked for, then the next one."""
    universe = find_universe(conn, Market.LIVE, valuation.calendar, completed)
    return valuation.calendar.next_session(completed) if is_asked(conn, universe) else completed


def _usual_night(universe: Universe) -> list[Request]:
    """What a night asks that has the history up to the session before."""
    day, symbols = universe.as_of, sorted(each.symbol for each in universe.priced)
    late, tail = universe.last_sessions(ACTION_TAIL_SESSIONS)[0], universe.last_sessions(TAIL_SESSIONS)[0]
    roots = sorted({each.option.underlying for each in universe.contracts if each.option})
    pieces = [tuple(symbols[at : at + SYMBOLS_PER_REQUEST]) for at in range(0, len(symbols), SYMBOLS_PER_REQUEST)]
    return [
        *(ActionRequest(piece, (late, day), day + ANNOUNCED_AHEAD) for piece in pieces),
        *(PriceRequest(piece, (day, day)) for piece in pieces),
        RateRequest(TREASURY_SERIES, (tail, day)),
        *(ChainRequest(root, day) for root in roots),
    ]


def _fund_requests(conn: Connection, universe: Universe) -> list[Request]:
    funds = sorted(funds_among(conn, open_on(conn, universe.market, universe.as_of)).values())
    return [HoldingsRequest(tuple(funds), universe.as_of)] if funds else []


def _sized(request: Request, sizes: Mapping[str, int]) -> Request:
    if isinstance(request, ChainRequest):
        return replace(request, listed=sizes.get(request.underlying, 0))
    return request


def _spending(requests: Iterable[Request], sources: Sources) -> tuple[Spending, ...]:
    meters = {meter.provider: meter for meter in sources.meters}
    by_kind: dict[tuple[str, str], list[int]] = {}
    for request in requests:
        first = next((p.name for p in sources.asked_for(request) if p.name in meters), None)
        if first is not None:
            by_kind.setdefault((first, kind_of(request)), []).append(meters[first].calls_for(request))
    return tuple(_spent(meters[name], kind, calls) for (name, kind), calls in sorted(by_kind.items()))


def _spent(meter: Meter, kind: str, calls: Sequence[int]) -> Spending:
    total = sum(calls)
    spent = total * meter.credits_per_call
    minutes = total / meter.per_minute if meter.per_minute else 0.0
    return Spending(meter.provider, kind, len(calls), total, spent, minutes, spent * meter.cost_per_credit)
