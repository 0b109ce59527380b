"""Users, their portfolios, statements and tags."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from sigmasight.store.tables.columns import (
    day,
    finite,
    known_market,
    metadata,
    moment,
    one_of,
    owner,
    required_text,
    typed_number,
    uuid_key,
)


def owned_portfolio() -> ForeignKeyConstraint:
    """A row belongs to a portfolio and to that portfolio's owner, never to somebody else."""
    return ForeignKeyConstraint(
        ["portfolio_id", "user_id"], ["portfolios.id", "portfolios.user_id"], ondelete="CASCADE"
    )


users = Table(
    "users",
    metadata,
    uuid_key(),
    required_text("email"),
    required_text("name"),
    required_text("password_hash"),
    Column("role", Text, nullable=False, server_default="user"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
    one_of("role", "user", "admin"),
    CheckConstraint("email LIKE '_%@_%'", name="email"),
)
Index("users_email_key", func.lower(users.c.email), unique=True)

portfolios = Table(
    "portfolios",
    metadata,
    uuid_key(),
    owner(),
    required_text("name"),
    Column("description", Text, nullable=False, server_default=""),
    required_text("market"),
    day("opened_on", primary_key=False),  # no snapshot lies before it
    moment("created_at"),
    Column("version", BigInteger, nullable=False, server_default=text("1")),  # of fields, ledger and tags together
    UniqueConstraint("user_id", "name"),
    UniqueConstraint("id", "user_id"),
    known_market(),
    CheckConstraint("name <> ''", name="name"),
)

portfolio_settings = Table(
    "portfolio_settings",
    metadata,
    Column("portfolio_id", Uuid, primary_key=True),
    owner(),
    Column("allow_estimates", Boolean, nullable=False, server_default=text("false")),
    owned_portfolio(),
)

statements = Table(
    "statements",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("portfolio_id", Uuid, nullable=False),
    owner(),
    required_text("kind"),
    day("as_of", primary_key=False),
    typed_number("amount"),
    moment("recorded_at"),
    owned_portfolio(),
    one_of("kind", "cash", "unmodelled_assets"),
    *finite("amount"),
)
Index("statements_portfolio", statements.c.portfolio_id, statements.c.kind, statements.c.as_of)

tags = Table(
    "tags",
    metadata,
    uuid_key(),
    owner(),
    required_text("name"),
    Column("kind", Text, nullable=False, server_default="regular"),
    Column("colour", Text),
    UniqueConstraint("id", "user_id"),
    one_of("kind", "regular", "strategy"),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name="colour"),
)
Index("tags_name_key", tags.c.user_id, func.lower(tags.c.name), unique=True)

imports = Table(
    "imports",
    metadata,
    uuid_key(),
    Column("portfolio_id", Uuid, nullable=False),
    owner(),
    required_text("file_name"),
    required_text("sha256"),
    Column("rows_read", Integer, nullable=False),
    Column("rows_taken", Integer, nullable=False),
    Column("rows_known", Integer, nullable=False),  # already in the book from an earlier import
    Column("rows_refused", Integer, nullable=False),
    moment("committed_at"),
    owned_portfolio(),
    UniqueConstraint("id", "user_id"),
)

import_previews = Table(
    "import_previews",
    metadata,
    uuid_key(),  # the import's, once it is committed
    Column("portfolio_id", Uuid, nullable=False),
    owner(),
    required_text("name"),
    Column("content", LargeBinary, nullable=False),
    Column("lots", Boolean, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    owned_portfolio(),
)
Index("import_previews_user", import_previews.c.user_id, import_previews.c.created_at)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    owner(primary_key=True),
    Column("key", Text, primary_key=True),
    required_text("method"),
    required_text("path"),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("response", JSONB, nullable=False),
    Column("etag", Text),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    moment("at"),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="SET NULL")),
    Column("portfolio_id", Uuid),
    required_text("action"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
)
Index("audit_log_portfolio", audit_log.c.portfolio_id, audit_log.c.at)
