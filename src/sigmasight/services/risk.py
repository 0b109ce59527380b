"""Value at risk of one portfolio, worked out on demand and explained: by position, with how good it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from uuid import UUID

import numpy as np

from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import SNAPSHOT_TAIL, TAIL_LEVELS, TAIL_METHODS, TailMethod, TailRisk
from sigmasight.engines.value_at_risk_backtests import Backtest, backtest
from sigmasight.risk.historical_pnl import HistoricalPnl, simulate_history
from sigmasight.risk.portfolio_risk import HeldRisk, hold_risk
from sigmasight.risk.tail_components import backtest_portfolio, split_portfolio
from sigmasight.risk.tail_risk import measure_portfolios
from sigmasight.services.exposures import ValuedPortfolio, require_open, value_at
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import load_session_market
from sigmasight.services.return_history import load_return_history
from sigmasight.store.database import Connection
from sigmasight.store.risk_results import load_tails
from sigmasight.store.snapshots import load_snapshots

_LONGEST_HORIZON = 252


@dataclass(frozen=True, slots=True)
class PositionTail:
    """What one position brings, USD of one day; NaN for what is not included."""

    symbol: str
    dollar_delta: float
    value_at_risk: float  # component: the positions' sum is the portfolio's
    share: float  # of the portfolio's
    expected_shortfall: float  # component
    marginal: float  # of value at risk, per USD of dollar delta
    incremental: float  # value at risk with it less that without it
    reasons: Reason


@dataclass(frozen=True, slots=True)
class RiskReport:
    """A portfolio's losses of one day, or of several by the square root of time."""

    tails: TailRisk  # of one day
    method: TailMethod  # of what follows
    level: float
    horizon: int  # days
    positions: tuple[PositionTail, ...]  # the largest component first; of one day
    backtests: Mapping[TailMethod, Backtest | None]  # of today's holdings over the window, at the level
    stored: Backtest | None  # each night's own value at risk against the P&L of the session after, at the level

    @property
    def scale(self) -> float:
        """What one day's figures are multiplied with."""
        return sqrt(self.horizon)


def report_risk(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    *,
    method: TailMethod = SNAPSHOT_TAIL[0],
    level: float = SNAPSHOT_TAIL[1],
    horizon: int = 1,
) -> RiskReport:
    """Work out what a user's portfolio may lose after a session's close.

    Raises:
        NotFoundError: If the portfolio is not the user's, or was opened later.
        NotATradingDayError: If the day is no session.
        ValueError: If the level is none of TAIL_LEVELS, or the horizon is not 1 to 252 days.
    """
    if level not in TAIL_LEVELS:
        raise ValueError(f"a level of {level}: it must be one of {', '.join(map(str, TAIL_LEVELS))}")
    if not 1 <= horizon <= _LONGEST_HORIZON:
        raise ValueError(f"a horizon of {horizon} days: it must be 1 to {_LONGEST_HORIZON}")
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    held, history = load_history(conn, valuation, valued)
    (tails,) = measure_portfolios(held, history)
    return RiskReport(
        tails=tails,
        method=method,
        level=level,
        horizon=horizon,
        positions=_positions(held, history, method, level),
        backtests={each: backtest_portfolio(held, history, each, level) for each in TAIL_METHODS},
        stored=_backtest_stored(conn, valuation, portfolio_id, as_of, method, level),
    )


def load_history(conn: Connection, valuation: Valuation, valued: ValuedPortfolio) -> tuple[HeldRisk, HistoricalPnl]:
    """One valued portfolio, and what one share of all it holds would gain if the past came again."""
    frame, at = valued.books.market, valued.close.at
    require_open(valued.books.portfolios[0], frame.sessions.days[at].item())
    session = load_session_market(conn, valuation, frame, at, valued.facts, keep=False)
    assessed = session.assess(())
    held = hold_risk(frame, valued.books.portfolios, valued.books.holdings, valued.close, assessed)
    panel = load_return_history(conn, valuation, frame.market, session.as_of, frame.instruments)
    return held, simulate_history(session, panel)


def _positions(held: HeldRisk, history: HistoricalPnl, method: TailMethod, level: float) -> tuple[PositionTail, ...]:
    parts = split_portfolio(held, history, method, level)
    dollar_delta = held.shares * history.dollar_delta[held.instrument]
    reasons = history.reasons[held.row] | history.history_reasons[held.instrument]
    order = np.argsort(-np.abs(np.nan_to_num(parts.value_at_risk)), kind="stable")
    return tuple(
        PositionTail(
            symbol=held.symbol(at),
            dollar_delta=float(dollar_delta[at]),
            value_at_risk=float(parts.value_at_risk[at]),
            share=float(parts.share[at]),
            expected_shortfall=float(parts.expected_shortfall[at]),
            marginal=float(parts.marginal[at]),
            incremental=float(parts.incremental[at]),
            reasons=Reason(int(reasons[at])),
        )
        for at in order.tolist()
    )


def _backtest_stored(
    conn: Connection, valuation: Valuation, portfolio_id: UUID, as_of: date, method: TailMethod, level: float
) -> Backtest | None:
    """Nights whose following session has a P&L, both known."""
    snapshots = load_snapshots(conn, portfolio_id, date.min, as_of)
    realised = {each.as_of: each.measures.daily_pnl for each in snapshots}
    nights = [each for each in load_tails(conn, portfolio_id, date.min, as_of) if each.as_of < as_of]
    days_after = [valuation.calendar.next_session(each.as_of) for each in nights]
    forecast = np.array([each.at(method, level)[0] for each in nights], dtype=np.float64)
    pnl = np.array([realised.get(day, np.nan) for day in days_after], dtype=np.float64)
    known = ~np.isnan(forecast + pnl)
    return backtest(-pnl[known] > forecast[known], level) if known.any() else None
