"""Scenarios as arrays, what they do to factors, volatilities and yields, and how far from the ordinary they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.factors import RATE_TENORS
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.reasons import Reason
from sigmasight.domain.scenarios import Basis, Scenario
from sigmasight.engines.plausibility import Plausibility, measure_plausibility
from sigmasight.engines.scenario_response import Response, Shocks, respond
from sigmasight.risk.factor_facts import LEAST_YIELD_SESSIONS, FactorWindow

_TEN_YEARS = RATE_TENORS.index("10Y")


@dataclass(frozen=True, slots=True)
class ScenarioSet:
    """S scenarios on the K factors of a set."""

    ids: tuple[str, ...]
    shocks: Shocks
    tenor: IntArray  # (S,) index of the shocked Treasury yield; that of 10 years where none is
    yield_change: FloatArray  # (S,) 0 where no yield is shocked
    volatility_change: FloatArray  # (S,) of every implied volatility; NaN: by the market's move
    response: Response
    reasons: IntArray  # (S,) Reason flags of what nothing tells: blocking where a coordinate is NaN

    def volatility_changes(self, coordinates: FloatArray) -> FloatArray:
        """Of every implied volatility, (S,): what the scenario says, else 1 point for each 1 % of market fall."""
        fall = np.maximum(-np.expm1(coordinates[:, 0]), 0.0)
        return np.where(np.isnan(self.volatility_change), fall, self.volatility_change)


def arrange_scenarios(scenarios: Sequence[Scenario], factors: FactorSet) -> ScenarioSet:
    """Work out what scenarios do to the factors of a session; one that shocks what is no active factor does NaN."""
    place = {name: at for at, name in enumerate(factors.names)}
    size = np.full((len(scenarios), len(place)), np.nan)
    tenor = np.full(len(scenarios), _TEN_YEARS)
    yield_change = np.full(len(scenarios), np.nan)
    for at, scenario in enumerate(scenarios):
        for shock in scenario.shocks:
            if shock.factor in RATE_TENORS:
                tenor[at], yield_change[at] = RATE_TENORS.index(shock.factor), shock.size
            elif shock.factor in place:
                size[at, place[shock.factor]] = shock.size
    shocks = Shocks(size, np.array([each.basis is Basis.TOTAL for each in scenarios], dtype=np.bool_), yield_change)
    response = respond(
        shocks,
        market_slopes=factors.market_slopes,
        style_covariance=factors.covariance[1:, 1:],
        market_yield_slope=factors.market_yield_slope[tenor],
    )
    known = np.array([all(shock.factor in {*place, *RATE_TENORS} for shock in each.shocks) for each in scenarios])
    known = known.astype(np.bool_)[:, None]
    given = [np.nan if each.volatility_change is None else each.volatility_change for each in scenarios]
    return ScenarioSet(
        ids=tuple(each.id for each in scenarios),
        shocks=shocks,
        tenor=tenor,
        yield_change=np.nan_to_num(yield_change),
        volatility_change=np.array(given, dtype=np.float64),
        response=Response(np.where(known, response.direct, np.nan), np.where(known, response.correlated, np.nan)),
        reasons=_reasons(shocks, factors, tenor, response, known[:, 0]),
    )


def _reasons(shocks: Shocks, factors: FactorSet, tenor: IntArray, response: Response, known: BoolArray) -> IntArray:
    """A factor that is not there: not_modelled; one that nothing is known about: no_history; no slope on a yield."""
    unusable = (~np.isnan(shocks.size) & ~factors.usable).any(axis=1)
    follows = ~np.isnan(shocks.yield_change) & (shocks.yield_change != 0.0) & np.isnan(shocks.size[:, 0])
    sloping = ~np.isnan(factors.market_yield_slope[tenor])
    no_rates = factors.yield_sessions[tenor] < LEAST_YIELD_SESSIONS
    reasons = np.where(known, 0, int(Reason.NOT_MODELLED)) | np.where(unusable, int(Reason.NO_HISTORY), 0)
    why = np.where(no_rates & factors.usable[0], int(Reason.NO_RATE), int(Reason.NO_HISTORY))
    reasons = reasons | np.where(follows & ~sloping, why, 0)
    beyond = np.isnan(response.correlated).any(axis=1) & (reasons == 0)  # a market that would lose more than all
    return np.asarray(reasons | np.where(beyond, int(Reason.NOT_MODELLED), 0), dtype=np.int64)


def judge_scenarios(scenarios: ScenarioSet, window: FactorWindow) -> Plausibility:
    """Hold the shocks, in log coordinates and of yields, against the window's own moves."""
    moves = np.column_stack([np.log1p(window.basis.returns[:, 0]), window.basis.returns[:, 1:], window.yield_changes])
    shocked = np.full((len(scenarios.ids), moves.shape[1]), np.nan)
    known = ~np.isnan(scenarios.shocks.size)
    shocked[:, : known.shape[1]] = np.where(known, scenarios.response.direct, np.nan)
    row = np.flatnonzero(~np.isnan(scenarios.shocks.yield_change))
    shocked[row, known.shape[1] + scenarios.tenor[row]] = scenarios.yield_change[row]
    shocked[np.isnan(scenarios.response.direct).any(axis=1)] = np.nan
    return measure_plausibility(moves, shocked)
