"""Who is not the owner finds nothing, and a key that may read changes nothing: asked of every route of the ledger."""

from uuid import UUID

import httpx2
import pytest
from fastapi.routing import APIRoute

from postgres.api.desks import add, position, refused, show, told, version
from sigmasight.api.routes import imports, portfolios, positions, statements, tags

pytestmark = pytest.mark.xdist_group("api")
FORM = object()
"""What stands for a file, where a route takes one."""

CHANGES: dict[tuple[str, str], object] = {
    ("PATCH", "/portfolios/{portfolio_id}"): {"description": "theirs"},
    ("DELETE", "/portfolios/{portfolio_id}"): None,
    ("POST", "/portfolios/{portfolio_id}/positions"): position(),
    ("POST", "/portfolios/{portfolio_id}/positions/bulk"): {"positions": [position()]},
    ("PATCH", "/portfolios/{portfolio_id}/positions/{position_id}"): {"quantity": "1"},
    ("DELETE", "/portfolios/{portfolio_id}/positions/{position_id}"): None,
    ("POST", "/portfolios/{portfolio_id}/positions/{position_id}/close"): {},
    ("PUT", "/portfolios/{portfolio_id}/positions/{position_id}/tags"): {"tags": []},
    ("PATCH", "/tags/{tag_id}"): {"name": "Theirs"},
    ("DELETE", "/tags/{tag_id}"): None,
    ("POST", "/portfolios/{portfolio_id}/statements"): {"kind": "cash", "amount": "1"},
    ("POST", "/imports"): FORM,
    ("POST", "/imports/{import_id}/commit"): {},
}
READS = (
    ("GET", "/portfolios/{portfolio_id}"),
    ("GET", "/portfolios/{portfolio_id}/overview"),
    ("GET", "/portfolios/{portfolio_id}/positions"),
    ("GET", "/portfolios/{portfolio_id}/positions/{position_id}"),
    ("GET", "/portfolios/{portfolio_id}/statements"),
    ("GET", "/imports/{import_id}"),
)
LISTS = (("GET", "/portfolios"), ("GET", "/tags"))
MAKING: dict[tuple[str, str], object] = {
    ("POST", "/portfolios"): {"name": "Theirs"},
    ("POST", "/tags"): {"name": "Theirs"},
}
PUBLIC = {("GET", "/imports/formats")}
OWNED = [*CHANGES, *READS]
WRITES = [*CHANGES, *MAKING]


@pytest.fixture(scope="module")
def estate(holder: httpx2.Client) -> dict[str, str]:
    """One of everything that the owner has, by the names that paths use."""
    made = told(holder.post("/portfolios", json={"name": "Estate"}), 201)
    book = f"/portfolios/{made['id']}"
    held = add(holder, book, tags=["Estate"])
    shown = told(show(holder, book, "AAPL,1,2,2026-11-02,"), 201)
    ids = {"portfolio_id": made["id"], "position_id": held["id"], "import_id": shown["id"]}
    return ids | {"tag_id": held["tags"][0]["id"]}


def _ask(client: httpx2.Client, route: tuple[str, str], ids: dict[str, str]) -> httpx2.Response:
    method, path = route
    given = CHANGES.get(route, MAKING.get(route))
    filled = path.format(**ids)
    if given is FORM:
        return client.post(filled, data={"portfolio_id": ids["portfolio_id"]}, files={"file": ("a.csv", b"x")})
    return client.request(method, filled, json=given) if given is not None else client.request(method, filled)


def test_every_route_of_the_ledger_is_asked() -> None:
    areas = (portfolios, positions, tags, statements, imports)
    routes = {
        (method, route.path)
        for area in areas
        for route in area.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert routes == {*OWNED, *LISTS, *MAKING} | PUBLIC


@pytest.mark.parametrize("route", OWNED, ids=" ".join)
def test_a_stranger_finds_nothing(
    holder: httpx2.Client, outsider: httpx2.Client, estate: dict[str, str], route: tuple[str, str]
) -> None:
    before = version(holder, f"/portfolios/{estate['portfolio_id']}")
    theirs = refused(_ask(outsider, route, estate), 404, "not_found")
    nobodys = {name: str(UUID(int=0)) for name in estate}
    missing = refused(_ask(outsider, route, nobodys), 404, "not_found")
    for name, value in estate.items():  # what is somebody else's is as what is not there
        theirs["detail"] = theirs["detail"].replace(value, nobodys[name])
    assert theirs == missing
    assert version(holder, f"/portfolios/{estate['portfolio_id']}") == before


@pytest.mark.parametrize("route", LISTS, ids=" ".join)
def test_a_stranger_lists_his_own(outsider: httpx2.Client, estate: dict[str, str], route: tuple[str, str]) -> None:
    listed = {each["id"] for each in told(outsider.get(route[1], params={"limit": 1000}))["items"]}
    assert not listed & set(estate.values())


@pytest.mark.parametrize("route", WRITES, ids=" ".join)
def test_a_key_that_may_read_changes_nothing(
    onlooker: httpx2.Client, estate: dict[str, str], route: tuple[str, str]
) -> None:
    refused(_ask(onlooker, route, estate), 403, "forbidden")


@pytest.mark.parametrize("route", [*READS, *LISTS], ids=" ".join)
def test_a_key_that_may_read_reads(onlooker: httpx2.Client, estate: dict[str, str], route: tuple[str, str]) -> None:
    answer = _ask(onlooker, route, estate)
    if route[1].endswith("/overview"):  # no night yet
        refused(answer, 404, "not_found")
    else:
        told(answer)


@pytest.mark.parametrize("route", [*OWNED, *LISTS, *MAKING], ids=" ".join)
def test_nobody_gets_anything(passerby: httpx2.Client, estate: dict[str, str], route: tuple[str, str]) -> None:
    answer = _ask(passerby, route, estate)
    refused(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"
