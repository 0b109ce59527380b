"""The security master, the calendar, the factors and the scenarios."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from sigmasight.store.tables.columns import (
    day,
    finite,
    instrument,
    metadata,
    one_of,
    positive,
    required_text,
    typed_number,
    vendor_number,
)

instruments = Table(
    "instruments",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("symbol", Text, nullable=False, unique=True),
    required_text("kind"),
    required_text("name"),
    Column("sector", Text),
    Column("industry", Text),
    Column("exchange", Text),
    Column("country", Text),
    Column("currency", Text, nullable=False, server_default="USD"),
    vendor_number("market_cap"),
    vendor_number("dividend_yield"),  # continuous, per year, a fraction
    Column("multiplier", typed_number("multiplier").type, nullable=False, server_default=text("1")),
    Column("option_exercise", Text),  # style of the options listed on it; NULL where none are
    typed_number("option_multiplier", nullable=True),  # shares per contract of these
    Column("underlying_id", BigInteger, ForeignKey("instruments.id")),
    Column("option_right", Text),
    typed_number("strike", nullable=True),  # as listed, before later splits of the underlying
    Column("expiry", Date),
    Column("exercise_style", Text),
    Column("terms_as_of", Date),  # of options: the split basis of the strike
    Column("source", Text),  # who explained it; NULL while nobody has
    one_of("kind", "stock", "etf", "mutual_fund", "index", "option", "unknown"),
    one_of("option_right", "call", "put"),
    one_of("exercise_style", "american", "european"),
    one_of("option_exercise", "american", "european"),
    *positive("multiplier", "option_multiplier", "strike", "market_cap"),
    *finite("dividend_yield"),
    CheckConstraint(
        "num_nonnulls(underlying_id, option_right, strike, expiry, exercise_style, terms_as_of)"
        " = CASE kind WHEN 'option' THEN 6 ELSE 0 END",
        name="option_terms",
    ),
    UniqueConstraint("underlying_id", "expiry", "option_right", "strike"),
)

instrument_aliases = Table(
    "instrument_aliases",
    metadata,
    Column("source", Text, primary_key=True),  # a provider's or broker's name, or 'user'
    Column("symbol", Text, primary_key=True),
    day("valid_from"),
    Column("valid_to", Date),  # first day on which it no longer holds
    instrument(primary_key=False),
    CheckConstraint("valid_to > valid_from", name="valid_to"),
)
Index("instrument_aliases_instrument", instrument_aliases.c.instrument_id)

trading_calendar = Table(
    "trading_calendar",
    metadata,
    Column("exchange", Text, primary_key=True),
    required_text("source_version"),
    day("first_day", primary_key=False),
    day("last_day", primary_key=False),
)

trading_sessions = Table(
    "trading_sessions",
    metadata,
    Column("exchange", Text, ForeignKey("trading_calendar.exchange", ondelete="CASCADE"), primary_key=True),
    day("session"),
    Column("early_close", Text),  # HH:MM New York; NULL for the regular 16:00
)

factor_definitions = Table(
    "factor_definitions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("display_order", SmallInteger, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
)

factor_proxies = Table(
    "factor_proxies",
    metadata,
    Column("factor", Text, ForeignKey("factor_definitions.name", onupdate="CASCADE"), primary_key=True),
    day("valid_from"),
    Column("valid_to", Date),
    required_text("symbol"),
    CheckConstraint("valid_to > valid_from", name="valid_to"),
)

stress_test_scenarios = Table(
    "stress_test_scenarios",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),  # NULL: shipped, everybody's
    required_text("id"),
    required_text("name"),
    Column("description", Text, nullable=False, server_default=""),
    required_text("category"),
    required_text("severity"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("basis", Text, nullable=False, server_default="relative"),
    Column("shocks", JSONB, nullable=False),
    Column("position", Integer, nullable=False, server_default=text("0")),
    vendor_number("volatility_change"),  # of every implied volatility, a fraction; NULL: the default rule
    Column("first_close", Date),  # of what it replays; NULL where it replays nothing
    Column("last_close", Date),
    UniqueConstraint("user_id", "id", postgresql_nulls_not_distinct=True),
    one_of("category", "market", "rates", "rotation", "volatility", "historical", "custom"),
    one_of("severity", "mild", "moderate", "severe", "extreme"),
    one_of("basis", "relative", "total"),
    CheckConstraint("volatility_change >= -1 AND volatility_change <= 5", name="volatility_change"),
    CheckConstraint(
        "num_nonnulls(first_close, last_close) IN (0, 2) AND (first_close < last_close) IS NOT FALSE", name="closes"
    ),
)
