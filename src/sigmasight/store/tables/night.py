"""Runs of the night and their steps."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from sigmasight.store.tables.columns import day, metadata, one_of, required_text, vendor_number

STATUSES = ("queued", "running", "ok", "partial", "failed", "cancelled", "skipped")

batch_runs = Table(
    "batch_runs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    day("as_of", primary_key=False),
    required_text("status"),
    Column(
        "attempt", Integer, nullable=False, server_default=text("1")
    ),  # the fence: a save of an older one is refused
    required_text("holder"),  # host and process that run it
    Column("started_at", TIMESTAMP(timezone=True), nullable=False),
    Column("finished_at", TIMESTAMP(timezone=True)),
    Column("shards", Integer, nullable=False),  # how many the portfolios are dealt into, the same after a takeover
    Column("portfolios", Integer, nullable=False, server_default=text("0")),
    Column("failed_portfolios", Integer, nullable=False, server_default=text("0")),
    vendor_number("coverage"),
    Column("errors", JSONB, nullable=False, server_default=text("'[]'")),
    one_of("status", *STATUSES),
)
Index("batch_runs_open", batch_runs.c.as_of, unique=True, postgresql_where=text("status IN ('queued', 'running')"))
Index("batch_runs_as_of", batch_runs.c.as_of, batch_runs.c.id)

batch_steps = Table(
    "batch_steps",
    metadata,
    Column("run_id", BigInteger, ForeignKey("batch_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("job", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    required_text("status"),
    vendor_number("seconds", nullable=False),
    Column("finished_at", TIMESTAMP(timezone=True), nullable=False),
    Column("counts", JSONB, nullable=False),
    vendor_number("coverage"),
    Column("errors", JSONB, nullable=False),
    one_of("status", *STATUSES),
)
