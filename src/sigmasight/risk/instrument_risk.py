"""The instrument stage of exposures and scenarios: what one share of each instrument brings into any portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from sigmasight.domain.factor_facts import TENORS, Betas, FactorSet
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.engines.scenario_returns import factor_moves, scenario_returns, split_by_factor
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.greeks import InstrumentGreeks, instrument_greeks
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.revaluation import revalue
from sigmasight.risk.scenarios import ScenarioSet

_BONDS, _REAL_ESTATE, _OTHER = -5.0, -2.0, -1.0
"""Return per 1.00 of yield that stands in for an asset class where a portfolio allows estimates."""

_FUNDS = (Kind.ETF, Kind.MUTUAL_FUND)
_BOND_CATEGORIES = ("Bond", "Government", "Treasury")


@dataclass(frozen=True, slots=True)
class InstrumentRisk:
    """N instruments at one session, for portfolios that allow estimates or for those that do not; per share.

    NaN where not known; ``reasons`` and ``yield_reasons`` say why.
    """

    underlying: IntArray  # (N,) index of what moves it
    dollar_delta: FloatArray  # (N,) USD: delta x spot
    loading: FloatArray  # (N, K) betas of the underlying
    residual_variance: FloatArray  # (N,) daily, of the instrument's own return; of options NaN
    yield_beta: FloatArray  # (N, S) of the underlying, on the yield that each scenario shocks
    direct: FloatArray  # (N, S) USD, under each scenario
    correlated: FloatArray  # (N, S) USD
    reasons: IntArray  # (N,) of price, Greeks and betas
    yield_reasons: IntArray  # (N, S) of the yield betas that scenarios need; 0 where they need none

    def rows(self, wanted: IntArray) -> "InstrumentRisk":
        """Some of the rows, in any order and number; ``underlying`` still counts all."""
        return InstrumentRisk(**{field.name: getattr(self, field.name)[wanted] for field in fields(InstrumentRisk)})

    def followed_by(self, other: "InstrumentRisk") -> "InstrumentRisk":
        """The same instruments taken twice: this way, then the other way; (2 N,)."""
        return InstrumentRisk(
            **{f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(InstrumentRisk)}
        )

    def split(self, scenarios: ScenarioSet, *, correlated: bool) -> FloatArray:
        """P&L per share by factor, USD, (N, S, K): dollar delta x the factor's part of the underlying's return."""
        coordinates = scenarios.response.correlated if correlated else scenarios.response.direct
        parts = split_by_factor(factor_moves(self.loading, coordinates))
        return np.asarray(self.dollar_delta[:, None, None] * parts)


def assess_instruments(
    frame: MarketFrame,
    at: int,
    *,
    facts: OptionFacts,
    options: OptionMarket | None,
    factors: FactorSet,
    betas: Betas,
    scenarios: ScenarioSet,
    allow_estimates: bool,
) -> InstrumentRisk:
    """Assess every instrument of a frame at a session.

    Args:
        frame: N instruments.
        at: Index of the session.
        facts: Of its contracts at that session.
        options: The contracts with facts, frozen up to that session; None where there are none.
        factors: K factors at that session.
        betas: Of the frame's instruments that are no options; what is not among them has no history.
        scenarios: S scenarios on these factors.
        allow_estimates: Whether estimated volatilities and yield betas are taken.
    """
    known = _taken(instrument_greeks(frame, at, facts), allow_estimates=allow_estimates)
    loading, residual, yield_beta, beta_reasons, yield_reasons = _spread(frame, factors, betas)
    if allow_estimates:
        yield_beta, yield_reasons = _estimated(frame.instruments, yield_beta, yield_reasons)
    spot = frame.price[at, frame.underlying]
    parent = frame.underlying
    shocked = scenarios.yield_change != 0.0
    on_tenor = yield_beta[parent][:, scenarios.tenor]
    why = np.where(shocked, yield_reasons[parent][:, scenarios.tenor], 0)
    excluded = frame.reasons[at] | frame.reasons[at, parent] & int(BLOCKING)
    reasons = excluded | known.reasons | beta_reasons[parent]
    settled = frame.is_option & ((known.reasons & int(Reason.EXPIRED)) > 0)
    reasons = np.where(settled, frame.reasons[at] | known.reasons, reasons)
    returns = [
        scenario_returns(factor_moves(loading[parent], each), on_tenor, scenarios.yield_change)
        for each in (scenarios.response.direct, scenarios.response.correlated)
    ]
    pnl = [spot[:, None] * each for each in returns]
    for each in pnl:
        each[frame.is_option] = np.nan
        each[settled] = 0.0
    if options is not None:
        _revalue(frame, options, facts, scenarios, returns, pnl, allow_estimates=allow_estimates)
    blocked = (reasons & int(BLOCKING)) > 0
    dollar_delta = np.where(blocked, np.nan, known.unit.delta * spot)
    return InstrumentRisk(
        underlying=parent,
        dollar_delta=np.where(settled & ~blocked, 0.0, dollar_delta),
        loading=np.where(settled[:, None], 0.0, loading[parent]),
        residual_variance=np.where(frame.is_option, np.nan, residual**2),
        yield_beta=on_tenor,
        direct=np.where(blocked[:, None], np.nan, pnl[0]),
        correlated=np.where(blocked[:, None], np.nan, pnl[1]),
        reasons=np.asarray(reasons, dtype=np.int64),
        yield_reasons=np.where(settled[:, None], 0, why).astype(np.int64),
    )


def _taken(known: InstrumentGreeks, *, allow_estimates: bool) -> InstrumentGreeks:
    """As a portfolio takes Greeks that stand on an estimated volatility."""
    if allow_estimates:
        return known
    refused = (known.reasons & int(Reason.ESTIMATED)) > 0
    reasons = np.where(refused, known.reasons & ~int(Reason.ESTIMATED) | int(Reason.NO_VOLATILITY), known.reasons)
    unit = replace(known.unit, delta=np.where(refused, np.nan, known.unit.delta))
    return InstrumentGreeks(unit, reasons)


def _spread(
    frame: MarketFrame, factors: FactorSet, betas: Betas
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, IntArray]:
    """Betas by index of the frame: loadings, residual volatility, yield betas, and the reasons of both."""
    count = len(frame.instruments)
    ids = ids_of(frame.instruments)
    loading = np.full((count, len(factors.names)), np.nan)
    residual, yield_beta = np.full(count, np.nan), np.full((count, TENORS), np.nan)
    reasons = np.full(count, int(Reason.NO_HISTORY), dtype=np.int64)
    yield_reasons = np.full((count, TENORS), int(Reason.NO_HISTORY), dtype=np.int64)
    present = np.flatnonzero(np.isin(betas.instrument_id, ids))
    row = np.searchsorted(ids, betas.instrument_id[present])
    loading[row], residual[row] = betas.loading[present], betas.residual_volatility[present]
    yield_beta[row], reasons[row] = betas.yield_beta[present], betas.reasons[present]
    yield_reasons[row] = betas.yield_reasons[present]
    return loading, residual, yield_beta, reasons, yield_reasons


def _estimated(
    instruments: Sequence[Instrument], yield_beta: FloatArray, reasons: IntArray
) -> tuple[FloatArray, IntArray]:
    """Where a yield beta is missing, the table of asset classes, marked."""
    table = np.array([_asset_class_beta(each) for each in instruments])[:, None]
    missing = np.isnan(yield_beta)
    marked = reasons & ~int(BLOCKING) | int(Reason.ESTIMATED)
    return np.where(missing, table, yield_beta), np.where(missing, marked, reasons)


def _asset_class_beta(instrument: Instrument) -> float:
    category = instrument.industry or ""
    if instrument.kind in _FUNDS and any(word in category for word in _BOND_CATEGORIES):
        return _BONDS
    return _REAL_ESTATE if instrument.sector == "Real Estate" else _OTHER


def _revalue(
    frame: MarketFrame,
    options: OptionMarket,
    facts: OptionFacts,
    scenarios: ScenarioSet,
    returns: Sequence[FloatArray],
    pnl: Sequence[FloatArray],
    *,
    allow_estimates: bool,
) -> None:
    """Fill in what contracts with a volatility gain or lose."""
    their_ids, ids = ids_of(options.frame.instruments)[options.asset], ids_of(frame.instruments)
    contract, of_fact = _both(their_ids, facts.instrument_id)
    usable = _usable(facts, of_fact, allow_estimates=allow_estimates) & np.isin(their_ids[contract], ids)
    contract, of_fact = contract[usable], of_fact[usable]
    if not len(contract):
        return
    row = np.searchsorted(ids, their_ids[contract])
    last = np.full(len(options.asset), options.frame.sessions.count - 1)
    by_parity = options.on_forward & ~np.isnan(options.forward[-1])
    changes = [
        scenarios.volatility_changes(each) for each in (scenarios.response.direct, scenarios.response.correlated)
    ]
    gained = revalue(
        options.contracts(last).rows(contract),
        facts.volatility[of_fact],
        on_forward=by_parity[contract],
        spot_return=np.concatenate([each[row] for each in returns], axis=1),
        volatility_change=np.concatenate(changes),
        yield_change=np.tile(scenarios.yield_change, 2),
    )
    pnl[0][row], pnl[1][row] = gained[:, : len(scenarios.ids)], gained[:, len(scenarios.ids) :]


def _both(left: IntArray, right: IntArray) -> tuple[IntArray, IntArray]:
    """Places of what is in both, each ascending by id on the left."""
    _, at_left, at_right = np.intersect1d(left, right, return_indices=True)
    return at_left, at_right


def _usable(facts: OptionFacts, rows: IntArray, *, allow_estimates: bool) -> BoolArray:
    reasons = facts.reasons[rows]
    estimated = (reasons & int(Reason.ESTIMATED)) > 0
    return np.asarray(((reasons & int(BLOCKING)) == 0) & (allow_estimates | ~estimated), dtype=np.bool_)
