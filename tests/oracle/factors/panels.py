"""Panels of returns as markets make them: correlated factors, noise that clusters and remembers, lost days."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Panel:
    """T sessions."""

    factors: FloatArray  # (T, K) simple returns, the market first
    assets: FloatArray  # (T, N)


def make_panel(seed: int, *, sessions: int = 252, assets: int = 200, styles: int = 6) -> Panel:
    """Make a panel without gaps."""
    rng = np.random.default_rng(seed)
    market = 0.0004 + 0.011 * rng.standard_t(5, sessions)
    own = rng.normal(0.0, 0.003, (sessions, styles)) @ (np.eye(styles) + 0.3 * rng.normal(size=(styles, styles)))
    factors = np.column_stack([market, market[:, None] * rng.uniform(0.7, 1.3, styles) + own])
    loadings = np.concatenate([rng.normal(1.0, 0.4, (1, assets)), rng.normal(0.0, 0.7, (styles, assets))])
    size = rng.uniform(0.002, 0.03, assets) * (0.5 + np.abs(market / 0.011)[:, None])
    fresh = size * rng.normal(size=(sessions, assets))
    memory = rng.uniform(-0.4, 0.6, assets)
    noise = np.zeros((sessions, assets))
    for at in range(sessions):
        noise[at] = fresh[at] + (memory * noise[at - 1] if at else 0.0)
    return Panel(factors, rng.normal(0.0, 0.001, assets) + factors @ loadings + noise)


def pierce(panel: Panel, seed: int) -> Panel:
    """Take prices away: scattered days, late starts, early ends, holes; from some assets nothing."""
    rng = np.random.default_rng(seed)
    sessions, count = panel.assets.shape
    missing = rng.random((sessions, count)) < rng.choice([0.0, 0.02, 0.3], count)
    start = rng.choice([0, 0, 40, 100], count)
    day = np.arange(sessions)[:, None]
    missing |= day < start
    missing |= day >= sessions - rng.choice([0, 0, 30], count)
    hole = rng.integers(130, 170, count)
    missing |= (day >= hole) & (day < hole + rng.choice([0, 0, 12], count))
    missing[:, ::5] = False
    return Panel(panel.factors, np.where(missing, np.nan, panel.assets))


def own_sessions(panel: Panel, asset: int) -> BoolArray:
    """Sessions on which an asset has a return."""
    return np.asarray(~np.isnan(panel.assets[:, asset]), dtype=np.bool_)
