"""A user's own stress scenarios: taken whole or not at all, written down, and never beside a shipped one's id."""

import json
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from postgres.store.builders import new_user
from sigmasight.domain.errors import ConflictError, InvalidScenariosError, NotFoundError
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.intake.scenarios_file import scenario_file, shipped_replays, shipped_scenarios
from sigmasight.services.scenarios import (
    ListedScenario,
    Origin,
    ScenarioImport,
    import_scenarios,
    list_scenarios,
    remove_scenario,
)
from sigmasight.store.database import Database
from sigmasight.store.reference import add_factors
from sigmasight.store.scenarios import add_scenarios, load_own_scenarios, save_own_scenarios
from sigmasight.store.tables import audit_log, factor_definitions, stress_test_scenarios

FALL = Scenario(
    "fall", "Fall", Category.MARKET, Severity.MILD, active=True, basis=Basis.TOTAL, shocks=(Shock("Market", -0.1),)
)
SMALL = replace(FALL, id="small", shocks=(Shock("Size", -0.2), Shock("2Y", 0.01)), volatility_change=-0.05)
SLEEPING = replace(FALL, id="sleeping", active=False)


@pytest.fixture
def alice(conn: Connection) -> UUID:
    return new_user(conn).id


@pytest.fixture
def bob(conn: Connection) -> UUID:
    return new_user(conn, "bob").id


def content(*scenarios: Scenario) -> bytes:
    return json.dumps(scenario_file(scenarios)).encode()


def audit(conn: Connection) -> list[tuple[UUID | None, str, dict[str, object]]]:
    rows = conn.execute(select(audit_log).order_by(audit_log.c.id)).all()
    assert all(row.portfolio_id is None for row in rows)
    return [(row.user_id, row.action, row.detail) for row in rows]


def versions(conn: Connection) -> list[tuple[object, ...]]:
    rows = conn.exec_driver_sql("SELECT xmin::text, ctid::text, s::text FROM stress_test_scenarios s ORDER BY key")
    return [tuple(row) for row in rows]


def ids(listed: tuple[ListedScenario, ...], origin: Origin) -> list[str]:
    return [each.scenario.id for each in listed if each.origin is origin]


def test_a_file_becomes_the_users_own_and_the_audit_log_tells_it(conn: Connection, alice: UUID, bob: UUID) -> None:
    file = content(FALL, SMALL)
    assert import_scenarios(conn, alice, file) == ScenarioImport(("fall", "small"), (), (), ())
    assert load_own_scenarios(conn, alice) == (FALL, SMALL)
    assert load_own_scenarios(conn, bob) == ()
    detail = {"sha256": sha256(file).hexdigest(), "added": ["fall", "small"], "changed": [], "removed": []}
    assert audit(conn) == [(alice, "scenarios imported", detail)]


@pytest.mark.parametrize("replacing", [False, True])
def test_the_same_file_twice_changes_nothing(conn: Connection, alice: UUID, *, replacing: bool) -> None:
    import_scenarios(conn, alice, content(FALL, SMALL))
    before = versions(conn)
    again = import_scenarios(conn, alice, content(FALL, SMALL), replace=replacing)
    assert again == ScenarioImport((), (), ("fall", "small"), ())
    assert versions(conn) == before
    assert len(audit(conn)) == 1


def test_an_import_changes_what_has_the_same_id_and_leaves_the_others(conn: Connection, alice: UUID) -> None:
    import_scenarios(conn, alice, content(FALL, SMALL))
    milder = replace(SMALL, volatility_change=None)
    assert import_scenarios(conn, alice, content(SLEEPING, milder)) == ScenarioImport(("sleeping",), ("small",), (), ())
    assert load_own_scenarios(conn, alice) == (FALL, milder, SLEEPING)


def test_a_replacing_import_removes_what_the_file_does_not_have(conn: Connection, alice: UUID, bob: UUID) -> None:
    for user in (alice, bob):
        import_scenarios(conn, user, content(FALL, SMALL))
    done = import_scenarios(conn, alice, content(SLEEPING, SMALL), replace=True)
    assert done == ScenarioImport(("sleeping",), (), ("small",), ("fall",))
    assert load_own_scenarios(conn, alice) == (SLEEPING, SMALL)
    assert load_own_scenarios(conn, bob) == (FALL, SMALL)
    assert audit(conn)[-1][2]["removed"] == ["fall"]


def test_a_replacing_import_takes_the_order_of_its_file(conn: Connection, alice: UUID) -> None:
    import_scenarios(conn, alice, content(FALL, SMALL))
    assert import_scenarios(conn, alice, content(SMALL, FALL)) == ScenarioImport((), (), ("small", "fall"), ())
    assert load_own_scenarios(conn, alice) == (FALL, SMALL)
    import_scenarios(conn, alice, content(SMALL, FALL), replace=True)
    assert load_own_scenarios(conn, alice) == (SMALL, FALL)


def test_one_error_refuses_the_whole_file(conn: Connection, alice: UUID) -> None:
    import_scenarios(conn, alice, content(FALL))
    two_yields = replace(FALL, id="two", shocks=(Shock("2Y", 0.01), Shock("10Y", 0.01)))
    with pytest.raises(InvalidScenariosError, match=r"scenarios\[1\]\.shocks\[1\]\.factor: 10Y is a second Treasury"):
        import_scenarios(conn, alice, content(SMALL, two_yields), replace=True)
    assert load_own_scenarios(conn, alice) == (FALL,)
    assert len(audit(conn)) == 1


@pytest.mark.parametrize("taken", [shipped_scenarios()[3], shipped_replays()[0]], ids=lambda scenario: scenario.id)
@pytest.mark.parametrize("seeded", [False, True])
def test_what_comes_with_sigmasight_is_protected_before_it_is_in_the_database_too(
    conn: Connection, alice: UUID, taken: Scenario, *, seeded: bool
) -> None:
    if seeded:
        add_scenarios(conn, shipped_scenarios())
    with pytest.raises(InvalidScenariosError, match=rf"scenarios\[1\]\.id: '{taken.id}' is the id of a scenario that"):
        import_scenarios(conn, alice, content(FALL, taken))
    with pytest.raises(ConflictError, match=f"'{taken.id}' comes with SigmaSight"):
        remove_scenario(conn, alice, taken.id)
    assert load_own_scenarios(conn, alice) == ()
    assert audit(conn) == []


def test_a_shipped_scenario_that_an_operator_added_is_protected_as_well(conn: Connection, alice: UUID) -> None:
    add_scenarios(conn, [FALL])
    with pytest.raises(InvalidScenariosError, match="'fall' is the id of a scenario that comes with SigmaSight"):
        import_scenarios(conn, alice, content(FALL))


def test_nobody_has_more_own_scenarios_than_a_night_can_run(conn: Connection, alice: UUID) -> None:
    fifty = [replace(FALL, id=f"fall_{number}") for number in range(50)]
    assert len(import_scenarios(conn, alice, content(*fifty)).added) == 50
    assert import_scenarios(conn, alice, content(replace(fifty[0], active=False))).changed == ("fall_0",)
    with pytest.raises(InvalidScenariosError, match="more than 50 own scenarios"):
        import_scenarios(conn, alice, content(SMALL))
    assert len(load_own_scenarios(conn, alice)) == 50
    assert import_scenarios(conn, alice, content(SMALL), replace=True).added == ("small",)


def test_the_factors_that_can_be_shocked_are_the_databases_active_ones(conn: Connection, alice: UUID) -> None:
    add_factors(conn, FACTORS)
    import_scenarios(conn, alice, content(SMALL))
    conn.execute(update(factor_definitions).where(factor_definitions.c.name == "Size").values(active=False))
    with pytest.raises(InvalidScenariosError, match=r"shocks\[0\]\.factor: must be one of Market, Value, Growth, Mom"):
        import_scenarios(conn, alice, content(SMALL))


def test_the_list_has_the_shipped_the_replays_and_the_own_ones(conn: Connection, alice: UUID, bob: UUID) -> None:
    add_scenarios(conn, shipped_scenarios())
    import_scenarios(conn, alice, content(FALL, SLEEPING))
    listed = list_scenarios(conn, alice)
    assert [each.origin for each in listed] == sorted((each.origin for each in listed), key=list(Origin).index)
    assert len(ids(listed, Origin.SHIPPED)) == 18
    assert ids(listed, Origin.REPLAY) == [replay.id for replay in shipped_replays()]
    assert ids(listed, Origin.OWN) == ["fall", "sleeping"]
    assert [each.scenario.id for each in listed if not each.is_run] == ["sleeping"]
    assert list_scenarios(conn, bob) == list_scenarios(conn, None) == listed[:-2]


def test_an_own_one_whose_id_was_shipped_later_is_listed_and_not_run(conn: Connection, alice: UUID) -> None:
    replay = replace(FALL, id=shipped_replays()[0].id)
    save_own_scenarios(conn, alice, [FALL, replay, SMALL])
    add_scenarios(conn, [FALL])
    own = [each for each in list_scenarios(conn, alice) if each.origin is Origin.OWN]
    assert [(each.scenario.id, each.displaced, each.is_run) for each in own] == [
        ("fall", True, False),
        (replay.id, True, False),
        ("small", False, True),
    ]
    remove_scenario(conn, alice, "fall")
    assert [each.id for each in load_own_scenarios(conn, alice)] == [replay.id, "small"]


def test_removing_is_written_down(conn: Connection, alice: UUID, bob: UUID) -> None:
    for user in (alice, bob):
        import_scenarios(conn, user, content(FALL, SMALL))
    remove_scenario(conn, alice, "fall")
    assert load_own_scenarios(conn, alice) == (SMALL,)
    assert load_own_scenarios(conn, bob) == (FALL, SMALL)
    assert audit(conn)[-1] == (alice, "scenario removed", {"id": "fall"})
    with pytest.raises(NotFoundError, match="no own scenario 'fall'"):
        remove_scenario(conn, alice, "fall")
    assert len(audit(conn)) == 3


def test_as_the_api_a_user_imports_lists_and_removes_his_own(db: Database) -> None:
    with db.write() as conn:
        add_factors(conn, FACTORS)
        add_scenarios(conn, shipped_scenarios())
        alice, bob = new_user(conn).id, new_user(conn, "bob").id
        import_scenarios(conn, bob, content(FALL))
    with db.write(acting_as=alice) as conn:
        import_scenarios(conn, alice, content(SMALL, FALL, SLEEPING))
        import_scenarios(conn, alice, content(FALL, SMALL), replace=True)
        remove_scenario(conn, alice, "small")
        assert ids(list_scenarios(conn, alice), Origin.OWN) == ["fall"]
        assert ids(list_scenarios(conn, bob), Origin.OWN) == []
        assert conn.execute(select(stress_test_scenarios.c.user_id).distinct()).scalars().all() in (
            [None, alice],
            [alice, None],
        )
        with pytest.raises(NotFoundError):
            remove_scenario(conn, bob, "fall")
    with db.read() as conn:
        assert load_own_scenarios(conn, bob) == (FALL,)
        assert load_own_scenarios(conn, alice) == (FALL,)
