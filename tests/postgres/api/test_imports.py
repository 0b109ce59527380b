"""Files over HTTP: shown, looked at, committed; and uploads that go wrong."""

import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from postgres.api.desks import CSV, PATH, TODAY, ServedLedger, add, refused, show, show_bytes, told, version
from support.processes import wait_until

pytestmark = pytest.mark.xdist_group("api")
GOOD = ('AAPL,5,220.50,2026-11-02,"Core, Tech"', "MSFT,-3.25,400.10,2026-11-03,")
BAD = "JPM,0,1,2026-11-03,"
OPEN_FILES = Path("/proc/self/fd")


def _symbols(client: httpx2.Client, book: str) -> list[str]:
    return [each["symbol"] for each in told(client.get(f"{book}/positions"))["items"]]


def _previews(site: ServedLedger) -> int:
    return len(site.rows("SELECT 1 FROM import_previews"))


def test_formats_are_told_to_anybody(passerby: httpx2.Client) -> None:
    (own,) = told(passerby.get("/imports/formats"))["items"]
    assert (own["most_bytes"], own["most_rows"]) == (10 * 1024 * 1024, 10_000)
    columns = {each["name"]: (each["required"], each["aliases"]) for each in own["columns"]}
    assert columns == {
        "ticker": (True, ["symbol"]),
        "quantity": (True, ["qty"]),
        "entry_price": (True, ["price"]),
        "entry_date": (True, ["tradedate"]),
        "tags": (False, ["strategy"]),
    }


def test_a_file_is_shown_first_and_taken_afterwards(holder: httpx2.Client, book: str, site: ServedLedger) -> None:
    shown = told(show(holder, book, *GOOD, "NEW.Y,1,2,2026-11-03,"), 201)
    assert (shown["state"], shown["file_name"], shown["rows_read"], shown["rows_taken"]) == (
        "waiting",
        "book.csv",
        3,
        3,
    )
    assert [(row["line"], row["verdict"], row["symbol"], row["quantity"]) for row in shown["rows"]] == [
        (2, "ok", "AAPL", "5"),
        (3, "ok", "MSFT", "-3.25"),
        (4, "warning", "NEW.Y", "1"),
    ]
    assert _symbols(holder, book) == []
    assert version(holder, book) == 1
    path = f"/imports/{shown['id']}"
    assert told(holder.get(path)) == shown
    answer = holder.post(f"{path}/commit", json={})
    taken = told(answer, 201)
    assert (taken["id"], taken["state"], taken["rows_taken"], taken["rows"]) == (shown["id"], "committed", 3, [])
    assert (taken["sha256"], answer.headers["etag"]) == (shown["sha256"], '"2"')
    assert told(holder.get(path)) == taken
    first = told(holder.get(f"{book}/positions"))["items"][0]
    assert (first["quantity"], first["entry_price"], first["held_from"]) == ("5", "220.50", TODAY)
    assert [tag["name"] for tag in first["tags"]] == ["Core", "Tech"]
    assert site.rows(f"SELECT 1 FROM import_previews WHERE id = '{shown['id']}'") == []
    refused(holder.post(f"{path}/commit", json={}), 409, "conflict")


def test_the_same_file_twice_doubles_nothing(holder: httpx2.Client, book: str) -> None:
    both = [told(show(holder, book, *GOOD), 201)["id"] for _ in range(2)]
    told(holder.post(f"/imports/{both[0]}/commit", json={}), 201)
    looked_at = told(holder.get(f"/imports/{both[1]}"))
    assert [row["fate"] for row in looked_at["rows"]] == ["known", "known"]
    again = told(holder.post(f"/imports/{both[1]}/commit", json={}), 201)
    assert (again["rows_taken"], again["rows_known"]) == (0, 2)
    assert told(holder.get(f"/imports/{both[1]}")) == again
    assert _symbols(holder, book) == ["AAPL", "MSFT"]
    assert version(holder, book) == 2


def test_one_bad_row_keeps_all_out_unless_the_good_ones_are_wanted(holder: httpx2.Client, book: str) -> None:
    shown = told(show(holder, book, *GOOD, BAD), 201)
    assert (shown["rows_taken"], shown["rows_refused"]) == (2, 1)
    (issue,) = shown["rows"][2]["issues"]
    assert (issue["line"], issue["column"], issue["value"], issue["severity"]) == (4, "quantity", "0", "error")
    path = f"/imports/{shown['id']}/commit"
    refused(holder.post(path, json={}), 422, "import_refused")
    assert _symbols(holder, book) == []
    assert told(holder.post(path, json={"only_good": True}), 201)["rows_refused"] == 1
    assert _symbols(holder, book) == ["AAPL", "MSFT"]


def test_lots_are_taken_where_the_user_says_so(holder: httpx2.Client, book: str) -> None:
    assert told(show(holder, book, GOOD[0], GOOD[0]), 201)["rows_refused"] == 2
    shown = told(show(holder, book, GOOD[0], GOOD[0], lots="true"), 201)
    assert told(holder.post(f"/imports/{shown['id']}/commit", json={}), 201)["rows_taken"] == 2


def test_a_commit_rests_on_the_version_that_was_read(holder: httpx2.Client, book: str) -> None:
    path = f"/imports/{told(show(holder, book, *GOOD), 201)['id']}/commit"
    add(holder, book)
    refused(holder.post(path, json={}, headers={"If-Match": '"1"'}), 412, "outdated")
    told(holder.post(path, json={}, headers={"If-Match": '"2"'}), 201)
    assert version(holder, book) == 3


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04", "a spreadsheet workbook"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"ticker,quantity\nAAPL,1", "lacks entry_price, entry_date"),
        (CSV.encode() + b'\nAAPL,"1,2', "line 2"),
        (CSV.encode() + b"\nAAPL,1,\xe9,2026-11-02,", "line 2 has the byte 0xE9"),
        (CSV.encode() + b"\n" + b"AAPL,1,2,2026-11-02,\n" * 10_001, "10,001 rows"),
    ],
    ids=["empty", "workbook", "utf-16", "columns", "quotes", "latin-1", "rows"],
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(
    holder: httpx2.Client, site: ServedLedger, still: str, content: bytes, detail: str
) -> None:
    before = _previews(site)
    assert detail in refused(show_bytes(holder, still, content), 422, "import_refused")["detail"]
    assert _previews(site) == before


def test_a_file_that_is_too_large_is_refused(holder: httpx2.Client, still: str) -> None:
    refused(show_bytes(holder, still, b"x" * (10 * 1024 * 1024 + 1)), 413, "too_large")


def test_a_body_that_never_ends_is_refused(holder: httpx2.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(12):
            yield b"x" * 1024 * 1024

    sent = holder.post("/imports", content=pieces(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    refused(sent, 413, "too_large")


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/x-www-form-urlencoded", ""])
def test_only_a_form_with_files_is_taken(holder: httpx2.Client, kind: str) -> None:
    sent = holder.post("/imports", content=b"{}", headers={"Content-Type": kind})
    refused(sent, 415, "unsupported_media_type")


def test_a_form_that_is_no_form_is_refused(holder: httpx2.Client, book: str) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        refused(holder.post("/imports", content=b"{}", headers={"Content-Type": kind}), 400, "bad_request")
    portfolio_id = book.rpartition("/")[2]
    nameless = holder.post("/imports", data={"portfolio_id": portfolio_id}, files={"other": b"x"})
    assert refused(nameless, 422, "invalid_request")["errors"][0]["column"] == "body.file"
    refused(holder.post("/imports", data={"portfolio_id": "x"}, files={"file": b"x"}), 422, "invalid_request")
    refused(holder.post("/imports", data={"portfolio_id": portfolio_id, "file": "x"}), 415, "unsupported_media_type")


def test_a_files_name_is_kept_as_far_as_it_can_be_shown(holder: httpx2.Client, book: str) -> None:
    portfolio_id = book.rpartition("/")[2]
    content = "\n".join((CSV, *GOOD)).encode()
    for name, kept in (("a\tb\u202e.csv", "ab.csv"), ("x" * 300, "x" * 199 + "…")):
        sent = holder.post("/imports", data={"portfolio_id": portfolio_id}, files={"file": (name, content)})
        assert told(sent, 201)["file_name"].replace("%09", "") == kept


def test_old_files_are_forgotten_the_newest_stay(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    old, expired = (told(show(holder, book, *GOOD), 201)["id"] for _ in range(2))
    with site.writing() as conn:
        conn.execute(
            f"UPDATE import_previews SET created_at = created_at - '25 hours'::interval WHERE id = '{expired}'"
        )
        conn.execute(f"UPDATE import_previews SET created_at = created_at - '23 hours'::interval WHERE id = '{old}'")
    refused(holder.get(f"/imports/{expired}"), 404, "not_found")
    refused(holder.post(f"/imports/{expired}/commit", json={}), 404, "not_found")
    assert told(holder.get(f"/imports/{old}"))["id"] == old
    for _ in range(20):
        told(show(holder, book, *GOOD), 201)
    left = [str(row[0]) for row in site.rows("SELECT id FROM import_previews")]
    assert len(left) == 20
    assert not {old, expired} & set(left)
    with site.writing() as conn:
        conn.execute("DELETE FROM import_previews")


def test_an_import_that_is_not_there_is_not_found(holder: httpx2.Client) -> None:
    refused(holder.get(f"/imports/{uuid4()}"), 404, "not_found")
    refused(holder.post(f"/imports/{uuid4()}/commit", json={}), 404, "not_found")
    refused(holder.get("/imports/formatsx"), 422, "invalid_request")


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="only Linux tells which files a process has open")
def test_a_client_that_vanishes_leaves_nothing(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    before, files = _previews(site), _unnamed_files()
    head = (
        f"POST {PATH}/imports HTTP/1.1\r\nHost: localhost\r\nAuthorization: {holder.headers['authorization']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n"
        f'--x\r\nContent-Disposition: form-data; name="portfolio_id"\r\n\r\n{book.rpartition("/")[2]}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n{CSV}\n'
    )
    with socket.create_connection(("127.0.0.1", site.port)) as client:
        client.sendall(head.encode() + b"AAPL,1,2,2026-11-02,\n" * 200_000)
        wait_until(lambda: _unnamed_files() > files)  # the server has most of it
    wait_until(lambda: _unnamed_files() == files)
    assert _previews(site) == before
    assert _symbols(holder, book) == []
    told(show(holder, book, *GOOD), 201)


def _unnamed_files() -> int:
    """How many files this process, the server's too, has open that no directory names."""
    count = 0
    for file in OPEN_FILES.iterdir():
        try:
            count += "(deleted)" in str(file.readlink())
        except FileNotFoundError:  # closed meanwhile
            continue
    return count
