"""Stress scenarios at rest: the shipped ones are everybody's, a user's own are nobody else's."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.exc import IntegrityError

from postgres.store.builders import new_user
from postgres.store.conftest import Neighbours
from sigmasight.domain.errors import ConflictError, NotFoundError
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios
from sigmasight.store.scenarios import (
    add_scenarios,
    delete_own_scenario,
    load_own_scenarios,
    load_scenarios,
    load_shipped_scenarios,
    replace_own_scenarios,
    save_own_scenarios,
)
from sigmasight.store.tables import stress_test_scenarios

FALL = Scenario(
    "fall",
    "Fall",
    Category.MARKET,
    Severity.MILD,
    active=False,
    basis=Basis.TOTAL,
    shocks=(Shock("Market", -0.1), Shock("10Y", 1e-9)),
    description="Down it goes",
    volatility_change=0.12,
)
RISE = replace(FALL, id="rise", name="Rise", active=True, basis=Basis.RELATIVE, description="", volatility_change=None)
STILL = replace(FALL, id="still", volatility_change=0.0, shocks=(Shock("Market", 1.0),))


@pytest.fixture
def conn(conn: Connection) -> Connection:
    """A database without any scenarios yet."""
    conn.execute(delete(stress_test_scenarios))
    return conn


@pytest.fixture
def alice(conn: Connection) -> UUID:
    return new_user(conn, "alice").id


@pytest.fixture
def bob(conn: Connection) -> UUID:
    return new_user(conn, "bob").id


def keys(conn: Connection) -> dict[str, int]:
    rows = conn.execute(select(stress_test_scenarios.c.id, stress_test_scenarios.c.key))
    return {row.id: row.key for row in rows}


def test_the_shipped_scenarios_come_back_in_the_order_of_their_file(conn: Connection) -> None:
    add_scenarios(conn, shipped_scenarios())
    add_scenarios(conn, shipped_scenarios())
    assert load_shipped_scenarios(conn) == shipped_scenarios()


def test_what_an_operator_changed_of_a_scenario_stays(conn: Connection) -> None:
    add_scenarios(conn, [FALL])
    add_scenarios(conn, [replace(FALL, name="Another", active=True, volatility_change=None)])
    assert load_shipped_scenarios(conn) == (FALL,)


def test_every_field_of_an_own_scenario_comes_back_as_it_was(conn: Connection, alice: UUID) -> None:
    save_own_scenarios(conn, alice, [STILL, FALL, RISE, *shipped_replays()])
    assert load_own_scenarios(conn, alice) == (STILL, FALL, RISE, *shipped_replays())


def test_the_shipped_ones_come_first_then_the_own_ones(conn: Connection, alice: UUID, bob: UUID) -> None:
    add_scenarios(conn, shipped_scenarios())
    save_own_scenarios(conn, alice, [RISE, FALL])
    assert load_scenarios(conn, alice) == (*shipped_scenarios(), RISE, FALL)
    assert load_scenarios(conn, bob) == load_shipped_scenarios(conn) == shipped_scenarios()


def test_two_users_may_use_the_same_id(conn: Connection, alice: UUID, bob: UUID) -> None:
    save_own_scenarios(conn, alice, [FALL])
    save_own_scenarios(conn, bob, [replace(FALL, name="Bob's")])
    assert load_own_scenarios(conn, alice) == (FALL,)
    assert load_own_scenarios(conn, bob) == (replace(FALL, name="Bob's"),)


def test_saving_again_changes_what_is_there_and_leaves_its_place(conn: Connection, alice: UUID) -> None:
    save_own_scenarios(conn, alice, [FALL, RISE])
    before = keys(conn)
    changed = replace(RISE, **{field: getattr(FALL, field) for field in FALL.__slots__ if field != "id"})
    save_own_scenarios(conn, alice, [STILL, changed, replace(FALL, volatility_change=None)])
    assert load_own_scenarios(conn, alice) == (replace(FALL, volatility_change=None), changed, STILL)
    assert keys(conn).items() >= before.items()


def test_saving_none_leaves_all_as_it_is(conn: Connection, alice: UUID) -> None:
    save_own_scenarios(conn, alice, [FALL])
    save_own_scenarios(conn, alice, [])
    assert load_own_scenarios(conn, alice) == (FALL,)


def test_replacing_leaves_the_new_ones_alone_in_their_order(conn: Connection, alice: UUID, bob: UUID) -> None:
    for user in (alice, bob):
        save_own_scenarios(conn, user, [FALL, RISE])
    replace_own_scenarios(conn, alice, [STILL, replace(RISE, name="New")])
    assert load_own_scenarios(conn, alice) == (STILL, replace(RISE, name="New"))
    assert load_own_scenarios(conn, bob) == (FALL, RISE)
    replace_own_scenarios(conn, alice, [])
    assert load_own_scenarios(conn, alice) == ()
    assert load_own_scenarios(conn, bob) == (FALL, RISE)


def test_replacing_keeps_the_row_of_what_stays(conn: Connection, alice: UUID) -> None:
    save_own_scenarios(conn, alice, [FALL, RISE])
    before = keys(conn)
    replace_own_scenarios(conn, alice, [STILL, RISE])
    assert keys(conn)["rise"] == before["rise"]


@pytest.mark.parametrize("write", [save_own_scenarios, replace_own_scenarios])
def test_a_shipped_id_is_refused_and_nothing_is_lost(conn: Connection, alice: UUID, write: object) -> None:
    add_scenarios(conn, [FALL])
    save_own_scenarios(conn, alice, [STILL])
    assert callable(write)
    with pytest.raises(ConflictError, match="'fall' is the id of a scenario that comes with SigmaSight"):
        write(conn, alice, [RISE, FALL])
    assert load_own_scenarios(conn, alice) == (STILL,)
    assert load_shipped_scenarios(conn) == (FALL,)


def test_an_own_scenario_gives_way_to_one_that_is_shipped_later(conn: Connection, alice: UUID) -> None:
    save_own_scenarios(conn, alice, [FALL, RISE])
    shipped = replace(FALL, name="Shipped later")
    add_scenarios(conn, [shipped])
    assert load_scenarios(conn, alice) == (shipped, RISE)
    assert load_own_scenarios(conn, alice) == (FALL, RISE)


def test_a_user_deletes_his_own_and_nobody_elses(conn: Connection, alice: UUID, bob: UUID) -> None:
    add_scenarios(conn, [STILL])
    for user in (alice, bob):
        save_own_scenarios(conn, user, [FALL, RISE])
    delete_own_scenario(conn, alice, "fall")
    assert load_own_scenarios(conn, alice) == (RISE,)
    assert load_own_scenarios(conn, bob) == (FALL, RISE)
    for absent in ("fall", "still", "none"):
        with pytest.raises(NotFoundError, match=f"no own scenario '{absent}'"):
            delete_own_scenario(conn, alice, absent)
    assert load_shipped_scenarios(conn) == (STILL,)


def test_a_deleted_users_scenarios_go_with_him(conn: Connection, alice: UUID, bob: UUID) -> None:
    for user in (alice, bob):
        save_own_scenarios(conn, user, [FALL])
    conn.execute(text("DELETE FROM users WHERE id = :id"), {"id": alice})
    assert load_own_scenarios(conn, alice) == ()
    assert load_own_scenarios(conn, bob) == (FALL,)


@pytest.mark.parametrize("value", ["'NaN'", "'Infinity'", "'-Infinity'", "5.01", "-1.01"])
def test_no_change_of_volatility_at_rest_is_out_of_its_range(conn: Connection, value: str) -> None:
    add_scenarios(conn, [FALL])
    with pytest.raises(IntegrityError, match="stress_test_scenarios_volatility_change_check"):
        conn.exec_driver_sql(f"UPDATE stress_test_scenarios SET volatility_change = {value}")


def test_as_the_api_a_user_works_on_his_own_alone(neighbours: Neighbours) -> None:
    mine, theirs = neighbours.alice.user.id, neighbours.bob.user.id
    with neighbours.db.write(acting_as=mine) as conn:
        save_own_scenarios(conn, mine, [STILL])
        replace_own_scenarios(conn, mine, [RISE, STILL])
        shipped = [scenario.id for scenario in load_shipped_scenarios(conn)]
        assert "fall" in shipped
        assert [scenario.id for scenario in load_scenarios(conn, mine)] == [*shipped, "rise", "still"]
        delete_own_scenario(conn, mine, "rise")
        assert load_own_scenarios(conn, theirs) == ()
        replace_own_scenarios(conn, theirs, [])
        with pytest.raises(NotFoundError):
            delete_own_scenario(conn, theirs, "fall")
        conn.execute(text("RESET ROLE"))
        assert [scenario.id for scenario in load_own_scenarios(conn, theirs)] == ["fall"]
        conn.rollback()
