"""Portfolios over HTTP: opened, listed a page at a time, changed by who has read them."""

from base64 import urlsafe_b64encode

import httpx2
import pytest

from postgres.api.desks import ServedLedger, add, refused, told, version

pytestmark = pytest.mark.xdist_group("api")


def test_a_portfolio_is_opened_today_and_shows_its_settings(holder: httpx2.Client) -> None:
    answer = holder.post("/portfolios", json={"name": " Mine ", "description": "a\nb", "market": "simulated"})
    made = told(answer, 201)
    assert {name: made[name] for name in ("name", "description", "market", "opened_on", "settings", "version")} == {
        "name": "Mine",
        "description": "a\nb",
        "market": "simulated",
        "opened_on": "2026-11-20",
        "settings": {"allow_estimates": False},
        "version": 1,
    }
    assert answer.headers["etag"] == '"1"'
    assert told(holder.get(f"/portfolios/{made['id']}")) == made


def test_portfolios_come_by_name_a_page_at_a_time(holder: httpx2.Client) -> None:
    for name in ("page ä", "page b", "page c"):
        told(holder.post("/portfolios", json={"name": name}), 201)
    names, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = told(holder.get("/portfolios", params=params))
        assert 1 <= len(body["items"]) <= 2
        names += [each["name"] for each in body["items"]]
        cursor, pages = body["next"], pages + 1
    everything = [each["name"] for each in told(holder.get("/portfolios", params={"limit": 1000}))["items"]]
    assert names == everything
    assert pages == -(-len(names) // 2) > 1
    assert {"page ä", "page b", "page c"} <= set(names)


@pytest.mark.parametrize("key", [b"5", b'["a"]', b"", b"{", b'"\\u0000"', b'"\\ud800"', b"\xff", None])
def test_a_cursor_of_elsewhere_is_refused(holder: httpx2.Client, key: bytes | None) -> None:
    cursor = "ä" if key is None else urlsafe_b64encode(key).decode()
    refused(holder.get("/portfolios", params={"cursor": cursor}), 422, "invalid_entry")


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
def test_a_page_has_one_to_a_thousand_entries(holder: httpx2.Client, limit: str) -> None:
    assert refused(holder.get("/portfolios", params={"limit": limit}), 422, "invalid_request")["errors"][0]["value"]


def test_only_what_is_sent_is_changed(holder: httpx2.Client, book: str) -> None:
    before = told(holder.get(book))
    told(holder.patch(book, json={"description": "new"}))
    told(holder.patch(book, json={"settings": {"allow_estimates": True}}))
    after = told(holder.get(book))
    assert after == before | {"description": "new", "settings": {"allow_estimates": True}, "version": 3}
    told(holder.patch(book, json={"name": "Another name", "description": ""}))
    assert told(holder.get(book)) == after | {"name": "Another name", "description": "", "version": 4}


def test_a_change_that_changes_nothing_leaves_the_version(holder: httpx2.Client, book: str) -> None:
    same = {"name": told(holder.get(book))["name"], "settings": {"allow_estimates": False}}
    assert told(holder.patch(book, json=same))["version"] == 1
    assert told(holder.patch(book, json={}))["version"] == 1


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "a\u0000b"},
        {"name": "a\nb"},
        {"name": "x" * 201},
        {"name": None},
        {"name": 5},
        {"description": "\u0000"},
        {"settings": {"allow_estimates": None}},
        {"settings": {"allow_estimates": "perhaps"}},
        {"settings": None},
        {"color": "red"},
        {"market": "live"},
    ],
)
def test_what_cannot_be_changed_so_is_told(holder: httpx2.Client, still: str, given: dict[str, object]) -> None:
    problem = refused(holder.patch(still, json=given), 422, "invalid_request")
    assert problem["errors"][0]["column"].startswith("body")
    assert told(holder.get(still))["version"] == 1


def test_a_text_with_half_a_character_is_refused(holder: httpx2.Client, still: str) -> None:
    broken = holder.patch(still, content=b'{"name": "\\ud800"}', headers={"content-type": "application/json"})
    refused(broken, 422, "invalid_request")


def test_a_name_is_taken_once(holder: httpx2.Client, book: str, outsider: httpx2.Client) -> None:
    told(holder.post("/portfolios", json={"name": "Taken"}), 201)
    refused(holder.post("/portfolios", json={"name": "Taken"}), 409, "conflict")
    refused(holder.patch(book, json={"name": "Taken"}), 409, "conflict")
    assert version(holder, book) == 1
    told(outsider.post("/portfolios", json={"name": "Taken"}), 201)


def test_the_audit_log_tells_what_was_done(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    told(holder.patch(book, json={"description": "new"}))
    told(holder.patch(book, json={"settings": {"allow_estimates": True}}))
    told(holder.delete(book), 204)
    portfolio_id = book.rpartition("/")[2]
    rows = site.rows(f"SELECT action FROM audit_log WHERE portfolio_id = '{portfolio_id}' ORDER BY id")
    assert [row[0] for row in rows] == [
        "portfolio opened",
        "portfolio described",
        "estimates allowed",
        "portfolio deleted",
    ]


def test_a_deleted_portfolio_is_gone_with_all_that_was_in_it(holder: httpx2.Client, book: str) -> None:
    made = add(holder, book)
    told(holder.delete(book), 204)
    refused(holder.get(book), 404, "not_found")
    refused(holder.get(f"{book}/positions/{made['id']}"), 404, "not_found")
    refused(holder.delete(book), 404, "not_found")


def test_who_has_the_version_is_not_told_again(holder: httpx2.Client, book: str) -> None:
    for known in ('"1"', 'W/"1"', '"7", "1"', "*"):
        answer = holder.get(book, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')
    for known in ('"2"', "1", '"x"'):
        assert holder.get(book, headers={"If-None-Match": known}).status_code == 200


def test_a_change_rests_on_the_version_that_was_read(holder: httpx2.Client, book: str) -> None:
    first = holder.patch(book, json={"description": "mine"}, headers={"If-Match": '"1"'})
    assert (told(first)["version"], first.headers["etag"]) == (2, '"2"')
    for older in ('"1"', 'W/"2"', "2", '"x"', "", '"99999999999999999999"'):
        late = holder.patch(book, json={"description": "lost"}, headers={"If-Match": older})
        refused(late, 412, "outdated")
    told(holder.patch(book, json={"description": "any"}, headers={"If-Match": "*"}))
    told(holder.patch(book, json={"description": "one of"}, headers={"If-Match": '"1", "3"'}))
    refused(holder.delete(book, headers={"If-Match": '"3"'}), 412, "outdated")
    assert told(holder.get(book))["description"] == "one of"
    told(holder.delete(book, headers={"If-Match": '"4"'}), 204)
