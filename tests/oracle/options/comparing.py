"""Whether numbers agree, and if not, which option they are of."""

from collections.abc import Callable, Mapping

import numpy as np

from sigmasight.domain.market_data import FloatArray

DAYS_PER_YEAR = 365
POINTS = 100  # of volatility, and per cents of a rate, in 1.00
SHOWN = 5

Value = Mapping[str, FloatArray]


def assert_within(
    found: FloatArray, expected: FloatArray, tolerance: FloatArray | float, describe: Callable[[int], str]
) -> None:
    """Finite and as near as that, or the farthest are named."""
    allowed = np.broadcast_to(tolerance, np.shape(expected))
    distance = np.where(np.isfinite(found), np.abs(found - expected), np.inf)
    far = np.flatnonzero(~(distance <= allowed))
    with np.errstate(divide="ignore", invalid="ignore"):
        worst = far[np.argsort(-(distance / allowed)[far], kind="stable")][:SHOWN]
    lines = [f"{describe(at)}: {found[at]!r}, not {expected[at]!r} +- {allowed[at]:.1e}" for at in worst]
    assert not far.size, "\n".join([f"{far.size} of {np.size(expected)} are too far:", *lines])


def people_theta(theta_per_year: FloatArray, price: FloatArray) -> FloatArray:
    """A calendar day's decay, which can't be more than the option's price."""
    return np.clip(theta_per_year / DAYS_PER_YEAR, -price, price)
