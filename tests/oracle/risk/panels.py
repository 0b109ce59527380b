"""Log returns of names in groups that move together, with prices that are missing."""

import numpy as np

from sigmasight.domain.market_data import FloatArray


def make_log_returns(seed: int, *, sessions: int = 90, names: int = 30, groups: int = 5) -> FloatArray:
    """A common market, a factor for each group that some follow backwards, noise of different size; (T, N)."""
    rng = np.random.default_rng(seed)
    market = rng.standard_t(5, (sessions, 1))
    own = rng.standard_t(5, (sessions, groups)) * rng.uniform(0.5, 3.0, groups)
    member = rng.integers(0, groups, names)
    noise = rng.normal(0.0, rng.uniform(0.3, 2.0, names), (sessions, names))
    together = market * rng.uniform(0.5, 1.5, names) + own[:, member] * rng.choice([-1.0, 1.0, 1.0], names)
    return np.asarray(0.01 * (together + noise) + rng.normal(0.0, 0.001, names))


def pierce(log_returns: FloatArray, seed: int) -> FloatArray:
    """Take returns away: scattered days, late starts; from a third of the names nothing."""
    rng = np.random.default_rng(seed)
    sessions, names = log_returns.shape
    missing = rng.random((sessions, names)) < rng.choice([0.0, 0.01, 0.05], names)
    missing |= np.arange(sessions)[:, None] < rng.choice([0, 0, 5, 20, 50, 75], names)
    missing[:, ::3] = False
    return np.where(missing, np.nan, log_returns)
