"""Betas of ten thousand symbols; a hundred thousand portfolios weighed: exposures, Greeks, eighteen stress tests."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import numpy as np

from benchmarks.measure import Measured, in_turn, median_seconds
from sigmasight.domain.books import Portfolio
from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.options import PositionGreeks
from sigmasight.engines.aggregation import sum_known
from sigmasight.engines.factor_basis import build_basis
from sigmasight.engines.regression import regress
from sigmasight.intake.scenarios_file import shipped_scenarios
from sigmasight.risk.instrument_risk import InstrumentRisk
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk, expose_portfolios, stress_portfolios
from sigmasight.risk.scenarios import arrange_scenarios

SYMBOLS, SESSIONS, FACTORS = 10_000, 252, 7
PORTFOLIOS, POSITIONS = 100_000, 50
_NAMES = ("Market", "Value", "Growth", "Momentum", "Quality", "Size", "Low Volatility")
_SHARD = 5_000


def measure_factors() -> Iterator[Measured]:
    """Measure the instrument stage of factors, and the portfolio stage."""
    rng = np.random.default_rng(11)
    factors = 0.01 * rng.standard_normal((SESSIONS, 1)) + 0.004 * rng.standard_normal((SESSIONS, FACTORS))
    returns = factors @ rng.normal(0.3, 0.5, (FACTORS, SYMBOLS)) + 0.02 * rng.standard_normal((SESSIONS, SYMBOLS))
    taken, times = in_turn(lambda: _betas(factors, returns), lambda: _bare_betas(factors, returns))
    yield Measured(
        f"betas of {SYMBOLS:,} symbols on {FACTORS} factors, with standard errors of three kinds",
        taken,
        "bare QR, GEMM and residual variance",
        f"{1.0 / times:.1f} x its time",
        "under 5 x",
    )
    assessed, held, greeks = _world(rng, factors)
    taken = median_seconds(lambda: _portfolio_stage(assessed, held, greeks))
    yield Measured(
        f"{PORTFOLIOS:,} portfolios x {POSITIONS}: factor exposures, betas, risk shares, Greeks, 18 stress tests",
        taken,
        "-",
        "-",
        "under 10 s",
    )


def _betas(factors: FloatArray, returns: FloatArray) -> None:
    basis = build_basis(factors)
    regress(returns, basis.returns, min_obs=60, shrunk=np.arange(FACTORS) > 0, prior_std=0.5)


def _bare_betas(factors: FloatArray, returns: FloatArray) -> FloatArray:
    q, r = np.linalg.qr(np.column_stack([np.ones(SESSIONS), factors]))
    scores = q.T @ returns
    residual = returns - q @ scores
    return np.linalg.solve(r, scores) * np.sqrt((residual * residual).sum(axis=0))


def _world(
    rng: np.random.Generator, factors: FloatArray
) -> tuple[AssessedMarket, list[HeldRisk], list[tuple[PositionGreeks, HeldRisk]]]:
    basis = build_basis(factors)
    nothing = np.full(4, np.nan)
    facts = FactorSet(
        as_of=date(2026, 11, 20),
        names=_NAMES,
        proxies=_NAMES,
        sessions=SESSIONS,
        window_sessions=SESSIONS,
        market_slopes=basis.market_slopes,
        covariance=basis.covariance,
        variance_inflation=basis.variance_inflation,
        condition_number=basis.condition_number,
        volatility=np.sqrt(np.diag(basis.covariance)),
        correlation=np.eye(FACTORS),
        capped_correlation=np.eye(FACTORS),
        market_yield_slope=nothing,
        yield_sessions=np.zeros(4, dtype=np.int64),
    )
    scenarios = arrange_scenarios(shipped_scenarios(), facts)
    risk = InstrumentRisk(
        underlying=np.arange(SYMBOLS),
        dollar_delta=rng.uniform(5.0, 500.0, SYMBOLS),
        loading=rng.normal(0.5, 0.5, (SYMBOLS, FACTORS)),
        residual_variance=rng.uniform(1e-4, 4e-4, SYMBOLS),
        yield_beta=np.zeros((SYMBOLS, len(scenarios.ids))),
        direct=rng.normal(0.0, 20.0, (SYMBOLS, len(scenarios.ids))),
        correlated=rng.normal(0.0, 20.0, (SYMBOLS, len(scenarios.ids))),
        reasons=np.zeros(SYMBOLS, dtype=np.int64),
        yield_reasons=np.zeros((SYMBOLS, len(scenarios.ids)), dtype=np.int64),
    )
    assessed = AssessedMarket.of(np.arange(SYMBOLS), facts, scenarios, strict=risk, lenient=risk)
    shards = [_shard(rng, at) for at in range(0, PORTFOLIOS, _SHARD)]
    greeks = [(PositionGreeks(*(rng.standard_normal(_SHARD * POSITIONS) for _ in range(7))), each) for each in shards]
    return assessed, shards, greeks


def _shard(rng: np.random.Generator, first: int) -> HeldRisk:
    owner = UUID(int=1)
    portfolios = tuple(
        Portfolio(UUID(int=first + at + 1), owner, "bench", Market.LIVE, date(2026, 1, 2), allow_estimates=False)
        for at in range(_SHARD)
    )
    count = _SHARD * POSITIONS
    instrument = np.minimum(SYMBOLS * rng.random(count) ** 2.0, SYMBOLS - 1).astype(np.int64)
    shares = rng.normal(50.0, 100.0, count)
    return HeldRisk(
        portfolios=portfolios,
        as_of=date(2026, 11, 20),
        nav=np.full(_SHARD, 1e6),
        first=np.arange(_SHARD + 1) * POSITIONS,
        portfolio=np.repeat(np.arange(_SHARD), POSITIONS),
        symbols=("",) * SYMBOLS,
        asset=instrument,
        instrument=instrument,
        row=instrument,
        shares=shares,
        weight=np.abs(shares),
    )


def _portfolio_stage(
    assessed: AssessedMarket, shards: list[HeldRisk], greeks: list[tuple[PositionGreeks, HeldRisk]]
) -> None:
    for held in shards:
        expose_portfolios(held, assessed)
        stress_portfolios(held, assessed, assessed.scenarios.ids)
    for values, held in greeks:
        for column in (values.dollar_delta, values.dollar_gamma, values.theta_per_day, values.vega_per_point):
            sum_known(column, held.portfolio, len(held.portfolios))
        sum_known(values.rho_per_percent, held.portfolio, len(held.portfolios))
