"""The instrument stage of exposures and scenarios: what one share of each instrument brings into any portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from sigmasight.domain.factor_facts import TENORS, Betas, FactorSet
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.engines.scenario_returns import factor_moves, scenario_returns, split_by_factor
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.scenarios import ScenarioSet
from sigmasight.risk.states import PricedSession, pnl_in_states

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

    @property
    def inert(self) -> BoolArray:
        """What has expired and waits for its settlement: nothing moves it any more, (N,)."""
        expired = (self.reasons & int(Reason.EXPIRED)) > 0
        return np.asarray(expired & ~np.isnan(self.dollar_delta), dtype=np.bool_)

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
        moved = self.dollar_delta[:, None, None] != 0.0
        return np.asarray(np.where(moved, self.dollar_delta[:, None, None] * parts, 0.0))


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
    session = PricedSession.of(frame, at, facts, options, allow_estimates=allow_estimates)
    loading, residual, yield_beta, beta_reasons, yield_reasons = _spread(frame, factors, betas)
    if allow_estimates:
        yield_beta, yield_reasons = _estimated(frame.instruments, yield_beta, yield_reasons)
    parent, settled = frame.underlying, session.settled
    on_tenor = yield_beta[parent][:, scenarios.tenor]
    why = np.where(scenarios.yield_change != 0.0, yield_reasons[parent][:, scenarios.tenor], 0)
    reasons = session.reasons | np.where(settled, 0, beta_reasons[parent])
    pnl = _pnl(session, scenarios, loading[parent], on_tenor)
    pnl[settled] = 0.0
    blocked = (reasons & int(BLOCKING)) > 0
    pnl[blocked] = np.nan
    count = len(scenarios.ids)
    dollar_delta = np.where(settled, 0.0, session.greeks.unit.delta * session.spot)
    return InstrumentRisk(
        underlying=parent,
        dollar_delta=np.where(blocked, np.nan, dollar_delta),
        loading=np.where(settled[:, None], 0.0, loading[parent]),
        residual_variance=np.where(frame.is_option, np.nan, residual**2),
        yield_beta=on_tenor,
        direct=pnl[:, :count],
        correlated=pnl[:, count:],
        reasons=np.asarray(reasons, dtype=np.int64),
        yield_reasons=np.where(settled[:, None], 0, why).astype(np.int64),
    )


def _pnl(session: PricedSession, scenarios: ScenarioSet, loading: FloatArray, yield_beta: FloatArray) -> FloatArray:
    """USD per share, (N, 2 S): direct, then correlated."""
    both = (scenarios.response.direct, scenarios.response.correlated)
    returns = [scenario_returns(factor_moves(loading, each), yield_beta, scenarios.yield_change) for each in both]
    changes = [scenarios.volatility_changes(each) for each in both]
    return pnl_in_states(
        session, np.concatenate(returns, axis=1), np.concatenate(changes), np.tile(scenarios.yield_change, 2)
    )


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
