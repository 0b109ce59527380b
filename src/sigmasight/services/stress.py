"""Scenarios of one portfolio, worked out on demand and explained: by factor, by position, with how rare each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import ScenarioResults
from sigmasight.domain.scenarios import Category, Scenario
from sigmasight.engines.plausibility import Plausibility
from sigmasight.risk.classic_factors import classic_coverage, estimate_classic_betas, stress_classic
from sigmasight.risk.contributions import ScenarioParts, split_scenarios
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk, hold_risk, stress_portfolios
from sigmasight.risk.scenarios import judge_scenarios
from sigmasight.services.exposures import require_open, value_at
from sigmasight.services.factor_facts import load_window
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import load_session_market
from sigmasight.services.replays import OwnHistory, replay_own_history
from sigmasight.services.scenarios import Origin, list_scenarios
from sigmasight.store.database import Connection

USUAL, RARE, OUTSIDE = "usual", "rare", "outside anything in the window"
_RARE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a factor or a position brings to a scenario's results, USD; NaN where not known."""

    name: str
    direct: float
    correlated: float


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """One scenario of one portfolio, USD; NaN where not known."""

    scenario: Scenario
    direct: float
    correlated: float
    by_factor: tuple[Contribution, ...]  # the factors, then what yields, volatility and convexity add
    by_position: tuple[Contribution, ...]  # the largest direct one in absolute value first
    coverage: float  # share of gross
    reasons: Reason  # why there is no result
    distance: float  # of the shocks from an ordinary move over 21 sessions, in standard deviations
    share_beyond: float  # of the window's moves over 21 sessions, how many were further out
    raw_direct: float  # classic: not clipped
    raw_correlated: float
    own_history: OwnHistory | None  # of what replays something

    @property
    def effect(self) -> float:
        """What correlation adds: correlated - direct."""
        return self.correlated - self.direct

    @property
    def plausibility(self) -> str | None:
        """How far from the ordinary, in words; None where not known."""
        if np.isnan(self.share_beyond):
            return None
        return OUTSIDE if self.share_beyond == 0.0 else RARE if self.share_beyond < _RARE_SHARE else USUAL


@dataclass(frozen=True, slots=True)
class StressSummary:
    """The ends of some scenarios, by their correlated results; None where no result is known."""

    worst: str | None
    best: str | None
    mean_effect: float
    worst_by_category: tuple[tuple[Category, float], ...]


@dataclass(frozen=True, slots=True)
class StressReport:
    """Scenarios of one portfolio at a session's close."""

    as_of: date
    method: Method
    lines: tuple[ScenarioLine, ...]
    summary: StressSummary
    results: ScenarioResults  # marks and what is not included


def active_scenarios(conn: Connection, user_id: UUID) -> tuple[Scenario, ...]:
    """The stress tests that are run for a user: the shipped ones, his own, then the replays."""
    listed = [each for each in list_scenarios(conn, user_id) if each.is_run]
    return tuple(each.scenario for each in sorted(listed, key=lambda each: each.origin is Origin.REPLAY))


def report_scenarios(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    scenarios: Sequence[Scenario],
    *,
    method: Method = Method.DEFAULT,
) -> StressReport:
    """Put a user's portfolio through given scenarios.

    Raises:
        NotFoundError: If the portfolio is not the user's, or was opened later, or there is no scenario.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    require_open(valued.books.portfolios[0], as_of)
    if not scenarios:
        raise NotFoundError("there is no active scenario of that name")
    frame = valued.books.market
    session = load_session_market(conn, valuation, frame, valued.close.at, valued.facts, keep=False)
    assessed = session.assess(scenarios)
    held = hold_risk(frame, valued.books.portfolios, valued.books.holdings, valued.close, assessed)
    window, panel = load_window(conn, valuation, assessed.factors, frame.market, frame.instruments)
    (results,) = stress_portfolios(held, assessed, assessed.scenarios.ids)
    raw = (results.direct, results.correlated)
    if method is Method.CLASSIC:
        betas = estimate_classic_betas(window, panel, min_obs=valuation.least_observations)
        classic = stress_classic(held, assessed, betas, assessed.factors)
        results = replace(
            results,
            method=method,
            direct=classic.direct[0],
            correlated=classic.correlated[0],
            coverage=np.full(len(scenarios), classic_coverage(held, assessed, betas)),
            reasons=_classic_reasons(results, classic.correlated[0]),
        )
        raw = (classic.direct_raw[0], classic.correlated_raw[0])
    judged = judge_scenarios(assessed.scenarios, window)
    changes = assessed.scenarios.volatility_changes(assessed.scenarios.response.direct)
    own = replay_own_history(conn, valuation, valued, session, scenarios, changes)
    lines = _lines(scenarios, held, assessed, results, judged, raw=raw, own=own, method=method)
    return StressReport(as_of, method, lines, _summary(lines), results)


def _classic_reasons(results: ScenarioResults, correlated: FloatArray) -> dict[str, Reason]:
    """Why scenarios have no classic result: the default's reason, else what classic betas lack."""
    missing = [name for name, value in zip(results.scenarios, correlated, strict=True) if np.isnan(value)]
    return {name: results.reasons.get(name, Reason.NO_HISTORY) for name in missing}


def _lines(
    scenarios: Sequence[Scenario],
    held: HeldRisk,
    assessed: AssessedMarket,
    results: ScenarioResults,
    plausibility: Plausibility,
    *,
    raw: tuple[FloatArray, FloatArray],
    own: Mapping[str, OwnHistory],
    method: Method,
) -> tuple[ScenarioLine, ...]:
    parts = [split_scenarios(held, assessed, correlated=each) for each in (False, True)]
    explained = method is Method.DEFAULT
    return tuple(
        ScenarioLine(
            scenario=scenario,
            direct=float(results.direct[at]),
            correlated=float(results.correlated[at]),
            by_factor=_by_factor(parts, assessed, at) if explained else (),
            by_position=_by_position(parts, held, at) if explained else (),
            coverage=float(results.coverage[at]),
            reasons=results.reasons.get(scenario.id, Reason.NONE),
            distance=float(plausibility.distance[at]),
            share_beyond=float(plausibility.share_beyond[at]),
            raw_direct=float(raw[0][at]),
            raw_correlated=float(raw[1][at]),
            own_history=own.get(scenario.id),
        )
        for at, scenario in enumerate(scenarios)
    )


def _by_factor(parts: Sequence[ScenarioParts], assessed: AssessedMarket, at: int) -> tuple[Contribution, ...]:
    names = (*assessed.factors.names, "yields, volatility, convexity")
    direct, correlated = ([*each.factor[at].tolist(), float(each.other[at])] for each in parts)
    return tuple(Contribution(*row) for row in zip(names, direct, correlated, strict=True))


def _by_position(parts: Sequence[ScenarioParts], held: HeldRisk, at: int) -> tuple[Contribution, ...]:
    direct, correlated = (each.position[:, at] for each in parts)
    order = np.argsort(-np.abs(np.nan_to_num(direct)), kind="stable")
    return tuple(
        Contribution(held.symbol(each), float(direct[each]), float(correlated[each])) for each in order.tolist()
    )


def _summary(lines: Sequence[ScenarioLine]) -> StressSummary:
    known = [line for line in lines if not np.isnan(line.correlated)]
    if not known:
        return StressSummary(None, None, float("nan"), ())
    categories = dict.fromkeys(line.scenario.category for line in known)
    return StressSummary(
        worst=min(known, key=lambda line: line.correlated).scenario.id,
        best=max(known, key=lambda line: line.correlated).scenario.id,
        mean_effect=float(np.mean([line.effect for line in known])),
        worst_by_category=tuple(
            (category, min(line.correlated for line in known if line.scenario.category is category))
            for category in categories
        ),
    )
