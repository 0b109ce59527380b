"""Is the demo whole? Every condition is counted, not believed."""

from dataclasses import dataclass
from datetime import date

from sigmasight.services.demo.books import BOOKS
from sigmasight.services.demo.seed import demo_portfolios
from sigmasight.store.database import Connection
from sigmasight.store.people import find_user
from sigmasight.store.positions import symbols_of
from sigmasight.store.reference import load_factors
from sigmasight.store.scenarios import load_shipped_scenarios
from sigmasight.store.snapshots import load_snapshots

_FACTORS = 8
_SCENARIOS = 18


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that the demo must have."""

    what: str
    wanted: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether it was found as wanted."""
        return self.wanted == self.found


def check_demo(conn: Connection, as_of: date) -> tuple[Condition, ...]:
    """Count users, portfolios, positions, factors and scenarios, and look whether every position has a price."""
    users = sum(find_user(conn, book.email) is not None for book in BOOKS)
    portfolios = {portfolio.name: portfolio for portfolio in demo_portfolios(conn)}
    conditions = [
        Condition("users", str(len(BOOKS)), str(users)),
        Condition("portfolios", str(len(BOOKS)), str(len(portfolios))),
        Condition("factor definitions", str(_FACTORS), str(len(load_factors(conn)))),
        Condition("stress scenarios", str(_SCENARIOS), str(len(load_shipped_scenarios(conn)))),
    ]
    for book in BOOKS:
        wanted = str(len(book.holdings) + len(book.options))
        portfolio = portfolios.get(book.name)
        positions = symbols_of(conn, portfolio.id) if portfolio else ()
        conditions.append(Condition(f"positions of {book.name}", wanted, str(len(positions))))
        latest = load_snapshots(conn, portfolio.id, as_of, as_of) if portfolio else ()
        unpriced = ", ".join(left.symbol for snapshot in latest for left in snapshot.not_included)
        found = "none" if latest and not unpriced else unpriced or f"no snapshot of {as_of}"
        conditions.append(Condition(f"positions without a price in {book.name}", "none", found))
    return tuple(conditions)
