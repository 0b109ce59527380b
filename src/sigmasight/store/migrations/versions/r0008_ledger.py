"""Versions of portfolios, files that are looked at before they are taken, and writes that are done once."""

from sigmasight.store.migrations.statements import run_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_file("r0008_ledger.sql")
