"""What SigmaSight answers to the rows of the tables about factors: their headings in, their headings out."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from sigmasight.domain.factor_facts import TENORS
from sigmasight.domain.factors import FactorDefinition, FactorProxy
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.reasons import Reason
from sigmasight.engines.factor_basis import build_basis
from sigmasight.engines.factor_correlation import correlate_factors
from sigmasight.engines.regression import Regression, regress
from sigmasight.risk.classic_factors import estimate_classic_betas
from sigmasight.risk.factor_facts import PRIOR_STD, WINDOW_SESSIONS, FactorWindow, estimate_betas, open_window
from sigmasight.risk.portfolio_risk import expose_portfolios
from sigmasight.risk.return_panel import ReturnPanel
from spec.page import Row, read_series
from spec.small_market import STYLES, Share, factors_of, hold

Answers = Mapping[str, float | str]

PERCENT = 0.01
BASIS_POINT = 0.0001
M = np.array([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0])
S = np.array([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
N = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
EIGHT_SESSIONS = """\
Eight sessions. The market returns **M** = 1, 1, 1, 1, −1, −1, −1, −1 %; the style returns 1.2 M + **S**, with S = 1, 1,
−1, −1, 1, 1, −1, −1 %; what neither explains is **N** = 1, −1, 1, −1, 1, −1, 1, −1 %. Each of the three has the sum 0
and the sum of squares 8, and no two have anything in common: their products add up to 0. So the sums can be done in
the head."""
"""The note of the tables that are made of ``M``, ``S`` and ``N``."""

SLOPE = 1.2
"""Of the style on the market."""


def one_factor(row: Row) -> Answers:
    """A share on the market alone, its errors with some lags (the night's 5 when not told)."""
    market, share = (np.array(read_series(row[name]))[:, None] * PERCENT for name in ("market, %", "share, %"))
    basis = build_basis(market)
    fit = regress(share, basis.returns, min_obs=3, lags=int(row.get("lags", 5)))
    return _of_market(fit)


def two_factors(row: Row) -> Answers:
    """A share that is so much of M, S and N, on the market and a style: shrunk or not; the HAC error has no lags."""
    share = _made(row)
    basis = build_basis(_factors())
    shrunk = np.array([False, True])
    fit = regress(share, basis.returns, min_obs=4, shrunk=shrunk, prior_std=PRIOR_STD, lags=0)
    plain = regress(share, basis.returns, min_obs=4)
    return {
        **_of_market(fit),
        "style beta": fit.slope[0, 1].item(),
        "style, not shrunk": plain.slope[0, 1].item(),
        "ordinary": fit.plain_error[0, 1].item(),
        "posterior": fit.shrunk_error[0, 1].item(),
        "HAC": fit.hac_error[0, 1].item(),
        "t of the style": fit.t[0, 1].item(),
        "R², not shrunk": plain.r_squared[0].item(),
    }


def classic(row: Row) -> Answers:
    """The same share by the textbook's methods."""
    found = estimate_classic_betas(_window(_factors()), _panel(_made(row)), min_obs=4)
    capped = [name for name, is_capped in zip(("market", "style"), found.capped[0], strict=True) if is_capped]
    return {
        "market beta": found.loading[0, 0].item(),
        "style beta": found.loading[0, 1].item(),
        "raw market beta": found.raw[0, 0].item(),
        "raw style beta": found.raw[0, 1].item(),
        "capped": " and ".join(capped) or "no",
        "on the market alone": found.univariate[0, 0].item(),
        "on the style alone": found.univariate[0, 1].item(),
    }


def nightly(row: Row) -> Answers:
    """A share of 1.5 M + 0.6 S + 0.5 N that has so many sessions of the window's 252."""
    share = _over_window(1.5 * M + 0.6 * S + 0.5 * N)
    share[: WINDOW_SESSIONS - int(row["sessions"])] = np.nan
    factors = np.column_stack([_over_window(M), _over_window(SLOPE * M + S)])
    found = estimate_betas(_window(factors), _panel(share), np.zeros(1, dtype=np.bool_), min_obs=int(row["at least"]))
    return {
        "market beta": found.loading[0, 0].item(),
        "style beta": found.loading[0, 1].item(),
        "n": float(found.n_obs[0]),
        "reason": _words(found.reasons[0]),
    }


def slow_fund(row: Row) -> Answers:
    """What follows the market on the day and on the day after, with noise; the market goes 1, 1, −1, −1 %."""
    cycle = np.array([1.0, 1.0, -1.0, -1.0])
    share = float(row["on the day"]) * cycle + float(row["a day later"]) * np.roll(cycle, 1) + 0.1 * N[:4]
    window = _window(np.tile(cycle, 63)[:, None] * PERCENT, before=-PERCENT)
    is_fund = np.array([row["kind"] == "mutual fund"])
    found = estimate_betas(window, _panel(np.tile(share, 63)[:, None] * PERCENT), is_fund, min_obs=60)
    return {"market beta": found.loading[0, 0].item(), "lagged": "yes" if found.lagged[0] else "no"}


def yields(row: Row) -> Answers:
    """A share's return per 1.00 of the 10-year yield: eight sessions, eight times over."""
    changes = float(row["yield's M, bp"]) * M + float(row["yield's S, bp"]) * S
    share = float(row["share's M, %"]) * M + float(row["share's S, %"]) * S + 0.1 * N
    window = _window(_repeated(M), yield_changes=_repeated(changes * BASIS_POINT / PERCENT))
    panel = _panel(_repeated(share))
    found = estimate_betas(window, panel, np.zeros(1, dtype=np.bool_), min_obs=60)
    return {
        "yield beta": found.yield_beta[0, 2].item(),
        "on the yield alone": estimate_classic_betas(window, panel, min_obs=60).yield_beta[0, 2].item(),
    }


def yield_days(row: Row) -> Answers:
    """A fund that returns −7 times the yield's change, where yields or closes are missing."""
    fund, changes = _over_window(-0.7 * S), _over_window(0.1 * S)
    fund[: WINDOW_SESSIONS - int(row["sessions with a return"])] = np.nan
    changes[: WINDOW_SESSIONS - int(row["with a yield's change"])] = np.nan
    window = _window(_over_window(M), yield_changes=changes)
    found = estimate_betas(window, _panel(fund), np.zeros(1, dtype=np.bool_), min_obs=60)
    return {
        "yield beta": found.yield_beta[0, 2].item(),
        "days in common": float(found.yield_n_obs[0, 2]),
        "reason": _words(found.yield_reasons[0, 2]),
    }


def correlation(row: Row) -> Answers:
    """Two factors, sessions weighted by decay^age."""
    returns = np.column_stack([read_series(row["one, %"]), read_series(row["other, %"])]) * PERCENT
    found = correlate_factors(returns, decay=float(row["decay"]))
    return {
        "correlation": found.correlation[0, 1].item(),
        "capped": found.capped[0, 1].item(),
        "volatility of the one": found.volatility[0].item(),
        "of the other": found.volatility[1].item(),
    }


def inflation(row: Row) -> Answers:
    """A market M, a style of M and S and, if there is one, another of M and N."""
    styles = [float(row["A: of M"]) * M + float(row["of S"]) * S]
    if "B: of M" in row:
        styles.append(float(row["B: of M"]) * M + float(row["of N"]) * N)
    found = build_basis(np.column_stack([M, *styles]) * PERCENT)
    names = ("of the market", "of A", "of B")
    return {
        **dict(zip(names, found.variance_inflation.tolist(), strict=False)),
        "condition number": found.condition_number,
        "slope on the market": found.market_slopes[1].item(),
    }


def volatilities(row: Row) -> Answers:
    """Of the market, and of what a style does beyond it, with equal weights."""
    found = build_basis(np.column_stack([read_series(row["market, %"]), read_series(row["style, %"])]) * PERCENT)
    market, style = np.sqrt(np.diag(found.covariance)).tolist()
    return {"slope of the style": found.market_slopes[1].item(), "σ market": market, "σ styles": style}


def exposures(row: Row) -> Answers:
    """A book of two positions on one factor."""
    betas = [float(row["beta of A"]), float(row["beta of B"])]
    held, assessed = hold(
        [(0, float(row["exposure of A"]) / 100.0), (1, float(row["of B"]) / 100.0)],
        [Share((beta,)) for beta in betas],
        factors_of(),
        nav=float(row["NAV"]),
    )
    (found,) = expose_portfolios(held, assessed)
    return {
        "exposure": found.exposure[0].item(),
        "beta": found.beta[0].item(),
        "coverage": found.coverage,
        "reason": _words(found.reasons.get("Market", found.reasons.get("beta", Reason.NONE))),
    }


def risk_of_one(row: Row) -> Answers:
    """One position of $100,000 on the market and on two styles."""
    loading = (float(row.get("market beta", 0.0)), float(row["beta on A"]), float(row.get("on B", 0.0)))
    volatility = [float(row.get("σ market", 0.01)), *[float(row["σ styles"])] * 2]
    covariance = np.diag(np.square(volatility))
    covariance[1, 2] = covariance[2, 1] = float(row.get("correlation", 0.0)) * volatility[1] ** 2
    share = Share(loading, residual=float(row.get("σ own", 0.0)))
    return _shares_of_risk([(0, 1000.0)], [share], covariance)


def risk_of_two(row: Row) -> Answers:
    """Two positions with a market beta of 1, the market's volatility being 1 %."""
    second = 0 if row["B is"] == "the same share" else 1
    shares = [Share((1.0,), residual=float(row[name])) for name in ("σ own of A", "σ own of B")]
    positions = [(0, float(row["exposure of A"]) / 100.0), (second, float(row["of B"]) / 100.0)]
    return _shares_of_risk(positions, shares, np.diag([1e-4]))


def _shares_of_risk(positions: Sequence[tuple[int, float]], shares: Sequence[Share], covariance: FloatArray) -> Answers:
    held, assessed = hold(positions, shares, factors_of(slopes=[1.0] * (len(covariance) - 1), covariance=covariance))
    (found,) = expose_portfolios(held, assessed)
    names = ("market's", "A's", "B's")
    return {
        **dict(zip(names, found.risk_share.tolist(), strict=False)),
        "specific": found.specific_share,
        "volatility, USD": found.volatility,
        "reason": _words(found.reasons.get("risk_share", Reason.NONE)),
    }


def _of_market(fit: Regression) -> Answers:
    return {
        "market beta": fit.slope[0, 0].item(),
        "ordinary error": fit.plain_error[0, 0].item(),
        "HAC error": fit.hac_error[0, 0].item(),
        "t": fit.t[0, 0].item(),
        "R²": fit.r_squared[0].item(),
        "residual volatility": fit.residual_std[0].item(),
        "n": float(fit.n_obs[0]),
    }


def _made(row: Row) -> FloatArray:
    """So much of M, S and N, (8, 1)."""
    share = float(row["of M"]) * M + float(row["of S"]) * S + float(row["of N"]) * N
    return np.asarray(share[:, None] * PERCENT)


def _factors() -> FloatArray:
    return np.asarray(np.column_stack([M, SLOPE * M + S]) * PERCENT)


def _over_window(eight: FloatArray) -> FloatArray:
    """Eight sessions, in per cent, over and over until the window is full, (252, 1)."""
    return np.asarray(np.resize(eight, WINDOW_SESSIONS)[:, None] * PERCENT)


def _repeated(eight: FloatArray) -> FloatArray:
    return np.asarray(np.tile(eight, 8)[:, None] * PERCENT)


def _window(factors: FloatArray, *, yield_changes: FloatArray | None = None, before: float = 0.0) -> FactorWindow:
    """A window whose factors return so, (T, K); ``before`` it the market did so."""
    names = ("Market", *STYLES)[: factors.shape[1]]
    day = np.datetime64("2024-01-01") + np.arange(len(factors) + 1)
    first = np.full((1, factors.shape[1]), before)
    panel = ReturnPanel(np.arange(factors.shape[1]), day, np.concatenate([first, factors]))
    always = date(1990, 1, 1)
    changes = np.zeros((len(factors), 1)) if yield_changes is None else yield_changes
    levels = 0.04 + np.concatenate([np.zeros((2, 1)), np.cumsum(np.nan_to_num(changes), axis=0)])
    levels[: 1 + int(np.isnan(changes).sum())] = np.nan  # what is missing comes first
    return open_window(
        panel,
        np.repeat(levels, TENORS, axis=1),
        market=Market.LIVE,
        factors=[
            FactorDefinition(name, at, active=True, proxies=(FactorProxy(name, always),))
            for at, name in enumerate(names)
        ],
        proxy_ids={name: at for at, name in enumerate(names)},
    )


def _panel(share: FloatArray) -> ReturnPanel:
    """One share, (T, 1), with a session before that no regression looks at."""
    day = np.datetime64("2024-01-01") + np.arange(len(share) + 1)
    return ReturnPanel(np.array([100]), day, np.concatenate([np.full((1, 1), np.nan), share]))


def _words(flags: int) -> str:
    return ", ".join(Reason(int(flags)).words) or "none"
