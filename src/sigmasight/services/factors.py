"""Factor exposures of one portfolio, worked out on demand: of all of it, and of its positions with their errors."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sigmasight.domain.factor_facts import Betas, FactorSet
from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import FactorExposures
from sigmasight.risk.classic_factors import ClassicBetas, estimate_classic_betas, expose_classically
from sigmasight.risk.contributions import expose_by_price, position_exposures
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk, expose_portfolios, hold_risk
from sigmasight.services.exposures import require_open, value_at
from sigmasight.services.factor_facts import load_window
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import load_session_market
from sigmasight.store.database import Connection


@dataclass(frozen=True, slots=True)
class PositionFactors:
    """One position on K factors; NaN where not known."""

    symbol: str
    underlying: str
    dollar_delta: float  # USD
    exposure: FloatArray  # (K,) USD
    beta: FloatArray  # (K,) of the underlying
    hac_error: FloatArray  # (K,)
    t_statistic: FloatArray  # (K,)
    r_squared: float
    residual_volatility: float  # daily
    n_obs: int
    reasons: Reason
    exact: bool  # nothing is left over: t is empty, exact_fit
    classic_beta: FloatArray | None  # (K,) of ordinary least squares, capped; only by the classic method
    classic_raw: FloatArray | None  # (K,) not capped
    capped: BoolArray | None  # (K,)


@dataclass(frozen=True, slots=True)
class FactorReport:
    """A portfolio on the factors of a session's close."""

    factors: FactorSet
    exposures: FactorExposures
    positions: tuple[PositionFactors, ...]
    dollar_exposure: FloatArray  # (K,) USD, each position at its own price instead of its delta
    classic_exposure: FloatArray | None  # (K,) USD, by betas of ordinary least squares, capped


def report_factors(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    *,
    method: Method = Method.DEFAULT,
) -> FactorReport:
    """Put a user's portfolio on the factors at a session's close.

    Raises:
        NotFoundError: If the portfolio is not the user's, or was opened later.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    require_open(valued.books.portfolios[0], as_of)
    frame = valued.books.market
    session = load_session_market(conn, valuation, frame, valued.close.at, valued.facts, keep=False)
    assessed = session.assess(())
    held = hold_risk(frame, valued.books.portfolios, valued.books.holdings, valued.close, assessed)
    (exposures,) = expose_portfolios(held, assessed)
    classic, classic_exposure = None, None
    if method is Method.CLASSIC:
        window, panel = load_window(conn, valuation, assessed.factors, frame.market, frame.instruments)
        classic = estimate_classic_betas(window, panel, min_obs=valuation.least_observations)
        classic_exposure = expose_classically(held, assessed, classic.loading, classic.instrument_id)[0]
    return FactorReport(
        factors=assessed.factors,
        exposures=exposures,
        positions=_positions(frame, held, assessed, session.betas, classic),
        dollar_exposure=expose_by_price(held, assessed, frame.price[valued.close.at])[0],
        classic_exposure=classic_exposure,
    )


def _positions(
    frame: MarketFrame, held: HeldRisk, assessed: AssessedMarket, betas: Betas, classic: ClassicBetas | None
) -> tuple[PositionFactors, ...]:
    exposure = position_exposures(held, assessed)
    place = {instrument: at for at, instrument in enumerate(betas.instrument_id.tolist())}
    parent = assessed.risk.underlying[held.instrument]
    row = [place[frame.instruments[int(at)].id] for at in parent]
    return tuple(
        PositionFactors(
            symbol=held.symbol(at),
            underlying=frame.instruments[int(parent[at])].symbol,
            dollar_delta=float(held.shares[at] * assessed.risk.dollar_delta[held.row[at]]),
            exposure=exposure[at],
            beta=betas.loading[mine],
            hac_error=betas.hac_error[mine],
            t_statistic=betas.t_statistic[mine],
            r_squared=float(betas.r_squared[mine]),
            residual_volatility=float(betas.residual_volatility[mine]),
            n_obs=int(betas.n_obs[mine]),
            reasons=Reason(int(assessed.risk.reasons[held.row[at]])),
            exact=bool(betas.exact[mine]),
            classic_beta=None if classic is None else classic.loading[mine],
            classic_raw=None if classic is None else classic.raw[mine],
            capped=None if classic is None else classic.capped[mine],
        )
        for at, mine in enumerate(row)
    )
