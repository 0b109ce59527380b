"""Stress scenarios of one's own: added, run, changed, removed; nobody else sees them."""

from collections.abc import Iterator

import httpx2
import pytest

from .conftest import Owner

pytestmark = pytest.mark.xdist_group("api")

MINE = {
    "id": "rates_and_market",
    "name": "Rates up, market down",
    "severity": "moderate",
    "shocks": [{"factor": "Market", "size": -0.1}, {"factor": "10Y", "size": 0.01}],
    "volatility": 0.05,
}


@pytest.fixture
def mine(owner: Owner) -> Iterator[dict[str, object]]:
    """A scenario of the owner's."""
    yield owner.asked("POST", "/stress-scenarios", json=MINE)
    owner.client.delete(f"/stress-scenarios/{MINE['id']}")


def own_ids(client: httpx2.Client) -> list[str]:
    return [each["id"] for each in client.get("/stress-scenarios").json()["items"] if each["origin"] == "own"]


def test_it_is_listed_and_run_for_its_owner_alone(
    owner: Owner, stranger: httpx2.Client, nobody: httpx2.Client, mine: dict[str, object]
) -> None:
    assert MINE.items() <= mine.items()
    assert (mine["origin"], mine["category"], mine["active"], mine["is_run"]) == ("own", "custom", True, True)
    assert [MINE["id"] in own_ids(client) for client in (owner.client, stranger, nobody)] == [True, False, False]
    (result,) = owner.get("/stress", category="custom")["scenarios"]
    given = {name: MINE[name] for name in ("shocks", "volatility")}
    (same,) = owner.asked("POST", f"/portfolios/{owner.book.id}/stress", json=given)["scenarios"]
    assert result["id"] == MINE["id"]
    assert (result["direct"], result["correlated"]) == (same["direct"], same["correlated"])


def test_it_is_changed_in_parts(owner: Owner, mine: dict[str, object]) -> None:
    path = f"/stress-scenarios/{mine['id']}"
    changed = owner.asked("PATCH", path, json={"active": False, "description": "Later."})
    assert changed == mine | {"active": False, "is_run": False, "description": "Later."}
    assert owner.client.get(f"/portfolios/{owner.book.id}/stress", params={"category": "custom"}).status_code == 404
    assert owner.asked("PATCH", path, json={"volatility": None, "active": True})["volatility"] is None
    refused = owner.client.patch(path, json={"shocks": [{"factor": "Market", "size": -1}]})
    assert (refused.status_code, refused.json()["errors"][0]["column"]) == (422, "shocks[0].size")
    assert owner.client.patch(path, json={"name": None}).status_code == 422
    assert owner.client.patch(path, json={"id": "other"}).json()["errors"][0]["column"] == "body.id"


def test_it_is_removed_once(owner: Owner, mine: dict[str, object]) -> None:
    path = f"/stress-scenarios/{mine['id']}"
    assert owner.client.delete(path).status_code == 204
    assert own_ids(owner.client) == []
    assert owner.client.delete(path).status_code == 404
    assert owner.client.patch(path, json={"active": False}).status_code == 404


@pytest.mark.usefixtures("mine")
def test_ids_are_taken_once(owner: Owner) -> None:
    again = owner.client.post("/stress-scenarios", json=MINE)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    shipped = owner.client.post("/stress-scenarios", json=MINE | {"id": "market_crash_35"})
    assert (shipped.status_code, shipped.json()["errors"][0]["column"]) == (422, "id")


def test_what_comes_with_sigmasight_stays(owner: Owner, stranger: httpx2.Client, mine: dict[str, object]) -> None:
    assert owner.client.delete("/stress-scenarios/market_crash_35").status_code == 409
    assert owner.client.patch("/stress-scenarios/market_crash_35", json={"active": False}).status_code == 404
    assert stranger.delete(f"/stress-scenarios/{mine['id']}").status_code == 404
    assert stranger.patch(f"/stress-scenarios/{mine['id']}", json={"active": False}).status_code == 404
    assert own_ids(owner.client) == [mine["id"]]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": "Not An Id"}, "id"),
        ({"shocks": [{"factor": "Gold", "size": 0.1}]}, "shocks[0].factor"),
        ({"shocks": [{"factor": "2Y", "size": 0.01}, {"factor": "10Y", "size": 0.01}]}, "shocks[1].factor"),
        ({"from": "2020-02-19"}, None),
        ({"severity": "awful"}, "body.severity"),
        ({"shocks": "Market"}, "body.shocks"),
    ],
)
def test_a_wrong_one_is_refused_with_its_place(owner: Owner, change: dict[str, object], place: str | None) -> None:
    answer = owner.client.post("/stress-scenarios", json=MINE | change)
    assert (answer.status_code, answer.json()["errors"][0]["column"]) == (422, place)
    assert own_ids(owner.client) == []
