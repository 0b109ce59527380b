"""One book at one session, from records to all its results: what a night does, for one, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import numpy as np

from sigmasight.domain.books import Portfolio, Position, Statement
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.correlations import CorrelationPlan
from sigmasight.domain.factor_facts import Betas, FactorSet
from sigmasight.domain.factors import FactorDefinition
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import DayArray, FloatArray, IntArray, Marks, Payouts, SplitRows
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.risk_results import Correlations, FactorExposures, ScenarioResults, TailRisk
from sigmasight.domain.scenarios import Scenario
from sigmasight.domain.snapshots import Snapshot
from sigmasight.risk.correlations import correlate_portfolios
from sigmasight.risk.factor_facts import (
    WINDOW_SESSIONS,
    FactorWindow,
    describe_factors,
    estimate_betas,
    open_window,
    yields_on,
)
from sigmasight.risk.frames import MarketFrame, freeze_market, ids_of
from sigmasight.risk.greeks import HeldGreeks, instrument_greeks, position_greeks
from sigmasight.risk.historical_pnl import WINDOW_SESSIONS as HISTORY_SESSIONS
from sigmasight.risk.historical_pnl import HistoricalPnl, simulate_history
from sigmasight.risk.holdings import Holdings, freeze_accounts, freeze_holdings
from sigmasight.risk.option_facts import (
    REALISED_SESSIONS,
    compose_facts,
    from_estimates,
    from_quotes,
    from_smile,
    underlying_closes,
)
from sigmasight.risk.option_market import OLDEST_YIELD_DAYS, OptionMarket, freeze_options
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk, expose_portfolios, hold_risk, stress_portfolios
from sigmasight.risk.portfolios import BookStep, Close, total_positions, value_books
from sigmasight.risk.return_panel import ReturnPanel, freeze_returns
from sigmasight.risk.session_market import SessionMarket
from sigmasight.risk.snapshots import accumulate, complete_snapshots, compose_snapshots
from sigmasight.risk.tail_risk import measure_portfolios


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRecords:
    """One book and all that is known of its market up to a session; nothing of it lies after that session."""

    portfolio: Portfolio
    positions: Sequence[Position]
    statements: Sequence[Statement]
    tags: Mapping[UUID, frozenset[str]]  # by position
    instruments: Sequence[Instrument]  # ascending by id: what is held, underlyings, other contracts, proxies
    proxy_ids: Mapping[str, int]  # instruments that stand for factors, by symbol
    marks: Marks  # closes, and of options the mid, else the last
    splits: SplitRows
    payouts: Payouts  # dividends paid
    announced: Payouts  # dividends with an ex-date after the session, known then
    yields: tuple[DayArray, FloatArray]  # (D,) and (D, 4) Treasury par yields


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPlan:
    """What a book is analysed with."""

    calendar: TradingCalendar
    stale_sessions: int
    least_observations: int
    factors: Sequence[FactorDefinition]  # active ones, the market first
    market_scenarios: Sequence[Scenario]
    stress: Sequence[Scenario]
    correlations: CorrelationPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAnalysis:
    """All results of one book, with what they were made of."""

    snapshot: Snapshot
    factors: FactorSet
    betas: Betas
    exposures: FactorExposures
    market_scenarios: ScenarioResults
    stress: ScenarioResults
    tails: TailRisk
    correlations: Correlations
    frame: MarketFrame
    holdings: Holdings
    positions: tuple[Position, ...]  # in the holdings' order
    close: Close
    step: BookStep
    facts: OptionFacts
    greeks: HeldGreeks
    held: HeldRisk
    assessed: AssessedMarket  # under the stress tests
    history: HistoricalPnl


def analyze_book(records: BookRecords, plan: AnalysisPlan, as_of: date) -> BookAnalysis:
    """Work out all results of one book at a session's close.

    Raises:
        ValueError: If the book was opened after the session.
    """
    if records.portfolio.opened_on > as_of:
        raise ValueError(f"the book was opened on {records.portfolio.opened_on}, after {as_of}")
    frame = _freeze(records, plan, _held_instruments(records), _first_session(records, plan), as_of)
    holdings, positions = freeze_holdings(frame, [records.portfolio], records.positions)
    accounts = freeze_accounts(frame, [records.portfolio], records.statements)
    cumulative = np.full(1, np.nan)
    days = tuple(value_books(frame, holdings, accounts))
    for _, step in days:
        cumulative = accumulate(cumulative, step)
    close, step = days[-1]
    options, facts = _option_facts(records, plan, frame, holdings, close.at, as_of)
    window, panel, factors = _factor_window(records, plan, as_of)
    betas = _betas(records, plan, window, panel, frame)
    session = SessionMarket(frame, close.at, facts, options, factors, betas)
    by_market, assessed = session.assess(plan.market_scenarios), session.assess(plan.stress)
    held = hold_risk(frame, [records.portfolio], holdings, close, assessed)
    history = simulate_history(session, _returns(records, plan, _without_options(frame), HISTORY_SESSIONS, as_of))
    (exposures,) = expose_portfolios(held, assessed)
    (tails,) = measure_portfolios(held, history)
    greeks = _greeks(records, frame, holdings, close.at, facts)
    (snapshot,) = compose_snapshots(
        market=frame,
        portfolios=[records.portfolio],
        holdings=holdings,
        close=close,
        step=step,
        totals=total_positions(frame, holdings, close, greeks.greeks),
        greeks=greeks,
        cumulative_pnl=cumulative,
    )
    tags = [records.tags.get(positions[at].id, frozenset()) for at in np.flatnonzero(close.positions.held).tolist()]
    return BookAnalysis(
        snapshot=complete_snapshots([snapshot], [exposures], [tails])[0],
        factors=factors,
        betas=betas,
        exposures=exposures,
        market_scenarios=_stressed(held, by_market),
        stress=_stressed(held, assessed),
        tails=tails,
        correlations=correlate_portfolios(held, history, frame.instruments, tags, plan.correlations)[0],
        frame=frame,
        holdings=holdings,
        positions=positions,
        close=close,
        step=step,
        facts=facts,
        greeks=greeks,
        held=held,
        assessed=assessed,
        history=history,
    )


def _stressed(held: HeldRisk, assessed: AssessedMarket) -> ScenarioResults:
    return stress_portfolios(held, assessed, assessed.scenarios.ids)[0]


def _first_session(records: BookRecords, plan: AnalysisPlan) -> date:
    opened = records.portfolio.opened_on
    return opened if plan.calendar.is_trading_day(opened) else plan.calendar.next_session(opened)


def _held_instruments(records: BookRecords) -> tuple[Instrument, ...]:
    held = {position.instrument_id for position in records.positions}
    return _with_underlyings(records, [each for each in records.instruments if each.id in held])


def _with_underlyings(records: BookRecords, some: Sequence[Instrument]) -> tuple[Instrument, ...]:
    wanted = {each.id for each in some} | {each.underlying_id for each in some}
    return tuple(each for each in records.instruments if each.id in wanted)


def _without_options(frame: MarketFrame) -> IntArray:
    return ids_of(frame.instruments)[~frame.is_option]


def _freeze(
    records: BookRecords, plan: AnalysisPlan, instruments: Sequence[Instrument], first: date, last: date
) -> MarketFrame:
    ids = ids_of(instruments)
    marks, splits, payouts = records.marks, records.splits, records.payouts
    own = np.isin(marks.instrument_id, ids) & (marks.day <= np.datetime64(last))
    divided, paid = np.isin(splits.instrument_id, ids), np.isin(payouts.instrument_id, ids)
    return freeze_market(
        market=records.portfolio.market,
        calendar=plan.calendar,
        first=first,
        last=last,
        instruments=instruments,
        marks=Marks(marks.instrument_id[own], marks.day[own], marks.price[own]),
        splits=SplitRows(splits.instrument_id[divided], splits.ex_date[divided], splits.ratio[divided]),
        payouts=Payouts(payouts.instrument_id[paid], payouts.ex_date[paid], payouts.amount[paid]),
        stale_sessions=plan.stale_sessions,
    )


def _option_facts(
    records: BookRecords, plan: AnalysisPlan, frame: MarketFrame, holdings: Holdings, at: int, as_of: date
) -> tuple[OptionMarket | None, OptionFacts]:
    """Facts of the contracts that are held and alive, priced beside all others of the same expiries."""
    day = np.datetime64(as_of)
    asset = np.unique(holdings.asset[holdings.held(at)])
    alive = asset[frame.is_option[asset] & (frame.expiry[asset] > day)]
    families = {(frame.instruments[a].underlying_id, frame.expiry[a].item()) for a in alive.tolist()}
    contracts = [
        each for each in records.instruments if each.option and (each.underlying_id, each.option.expiry) in families
    ]
    if not contracts:
        return None, OptionFacts.none()
    since = plan.calendar.sessions_back(as_of, max(plan.stale_sessions - 1, 0))
    near = _freeze(records, plan, _with_underlyings(records, contracts), since, as_of)
    days, values = records.yields
    recent = days >= np.datetime64(plan.calendar.previous_session(since) - timedelta(days=OLDEST_YIELD_DAYS))
    payers = np.isin(records.announced.instrument_id, ids_of(near.instruments))
    announced = records.announced
    options = freeze_options(
        near,
        plan.calendar,
        yields=(days[recent], values[recent]),
        announced=Payouts(announced.instrument_id[payers], announced.ex_date[payers], announced.amount[payers]),
    )
    wanted = np.flatnonzero(np.isin(ids_of(near.instruments)[options.asset], ids_of(frame.instruments)[alive]))
    volatilities = from_quotes(options)
    if volatilities.missing[wanted].any():
        volatilities = from_smile(options, volatilities, options, volatilities)
        volatilities = from_estimates(volatilities, _realised_closes(records, plan, options, as_of))
    return options, compose_facts(options, volatilities, wanted)


def _realised_closes(records: BookRecords, plan: AnalysisPlan, options: OptionMarket, as_of: date) -> FloatArray:
    calendar = plan.calendar
    days = calendar.sessions_between(calendar.sessions_back(as_of, REALISED_SESSIONS), as_of)
    ids = ids_of(options.frame.instruments)[np.unique(options.underlying)]
    window = np.array(days, dtype="datetime64[D]")
    return underlying_closes(options, window, _closes_within(records.marks, ids, window))


def _factor_window(
    records: BookRecords, plan: AnalysisPlan, as_of: date
) -> tuple[FactorWindow, ReturnPanel, FactorSet]:
    """The factors' window, and the returns of all that is no option over it."""
    shares = np.array([each.id for each in records.instruments if each.kind is not Kind.OPTION], dtype=np.int64)
    panel = _returns(records, plan, shares, WINDOW_SESSIONS + 1, as_of)
    before = np.datetime64(plan.calendar.sessions_back(as_of, WINDOW_SESSIONS + 1))
    window = open_window(
        panel,
        yields_on(np.concatenate([[before], panel.days]), *records.yields),
        market=records.portfolio.market,
        factors=plan.factors,
        proxy_ids=dict(records.proxy_ids),
    )
    return window, panel, describe_factors(window)


def _betas(
    records: BookRecords, plan: AnalysisPlan, window: FactorWindow, panel: ReturnPanel, frame: MarketFrame
) -> Betas:
    chosen = np.isin(panel.instrument_id, ids_of(frame.instruments))
    theirs = ReturnPanel(panel.instrument_id[chosen], panel.days, panel.returns[:, chosen])
    funds = [each.id for each in records.instruments if each.kind is Kind.MUTUAL_FUND]
    is_fund = np.isin(theirs.instrument_id, funds)
    return estimate_betas(window, theirs, is_fund, min_obs=plan.least_observations)


def _returns(records: BookRecords, plan: AnalysisPlan, ids: IntArray, count: int, as_of: date) -> ReturnPanel:
    """Returns of instruments over as many sessions as are asked for, up to one."""
    calendar = plan.calendar
    days = np.array(calendar.sessions_between(calendar.sessions_back(as_of, count), as_of), dtype="datetime64[D]")
    divided, paid = np.isin(records.splits.instrument_id, ids), np.isin(records.payouts.instrument_id, ids)
    splits, payouts = records.splits, records.payouts
    return freeze_returns(
        ids,
        days,
        closes=_closes_within(records.marks, ids, days),
        splits=SplitRows(splits.instrument_id[divided], splits.ex_date[divided], splits.ratio[divided]),
        payouts=Payouts(payouts.instrument_id[paid], payouts.ex_date[paid], payouts.amount[paid]),
    )


def _closes_within(marks: Marks, ids: IntArray, days: DayArray) -> Marks:
    inside = np.isin(marks.instrument_id, ids) & np.isin(marks.day, days)
    return Marks(marks.instrument_id[inside], marks.day[inside], marks.price[inside])


def _greeks(records: BookRecords, frame: MarketFrame, holdings: Holdings, at: int, facts: OptionFacts) -> HeldGreeks:
    allowed = np.array([records.portfolio.allow_estimates], dtype=np.bool_)
    return position_greeks(frame, holdings, at, instrument_greeks(frame, at, facts), allowed)
