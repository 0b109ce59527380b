"""What the night finds out about option contracts, whoever holds them."""

import enum

from sqlalchemy import ARRAY, CheckConstraint, Column, Computed, Date, Double, Index, Table, Text

from sigmasight.domain.options import DividendSource, PricingModel, VolatilitySource
from sigmasight.store.tables.columns import (
    day,
    finite,
    instrument,
    known_market,
    market,
    metadata,
    not_negative,
    one_of,
    positive,
    vendor_number,
)


def words(kind: type[enum.IntEnum]) -> dict[int, str]:
    """The words that are stored for an enumeration's values; none, which is 0, is stored as NULL."""
    return {member.value: member.name.lower() for member in kind if member.value}


option_analytics = Table(
    "option_analytics",
    metadata,
    market(),
    instrument(),
    day("as_of"),
    vendor_number("spot"),  # USD per share of the underlying
    vendor_number("tau_years"),
    vendor_number("rate"),  # continuous
    vendor_number("dividend_yield"),  # continuous; carries the spot to the forward
    Column("dividend_source", Text),
    vendor_number("forward"),  # USD, at expiry
    vendor_number("volatility"),
    Column("volatility_source", Text),
    Column("model", Text),
    Column("quote_day", Date),  # session of the market price
    vendor_number("market_price"),  # USD per share: mid, else last
    vendor_number("price"),  # USD per share, by the model
    Column("price_gap", Double, Computed("price - market_price", persisted=True)),
    vendor_number("delta"),  # per share
    vendor_number("gamma"),  # per $1
    vendor_number("theta_per_day"),  # per calendar day
    vendor_number("vega_per_point"),  # per 1 point of volatility
    vendor_number("rho_per_percent"),  # per 1 % of the rate
    Column("reasons", ARRAY(Text), nullable=False),  # blocking and informing ones
    known_market(),
    one_of("dividend_source", *words(DividendSource).values()),
    one_of("volatility_source", *words(VolatilitySource).values()),
    one_of("model", *words(PricingModel).values()),
    *positive("spot", "forward"),
    *not_negative("tau_years", "volatility", "market_price", "price"),
    *finite("rate", "dividend_yield", "price_gap"),
    *finite("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent"),
    CheckConstraint(
        "num_nonnulls(price, delta, gamma, theta_per_day, vega_per_point, rho_per_percent) IN (0, 6)", name="priced"
    ),
)
Index("option_analytics_as_of", option_analytics.c.market, option_analytics.c.as_of)
