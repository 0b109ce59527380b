"""Stress scenarios as a user has them: those that come with SigmaSight, and his own."""

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sigmasight.domain.errors import ConflictError, InvalidScenariosError, NotFoundError
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.scenarios import Scenario
from sigmasight.intake.scenarios_file import (
    MAX_SCENARIOS,
    parse_scenario,
    parse_scenarios,
    scenario_member,
    shipped_replays,
    shipped_scenarios,
)
from sigmasight.store.database import Connection, take_turn
from sigmasight.store.reference import load_factors, write_audit
from sigmasight.store.scenarios import (
    delete_own_scenario,
    load_own_scenarios,
    load_shipped_scenarios,
    replace_own_scenarios,
    save_own_scenarios,
)


class Origin(enum.StrEnum):
    """Where a scenario comes from."""

    SHIPPED = "shipped"  # written by hand, comes with SigmaSight
    REPLAY = "replay"  # what the factors really returned, comes with SigmaSight
    OWN = "own"


@dataclass(frozen=True, slots=True)
class ListedScenario:
    """A scenario and where it comes from."""

    scenario: Scenario
    origin: Origin
    displaced: bool = False  # an own one whose id a later release gave to another: it is not run

    @property
    def is_run(self) -> bool:
        """Whether it is computed; the others are only listed."""
        return self.scenario.active and not self.displaced


@dataclass(frozen=True, slots=True)
class ScenarioImport:
    """What an import did to a user's own scenarios, by their ids."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def list_scenarios(conn: Connection, user_id: UUID | None) -> tuple[ListedScenario, ...]:
    """The shipped scenarios, the replays, then a user's own, active or not; without a user those that all have."""
    common = [ListedScenario(scenario, Origin.SHIPPED) for scenario in load_shipped_scenarios(conn)]
    common += [ListedScenario(scenario, Origin.REPLAY) for scenario in shipped_replays()]
    if user_id is None:
        return tuple(common)
    taken = {listed.scenario.id for listed in common}
    own = load_own_scenarios(conn, user_id)
    return (*common, *(ListedScenario(each, Origin.OWN, displaced=each.id in taken) for each in own))


def import_scenarios(conn: Connection, user_id: UUID, content: bytes, *, replace: bool = False) -> ScenarioImport:
    """Take a file's scenarios as a user's own, all of them or, when anything is wrong, none.

    What he has under an id gets the file's content; the same file twice changes nothing. The audit log tells it.

    Args:
        conn: The transaction.
        user_id: Whose they are.
        content: The file.
        replace: Remove his scenarios that the file does not have.

    Raises:
        InvalidScenariosError: If anything is wrong with the file; the message lists every error with its place.
    """
    scenarios = parse_scenarios(content, factor_names=_shockable(conn), taken_ids=_shipped_ids(conn))
    before = load_own_scenarios(conn, user_id)
    done, news = _compare(before, scenarios, replace=replace)
    if before == scenarios or not (replace or news):
        return done
    kept = set() if replace else {each.id for each in before}
    if len(kept | {each.id for each in scenarios}) > MAX_SCENARIOS:
        raise InvalidScenariosError(f"That would be more than {MAX_SCENARIOS} own scenarios; nothing was changed.")
    if replace:
        replace_own_scenarios(conn, user_id, scenarios)
    else:
        save_own_scenarios(conn, user_id, news)
    told = {"added": done.added, "changed": done.changed, "removed": done.removed}
    detail = {"sha256": hashlib.sha256(content).hexdigest(), **told}
    write_audit(conn, user_id=user_id, portfolio_id=None, action="scenarios imported", detail=detail)
    return done


def read_scenario(conn: Connection, members: Mapping[str, object]) -> Scenario:
    """One scenario from its members, as a file has them, to be run and not kept.

    Raises:
        InvalidScenariosError: If anything is wrong with it; the message lists every error with its place.
    """
    return parse_scenario(members, factor_names=_shockable(conn))


def add_scenario(conn: Connection, user_id: UUID, members: Mapping[str, object]) -> Scenario:
    """Add one scenario, from its members as a file has them, to a user's own; the audit log tells it.

    Raises:
        InvalidScenariosError: If anything is wrong with it, or he has too many; the message lists every error.
        ConflictError: If he has one of that id.
    """
    scenario = parse_scenario(members, factor_names=_shockable(conn), taken_ids=_shipped_ids(conn))
    take_turn(conn, f"scenarios of {user_id}")
    own = {each.id for each in load_own_scenarios(conn, user_id)}
    if scenario.id in own:
        raise ConflictError(f"there is an own scenario {scenario.id!r} already")
    if len(own) >= MAX_SCENARIOS:
        raise InvalidScenariosError(f"That would be more than {MAX_SCENARIOS} own scenarios; nothing was changed.")
    save_own_scenarios(conn, user_id, [scenario])
    write_audit(conn, user_id=user_id, portfolio_id=None, action="scenario added", detail={"id": scenario.id})
    return scenario


def change_scenario(conn: Connection, user_id: UUID, scenario_id: str, changes: Mapping[str, object]) -> Scenario:
    """Change members of one of a user's own scenarios; None takes one away. The audit log tells it.

    Raises:
        NotFoundError: If he has none of that id.
        InvalidScenariosError: If anything is wrong with what comes of it; the message lists every error.
    """
    take_turn(conn, f"scenarios of {user_id}")
    before = next((each for each in load_own_scenarios(conn, user_id) if each.id == scenario_id), None)
    if before is None:
        raise NotFoundError(f"there is no own scenario {scenario_id!r}")
    members = {**scenario_member(before), **changes, "id": scenario_id}
    scenario = parse_scenario(members, factor_names=_shockable(conn), taken_ids=_shipped_ids(conn))
    save_own_scenarios(conn, user_id, [scenario])
    write_audit(conn, user_id=user_id, portfolio_id=None, action="scenario changed", detail={"id": scenario_id})
    return scenario


def remove_scenario(conn: Connection, user_id: UUID, scenario_id: str) -> None:
    """Remove one of a user's own scenarios; the audit log tells it.

    Raises:
        ConflictError: If it comes with SigmaSight.
        NotFoundError: If he has none of that id.
    """
    own = {scenario.id for scenario in load_own_scenarios(conn, user_id)}
    if scenario_id in _shipped_ids(conn) - own:
        raise ConflictError(f"{scenario_id!r} comes with SigmaSight; only a user's own scenarios can be removed")
    delete_own_scenario(conn, user_id, scenario_id)
    write_audit(conn, user_id=user_id, portfolio_id=None, action="scenario removed", detail={"id": scenario_id})


def _compare(
    before: Sequence[Scenario], scenarios: Sequence[Scenario], *, replace: bool
) -> tuple[ScenarioImport, list[Scenario]]:
    """What taking scenarios does to those that are there, and the ones of them that are new or different."""
    known, wanted = {each.id: each for each in before}, {each.id for each in scenarios}
    news = [each for each in scenarios if known.get(each.id) != each]
    done = ScenarioImport(
        added=tuple(each.id for each in news if each.id not in known),
        changed=tuple(each.id for each in news if each.id in known),
        unchanged=tuple(each.id for each in scenarios if known.get(each.id) == each),
        removed=tuple(each.id for each in before if replace and each.id not in wanted),
    )
    return done, news


def _shockable(conn: Connection) -> list[str]:
    """The factors that a scenario may shock, besides the Treasury yields."""
    return [factor.name for factor in load_factors(conn) or FACTORS if factor.active]


def _shipped_ids(conn: Connection) -> frozenset[str]:
    """The ids that no user may take, also where the database does not have the shipped scenarios yet."""
    shipped = (*load_shipped_scenarios(conn), *shipped_scenarios(), *shipped_replays())
    return frozenset(scenario.id for scenario in shipped)
