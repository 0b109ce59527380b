"""Positions and what the night makes of them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from sigmasight.store.tables.columns import (
    day,
    finite,
    instrument,
    metadata,
    moment,
    owner,
    positive,
    required_text,
    typed_number,
    uuid_key,
    vendor_number,
)
from sigmasight.store.tables.people import owned_portfolio

positions = Table(
    "positions",
    metadata,
    uuid_key(),
    Column("portfolio_id", Uuid, nullable=False),
    owner(),
    instrument(primary_key=False),
    typed_number("quantity"),
    typed_number("entry_price"),
    day("entry_date", primary_key=False),
    day("recorded_on", primary_key=False),  # the day it was brought in
    Column("imported", Boolean, nullable=False, server_default=text("false")),
    Column("held_from", Date, Computed("greatest(entry_date, recorded_on)", persisted=True), nullable=False),
    Column("brought_in", Boolean, Computed("imported OR entry_date < recorded_on", persisted=True), nullable=False),
    Column("exit_date", Date),
    typed_number("exit_price", nullable=True),  # NULL with an exit date: taken out, not sold
    Column("import_id", Uuid),
    Column("notes", Text, nullable=False, server_default=""),
    moment("created_at"),
    owned_portfolio(),
    ForeignKeyConstraint(["import_id", "user_id"], ["imports.id", "imports.user_id"], ondelete="SET NULL (import_id)"),
    UniqueConstraint("id", "user_id"),
    CheckConstraint("quantity <> 0 AND quantity > '-Infinity' AND quantity < 'Infinity'", name="quantity"),
    *positive("entry_price", "exit_price"),
    CheckConstraint("exit_date >= greatest(entry_date, recorded_on)", name="exit_date"),
    CheckConstraint("exit_price IS NULL OR exit_date IS NOT NULL", name="exit"),
)
Index("positions_portfolio", positions.c.portfolio_id)
Index("positions_instrument", positions.c.instrument_id)

position_tags = Table(
    "position_tags",
    metadata,
    Column("position_id", Uuid, primary_key=True),
    Column("tag_id", Uuid, primary_key=True),
    owner(),
    ForeignKeyConstraint(["position_id", "user_id"], ["positions.id", "positions.user_id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["tag_id", "user_id"], ["tags.id", "tags.user_id"], ondelete="CASCADE"),
)
Index("position_tags_tag", position_tags.c.tag_id)

SNAPSHOT_NUMBERS = (
    "nav",
    "cash",
    "unmodelled_assets",
    "market_value",
    "gross",
    "net",
    "long",
    "short",
    "stock_exposure",
    "option_exposure",
    "notional",
    "delta_adjusted_exposure",
    "leverage",
    "hhi",
    "effective_positions",
    "top_3",
    "top_10",
    "unrealised_pnl",
    "daily_pnl",
    "cumulative_pnl",
    "daily_return",
    "flows",
    "coverage_change",
    "dividends",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
    "beta",
    "value_at_risk",
)
"""USD, except: leverage, hhi, effective_positions, top_3, top_10, daily_return and beta, which are ratios."""

portfolio_snapshots = Table(
    "portfolio_snapshots",
    metadata,
    Column("portfolio_id", Uuid, primary_key=True),
    owner(),
    day("as_of"),
    required_text("method"),
    *(vendor_number(name) for name in SNAPSHOT_NUMBERS),
    Column("positions", Integer, nullable=False),
    Column("long_positions", Integer, nullable=False),
    Column("short_positions", Integer, nullable=False),
    Column("option_positions", Integer, nullable=False),
    vendor_number("coverage", nullable=False),  # share of gross, 0 to 1
    vendor_number("delta_coverage", nullable=False),  # share of gross whose delta-adjusted exposure is known
    Column("reasons", JSONB, nullable=False),  # {measure: [reason]} for every number that is missing
    Column("marks", ARRAY(Text), nullable=False),  # stale_price, expired, simulated: of the whole row
    Column("not_included", JSONB, nullable=False),  # [{symbol, reason}]
    Column("warnings", ARRAY(Text), nullable=False),
    owned_portfolio(),
    *finite(*SNAPSHOT_NUMBERS),
    CheckConstraint("coverage >= 0 AND coverage <= 1", name="coverage"),
    CheckConstraint("delta_coverage >= 0 AND delta_coverage <= 1", name="delta_coverage"),
)
Index("portfolio_snapshots_as_of", portfolio_snapshots.c.as_of)
