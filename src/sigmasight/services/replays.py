"""Replays by history itself: what a portfolio would gain or lose if each underlying did again what it once did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.scenarios import Scenario
from sigmasight.risk.states import PricedSession, pnl_in_states
from sigmasight.services.exposures import ValuedPortfolio, held_shares, share_of
from sigmasight.services.factor_facts import own_returns
from sigmasight.services.market_frames import Valuation
from sigmasight.services.option_facts import load_option_market
from sigmasight.store.database import Connection

_MARKET = "Market"


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """A replay by the underlyings' own returns."""

    pnl: float  # USD, over what has a history; NaN where nothing has
    coverage: float  # share of gross that has one


def replay_own_history(
    conn: Connection, valuation: Valuation, valued: ValuedPortfolio, scenarios: Sequence[Scenario]
) -> dict[str, OwnHistory]:
    """Of each scenario that replays something, what the underlyings' own returns between its closes would do."""
    frame, at = valued.books.market, valued.close.at
    (portfolio,) = valued.books.portfolios
    contracts = valued.facts.instrument_id.tolist()
    options = load_option_market(conn, valuation, frame.market, frame.sessions.days[at].item(), contracts)
    session = PricedSession(frame, at, valued.facts, options, portfolio.allow_estimates)
    rows, shares, weight = held_shares(valued)
    found: dict[str, OwnHistory] = {}
    for scenario in scenarios:
        if scenario.first_close is None or scenario.last_close is None:
            continue
        then = (scenario.first_close, scenario.last_close)
        returns = own_returns(conn, valuation, frame.market, frame.instruments, *then)[frame.underlying]
        change = _volatility_change(scenario)
        unit = pnl_in_states(session, returns[:, None], np.array([change]), np.zeros(1))[:, 0]
        pnl = shares * unit[valued.books.holdings.asset[rows]]
        known = ~np.isnan(pnl)
        total = float(pnl[known].sum()) if known.any() or not len(pnl) else float("nan")
        found[scenario.id] = OwnHistory(total, share_of(weight[known], weight))
    return found


def _volatility_change(scenario: Scenario) -> float:
    """What the scenario says, else 1 point for each 1 % that its market falls."""
    if scenario.volatility_change is not None:
        return scenario.volatility_change
    return max([0.0, *(-shock.size for shock in scenario.shocks if shock.factor == _MARKET)])
