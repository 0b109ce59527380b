"""What each position of one portfolio brings to its value at risk and expected shortfall, and how good that was."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.reasons import BLOCKING
from sigmasight.domain.risk_results import TailMethod
from sigmasight.engines.tail_losses import (
    TailLosses,
    measure_normal_tails,
    measure_tails,
    split_normal_tails,
    split_tails,
)
from sigmasight.engines.value_at_risk_backtests import Backtest, backtest
from sigmasight.engines.volatility_filter import filter_returns
from sigmasight.risk.historical_pnl import LEAST_SESSIONS, HistoricalPnl
from sigmasight.risk.portfolio_risk import HeldRisk
from sigmasight.risk.tail_risk import SimulatedBooks, simulate_books


@dataclass(frozen=True, slots=True)
class TailComponents:
    """P positions of one portfolio at one level, USD; NaN for what is not included."""

    value_at_risk: FloatArray  # (P,) components: they sum to the portfolio's
    expected_shortfall: FloatArray  # (P,) likewise
    marginal: FloatArray  # (P,) of value at risk: component per USD of delta-adjusted exposure
    incremental: FloatArray  # (P,) value at risk with the position less that without it
    share: FloatArray  # (P,) component / value at risk; they sum to 1


def split_portfolio(held: HeldRisk, history: HistoricalPnl, method: TailMethod, level: float) -> TailComponents:
    """Split the value at risk of one portfolio by position.

    Args:
        held: One portfolio.
        history: Its market.
        method: How tomorrow is simulated.
        level: As 0.99.
    """
    books = simulate_books(held, history)
    parts, included = _parts(held, history, books, method)
    columns = [np.full(len(held.shares), np.nan) for _ in range(5)]
    if parts.shape[1]:
        by_rule = split_normal_tails if method is TailMethod.NORMAL else split_tails
        split = by_rule(parts, level)
        component, shortfall = split.value_at_risk[:, 0], split.expected_shortfall[:, 0]
        exposure = (held.shares * history.dollar_delta[held.instrument])[included]
        whole = float(component.sum())
        without = _tails(parts.sum(axis=0) - parts, method, level).value_at_risk[:, 0]
        found = (
            component,
            shortfall,
            _ratio(component, exposure),
            whole - without,
            _ratio(component, np.full(len(component), whole)),
        )
        for column, values in zip(columns, found, strict=True):
            column[included] = values
    return TailComponents(*columns)


def backtest_portfolio(held: HeldRisk, history: HistoricalPnl, method: TailMethod, level: float) -> Backtest | None:
    """Test value at risk on today's holdings: each day's forecast, from the sessions before it, against that day.

    Forecasts stand on the ``LEAST_SESSIONS`` sessions before; filtered ones on one recursion over the whole window, a
    session's scenarios scaled to the volatility of the day that is forecast. Options move by their delta.

    Args:
        held: One portfolio.
        history: Its market.
        method: How a day is simulated.
        level: As 0.99.

    Returns:
        None where there is no day to forecast.
    """
    books = simulate_books(held, history)
    use = ~np.isnan(books.plain[0])
    count = int(use.sum())
    if count <= LEAST_SESSIONS:
        return None
    included = (books.reasons & int(BLOCKING)) == 0
    exposure = (held.shares * history.dollar_delta[held.instrument])[included]
    own = history.returns[:, held.instrument[included]]
    returns = np.nan_to_num(own)  # a session that something lacks is not used
    realised = (returns @ exposure)[use]
    rows = np.flatnonzero(use)
    forecasts = np.empty(count - LEAST_SESSIONS)
    scaled = filter_returns(own).own_volatility if method is TailMethod.FILTERED else None
    for at in range(LEAST_SESSIONS, count):
        before = rows[at - LEAST_SESSIONS : at]
        past = realised[at - LEAST_SESSIONS : at]
        if scaled is not None:
            then = scaled[before]
            scale = np.divide(scaled[rows[at]], then, out=np.ones_like(then), where=then > 0.0)
            past = (returns[before] * scale) @ exposure
        forecasts[at - LEAST_SESSIONS] = _tails(past[None], method, level).value_at_risk[0, 0]
    broken: BoolArray = -realised[LEAST_SESSIONS:] > forecasts
    return backtest(broken, level)


def _parts(
    held: HeldRisk, history: HistoricalPnl, books: SimulatedBooks, method: TailMethod
) -> tuple[FloatArray, BoolArray]:
    """P&L of what is included, in the sessions that count, (Q, T), and which positions that are, (P,)."""
    whole = books.filtered if method is TailMethod.FILTERED else books.plain
    unit = history.filtered_or_zero if method is TailMethod.FILTERED else history.plain_or_zero
    included = (books.reasons & int(BLOCKING)) == 0
    use = ~np.isnan(whole[0])
    parts = held.shares[included, None] * unit[held.instrument[included]][:, use]
    return parts, included


def _tails(pnl: FloatArray, method: TailMethod, level: float) -> TailLosses:
    levels = np.array([level])
    return measure_normal_tails(pnl, levels) if method is TailMethod.NORMAL else measure_tails(pnl, levels)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=np.abs(whole) > 0.0))
