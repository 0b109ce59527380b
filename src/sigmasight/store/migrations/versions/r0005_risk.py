"""Value at risk of portfolios, and how their names move together."""

from sigmasight.store.migrations.statements import run_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_file("r0005_risk.sql")
