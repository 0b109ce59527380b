"""Tags over HTTP, and the portfolios that change with them."""

import httpx2
import pytest

from postgres.api.desks import ServedLedger, add, refused, told, version

pytestmark = pytest.mark.xdist_group("api")


def _make(client: httpx2.Client, name: str, **more: str) -> dict[str, object]:
    made: dict[str, object] = told(client.post("/tags", json={"name": name, **more}), 201)
    return made


def _names(client: httpx2.Client, path: str) -> list[str]:
    return [tag["name"] for tag in told(client.get(path))["tags"]]


def test_a_tag_is_made_with_its_colour_and_kind(holder: httpx2.Client) -> None:
    made = _make(holder, " Iron  condor ", kind="strategy", colour="#1F77B4")
    assert made == {
        "id": made["id"],
        "name": "Iron condor",
        "kind": "strategy",
        "colour": "#1f77b4",
        "positions": 0,
    }
    plain = _make(holder, "Plain")
    assert (plain["kind"], plain["colour"]) == ("regular", None)


def test_tags_come_by_name_a_page_at_a_time(holder: httpx2.Client, book: str) -> None:
    for name in ("page B", "Page a", "PAGE c"):
        _make(holder, name)
    add(holder, book, tags=["page b"])
    found, cursor = [], None
    while cursor or not found:
        body = told(holder.get("/tags", params={"limit": 2} | ({"cursor": cursor} if cursor else {})))
        found += body["items"]
        cursor = body["next"]
    names = [each["name"] for each in found]
    assert names == sorted(names, key=str.lower)
    assert len(names) == len(set(names)) > 3
    assert {each["name"]: each["positions"] for each in found}["page B"] == 1


@pytest.mark.parametrize("method", ["post", "patch"])
@pytest.mark.parametrize(
    "given",
    [{"name": ""}, {"name": "a,b"}, {"name": "\u0000"}, {"name": None}, {"name": "x", "kind": "odd"}]
    + [{"name": "x", "colour": colour} for colour in ("red", "#12345", "#gggggg", "#1234567", 5, "#12345\u0661")],
)
def test_what_is_no_tag_is_told(holder: httpx2.Client, method: str, given: dict[str, object]) -> None:
    path = "/tags" if method == "post" else f"/tags/{told(holder.get('/tags'))['items'][0]['id']}"
    refused(holder.request(method, path, json=given), 422, "invalid_request")


def test_a_name_is_taken_once_whatever_its_case(holder: httpx2.Client, outsider: httpx2.Client) -> None:
    _make(holder, "Twice")
    refused(holder.post("/tags", json={"name": "tWICE"}), 409, "conflict")
    other = _make(holder, "Other name")
    refused(holder.patch(f"/tags/{other['id']}", json={"name": "TWICE"}), 409, "conflict")
    _make(outsider, "Twice")


def test_a_changed_tag_is_changed_on_every_position(holder: httpx2.Client, book: str, site: ServedLedger) -> None:
    path = f"{book}/positions/{add(holder, book, tags=['Before'])['id']}"
    (tag,) = told(holder.get(path))["tags"]
    changed = told(holder.patch(f"/tags/{tag['id']}", json={"name": "After", "colour": "#000000"}))
    assert (changed["name"], changed["colour"], changed["positions"]) == ("After", "#000000", 1)
    assert _names(holder, path) == ["After"]
    assert version(holder, book) == 3
    assert told(holder.patch(f"/tags/{tag['id']}", json={"colour": None, "kind": "strategy"}))["colour"] is None
    assert told(holder.patch(f"/tags/{tag['id']}", json={"name": "After"}))["kind"] == "strategy"
    assert version(holder, book) == 4
    told(holder.delete(f"/tags/{tag['id']}"), 204)
    assert _names(holder, path) == []
    assert version(holder, book) == 5
    refused(holder.delete(f"/tags/{tag['id']}"), 404, "not_found")
    actions = [row[0] for row in site.rows("SELECT action FROM audit_log ORDER BY id DESC LIMIT 3")]
    assert actions == ["tag deleted", "tag changed", "tag changed"]


def test_a_tag_of_another_portfolio_leaves_this_ones_version(holder: httpx2.Client, book: str) -> None:
    made = _make(holder, "Nowhere")
    told(holder.patch(f"/tags/{made['id']}", json={"name": "Nowhere else"}))
    assert version(holder, book) == 1
