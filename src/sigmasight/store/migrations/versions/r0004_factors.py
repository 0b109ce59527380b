"""Factors and betas of instruments, and factor exposures and scenario results of portfolios."""

from sigmasight.store.migrations.statements import run_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_file("r0004_factors.sql")
