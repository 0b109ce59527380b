"""The profit of a step, split by what moved: spot, volatility, time, rate, with what is left over always shown."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray


@dataclass(frozen=True, slots=True)
class GreekProfit:
    """P positions over one step, USD; the parts that are known and the residual add up to the P&L.

    Where the P&L is not known, no part of it is.
    """

    delta: FloatArray  # (P,) delta x dS
    gamma: FloatArray  # (P,) 1/2 gamma dS^2
    vega: FloatArray  # (P,) NaN where the volatility is not known at both closes
    theta: FloatArray  # (P,)
    rho: FloatArray  # (P,) NaN where the rate is not known at both closes
    residual: FloatArray  # (P,) NaN where the P&L is not known


def explain_by_greek(
    *,
    pnl: FloatArray,
    delta: FloatArray,
    gamma: FloatArray,
    theta_per_day: FloatArray,
    vega_per_point: FloatArray,
    rho_per_percent: FloatArray,
    spot_change: FloatArray,
    volatility_change: FloatArray,
    rate_change: FloatArray,
    days: float,
) -> GreekProfit:
    """Explain P&L by the Greeks of the close before.

    Args:
        pnl: Of each position, USD, (P,).
        delta: Of the position: unit Greek x quantity x multiplier, as the other Greeks, (P,).
        gamma: Change of delta per $1, (P,).
        theta_per_day: USD per calendar day, (P,).
        vega_per_point: USD per 1 point of volatility, (P,).
        rho_per_percent: USD per 1 % of the rate, (P,).
        spot_change: Of the underlying, USD on the basis of the close before, (P,).
        volatility_change: As a fraction, (P,); 0 for what has none.
        rate_change: Of the continuous rate, as a fraction, (P,).
        days: Calendar days between the closes.

    Source:
        Taylor's expansion to second order in the spot: Hull, Options, futures, and other derivatives, ch. 19.
    """
    parts = {
        "delta": _moved(delta, spot_change),
        "gamma": _moved(0.5 * gamma, spot_change**2),
        "vega": _moved(vega_per_point, volatility_change * 100.0),
        "theta": _moved(theta_per_day, np.full(len(pnl), days)),
        "rho": _moved(rho_per_percent, rate_change * 100.0),
    }
    known = {name: np.where(np.isnan(pnl), np.nan, part) for name, part in parts.items()}
    explained = np.sum([np.nan_to_num(part) for part in known.values()], axis=0)
    return GreekProfit(**known, residual=pnl - explained)


def _moved(greek: FloatArray, change: FloatArray) -> FloatArray:
    """What does not react has moved by nothing, whatever is not known of the change."""
    return np.where(greek == 0.0, 0.0, greek * change)
