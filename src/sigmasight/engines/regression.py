"""Linear regressions of many assets on a few variables side by side: shrunk or not, with errors of three kinds.

Assets are worked in blocks of one width, the last one filled up: products of one shape do the same with every column,
and an asset's bits depend on nothing but itself. Arrays inside have the assets on their last axis.
"""

from dataclasses import dataclass, fields

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray

HAC_LAGS = 5

_WIDTH = 256
"""Assets at a time: what is in work stays in the processor's cache."""

_EXACT = 1e-20  # share of the variance that counts as nothing left over
_SINGULAR = 1e-12  # share of a variable's variance that has to be its own
_STILL = 1e-26  # share of the squared mean below which a variance is the rounding of that mean


@dataclass(frozen=True, slots=True)
class Regression:
    """N regressions with an intercept on K variables; NaN where not fitted."""

    slope: FloatArray  # (N, K) per unit of the variable
    shrunk_error: FloatArray  # (N, K) posterior standard error; without shrinkage the ordinary one
    plain_error: FloatArray  # (N, K) ordinary least squares' standard error
    hac_error: FloatArray  # (N, K) heteroskedasticity and autocorrelation consistent
    t: FloatArray  # (N, K) slope / hac_error; NaN where the fit is exact
    r_squared: FloatArray  # (N,) NaN where the asset does not vary
    residual_std: FloatArray  # (N,) ddof K + 1
    n_obs: IntArray  # (N,) sessions on which asset and variables are known
    exact: BoolArray  # (N,) whether nothing is left over


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for every block."""

    x: FloatArray  # (T, K) less its means, 0 where not known
    known: BoolArray  # (T,)
    xx: FloatArray  # (K, K, 1) x'x over the known sessions
    inverse: FloatArray  # (K, K, 1) of it
    singular: BoolArray  # (1,) whether it has none
    prior_precision: FloatArray  # (K, 1) 1 / variance of the prior, 0 for none
    moments: FloatArray  # (K + K K, T) x and the products of its columns
    squares: FloatArray  # (P, (1 + lags) T) P pairs of columns, weighted: what the HAC sums multiply residuals with
    singles: FloatArray  # (K + 1, (1 + lags) T) the same for single columns and the bare residuals
    lags: int
    least: int


@dataclass(frozen=True, slots=True)
class _Sample:
    """B assets on their own sessions, less their means."""

    y: FloatArray  # (T, B) 0 where not known
    weight: FloatArray | None  # (T, B) 1 where known, else 0; None where no asset lacks a session
    n_obs: IntArray  # (B,)
    mean: FloatArray  # (K, B) of x over each asset's sessions
    xx: FloatArray  # (K, K, B) x'x less its mean over them
    inverse: FloatArray  # (K, K, B) of it
    singular: BoolArray  # (B,)


def regress(
    y: FloatArray,
    x: FloatArray,
    *,
    min_obs: int,
    shrunk: BoolArray | None = None,
    prior_std: float = np.inf,
    lags: int = HAC_LAGS,
) -> Regression:
    """Regress each asset on the variables, over the sessions on which both are known.

    With a prior, slopes are (X'X + diag(s2 / prior_std^2))^-1 X'y, with s2 the residual variance of ordinary least
    squares; the HAC error is the sandwich of that same estimator. Sessions that are missing count in the lags of the
    HAC sums, with residuals of 0.

    Args:
        y: Shape (T, N), NaN where missing.
        x: Shape (T, K), NaN where missing.
        min_obs: Sessions needed; with fewer, or variables that are not told apart on them, there is no fit.
        shrunk: Which variables have the prior, shape (K,); none when left out.
        prior_std: Standard deviation of the prior around 0.
        lags: Of the HAC error, with Bartlett's weights; 0 gives White's HC0.

    Raises:
        ValueError: If the shapes disagree or ``min_obs`` leaves no degree of freedom.

    Source:
        Newey, West (1987); Vasicek (1973) for the shrinkage; Parzen (1963) for sums over missing sessions.
    """
    if y.shape[0] != x.shape[0]:
        raise ValueError(f"y has {y.shape[0]} sessions and x has {x.shape[0]}")
    if min_obs < x.shape[1] + 2:
        raise ValueError(f"min_obs is {min_obs}; {x.shape[1]} variables need at least {x.shape[1] + 2}")
    task = _prepare(x, min_obs, np.zeros(x.shape[1], dtype=np.bool_) if shrunk is None else shrunk, prior_std, lags)
    count = y.shape[1]
    whole = _empty(count, x.shape[1])
    for at in range(0, count, _WIDTH):
        here = y[:, at : at + _WIDTH]
        block = np.full((y.shape[0], _WIDTH), np.nan)
        block[:, : here.shape[1]] = here
        fitted = _fit(task, block)
        for field in fields(Regression):
            getattr(whole, field.name)[at : at + _WIDTH] = getattr(fitted, field.name)[: here.shape[1]]
    return whole


def _empty(count: int, variables: int) -> Regression:
    slope, shrunk_error, plain_error, hac_error, t = (np.empty((count, variables)) for _ in range(5))
    return Regression(
        slope=slope,
        shrunk_error=shrunk_error,
        plain_error=plain_error,
        hac_error=hac_error,
        t=t,
        r_squared=np.empty(count),
        residual_std=np.empty(count),
        n_obs=np.empty(count, dtype=np.int64),
        exact=np.empty(count, dtype=np.bool_),
    )


def _prepare(x: FloatArray, min_obs: int, shrunk: BoolArray, prior_std: float, lags: int) -> _Task:
    known = np.asarray(~np.isnan(x).any(axis=1), dtype=np.bool_)
    means = x[known].sum(axis=0) / max(int(known.sum()), 1)
    moves = x[known].max(axis=0, initial=-np.inf) > x[known].min(axis=0, initial=np.inf)
    centred = np.where(known[:, None] & moves, x - means, 0.0)
    xx = (centred.T @ centred)[:, :, None]
    inverse, singular = _invert(xx)
    squares, singles = [_pairs(centred, centred)], [_with_constant(centred, 1.0)]
    for lag in range(1, lags + 1):
        weight = 1.0 - lag / (lags + 1)
        before = np.zeros_like(centred)
        before[lag:] = centred[:-lag]
        squares.append(weight * (_pairs(centred, before) + _pairs(before, centred)))
        singles.append(weight * _with_constant(centred + before, 2.0))
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(x), x.shape[1] ** 2)
    return _Task(
        x=centred,
        known=known,
        xx=xx,
        inverse=inverse,
        singular=singular,
        prior_precision=np.where(shrunk, prior_std**-2.0, 0.0)[:, None],
        moments=np.ascontiguousarray(np.concatenate([centred, products], axis=1).T),
        squares=np.ascontiguousarray(np.concatenate(squares).T),
        singles=np.ascontiguousarray(np.concatenate(singles).T),
        lags=lags,
        least=min_obs,
    )


def _pairs(left: FloatArray, right: FloatArray) -> FloatArray:
    """Products of each column with itself and those after it, (T, P)."""
    row, column = np.triu_indices(left.shape[1])
    return np.asarray(left[:, row] * right[:, column])


def _with_constant(columns: FloatArray, constant: float) -> FloatArray:
    return np.concatenate([columns, np.full((len(columns), 1), constant)], axis=1)


def _fit(task: _Task, returns: FloatArray) -> Regression:
    sample = _sample(task, returns)
    variables = task.x.shape[1]
    dof = np.maximum(sample.n_obs - variables - 1, 1)
    xy = task.x.T @ sample.y
    total = np.einsum("tb,tb->b", sample.y, sample.y)
    plain = _apply(sample.inverse, xy)
    bread = sample.inverse
    if task.prior_precision.any():
        about = np.maximum(total - (plain * xy).sum(axis=0), 0.0) / dof  # cancels where little is left; enough here
        bread, _ = _invert(sample.xx, about * task.prior_precision)
    slope = _apply(bread, xy)
    residual = _residual(task, sample, slope)
    rest = np.einsum("tb,tb->b", residual, residual)
    moved = slope - plain  # by the prior, at the cost of a worse fit
    left_over = np.maximum(rest - (moved * _apply(sample.xx, moved)).sum(axis=0), 0.0) / dof
    exact = rest <= _EXACT * total
    hac = np.sqrt(np.maximum(_sandwich(bread, _hac_sums(task, sample, residual)), 0.0))
    unfit = (sample.n_obs < task.least) | sample.singular
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "slope": slope,
            "shrunk_error": np.sqrt(left_over * _diagonal(bread)),
            "plain_error": np.sqrt(left_over * _diagonal(sample.inverse)),
            "hac_error": hac,
            "t": np.where(exact, np.nan, slope / hac),
            "r_squared": np.where(total > 0.0, 1.0 - rest / total, np.nan),
            "residual_std": np.sqrt(rest / dof),
        }
    filled = {name: np.where(unfit, np.nan, column).T for name, column in columns.items()}
    return Regression(**filled, n_obs=sample.n_obs, exact=exact & ~unfit)


def _sample(task: _Task, returns: FloatArray) -> _Sample:
    """Centre a block of returns, in its place."""
    size, width = len(task.xx), returns.shape[1]
    missing = np.isnan(returns)
    missing[~task.known] = True
    n_obs = len(returns) - missing.sum(axis=0)
    returns[missing] = 0.0
    mean_y = returns.sum(axis=0) / np.maximum(n_obs, 1)
    returns -= mean_y
    returns[:, np.einsum("tb,tb->b", returns, returns) <= _STILL * len(returns) * mean_y**2] = 0.0
    weight, mean = None, np.zeros((size, width))
    xx, inverse = np.repeat(task.xx, width, axis=-1), np.repeat(task.inverse, width, axis=-1)
    singular = np.repeat(task.singular, width)
    gaps = np.flatnonzero(n_obs < task.known.sum())
    if len(gaps) or not task.known.all():
        returns[missing] = 0.0
        weight = (~missing).astype(np.float64)
    if weight is not None and len(gaps):
        moments = (task.moments @ weight)[:, gaps]
        mean[:, gaps] = moments[:size] / np.maximum(n_obs[gaps], 1)
        about_zero = moments[size:].reshape(size, size, -1)
        xx[:, :, gaps] = about_zero - n_obs[gaps] * mean[:, None, gaps] * mean[None, :, gaps]
        inverse[:, :, gaps], singular[gaps] = _invert(xx[:, :, gaps], scale=_diagonal(about_zero))
    return _Sample(returns, weight, n_obs, mean, xx, inverse, singular)


def _residual(task: _Task, sample: _Sample, slope: FloatArray) -> FloatArray:
    fitted = task.x @ slope
    if sample.weight is not None:
        fitted -= (sample.mean * slope).sum(axis=0)
        fitted *= sample.weight
    return np.subtract(sample.y, fitted, out=fitted)


def _hac_sums(task: _Task, sample: _Sample, residual: FloatArray) -> FloatArray:
    """Weighted sums of (x - mean) (x - mean)' u u over the lags, (K, K, B)."""
    sessions, variables = task.x.shape
    products = np.empty(((1 + task.lags) * sessions, residual.shape[1]))
    np.multiply(residual, residual, out=products[:sessions])
    for lag in range(1, task.lags + 1):
        at = lag * sessions
        products[at : at + lag] = 0.0
        np.multiply(residual[lag:], residual[:-lag], out=products[at + lag : at + sessions])
    sums = np.empty((variables, variables, residual.shape[1]))
    row, column = np.triu_indices(variables)
    sums[row, column] = sums[column, row] = task.squares @ products
    if sample.mean.any():
        singles = task.singles @ products
        crossed = sample.mean[None] * singles[:-1, None]
        sums += singles[-1] * sample.mean[:, None] * sample.mean[None] - crossed - crossed.transpose(1, 0, 2)
    return sums


def _invert(
    matrix: FloatArray, ridge: FloatArray | None = None, *, scale: FloatArray | None = None
) -> tuple[FloatArray, BoolArray]:
    """Inverses of B symmetric positive definite matrices, (K, K, B), by Gauss-Jordan; and which have none.

    A pivot that is rounding against the ``scale`` of its variable, (K, B), else against its diagonal, is none.
    """
    inverse = matrix.copy()
    size = len(matrix)
    if ridge is not None:
        inverse[np.arange(size), np.arange(size)] += ridge
    own = _diagonal(inverse) if scale is None else scale
    singular = np.zeros(matrix.shape[2], dtype=np.bool_)
    for at in range(size):
        pivot = inverse[at, at].copy()
        bad = ~(pivot > _SINGULAR * own[at])
        singular |= bad
        inverse[at, at] = 1.0
        inverse[at] /= np.where(bad, 1.0, pivot)
        factor = inverse[:, at].copy()
        factor[at] = 0.0
        kept = inverse[at, at].copy()
        inverse[:, at] = 0.0
        inverse[at, at] = kept
        inverse -= factor[:, None] * inverse[at][None]
    return inverse, singular


def _diagonal(matrix: FloatArray) -> FloatArray:
    every = np.arange(len(matrix))
    return matrix[every, every].copy()


def _apply(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("abn,bn->an", matrix, vector))


def _sandwich(bread: FloatArray, filling: FloatArray) -> FloatArray:
    """Diagonal of bread filling bread, (K, B)."""
    return np.asarray(np.einsum("acn,acn->an", np.einsum("abn,bcn->acn", bread, filling), bread))
