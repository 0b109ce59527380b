"""What the night knows of option contracts, and the Greeks of positions in them."""

from sigmasight.store.migrations.statements import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_file("r0002_options.sql")
