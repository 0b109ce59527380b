"""Where the P&L of one step came from: by factor and by Greek, both as of the close before."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.options import OptionFacts, PositionGreeks
from sigmasight.engines.aggregation import add_up
from sigmasight.engines.cash_events import CashCause
from sigmasight.engines.profit_by_greek import GreekProfit, explain_by_greek
from sigmasight.engines.splits import split_factor
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.holdings import Holdings
from sigmasight.risk.portfolios import BookStep

GREEK_LINES = ("delta", "gamma", "vega", "theta", "rho", "dividends", "trades", "residual")


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """P positions over one step, USD: all lines that are known, the residual among them, add up to the P&L."""

    greeks: GreekProfit
    dividends: FloatArray  # (P,)
    trades: FloatArray  # (P,) P&L of what was not held at both closes

    def line(self, name: str) -> FloatArray:
        """One of GREEK_LINES, (P,)."""
        own = {"dividends": self.dividends, "trades": self.trades}
        return own[name] if name in own else np.asarray(getattr(self.greeks, name))


def explain_step_by_greek(
    market: MarketFrame, holdings: Holdings, step: BookStep, greeks: PositionGreeks, facts: OptionFacts, *, at: int
) -> ExplainedStep:
    """Explain a step by the Greeks of the close before.

    Args:
        market: With both closes in its window.
        holdings: P positions.
        step: The one that ends at the session.
        greeks: Of the positions at the close before, (P,).
        facts: Of the contracts at both closes.
        at: Index of the session.
    """
    asset = holdings.asset
    before, after = market.sessions.days[at - 1], market.sessions.days[at]
    stays = holdings.held(at - 1) & holdings.held(at)
    pnl = step.positions.pnl
    paid = (holdings.event_session == at) & (holdings.events.cause == CashCause.DIVIDEND)
    dividends = add_up(holdings.events.amount[paid], holdings.events.position[paid], len(asset))
    dividends = np.where(stays, dividends, 0.0)
    volatility, rate = (_change(market, facts, name, at)[asset] for name in ("volatility", "rate"))
    explained = explain_by_greek(
        pnl=np.where(stays, pnl - dividends, 0.0),
        **{
            name: np.where(stays, getattr(greeks, name), 0.0)
            for name in ("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
        },
        spot_change=np.where(stays, _spot_change(market, at)[asset], 0.0),
        volatility_change=volatility,
        rate_change=rate,
        days=float((after - before).astype(np.int64)),
    )
    return ExplainedStep(explained, dividends, np.where(stays | ~step.positions.involved, 0.0, pnl))


def _spot_change(market: MarketFrame, at: int) -> FloatArray:
    """Of each instrument's underlying, USD on the split basis of the close before, (N,)."""
    parent, days = market.underlying, market.sessions.days
    then, now = (split_factor(market.splits, parent, days[each : each + 1]) for each in (at - 1, at))
    return np.asarray(market.price[at, parent] * now / then - market.price[at - 1, parent])


def _change(market: MarketFrame, facts: OptionFacts, name: str, at: int) -> FloatArray:
    """Of what is known of contracts at both closes, (N,); NaN where it is not, and of what is no contract."""
    then, now = (_column(market, facts, name, each) for each in (at - 1, at))
    return now - then


def _column(market: MarketFrame, facts: OptionFacts, name: str, at: int) -> FloatArray:
    column = np.full(len(market.instruments), np.nan)
    today = facts.as_of == market.sessions.days[at]
    row: IntArray = np.searchsorted(ids_of(market.instruments), facts.instrument_id[today])
    column[row] = getattr(facts, name)[today]
    return column
