"""Stress scenarios at rest: the shipped ones, which are everybody's, and each user's own."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, not_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.errors import ConflictError, NotFoundError
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.store.bulk import among
from sigmasight.store.tables import stress_test_scenarios as scenarios_table

_SHIPPED = scenarios_table.c.user_id.is_(None)
_REWRITTEN = (
    "name",
    "description",
    "category",
    "severity",
    "active",
    "basis",
    "shocks",
    "volatility_change",
    "first_close",
    "last_close",
)
"""What a new version of an own scenario changes; its place among the others stays."""


def add_scenarios(conn: Connection, scenarios: Sequence[Scenario]) -> None:
    """Add shipped scenarios that are not there; what an operator changed stays."""
    rows = [_row(scenario) | {"position": at} for at, scenario in enumerate(scenarios)]
    conn.execute(upsert(scenarios_table).on_conflict_do_nothing(), rows)


def load_shipped_scenarios(conn: Connection) -> tuple[Scenario, ...]:
    """The scenarios that everybody has, in the order of their file."""
    return _load(conn, _SHIPPED)


def load_own_scenarios(conn: Connection, user_id: UUID) -> tuple[Scenario, ...]:
    """A user's own scenarios, in the order in which they came."""
    return _load(conn, scenarios_table.c.user_id == user_id)


def load_scenarios(conn: Connection, user_id: UUID) -> tuple[Scenario, ...]:
    """The shipped scenarios, then the user's own; no id is there twice.

    An own one whose id a later release has given to a shipped one is left out.
    """
    shipped = load_shipped_scenarios(conn)
    taken = {scenario.id for scenario in shipped}
    return shipped + tuple(own for own in load_own_scenarios(conn, user_id) if own.id not in taken)


def save_own_scenarios(conn: Connection, user_id: UUID, scenarios: Sequence[Scenario]) -> None:
    """Add scenarios to a user's own, after those he has, or give those of the same id their new content.

    Raises:
        ConflictError: If one has the id of a shipped scenario.
    """
    last = select(func.max(scenarios_table.c.position)).where(scenarios_table.c.user_id == user_id)
    _save(conn, user_id, scenarios, first=(conn.execute(last).scalar_one() or 0) + 1, rewritten=_REWRITTEN)


def replace_own_scenarios(conn: Connection, user_id: UUID, scenarios: Sequence[Scenario]) -> None:
    """Make these a user's own scenarios, in this order, and no others.

    Raises:
        ConflictError: If one has the id of a shipped scenario.
    """
    _save(conn, user_id, scenarios, first=1, rewritten=(*_REWRITTEN, "position"))
    kept = among(scenarios_table.c.id, [scenario.id for scenario in scenarios])
    conn.execute(delete(scenarios_table).where(scenarios_table.c.user_id == user_id, not_(kept)))


def delete_own_scenario(conn: Connection, user_id: UUID, scenario_id: str) -> None:
    """Delete one of a user's own scenarios.

    Raises:
        NotFoundError: If he has none of that id.
    """
    own = and_(scenarios_table.c.user_id == user_id, scenarios_table.c.id == scenario_id)
    if conn.execute(delete(scenarios_table).where(own)).rowcount == 0:
        raise NotFoundError(f"there is no own scenario {scenario_id!r}")


def _load(conn: Connection, which: ColumnElement[bool]) -> tuple[Scenario, ...]:
    query = select(scenarios_table).where(which).order_by(scenarios_table.c.position, scenarios_table.c.id)
    return tuple(_scenario(row) for row in conn.execute(query))


def _scenario(row: Row[Any]) -> Scenario:
    return Scenario(
        id=row.id,
        name=row.name,
        category=Category(row.category),
        severity=Severity(row.severity),
        active=row.active,
        basis=Basis(row.basis),
        shocks=tuple(Shock(shock["factor"], float(shock["size"])) for shock in row.shocks),
        description=row.description,
        volatility_change=row.volatility_change,
        first_close=row.first_close,
        last_close=row.last_close,
    )


def _save(
    conn: Connection, user_id: UUID, scenarios: Sequence[Scenario], *, first: int, rewritten: Collection[str]
) -> None:
    _refuse_shipped(conn, [scenario.id for scenario in scenarios])
    if not scenarios:
        return
    rows = [_row(scenario) | {"user_id": user_id, "position": at} for at, scenario in enumerate(scenarios, first)]
    new = upsert(scenarios_table)
    changes = {name: new.excluded[name] for name in rewritten}
    conn.execute(new.on_conflict_do_update(index_elements=["user_id", "id"], set_=changes), rows)


def _refuse_shipped(conn: Connection, ids: Collection[str]) -> None:
    query = select(scenarios_table.c.id).where(_SHIPPED, among(scenarios_table.c.id, ids)).order_by("id").limit(1)
    shipped = conn.execute(query).scalar_one_or_none()
    if shipped is not None:
        raise ConflictError(f"{shipped!r} is the id of a scenario that comes with SigmaSight: choose another")


def _row(scenario: Scenario) -> dict[str, object]:
    return {
        "id": scenario.id,
        "name": scenario.name,
        "description": scenario.description,
        "category": scenario.category,
        "severity": scenario.severity,
        "active": scenario.active,
        "basis": scenario.basis,
        "shocks": [{"factor": shock.factor, "size": shock.size} for shock in scenario.shocks],
        "volatility_change": scenario.volatility_change,
        "first_close": scenario.first_close,
        "last_close": scenario.last_close,
    }


def load_scenarios_of(conn: Connection, users: Collection[UUID]) -> dict[UUID, tuple[Scenario, ...]]:
    """The active own scenarios of several users, of those who have any."""
    shipped = select(scenarios_table.c.id).where(_SHIPPED)
    query = select(scenarios_table).where(
        among(scenarios_table.c.user_id, users), scenarios_table.c.active, scenarios_table.c.id.not_in(shipped)
    )
    found: dict[UUID, tuple[Scenario, ...]] = {}
    for row in conn.execute(query.order_by(scenarios_table.c.user_id, scenarios_table.c.position)):
        found[row.user_id] = (*found.get(row.user_id, ()), _scenario(row))
    return found
