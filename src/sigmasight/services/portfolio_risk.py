"""Factor exposures and scenarios of portfolios: instruments assessed once for a session, portfolios only weighed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from uuid import UUID

import numpy as np

from sigmasight.domain.market_data import Market
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import FactorExposures, ScenarioResults
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Scenario
from sigmasight.intake.scenarios_file import shipped_replays
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.instrument_risk import assess_instruments
from sigmasight.risk.portfolio_risk import (
    AssessedMarket,
    HeldRisk,
    expose_portfolios,
    hold_risk,
    stress_portfolios,
)
from sigmasight.risk.portfolios import Close
from sigmasight.risk.scenarios import arrange_scenarios
from sigmasight.services.factor_facts import ensure_factor_facts
from sigmasight.services.market_frames import Valuation, load_market
from sigmasight.services.option_facts import ensure_option_facts, load_option_market
from sigmasight.services.valuation import ValuedBooks, wanted_of
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.positions import open_on
from sigmasight.store.scenarios import load_scenarios_of, load_shipped_scenarios

_OF_MARKET = "market/"


@dataclass(frozen=True, slots=True)
class ScenarioPlan:
    """Which scenarios are run for whom; keys tell apart what different users call the same."""

    scenarios: tuple[Scenario, ...]  # all of them, with their keys as ids
    market: tuple[str, ...]  # keys of the market and rate scenarios
    stress: tuple[str, ...]  # keys of the stress tests that everybody has, and of the replays
    own: Mapping[UUID, tuple[str, ...]]  # keys of users' own

    def of(self, user_id: UUID) -> tuple[str, ...]:
        """Keys of a user's stress tests."""
        return (*self.stress, *self.own.get(user_id, ()))


@dataclass(frozen=True, slots=True)
class PreparedMarket:
    """One market at one session, assessed for all portfolios."""

    plan: ScenarioPlan
    assessed: AssessedMarket


Prepared = Mapping[tuple[Market, date], PreparedMarket]


@dataclass(frozen=True, slots=True)
class WeighedSession:
    """Some portfolios at one session, put against their assessed market."""

    held: HeldRisk
    ready: PreparedMarket
    wanted: frozenset[UUID]  # the portfolios whose results of this session are wanted


def plan_scenarios(conn: Connection, owners: Collection[UUID]) -> ScenarioPlan:
    """Choose the active scenarios: the market's, the shipped ones, the replays, and the owners' own."""
    market = [replace(each, id=_OF_MARKET + each.id) for each in MARKET_RISK_SCENARIOS]
    stress = [each for each in (*load_shipped_scenarios(conn), *shipped_replays()) if each.active]
    taken = {each.id for each in shipped_replays()}
    own = {
        user: [replace(each, id=f"{user}/{each.id}") for each in theirs if each.id not in taken]
        for user, theirs in load_scenarios_of(conn, owners).items()
    }
    return ScenarioPlan(
        scenarios=(*market, *stress, *(each for theirs in own.values() for each in theirs)),
        market=tuple(each.id for each in market),
        stress=tuple(each.id for each in stress),
        own={user: tuple(each.id for each in theirs) for user, theirs in own.items()},
    )


def prepare_market(
    conn: Connection, valuation: Valuation, market: Market, as_of: date, owners: Collection[UUID]
) -> PreparedMarket:
    """Assess all that a market's portfolios hold at a session's close."""
    instruments = load_instruments(conn, open_on(conn, market, as_of))
    frame = load_market(conn, valuation, market, instruments, first=as_of, last=as_of)
    at = frame.sessions.count - 1
    held = {as_of: ids_of(instruments)[frame.is_option & (frame.expiry > np.datetime64(as_of))].tolist()}
    facts = ensure_option_facts(conn, valuation, market, held)
    plan = plan_scenarios(conn, owners)
    return PreparedMarket(plan, assess_frame(conn, valuation, frame, at, facts, plan.scenarios, keep=True))


def weigh_sessions(
    conn: Connection,
    valuation: Valuation,
    valued: Iterable[ValuedBooks],
    prepared: Prepared | None = None,
    *,
    keep: bool = True,
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
                    ready = _prepare(conn, valuation, books, close.at, keep=keep)
                held = hold_risk(frame, frozen.portfolios, frozen.holdings, close, ready.assessed)
                wanted = frozenset(each.id for each in frozen.portfolios if day in books.wanted[each.id])
                sessions.append(WeighedSession(held, ready, wanted))
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
        _named(made)
        for session in sessions
        for made in stress_portfolios(session.held, session.ready.assessed, session.ready.plan.market)
        if made.portfolio_id in session.wanted
    )


def stress_tests(sessions: Iterable[WeighedSession]) -> tuple[ScenarioResults, ...]:
    """Stress tests of the wanted portfolios and days: everybody's, the replays, and each owner's own."""
    made = []
    for session in sessions:
        plan, held = session.ready.plan, session.held
        owners = [portfolio.user_id for portfolio in held.portfolios]
        common = np.array([owner not in plan.own for owner in owners], dtype=np.bool_)
        inventive = dict.fromkeys(owner for owner in owners if owner in plan.own)
        own = [(np.array([owner == user for owner in owners], dtype=np.bool_), plan.of(user)) for user in inventive]
        for which, keys in [(common, plan.stress), *own]:
            results = stress_portfolios(held.only(which), session.ready.assessed, keys) if which.any() else ()
            made += [_named(each) for each in results if each.portfolio_id in session.wanted]
    return tuple(made)


def _holds(ready: PreparedMarket, books: ValuedBooks, close: Close) -> bool:
    """Whether all that is held was assessed: something may have been bought since."""
    held = books.books.holdings.asset[close.positions.held]
    ids = ids_of(books.books.market.instruments)[held]
    return bool(np.isin(ids, ready.assessed.instrument_id).all())


def _prepare(conn: Connection, valuation: Valuation, books: ValuedBooks, at: int, *, keep: bool) -> PreparedMarket:
    """Assess what some portfolios hold at a session, for them alone."""
    frame = books.books.market
    today = np.flatnonzero(books.facts.as_of == frame.sessions.days[at])
    plan = plan_scenarios(conn, {portfolio.user_id for portfolio in books.books.portfolios})
    facts = books.facts.rows(today)
    return PreparedMarket(plan, assess_frame(conn, valuation, frame, at, facts, plan.scenarios, keep=keep))


def assess_frame(
    conn: Connection,
    valuation: Valuation,
    frame: MarketFrame,
    at: int,
    facts: OptionFacts,
    scenarios: Sequence[Scenario],
    *,
    keep: bool,
) -> AssessedMarket:
    """Assess the instruments of a frame at a session under scenarios; ``keep``: facts that are missing are kept."""
    day: date = frame.sessions.days[at].item()
    factors, betas = ensure_factor_facts(conn, valuation, frame.market, day, frame.instruments, keep=keep)
    options = load_option_market(conn, valuation, frame.market, day, facts.instrument_id.tolist())
    arranged = arrange_scenarios(scenarios, factors)
    assess = partial(
        assess_instruments,
        frame,
        at,
        facts=facts,
        options=options,
        factors=factors,
        betas=betas,
        scenarios=arranged,
    )
    strict = assess(allow_estimates=False)
    estimates = bool((facts.reasons & int(Reason.ESTIMATED)).any() or np.isnan(betas.yield_beta).any())
    lenient = assess(allow_estimates=True) if estimates else strict
    return AssessedMarket.of(ids_of(frame.instruments), factors, arranged, strict=strict, lenient=lenient)


def _named(results: ScenarioResults) -> ScenarioResults:
    """With the scenarios' own ids instead of their keys."""
    names = {key: key.rpartition("/")[2] for key in results.scenarios}
    reasons = {names[key]: why for key, why in results.reasons.items()}
    return replace(results, scenarios=tuple(names.values()), reasons=reasons)
