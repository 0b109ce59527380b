"""The instrument stage of factors: the set of factors at a session, and every instrument's sensitivities to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sigmasight.domain.factor_facts import TENORS, Betas, FactorSet
from sigmasight.domain.factors import FactorDefinition
from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, IntArray, Market
from sigmasight.domain.reasons import Reason
from sigmasight.engines.factor_basis import FactorBasis, build_basis
from sigmasight.engines.factor_correlation import correlate_factors
from sigmasight.engines.regression import Regression, regress
from sigmasight.risk.return_panel import ReturnPanel

WINDOW_SESSIONS = 252
PRIOR_STD = 0.5
"""Standard deviation of the style betas' prior around 0."""

LEAST_YIELD_SESSIONS = 60
_FULL_YIELD_SESSIONS = 90
_DIMSON_T = 3.0
_ANY_LAG = 1e-6  # a slope on the session before that is none where the fit is exact
_LEAST_SETTING = 20


@dataclass(frozen=True, slots=True)
class FactorWindow:
    """The factors of one market over the window that ends at a session."""

    market: Market
    as_of: date
    names: tuple[str, ...]  # active factors, the market first
    proxies: tuple[str, ...]  # at the session
    returns: FloatArray  # (T, K) of the proxies in force on each session; NaN where missing
    market_before: FloatArray  # (T,) the market's return on the session before
    yield_changes: FloatArray  # (T, 4) since the session before; NaN where a yield is missing on either
    basis: FactorBasis


def open_window(
    panel: ReturnPanel,
    yields: FloatArray,
    *,
    market: Market,
    factors: Sequence[FactorDefinition],
    proxy_ids: dict[str, int],
) -> FactorWindow:
    """Put the factors' returns together, each from the proxy that stands for it on the session.

    Args:
        panel: ``WINDOW_SESSIONS`` + 1 sessions: the first one serves the lag alone.
        yields: Treasury par yields on the panel's sessions and the one before, (T + 2, 4), as fractions.
        market: Whose numbers these are.
        factors: Active factors in display order, the market first.
        proxy_ids: Instruments by the symbols of their proxies; what is not known has no returns.
    """
    days = panel.days
    row = {instrument: at for at, instrument in enumerate(panel.instrument_id.tolist())}
    returns = np.full((len(days), len(factors)), np.nan)
    for at, factor in enumerate(factors):
        for proxy in factor.proxies:
            until = np.datetime64(proxy.valid_to) if proxy.valid_to else np.datetime64("9999-12-31")
            in_force = (days >= np.datetime64(proxy.valid_from)) & (days < until)
            if proxy.symbol in proxy_ids and proxy_ids[proxy.symbol] in row:
                returns[in_force, at] = panel.returns[in_force, row[proxy_ids[proxy.symbol]]]
    as_of: date = days[-1].item()
    return FactorWindow(
        market=market,
        as_of=as_of,
        names=tuple(factor.name for factor in factors),
        proxies=tuple(_proxy_on(factor, as_of) for factor in factors),
        returns=returns[1:],
        market_before=returns[:-1, 0],
        yield_changes=np.diff(yields, axis=0)[1:],
        basis=build_basis(returns[1:], least_sessions=LEAST_YIELD_SESSIONS),
    )


def yields_on(sessions: DayArray, days: DayArray, yields: FloatArray) -> FloatArray:
    """Yields of exactly these sessions, (T, 4): regressions carry none."""
    own = np.full((len(sessions), TENORS), np.nan)
    here = np.isin(days, sessions)
    own[np.searchsorted(sessions, days[here])] = yields[here]
    return own


def describe_factors(window: FactorWindow) -> FactorSet:
    """What the window tells of the factors themselves."""
    lately = correlate_factors(np.where(window.basis.usable, window.returns, 0.0))
    market = window.returns[:, :1]
    slopes = [regress(market, window.yield_changes[:, [at]], min_obs=LEAST_YIELD_SESSIONS) for at in range(TENORS)]
    basis = window.basis
    return FactorSet(
        as_of=window.as_of,
        names=window.names,
        proxies=window.proxies,
        sessions=basis.sessions,
        window_sessions=len(window.returns),
        market_slopes=basis.market_slopes,
        covariance=basis.covariance,
        variance_inflation=basis.variance_inflation,
        condition_number=basis.condition_number,
        volatility=lately.volatility,
        correlation=lately.correlation,
        capped_correlation=lately.capped,
        market_yield_slope=np.array([slope.slope[0, 0] for slope in slopes]),
        yield_sessions=np.array([slope.n_obs[0] for slope in slopes]),
    )


def estimate_betas(window: FactorWindow, panel: ReturnPanel, is_fund: BoolArray, *, min_obs: int) -> Betas:
    """Estimate every instrument's betas by the default method, and its yield betas.

    Args:
        window: Of the panel's sessions.
        panel: N instruments.
        is_fund: Mutual funds, whose prices may lag the market's, (N,).
        min_obs: Sessions needed in common with the factors.

    Raises:
        ValueError: If ``min_obs`` is under 20.
    """
    if min_obs < _LEAST_SETTING:
        raise ValueError(f"min_obs is {min_obs}; betas on fewer than {_LEAST_SETTING} sessions mean nothing")
    returns = panel.returns[1:]
    fit = _fit_default(window, returns, min_obs=min_obs)
    lagged = np.zeros(len(is_fund), dtype=np.bool_)
    funds = np.flatnonzero(is_fund)
    if len(funds):
        slow = _fit_with_lag(window, returns[:, funds], min_obs=min_obs)
        dated = (np.abs(slow.t[:, -1]) > _DIMSON_T) | (slow.exact & (np.abs(slow.slope[:, -1]) > _ANY_LAG))
        fit, lagged[funds[dated]] = _replaced(fit, funds[dated], slow, np.flatnonzero(dated)), True
    by_yield = [_fit_yield(window, returns, at) for at in range(TENORS)]
    marked = int(Reason.SIMULATED) if window.market is Market.SIMULATED else 0
    yield_n_obs = np.stack([each.n_obs for each in by_yield], axis=1)
    yield_beta = np.stack([each.slope[:, 0] for each in by_yield], axis=1)
    return Betas(
        instrument_id=panel.instrument_id,
        loading=fit.slope,
        posterior_error=fit.shrunk_error,
        plain_error=fit.plain_error,
        hac_error=fit.hac_error,
        t_statistic=fit.t,
        r_squared=fit.r_squared,
        residual_volatility=fit.residual_std,
        n_obs=fit.n_obs,
        lagged=lagged,
        exact=fit.exact,
        reasons=_reasons(np.isnan(fit.residual_std), fit.n_obs < WINDOW_SESSIONS) | marked,
        yield_beta=yield_beta,
        yield_error=np.stack([each.hac_error[:, 0] for each in by_yield], axis=1),
        yield_n_obs=yield_n_obs,
        yield_reasons=_yield_reasons(window, returns, yield_beta, yield_n_obs) | marked,
    )


def _proxy_on(factor: FactorDefinition, day: date) -> str:
    for proxy in reversed(factor.proxies):  # the later one counts
        if proxy.valid_from <= day and (proxy.valid_to is None or day < proxy.valid_to):
            return proxy.symbol
    return ""


def _fit_default(window: FactorWindow, returns: FloatArray, *, min_obs: int) -> Regression:
    basis = window.basis
    if not basis.usable[0]:
        return _spread(regress(np.full_like(returns, np.nan), window.market_before[:, None], min_obs=min_obs), basis)
    usable = np.flatnonzero(basis.usable)
    fit = regress(returns, basis.returns[:, usable], min_obs=min_obs, shrunk=usable > 0, prior_std=PRIOR_STD)
    return _spread(fit, basis)


def _fit_with_lag(window: FactorWindow, returns: FloatArray, *, min_obs: int) -> Regression:
    """With the market of the session before: the market's slope is then the sum of both, the last one the lag's own."""
    basis = window.basis
    if not basis.usable[0]:
        return _fit_default(window, returns, min_obs=min_obs)
    usable = np.flatnonzero(basis.usable)
    market = basis.returns[:, 0]
    x = np.column_stack([basis.returns[:, usable], window.market_before - market])
    shrunk = np.append(usable > 0, False)
    fit = regress(returns, x, min_obs=min_obs, shrunk=shrunk, prior_std=PRIOR_STD)
    whole = _spread(_columns(fit, slice(0, len(usable))), basis)
    return replace(
        whole, t=np.column_stack([whole.t, fit.t[:, -1]]), slope=np.column_stack([whole.slope, fit.slope[:, -1]])
    )


def _fit_yield(window: FactorWindow, returns: FloatArray, tenor: int) -> Regression:
    x = np.column_stack([window.yield_changes[:, tenor], window.returns[:, 0]])
    return regress(returns, x, min_obs=LEAST_YIELD_SESSIONS)


_BY_VARIABLE = ("slope", "shrunk_error", "plain_error", "hac_error", "t")


def _columns(fit: Regression, which: slice) -> Regression:
    return replace(fit, **{name: getattr(fit, name)[:, which] for name in _BY_VARIABLE})


def _spread(fit: Regression, basis: FactorBasis) -> Regression:
    """Back to all factors; what is not usable has NaN."""
    count = len(fit.n_obs)
    whole = {name: np.full((count, len(basis.usable)), np.nan) for name in _BY_VARIABLE}
    if basis.usable[0]:
        for name, column in whole.items():
            column[:, basis.usable] = getattr(fit, name)
    return replace(fit, **whole)


def _replaced(fit: Regression, rows: IntArray, other: Regression, their_rows: IntArray) -> Regression:
    """Some rows of a regression taken from another one, whose columns may be more."""
    changed = {}
    for name in (*_BY_VARIABLE, "r_squared", "residual_std", "n_obs", "exact"):
        column = getattr(fit, name).copy()
        theirs = getattr(other, name)[their_rows]
        column[rows] = theirs[:, : column.shape[1]] if column.ndim > 1 else theirs
        changed[name] = column
    return Regression(**changed)


def _reasons(missing: BoolArray, short: BoolArray) -> IntArray:
    short_history = np.where(short, Reason.SHORT_HISTORY, Reason.NONE)
    return np.where(missing, Reason.NO_HISTORY, short_history).astype(np.int64)


def _yield_reasons(window: FactorWindow, returns: FloatArray, beta: FloatArray, n_obs: IntArray) -> IntArray:
    """No yields at all: no_rate; too few days in common: no_history."""
    reasons = _reasons(np.isnan(beta), n_obs < _FULL_YIELD_SESSIONS)
    no_rates = (~np.isnan(window.yield_changes)).sum(axis=0) < LEAST_YIELD_SESSIONS
    enough = (~np.isnan(returns)).sum(axis=0) >= LEAST_YIELD_SESSIONS
    return np.where(np.isnan(beta) & no_rates & enough[:, None], Reason.NO_RATE, reasons).astype(np.int64)
