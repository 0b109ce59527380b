"""What the night makes of portfolios with the history of returns: value at risk, and how names move together."""

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB

from sigmasight.store.tables.columns import finite, not_negative, required_text, vendor_number
from sigmasight.store.tables.factors import finite_arrays, numbers, portfolio_result, words

value_at_risk = portfolio_result(
    "value_at_risk",
    numbers("value_at_risk"),  # USD of one day, by method (historical, filtered, normal), then level (95, 97.5, 99 %)
    numbers("expected_shortfall"),  # likewise
    Column("sessions", Integer, nullable=False),
    vendor_number("coverage", nullable=False),
    *finite_arrays("value_at_risk", "expected_shortfall"),
    CheckConstraint("coverage >= 0 AND coverage <= 1", name="coverage"),
)
Index("value_at_risk_as_of", value_at_risk.c.as_of)

correlation_calculations = portfolio_result(
    "correlation_calculations",
    words("symbols"),  # in a dendrogram's order
    numbers("exposure"),  # delta-adjusted, USD
    Column("sessions", Integer, nullable=False),
    Column("window_sessions", Integer, nullable=False),
    vendor_number("average_correlation"),
    vendor_number("effective_positions"),
    vendor_number("effective_positions_classic"),
    vendor_number("effective_positions_by_weight"),
    vendor_number("diversification_ratio_squared"),
    vendor_number("concentration"),
    Column("clusters", JSONB, nullable=False),  # [{nickname, symbols, gross_weight, net_weight, average_correlation}]
    required_text("data_quality"),
    vendor_number("coverage", nullable=False),
    *finite_arrays("exposure"),
    *finite("average_correlation"),
    *not_negative("effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *not_negative("diversification_ratio_squared", "concentration"),
    CheckConstraint("data_quality IN ('sufficient', 'limited', 'insufficient')", name="data_quality"),
    CheckConstraint("coverage >= 0 AND coverage <= 1", name="coverage"),
)
Index("correlation_calculations_as_of", correlation_calculations.c.as_of)
