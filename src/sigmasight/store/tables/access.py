"""Who is signed in, with which keys; the API's role sees none of it."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP

from sigmasight.store.tables.columns import metadata, one_of, owner, required_text, uuid_key


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, TIMESTAMP(timezone=True), nullable=nullable)


sessions = Table(
    "sessions",
    metadata,
    uuid_key(),
    owner(),
    _moment("started_at", nullable=False),
    _moment("ended_at"),
)
Index("sessions_user", sessions.c.user_id)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    _moment("expires_at", nullable=False),
    _moment("used_at"),
)
Index("refresh_tokens_session", refresh_tokens.c.session_id)

api_keys = Table(
    "api_keys",
    metadata,
    uuid_key(),
    owner(),
    required_text("name"),
    required_text("prefix"),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    required_text("scope"),
    _moment("created_at", nullable=False),
    _moment("expires_at"),
    _moment("revoked_at"),
    one_of("scope", "read", "write", "admin"),
)
Index("api_keys_user", api_keys.c.user_id)

login_failures = Table(
    "login_failures",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    _moment("last_at", nullable=False),
    CheckConstraint("failures > 0", name="failures"),
)
