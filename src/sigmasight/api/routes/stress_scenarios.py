"""Stress scenarios: those that come with SigmaSight, for everybody, and one's own."""

from http import HTTPStatus

from fastapi import APIRouter

from sigmasight.api.shapes.stress import NewScenario, ScenarioChange, StressScenario, StressScenarios
from sigmasight.api.site import SiteDep, Visitor, Writer
from sigmasight.services.scenarios import (
    ListedScenario,
    Origin,
    add_scenario,
    change_scenario,
    list_scenarios,
    remove_scenario,
)

router = APIRouter(prefix="/stress-scenarios", tags=["stress"])


@router.get("")
def list_stress_scenarios(site: SiteDep, desk: Visitor) -> StressScenarios:
    """The scenarios that come with SigmaSight and, for who has signed in, his own."""
    if desk is None:
        with site.application.db.read() as conn:
            listed = list_scenarios(conn, None)
    else:
        with desk.reading() as conn:
            listed = list_scenarios(conn, desk.user_id)
    return StressScenarios(items=[StressScenario.of(each) for each in listed])


@router.post("", status_code=HTTPStatus.CREATED)
def create_stress_scenario(desk: Writer, given: NewScenario) -> StressScenario:
    """Add a scenario of one's own; every night runs it from now on."""
    with desk.writing() as conn:
        made = add_scenario(conn, desk.user_id, given.model_dump(mode="json", by_alias=True))
    return StressScenario.of(ListedScenario(made, Origin.OWN))


@router.patch("/{scenario_id}")
def change_stress_scenario(desk: Writer, scenario_id: str, given: ScenarioChange) -> StressScenario:
    """Change a scenario of one's own; results that are stored stay as they are."""
    with desk.writing() as conn:
        changes = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
        made = change_scenario(conn, desk.user_id, scenario_id, changes)
    return StressScenario.of(ListedScenario(made, Origin.OWN))


@router.delete("/{scenario_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_stress_scenario(desk: Writer, scenario_id: str) -> None:
    """Delete a scenario of one's own."""
    with desk.writing() as conn:
        remove_scenario(conn, desk.user_id, scenario_id)
