"""What positions are worth."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray


@dataclass(frozen=True, slots=True)
class PositionValues:
    """P positions at one instant, in USD; NaN where a price is missing."""

    exposure: FloatArray  # (P,) quantity x price x multiplier, signed
    notional: FloatArray  # (P,) options: quantity x underlying price x multiplier; others: exposure
    unrealised_pnl: FloatArray  # (P,) exposure less what was paid; a short gains when its price falls
    weight: FloatArray  # (P,) >= 0, never NaN: what the position counts for in coverage


def value_positions(
    *,
    quantity: FloatArray,
    multiplier: FloatArray,
    price: FloatArray,
    underlying_price: FloatArray,
    cost: FloatArray,
    last_known_price: FloatArray,
    entry_price: FloatArray,
) -> PositionValues:
    """Value positions at given prices.

    Args:
        quantity: Signed, on the day's split basis, shape (P,).
        multiplier: Shares per unit of quantity, shape (P,).
        price: USD per share, shape (P,), NaN where there is none that may be used.
        underlying_price: Of options; for others their own price, shape (P,).
        cost: quantity x entry price x multiplier as held from the first day, signed, shape (P,).
        last_known_price: At any age, on the day's split basis, shape (P,), NaN where there never was one.
        entry_price: On the day's split basis, shape (P,).

    Source:
        Definitions in docs/reference/valuation.md.
    """
    units = quantity * multiplier
    exposure = units * price
    known = np.where(np.isnan(last_known_price), entry_price, last_known_price)
    return PositionValues(
        exposure=exposure,
        notional=units * underlying_price,
        unrealised_pnl=exposure - cost,
        weight=np.abs(units * np.where(np.isnan(price), known, price)),
    )
