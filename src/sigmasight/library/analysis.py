"""The whole risk of a book from plain arrays: the night's own numbers, with what they cover and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.correlations import CorrelationPlan
from sigmasight.domain.defaults import LEAST_OBSERVATIONS, STALE_SESSIONS
from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import (
    SNAPSHOT_TAIL,
    Correlations,
    FactorExposures,
    ScenarioResults,
    TailRisk,
)
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Scenario
from sigmasight.domain.snapshots import Measures, NotIncluded, Snapshot
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios
from sigmasight.library.books import BookMoney, Position, Prices, positions_of, prices_of, records_of
from sigmasight.library.sessions import nyse_until, require_session
from sigmasight.risk.book_analysis import AnalysisPlan, BookAnalysis, analyze_book
from sigmasight.risk.contributions import position_exposures
from sigmasight.risk.tail_components import split_portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionAnalysis:
    """One position at the session's close, USD; NaN where not known."""

    symbol: str
    underlying: str
    quantity: float
    price: float  # USD per share
    exposure: float
    unrealised_pnl: float
    daily_pnl: float
    delta: float  # of the position, as the other Greeks; in people's units
    gamma: float
    theta_per_day: float
    vega_per_point: float
    rho_per_percent: float
    dollar_delta: float
    factor_exposure: FloatArray  # (K,) by factor
    value_at_risk: float  # its part of the portfolio's; the parts sum
    expected_shortfall: float  # likewise
    reasons: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A book at a session's close."""

    as_of: date
    snapshot: Snapshot
    factors: FactorSet
    exposures: FactorExposures
    market_scenarios: ScenarioResults
    stress: ScenarioResults
    value_at_risk: TailRisk
    correlations: Correlations
    positions: tuple[PositionAnalysis, ...]

    @property
    def measures(self) -> Measures:
        """The numbers of the snapshot."""
        return self.snapshot.measures

    @property
    def coverage(self) -> float:
        """Share of gross that has a price."""
        return self.snapshot.coverage

    @property
    def not_included(self) -> tuple[NotIncluded, ...]:
        """What some number leaves out, and why."""
        listed = (self.snapshot, self.exposures, self.market_scenarios, self.stress, self.value_at_risk)
        return tuple(dict.fromkeys(left for each in listed for left in each.not_included))


def analyze(
    positions: Iterable[Position | Mapping[str, Any]],
    prices: Prices | Mapping[str, ArrayLike],
    as_of: date | None = None,
    *,
    days: ArrayLike | None = None,
    cash: float | str | Decimal = 0,
    unmodelled_assets: float | str | Decimal = 0,
    opened_on: date | None = None,
    allow_estimates: bool = False,
    scenarios: Sequence[Scenario] = (),
    correlations: CorrelationPlan | None = None,
    calendar: TradingCalendar | None = None,
) -> Analysis:
    """Work out a book's whole risk at a session's close.

    Args:
        positions: What is held; mappings may have the keys symbol, quantity, entry_price, entry_date, tags.
        prices: The market; or closes by symbol, (T,) each, with their sessions in ``days`` or in a data frame's index.
            Betas need the factors' proxies among them (SPY, VTV, VUG, MTUM, QUAL, SLY, USMV).
        as_of: The session; the last one of the prices if it is not given.
        days: (T,) sessions of the prices, where these do not tell them.
        cash: USD when the book was opened; dividends come to it.
        unmodelled_assets: USD that carries no risk here.
        opened_on: Since when the book is held: P&L begins at that close. ``as_of`` if it is not given.
        allow_estimates: Whether volatilities and rate betas may be stand-ins, marked as such.
        scenarios: Further stress tests.
        correlations: What correlations are made with.
        calendar: Sessions; the New York Stock Exchange's if it is not given.

    Raises:
        ValueError: If a position, a price or a day cannot be used; the message names it.

    Source:
        docs/reference/measures.
    """
    market = prices_of(prices, days)
    last: date = np.asarray(market.days).astype("datetime64[D]").max().item()
    session = as_of or last
    sessions = calendar or nyse_until(max(session, last).year)
    require_session(sessions, session)
    opened = opened_on or session
    if opened > session:
        raise ValueError(f"the book was opened on {opened}, after {session}")
    records = records_of(
        positions_of(positions),
        market,
        BookMoney(cash, unmodelled_assets),
        calendar=sessions,
        opened_on=opened,
        as_of=session,
        allow_estimates=allow_estimates,
    )
    return _composed(analyze_book(records, _plan(sessions, scenarios, correlations or CorrelationPlan()), session))


def _plan(calendar: TradingCalendar, scenarios: Sequence[Scenario], correlations: CorrelationPlan) -> AnalysisPlan:
    """What every night does, and the scenarios on top."""
    return AnalysisPlan(
        calendar=calendar,
        stale_sessions=STALE_SESSIONS,
        least_observations=LEAST_OBSERVATIONS,
        factors=[factor for factor in FACTORS if factor.active],
        market_scenarios=MARKET_RISK_SCENARIOS,
        stress=(*(each for each in (*shipped_scenarios(), *shipped_replays()) if each.active), *scenarios),
        correlations=correlations,
    )


def _composed(found: BookAnalysis) -> Analysis:
    return Analysis(
        as_of=found.snapshot.as_of,
        snapshot=found.snapshot,
        factors=found.factors,
        exposures=found.exposures,
        market_scenarios=found.market_scenarios,
        stress=found.stress,
        value_at_risk=found.tails,
        correlations=found.correlations,
        positions=_positions(found),
    )


def _positions(found: BookAnalysis) -> tuple[PositionAnalysis, ...]:
    frame, close, greeks = found.frame, found.close, found.greeks.greeks
    rows: IntArray = np.flatnonzero(close.positions.held)
    loaded = position_exposures(found.held, found.assessed)
    tails = split_portfolio(found.held, found.history, *SNAPSHOT_TAIL)
    reasons = close.positions.reasons | found.greeks.reasons
    return tuple(
        PositionAnalysis(
            symbol=frame.instruments[asset].symbol,
            underlying=frame.instruments[int(frame.underlying[asset])].symbol,
            quantity=float(close.positions.quantity[row]),
            price=float(close.positions.price[row]),
            exposure=float(close.positions.values.exposure[row]),
            unrealised_pnl=float(close.positions.values.unrealised_pnl[row]),
            daily_pnl=float(found.step.positions.pnl[row]),
            delta=float(greeks.delta[row]),
            gamma=float(greeks.gamma[row]),
            theta_per_day=float(greeks.theta_per_day[row]),
            vega_per_point=float(greeks.vega_per_point[row]),
            rho_per_percent=float(greeks.rho_per_percent[row]),
            dollar_delta=float(greeks.dollar_delta[row]),
            factor_exposure=loaded[at],
            value_at_risk=float(tails.value_at_risk[at]),
            expected_shortfall=float(tails.expected_shortfall[at]),
            reasons=Reason(int(reasons[row] | found.history.history_reasons[found.held.instrument[at]])),
        )
        for at, row in enumerate(rows.tolist())
        for asset in [int(found.holdings.asset[row])]
    )
