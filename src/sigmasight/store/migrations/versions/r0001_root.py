"""The root of the schema."""

from sigmasight.store.migrations.statements import run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_file("r0001_root.sql")
