"""Many who change one portfolio at a moment, and writes that come more than once."""

import time
from collections.abc import Callable

import httpx2
import pytest

from postgres.api.desks import CSV, ServedLedger, add, position, refused, show, told, version
from support.at_once import at_once

pytestmark = pytest.mark.xdist_group("api")
CLIENTS = 50


def test_fifty_clients_that_rest_on_what_they_read_lose_nothing(holder: httpx2.Client, book: str) -> None:
    path = f"{book}/positions/{add(holder, book, 'AAPL', '1')['id']}"
    opened = version(holder, book)

    def counts() -> httpx2.Response:
        read = holder.get(path)
        more = {"quantity": str(int(told(read)["quantity"]) + 1)}
        return holder.patch(path, json=more, headers={"If-Match": read.headers["etag"]})

    def writes(number: int) -> Callable[[], httpx2.Response]:
        def write() -> httpx2.Response:
            read = holder.get(book)
            more = {"description": f"{told(read)['description']} {number}"}
            return holder.patch(book, json=more, headers={"If-Match": read.headers["etag"]})

        return write

    def until_done(number: int) -> Callable[[], None]:
        change = counts if number % 2 else writes(number)

        def work() -> None:
            while (answer := change()).status_code == 412:
                assert answer.json()["code"] == "outdated"
                time.sleep(0.02 * number)  # each its own pause, so that some get through
            told(answer)

        return work

    assert at_once(*(until_done(number) for number in range(CLIENTS))) == []
    assert told(holder.get(path))["quantity"] == str(1 + CLIENTS // 2)
    written = told(holder.get(book))["description"].split()
    assert sorted(map(int, written)) == list(range(0, CLIENTS, 2))
    assert version(holder, book) == opened + CLIENTS


def _creations(book: str) -> dict[str, tuple[str, dict[str, object], dict[str, object]]]:
    """Where something is made, of what, and of what else."""
    return {
        "portfolio": ("/portfolios", {"name": "Once"}, {"name": "Twice"}),
        "tag": ("/tags", {"name": "Once"}, {"name": "Twice over"}),
        "position": (f"{book}/positions", position(), position("MSFT")),
        "positions": (f"{book}/positions/bulk", {"positions": [position()]}, {"positions": [position("MSFT")]}),
        "statement": (f"{book}/statements", {"kind": "cash", "amount": "1.0"}, {"kind": "cash", "amount": "1.00"}),
    }


@pytest.mark.parametrize("what", ["portfolio", "tag", "position", "positions", "statement"])
def test_what_comes_twice_with_a_key_is_made_once(holder: httpx2.Client, book: str, what: str) -> None:
    path, given, other = _creations(book)[what]
    key = {"Idempotency-Key": f"{what}-1", "If-Match": '"1"'}
    first = holder.post(path, json=given, headers=key)
    made, then = told(first, 201), version(holder, book)
    again = holder.post(path, json=given, headers=key)  # though the version has moved
    assert told(again, 201) == made
    assert again.headers.get("etag") == first.headers.get("etag")
    assert version(holder, book) == then
    refused(holder.post(path, json=other, headers=key), 409, "conflict")
    assert version(holder, book) == then


def test_a_file_that_comes_twice_with_a_key_is_kept_once(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    def send(row: str) -> httpx2.Response:
        files = {"file": ("a.csv", f"{CSV}\n{row}".encode())}
        data = {"portfolio_id": book.rpartition("/")[2]}
        return holder.post("/imports", data=data, files=files, headers={"Idempotency-Key": "file-1"})

    shown = told(send("AAPL,1,2,2026-11-02,"), 201)
    assert told(send("AAPL,1,2,2026-11-02,"), 201) == shown
    refused(send("AAPL,2,2,2026-11-02,"), 409, "conflict")
    portfolio_id = book.rpartition("/")[2]
    assert len(site.rows(f"SELECT 1 FROM import_previews WHERE portfolio_id = '{portfolio_id}'")) == 1
    path, key = f"/imports/{shown['id']}/commit", {"Idempotency-Key": "commit-1"}
    taken = told(holder.post(path, json={}, headers=key), 201)
    assert told(holder.post(path, json={}, headers=key), 201) == taken
    refused(holder.post(path, json={"only_good": True}, headers=key), 409, "conflict")
    assert len(told(holder.get(f"{book}/positions"))["items"]) == 1


def test_a_key_belongs_to_one_write_of_one_user(holder: httpx2.Client, outsider: httpx2.Client, book: str) -> None:
    key = {"Idempotency-Key": "shared"}
    told(holder.post(f"{book}/positions", json=position(), headers=key), 201)
    refused(holder.post(f"{book}/positions/bulk", json={"positions": [position()]}, headers=key), 409, "conflict")
    refused(holder.post("/tags", json={"name": "With a used key"}, headers=key), 409, "conflict")
    told(outsider.post("/tags", json={"name": "With a key"}, headers=key), 201)


def test_a_key_of_a_write_that_failed_is_free(holder: httpx2.Client, book: str) -> None:
    key = {"Idempotency-Key": "failed"}
    refused(holder.post(f"{book}/positions", json=position("AAPL", "0"), headers=key), 422, "invalid_entry")
    refused(holder.post(f"{book}/positions", json=position(), headers=key | {"If-Match": '"9"'}), 412, "outdated")
    told(holder.post(f"{book}/positions", json=position(), headers=key), 201)


def test_a_key_is_forgotten_after_a_day(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    key = {"Idempotency-Key": "old"}
    told(holder.post(f"{book}/positions", json=position(), headers=key), 201)
    with site.writing() as conn:
        conn.execute("UPDATE idempotency_keys SET created_at = created_at - '25 hours'::interval WHERE key = 'old'")
    assert told(holder.post(f"{book}/positions", json=position("MSFT"), headers=key), 201)["symbol"] == "MSFT"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_is_a_word(holder: httpx2.Client, still: str, key: str) -> None:
    answer = holder.post(f"{still}/positions", json=position(), headers={"Idempotency-Key": key})
    refused(answer, 422, "invalid_request")


def test_what_comes_at_once_with_one_key_is_made_once(holder: httpx2.Client, book: str) -> None:
    answers: list[httpx2.Response] = []

    def send() -> None:
        answers.append(holder.post(f"{book}/positions", json=position(), headers={"Idempotency-Key": "at-once"}))

    assert at_once(*[send] * 8) == []
    assert {str(told(answer, 201)) for answer in answers} == {str(told(answers[0], 201))}
    assert len(told(holder.get(f"{book}/positions"))["items"]) == 1
    assert version(holder, book) == 2


def test_a_file_committed_at_once_is_taken_once(holder: httpx2.Client, book: str) -> None:
    path = f"/imports/{told(show(holder, book, 'AAPL,1,2,2026-11-02,'), 201)['id']}/commit"
    answers: list[int] = []

    def send() -> None:
        answers.append(holder.post(path, json={}).status_code)

    assert at_once(*[send] * 4) == []
    assert sorted(answers) == [201, 409, 409, 409]
    assert len(told(holder.get(f"{book}/positions"))["items"]) == 1


@pytest.mark.parametrize("path", ["/portfolios", "/tags"])
def test_one_name_wanted_at_once_is_given_once(holder: httpx2.Client, path: str) -> None:
    answers: list[int] = []

    def send() -> None:
        answers.append(holder.post(path, json={"name": "Wanted by all"}).status_code)

    assert at_once(*[send] * 6) == []
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
