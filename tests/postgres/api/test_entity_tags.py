"""An answer that did not change is not sent again."""

import httpx2
import pytest

from .conftest import Owner
from .test_refused_reads import READS
from .told import TUESDAY

pytestmark = pytest.mark.xdist_group("api")


@pytest.mark.parametrize("path", [*READS, "/snapshots"])
def test_who_has_it_gets_304(owner: Owner, path: str) -> None:
    address = f"/portfolios/{owner.book.id}{path}"
    first = owner.client.get(address)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    again = owner.client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "content-length" not in again.headers
    assert again.headers["x-request-id"]


@pytest.mark.parametrize("spelling", ['"other", {}', "W/{}", "*"])
def test_tags_are_read_as_the_standard_has_them(owner: Owner, spelling: str) -> None:
    tag = owner.client.get("/factors").headers["etag"]
    assert owner.client.get("/factors", headers={"If-None-Match": spelling.format(tag)}).status_code == 304


def test_another_answer_has_another_tag(owner: Owner) -> None:
    address = f"/portfolios/{owner.book.id}/exposures"
    tag = owner.client.get(address).headers["etag"]
    other = owner.client.get(address, params={"as_of": TUESDAY}, headers={"If-None-Match": tag})
    assert (other.status_code, other.headers["etag"] == tag) == (200, False)
    assert other.json()["as_of"] == TUESDAY.isoformat()


def test_a_tag_opens_nothing(owner: Owner, stranger: httpx2.Client) -> None:
    address = f"/portfolios/{owner.book.id}/exposures"
    tag = owner.client.get(address).headers["etag"]
    assert stranger.get(address, headers={"If-None-Match": tag}).status_code == 404
    assert stranger.get(address, headers={"If-None-Match": "*"}).status_code == 404


def test_what_is_no_reading_has_no_tag(owner: Owner) -> None:
    asked = owner.client.post(f"/portfolios/{owner.book.id}/correlations", json={}, headers={"If-None-Match": "*"})
    assert asked.status_code == 200
    assert "etag" not in asked.headers
    missing = owner.client.get("/prices/NOSUCH")
    assert "etag" not in missing.headers
    assert missing.headers["cache-control"] == "no-store"
