"""What funds hold, what asking vendors cost, and jumps of a price that a person has confirmed."""

from sigmasight.store.migrations.statements import run_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_file("r0006_market.sql")
