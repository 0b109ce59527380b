"""Statements over HTTP: appended, and the snapshots that follow them."""

from decimal import Decimal

import httpx2
import pytest

from postgres.api.desks import TODAY, money, refused, told, version

pytestmark = pytest.mark.xdist_group("api")


def test_a_statement_is_recorded_digit_by_digit(holder: httpx2.Client, book: str) -> None:
    answer = holder.post(f"{book}/statements", json={"kind": "cash", "amount": "-1250.000000000001"})
    made = told(answer, 201)
    assert (made["kind"], made["as_of"], made["amount"]) == ("cash", TODAY, "-1250.000000000001")
    assert made["recorded_at"]
    assert answer.headers["etag"] == '"2"'
    assert told(holder.get(f"{book}/statements"))["items"] == [made]


def test_statements_come_last_recorded_first_a_page_at_a_time(holder: httpx2.Client, book: str) -> None:
    kinds = ("cash", "unmodelled_assets", "cash")
    for amount, kind in enumerate(kinds):
        told(holder.post(f"{book}/statements", json={"kind": kind, "amount": str(amount)}), 201)
    first = holder.get(f"{book}/statements", params={"limit": 2})
    assert [each["amount"] for each in told(first)["items"]] == ["2", "1"]
    assert first.headers["etag"] == '"4"'
    rest = told(holder.get(f"{book}/statements", params={"limit": 2, "cursor": told(first)["next"]}))
    assert ([each["amount"] for each in rest["items"]], rest["next"]) == (["0"], None)
    cash = told(holder.get(f"{book}/statements", params={"kind": "cash"}))["items"]
    assert [each["amount"] for each in cash] == ["2", "0"]


def test_a_statement_of_the_past_moves_the_snapshots_since(holder: httpx2.Client, demo_book: str) -> None:
    def navs() -> list[Decimal]:
        days = ("2026-11-18", "2026-11-19", TODAY)
        return [money(told(holder.get(f"{demo_book}/overview", params={"as_of": day}))["nav"]) for day in days]

    before = navs()
    given = {"kind": "unmodelled_assets", "amount": "1000.50", "as_of": "2026-11-19"}
    told(holder.post(f"{demo_book}/statements", json=given), 201)
    assert [after - then for after, then in zip(navs(), before, strict=True)] == [
        0,
        Decimal("1000.5"),
        Decimal("1000.5"),
    ]
    told(holder.post(f"{demo_book}/statements", json=given | {"amount": "0"}), 201)
    assert navs() == before


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"kind": "gold", "amount": "1"}, 422, "invalid_request"),
        ({"kind": "cash", "amount": 1.5}, 422, "invalid_request"),
        ({"kind": "cash"}, 422, "invalid_request"),
        ({"kind": "cash", "amount": "NaN"}, 422, "invalid_request"),
        ({"kind": "cash", "amount": "1", "as_of": "2026-11-21"}, 409, "conflict"),
        ({"kind": "cash", "amount": "1", "day": TODAY}, 422, "invalid_request"),
    ],
)
def test_what_is_no_statement_is_told(
    holder: httpx2.Client, still: str, given: dict[str, object], status: int, code: str
) -> None:
    refused(holder.post(f"{still}/statements", json=given), status, code)
    assert version(holder, still) == 1


@pytest.mark.parametrize("cursor", ["MA==", "LTE=", "OTIyMzM3MjAzNjg1NDc3NTgwOA==", "IngiCg=="])
def test_a_cursor_of_elsewhere_is_refused(holder: httpx2.Client, still: str, cursor: str) -> None:
    """0, -1, a number that no database takes, a text."""
    refused(holder.get(f"{still}/statements", params={"cursor": cursor}), 422, "invalid_entry")
