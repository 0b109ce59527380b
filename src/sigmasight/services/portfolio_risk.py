"""Risk of portfolios: instruments assessed once for a session, portfolios only weighed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import numpy as np

from sigmasight.domain.correlations import CorrelationPlan
from sigmasight.domain.market_data import Market
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.risk_results import Correlations, FactorExposures, ScenarioResults, TailRisk
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Scenario
from sigmasight.intake.scenarios_file import shipped_replays
from sigmasight.risk.correlations import correlate_portfolios
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.historical_pnl import HistoricalPnl, simulate_history
from sigmasight.risk.portfolio_risk import (
    AssessedMarket,
    HeldRisk,
    expose_portfolios,
    hold_risk,
    stress_portfolios,
)
from sigmasight.risk.portfolios import Close
from sigmasight.risk.session_market import SessionMarket
from sigmasight.risk.tail_risk import measure_portfolios
from sigmasight.services.factor_facts import ensure_factor_facts
from sigmasight.services.market_frames import Valuation, load_market
from sigmasight.services.option_facts import ensure_option_facts, load_option_market
from sigmasight.services.return_history import load_return_history
from sigmasight.services.valuation import ValuedBooks, wanted_of
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.positions import load_tags, open_on
from sigmasight.store.risk_results import correlated_on
from sigmasight.store.scenarios import load_scenarios_of, load_shipped_scenarios

_OF_MARKET = "market/"
"""Before the ids of the ten, two of which are also ids of stress tests."""


@dataclass(frozen=True, slots=True)
class ScenarioPlan:
    """Which scenarios are run for whom."""

    market: tuple[Scenario, ...]  # the market and rate scenarios
    stress: tuple[Scenario, ...]  # the stress tests that everybody has, and the replays
    own: Mapping[UUID, tuple[Scenario, ...]]  # users' own


@dataclass(frozen=True, slots=True)
class PreparedMarket:
    """One market at one session, assessed for all portfolios under what is run for all."""

    plan: ScenarioPlan
    session: SessionMarket
    assessed: AssessedMarket
    history: HistoricalPnl


Prepared = Mapping[tuple[Market, date], PreparedMarket]


@dataclass(frozen=True, slots=True)
class WeighedSession:
    """Some portfolios at one session, put against their assessed market."""

    held: HeldRisk
    ready: PreparedMarket
    wanted: frozenset[UUID]  # the portfolios whose results of this session are wanted
    position_ids: tuple[UUID, ...]  # of what is held


def plan_scenarios(conn: Connection, owners: Collection[UUID]) -> ScenarioPlan:
    """Choose the active scenarios: the market's, the shipped ones, the replays, and the owners' own."""
    replays = shipped_replays()
    taken = {each.id for each in replays}
    own = load_scenarios_of(conn, owners)
    return ScenarioPlan(
        market=tuple(replace(each, id=_OF_MARKET + each.id) for each in MARKET_RISK_SCENARIOS),
        stress=tuple(each for each in (*load_shipped_scenarios(conn), *replays) if each.active),
        own={user: tuple(each for each in theirs if each.id not in taken) for user, theirs in own.items()},
    )


def prepare_market(
    conn: Connection,
    valuation: Valuation,
    market: Market,
    as_of: date,
    owners: Collection[UUID],
    done: Callable[[str], None] = lambda _: None,
) -> PreparedMarket:
    """Assess all that a market's portfolios hold at a session's close.

    ``done`` is told "scenarios" and "risk" when what they need is done.
    """
    instruments = load_instruments(conn, open_on(conn, market, as_of))
    frame = load_market(conn, valuation, market, instruments, first=as_of, last=as_of)
    at = frame.sessions.count - 1
    held = {as_of: ids_of(instruments)[frame.is_option & (frame.expiry > np.datetime64(as_of))].tolist()}
    facts = ensure_option_facts(conn, valuation, market, held)
    return _assess(conn, valuation, load_session_market(conn, valuation, frame, at, facts), owners, done)


def load_session_market(
    conn: Connection, valuation: Valuation, frame: MarketFrame, at: int, facts: OptionFacts, *, keep: bool = True
) -> SessionMarket:
    """Load what the instruments of a frame are assessed with at a session; what is made of it is kept, or not."""
    day: date = frame.sessions.days[at].item()
    factors, betas = ensure_factor_facts(conn, valuation, frame.market, day, frame.instruments, keep=keep)
    options = load_option_market(conn, valuation, frame.market, day, facts.instrument_id.tolist())
    return SessionMarket(frame, at, facts, options, factors, betas)


def weigh_sessions(
    conn: Connection,
    valuation: Valuation,
    valued: Iterable[ValuedBooks],
    prepared: Prepared | None = None,
) -> tuple[WeighedSession, ...]:
    """Put valued portfolios against the market of each wanted day; a day that is not prepared is assessed for them."""
    known = prepared or {}
    sessions = []
    for books in valued:
        frozen, frame = books.books, books.books.market
        days = wanted_of(frozen, books.wanted)
        for close, _ in books.days:
            day: date = frame.sessions.days[close.at].item()
            if day in days:
                ready = known.get((frame.market, day))
                if ready is None or not _holds(ready, books, close):
                    ready = _prepare(conn, valuation, books, close.at)
                held = hold_risk(frame, frozen.portfolios, frozen.holdings, close, ready.assessed)
                wanted = frozenset(each.id for each in frozen.portfolios if day in books.wanted[each.id])
                ids = (frozen.positions[at].id for at in np.flatnonzero(close.positions.held).tolist())
                sessions.append(WeighedSession(held, ready, wanted, tuple(ids)))
    return tuple(sessions)


def factor_exposures(sessions: Iterable[WeighedSession]) -> tuple[FactorExposures, ...]:
    """Factor exposures of the wanted portfolios and days."""
    return tuple(
        made
        for session in sessions
        for made in expose_portfolios(session.held, session.ready.assessed)
        if made.portfolio_id in session.wanted
    )


def market_scenarios(sessions: Iterable[WeighedSession]) -> tuple[ScenarioResults, ...]:
    """The ten market and rate scenarios of the wanted portfolios and days."""
    return tuple(
        replace(
            made,
            scenarios=tuple(map(_of_the_ten, made.scenarios)),
            reasons={_of_the_ten(name): why for name, why in made.reasons.items()},
        )
        for session in sessions
        for made in stress_portfolios(session.held, session.ready.assessed, _ids(session.ready.plan.market))
        if made.portfolio_id in session.wanted
    )


def stress_tests(sessions: Iterable[WeighedSession]) -> tuple[ScenarioResults, ...]:
    """Stress tests of the wanted portfolios and days: everybody's, the replays, and each owner's own."""
    return tuple(
        made for session in sessions for made in _stress_session(session) if made.portfolio_id in session.wanted
    )


def tail_risks(sessions: Iterable[WeighedSession]) -> tuple[TailRisk, ...]:
    """Value at risk of the wanted portfolios and days."""
    return tuple(
        made
        for session in sessions
        for made in measure_portfolios(session.held, session.ready.history)
        if made.portfolio_id in session.wanted
    )


def correlations(
    conn: Connection, valuation: Valuation, sessions: Iterable[WeighedSession]
) -> tuple[Correlations, ...]:
    """Correlations of the wanted portfolios, on those of the wanted days on which they are due or there already."""
    listed = list(sessions)
    standing = correlated_on(
        conn, {each for session in listed for each in session.wanted}, {session.held.as_of for session in listed}
    )
    due = [
        session
        for session in listed
        if is_correlation_day(valuation, session.held.as_of) or session.held.as_of in standing
    ]
    if not due:
        return ()
    tags = tags_of_positions(conn, {portfolio.id for session in due for portfolio in session.held.portfolios})
    return tuple(
        made
        for session in due
        for made in correlate_portfolios(
            session.held,
            session.ready.history,
            session.ready.session.frame.instruments,
            [tags.get(each, frozenset()) for each in session.position_ids],
            CorrelationPlan(),
        )
        if made.portfolio_id in session.wanted
        and (is_correlation_day(valuation, made.as_of) or made.portfolio_id in standing[made.as_of])
    )


def is_correlation_day(valuation: Valuation, day: date) -> bool:
    """Whether a session's night correlates: every one by setting, else each week's first from Tuesday on."""
    tuesday = day - timedelta(days=day.weekday() - 1)
    return valuation.correlations_daily or valuation.calendar.previous_session(day) < tuesday <= day


def tags_of_positions(conn: Connection, portfolio_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """The tags that positions of some portfolios carry."""
    tags: dict[UUID, frozenset[str]] = {}
    for each in load_tags(conn, list(portfolio_ids)):
        tags[each.position_id] = tags.get(each.position_id, frozenset()) | {each.tag}
    return tags


def _stress_session(session: WeighedSession) -> Iterable[ScenarioResults]:
    ready, held = session.ready, session.held
    results = stress_portfolios(held, ready.assessed, _ids(ready.plan.stress))
    made = {each.portfolio_id: each for each in results}
    owners = [portfolio.user_id for portfolio in held.portfolios]
    for user in dict.fromkeys(owner for owner in owners if ready.plan.own.get(owner)):
        theirs = held.only(np.array([owner == user for owner in owners], dtype=np.bool_))
        contracts = ready.assessed.instrument_id[theirs.instrument]
        own = ready.session.with_contracts(contracts).assess(ready.plan.own[user])
        for each in stress_portfolios(theirs, own, own.scenarios.ids):
            made[each.portfolio_id] = made[each.portfolio_id].followed_by(each)
    return made.values()


def _ids(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    return tuple(each.id for each in scenarios)


def _of_the_ten(name: str) -> str:
    return name.removeprefix(_OF_MARKET)


def _holds(ready: PreparedMarket, books: ValuedBooks, close: Close) -> bool:
    """Whether all that is held was assessed: something may have been bought since."""
    held = books.books.holdings.asset[close.positions.held]
    ids = ids_of(books.books.market.instruments)[held]
    return bool(np.isin(ids, ready.assessed.instrument_id).all())


def _prepare(conn: Connection, valuation: Valuation, books: ValuedBooks, at: int) -> PreparedMarket:
    """Assess what some portfolios hold at a session, for them alone."""
    frame = books.books.market
    facts = books.facts.rows(np.flatnonzero(books.facts.as_of == frame.sessions.days[at]))
    session = load_session_market(conn, valuation, frame, at, facts)
    return _assess(conn, valuation, session, {portfolio.user_id for portfolio in books.books.portfolios})


def _assess(
    conn: Connection,
    valuation: Valuation,
    session: SessionMarket,
    owners: Collection[UUID],
    done: Callable[[str], None] = lambda _: None,
) -> PreparedMarket:
    """Assess a market under what is run for everybody; a user's own scenarios come when his turn comes."""
    plan = plan_scenarios(conn, owners)
    assessed = session.assess((*plan.market, *plan.stress))
    done("scenarios")
    panel = load_return_history(conn, valuation, session.frame.market, session.as_of, session.frame.instruments)
    history = simulate_history(session, panel)
    done("risk")
    return PreparedMarket(plan, session, assessed, history)
