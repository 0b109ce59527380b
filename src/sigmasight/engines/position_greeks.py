"""Greeks of positions, from those of one share."""

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import PositionGreeks, UnitGreeks


def weigh_greeks(unit: UnitGreeks, *, quantity: FloatArray, multiplier: FloatArray, spot: FloatArray) -> PositionGreeks:
    """Greeks of P positions: the unit's, times quantity, times multiplier.

    Args:
        unit: Of each position's instrument, (P,); NaN where not known.
        quantity: Signed, on the day's split basis, (P,).
        multiplier: Shares per unit of quantity, (P,).
        spot: Of the underlying; of what is no option, its own price; USD, (P,), NaN where not known.

    Source:
        Definitions in docs/reference/measures.
    """
    units = quantity * multiplier
    delta, gamma = unit.delta * units, unit.gamma * units
    return PositionGreeks(
        delta=delta,
        gamma=gamma,
        theta_per_day=unit.theta_per_day * units,
        vega_per_point=unit.vega_per_point * units,
        rho_per_percent=unit.rho_per_percent * units,
        dollar_delta=np.where(unit.delta == 0.0, 0.0, delta * spot),
        dollar_gamma=np.where(unit.gamma == 0.0, 0.0, 0.01 * gamma * spot**2),
    )
