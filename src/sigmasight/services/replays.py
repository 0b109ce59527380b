"""Replays by history itself: what a portfolio would gain or lose if each underlying did again what it once did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.scenarios import Scenario
from sigmasight.engines.aggregation import share_known, sum_known
from sigmasight.risk.session_market import SessionMarket
from sigmasight.risk.states import pnl_in_states
from sigmasight.services.exposures import ValuedPortfolio, held_shares
from sigmasight.services.factor_facts import own_returns
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """A replay by the underlyings' own returns."""

    pnl: float  # USD, over what has a history; NaN where nothing has
    coverage: float  # share of gross that has one


def replay_own_history(
    conn: Connection,
    valuation: Valuation,
    valued: ValuedPortfolio,
    session: SessionMarket,
    scenarios: Sequence[Scenario],
    volatility_change: FloatArray,
) -> dict[str, OwnHistory]:
    """Of each scenario that replays something, what the underlyings' own returns between its closes would do.

    Args:
        conn: The transaction.
        valuation: What every valuation is given.
        valued: One portfolio.
        session: Its market at the same session.
        scenarios: S of them.
        volatility_change: Of every implied volatility, (S,).
    """
    frame = session.frame
    (portfolio,) = valued.books.portfolios
    priced = session.priced(allow_estimates=portfolio.allow_estimates)
    rows, shares, weight = held_shares(valued)
    found: dict[str, OwnHistory] = {}
    for scenario, change in zip(scenarios, volatility_change, strict=True):
        if scenario.first_close is None or scenario.last_close is None:
            continue
        then = (scenario.first_close, scenario.last_close)
        returns = own_returns(conn, valuation, frame.market, frame.instruments, *then)[frame.underlying]
        unit = pnl_in_states(priced, returns[:, None], np.array([change]), np.zeros(1))[:, 0]
        pnl = shares * unit[valued.books.holdings.asset[rows]]
        one = np.zeros(len(pnl), dtype=np.int64)
        covered = share_known(~np.isnan(pnl), weight, one, 1)
        found[scenario.id] = OwnHistory(float(sum_known(pnl, one, 1)[0]), float(covered[0]))
    return found
