"""What a stress scenario does to implied volatilities."""

from sigmasight.store.migrations.statements import run_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_file("r0003_scenarios.sql")
