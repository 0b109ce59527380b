"""What vendors said: prices, corporate actions, yields, option quotes, funds, and what was asked of whom."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Identity, Integer, Table, Text

from sigmasight.store.tables.columns import (
    day,
    finite,
    instrument,
    known_market,
    market,
    metadata,
    moment,
    not_negative,
    one_of,
    positive,
    required_text,
    vendor_number,
)

prices = Table(
    "prices",
    metadata,
    market(),
    instrument(),
    day(),
    vendor_number("open"),
    vendor_number("high"),
    vendor_number("low"),
    vendor_number("close", nullable=False),
    vendor_number("adjusted_close", nullable=False),
    vendor_number("volume"),
    required_text("source"),
    known_market(),
    *positive("open", "high", "low", "close", "adjusted_close"),
    *not_negative("volume"),
)

dividends = Table(
    "dividends",
    metadata,
    market(),
    instrument(),
    day("ex_date"),
    vendor_number("amount", nullable=False),  # USD per share as traded on the ex-date
    required_text("source"),
    Column("announced_on", Date),  # the day on which it was known before its ex-date; NULL: not before
    known_market(),
    *positive("amount"),
    CheckConstraint("announced_on < ex_date", name="announced_on"),
)

splits = Table(
    "splits",
    metadata,
    market(),
    instrument(),
    day("ex_date"),
    Column("new_shares", Integer, nullable=False),
    Column("old_shares", Integer, nullable=False),
    required_text("source"),
    known_market(),
    CheckConstraint("new_shares > 0 AND old_shares > 0 AND new_shares <> old_shares", name="ratio"),
)

rates = Table(
    "rates",
    metadata,
    market(),
    Column("series", Text, primary_key=True),
    day(),
    vendor_number("par_yield", nullable=False),  # per year, a fraction
    required_text("source"),
    known_market(),
    CheckConstraint("par_yield >= -0.5 AND par_yield <= 0.5", name="par_yield"),
)

option_quotes = Table(
    "option_quotes",
    metadata,
    market(),
    instrument(),
    day(),
    vendor_number("bid"),
    vendor_number("ask"),
    vendor_number("last"),
    vendor_number("volume"),
    vendor_number("open_interest"),
    required_text("source"),
    known_market(),
    *not_negative("bid", "ask", "last", "volume", "open_interest"),
    CheckConstraint("ask >= bid", name="spread"),
    CheckConstraint("num_nonnulls(bid, ask) = 2 OR last IS NOT NULL", name="usable"),
)

refused_rows = Table(
    "refused_rows",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    required_text("market"),
    required_text("symbol"),
    Column("day", Date),
    required_text("field"),
    required_text("value"),
    required_text("why"),
    required_text("source"),
    moment("refused_at"),
    known_market(),
)

late_rows = Table(
    "late_rows",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    required_text("market"),
    instrument(primary_key=False),
    day(primary_key=False),  # the first day for which data came after that day's night may have run
    known_market(),
)

asked_ranges = Table(
    "asked_ranges",
    metadata,
    market(),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),  # a symbol or a series
    day("first_day", primary_key=False),
    day("last_day", primary_key=False),
    required_text("source"),
    known_market(),
    one_of("kind", "prices", "actions", "rates", "option_quotes", "chain", "profile", "holdings"),
    CheckConstraint("last_day >= first_day", name="range"),
)

fund_holdings = Table(
    "fund_holdings",
    metadata,
    market(),
    instrument(),  # the fund
    day("as_of"),  # of the report
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("symbol", Text),  # NULL where it has no ticker
    required_text("name"),
    vendor_number("weight", nullable=False),  # of the fund's net assets, a fraction
    vendor_number("shares"),
    vendor_number("market_value"),
    required_text("source"),
    known_market(),
    *finite("weight", "shares", "market_value"),
)

provider_usage = Table(
    "provider_usage",
    metadata,
    day(),  # in New York
    Column("provider", Text, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    vendor_number("credits", nullable=False),
    vendor_number("cost", nullable=False),  # USD
    *not_negative("credits", "cost"),
)

confirmed_jumps = Table(
    "confirmed_jumps",
    metadata,
    market(),
    instrument(),
    day(),
    required_text("why"),
    moment("confirmed_at"),
    known_market(),
)
