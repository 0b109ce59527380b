"""What every installation has: the factor definitions and the shipped stress scenarios."""

from sigmasight.domain.factors import FACTORS
from sigmasight.intake.scenarios_file import shipped_scenarios
from sigmasight.store.database import Connection
from sigmasight.store.reference import add_factors
from sigmasight.store.scenarios import add_scenarios


def seed_reference(conn: Connection) -> None:
    """Add the factor definitions and the shipped stress scenarios, where they are not there yet."""
    add_factors(conn, FACTORS)
    add_scenarios(conn, shipped_scenarios())
