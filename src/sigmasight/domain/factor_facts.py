"""What a session knows of factors and of instruments' sensitivities to them: computed once for all portfolios."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from sigmasight.domain.factors import RATE_TENORS
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray

TENORS = len(RATE_TENORS)
"""Treasury yields, in the order of RATE_TENORS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSet:
    """K factors of one market at one session, the market first. NaN where a factor does not vary by itself."""

    as_of: date
    names: tuple[str, ...]
    proxies: tuple[str, ...]  # symbols of the funds that stand for them at the session
    sessions: int  # of the window, that count
    window_sessions: int
    market_slopes: FloatArray  # (K,) of each factor on the market
    covariance: FloatArray  # (K, K) of market and styles beyond it, daily, equal weights, ddof 1
    variance_inflation: FloatArray  # (K,)
    condition_number: float
    volatility: FloatArray  # (K,) of the factors, daily, exponentially weighted
    correlation: FloatArray  # (K, K) exponentially weighted
    capped_correlation: FloatArray  # (K, K)
    market_yield_slope: FloatArray  # (4,) the market's return per 1.00 of each Treasury yield
    yield_sessions: IntArray  # (4,) sessions with both

    @property
    def usable(self) -> BoolArray:
        """Which factors something can be said about, (K,)."""
        return np.asarray(~np.isnan(np.diag(self.covariance)), dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Betas:
    """R instruments at one session, on K factors and four yields; NaN where not known.

    A loading is NaN if and only if its reason is blocking, or its factor is not usable.
    """

    instrument_id: IntArray  # (R,) ascending
    loading: FloatArray  # (R, K) return per unit of market return, and of each style's return beyond the market
    posterior_error: FloatArray  # (R, K)
    plain_error: FloatArray  # (R, K)
    hac_error: FloatArray  # (R, K)
    t_statistic: FloatArray  # (R, K) loading / HAC error; NaN where the fit is exact
    r_squared: FloatArray  # (R,) NaN where the instrument does not vary
    residual_volatility: FloatArray  # (R,) daily
    n_obs: IntArray  # (R,)
    lagged: BoolArray  # (R,) a fund's market loading adds that on the session before (Dimson)
    exact: BoolArray  # (R,) nothing is left over: t has no error to stand on
    reasons: IntArray  # (R,) Reason flags of the loadings
    yield_beta: FloatArray  # (R, 4) return per 1.00 of yield with the market held still
    yield_error: FloatArray  # (R, 4) HAC
    yield_n_obs: IntArray  # (R, 4)
    yield_reasons: IntArray  # (R, 4)

    def joined(self, others: "Betas") -> "Betas":
        """These and those of other instruments."""
        order = np.argsort(np.concatenate([self.instrument_id, others.instrument_id]), kind="stable")
        both = {f.name: np.concatenate([getattr(self, f.name), getattr(others, f.name)])[order] for f in fields(Betas)}
        return Betas(**both)
