"""Who is signed in, with which keys, and how often a sign-in failed."""

from sigmasight.store.migrations.statements import run_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_file("r0007_access.sql")
