"""The life of positions over HTTP, and what it does to snapshots."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from postgres.api.desks import TODAY, ServedLedger, add, money, position, refused, told, version

pytestmark = pytest.mark.xdist_group("api")


def _overview(client: httpx2.Client, book: str, as_of: str = TODAY) -> dict[str, Any]:
    body: dict[str, Any] = told(client.get(f"{book}/overview", params={"as_of": as_of}))
    return {name: value for name, value in body.items() if name != "portfolio"}


def _symbols(body: dict[str, Any]) -> list[str]:
    return [each["symbol"] for each in body["items"]]


def _held(client: httpx2.Client, book: str, symbol: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = told(client.get(f"{book}/positions", params={"underlying": symbol}))["items"]
    return items[0]


def test_a_position_lives_and_the_days_snapshot_lives_with_it(holder: httpx2.Client, demo_book: str) -> None:
    before = _overview(holder, demo_book)
    path = f"{demo_book}/positions/{add(holder, demo_book, 'AAPL', '10', '230.50')['id']}"
    bought = _overview(holder, demo_book)
    assert money(bought["cash"]) == money(before["cash"]) - Decimal("2305.00")
    assert bought["positions"] == before["positions"] + 1
    value = money(bought["gross"]) - money(before["gross"])
    assert value > 0
    assert money(bought["nav"]) - money(before["nav"]) == value - Decimal("2305.00")

    told(holder.patch(path, json={"quantity": "20"}))
    corrected = _overview(holder, demo_book)
    assert money(corrected["cash"]) == money(before["cash"]) - Decimal("4610.00")
    assert abs(money(corrected["gross"]) - money(before["gross"]) - 2 * value) <= Decimal("0.02")

    closed = told(holder.post(f"{path}/close", json={"exit_price": "231"}))
    assert (closed["state"], closed["exit_date"], closed["exit_price"]) == ("closed", TODAY, "231")
    sold = _overview(holder, demo_book)
    assert sold["positions"] == before["positions"]
    assert money(sold["nav"]) == money(before["nav"]) + Decimal("10.00")
    assert money(sold["daily_pnl"]) == money(before["daily_pnl"]) + Decimal("10.00")

    told(holder.delete(path), 204)
    assert _overview(holder, demo_book) == before
    refused(holder.get(path), 404, "not_found")


def test_what_is_closed_in_the_past_was_closed_then_and_can_be_opened_again(
    holder: httpx2.Client, demo_book: str
) -> None:
    days = ("2026-11-17", "2026-11-18", "2026-11-19", TODAY)
    before = [_overview(holder, demo_book, day) for day in days]
    path = f"{demo_book}/positions/{_held(holder, demo_book, 'JNJ')['id']}"
    told(holder.post(f"{path}/close", json={"exit_date": "2026-11-18", "exit_price": "200"}))
    after = [_overview(holder, demo_book, day) for day in days]
    assert [day["positions"] for day in after] == [16, 15, 15, 15]
    assert after[0] == before[0]
    assert money(after[1]["cash"]) - money(before[1]["cash"]) == Decimal("21000.00")
    told(holder.patch(path, json={"exit_price": "201", "exit_date": "2026-11-19"}))
    again = [_overview(holder, demo_book, day) for day in days]
    assert again[:2] == before[:2]
    assert money(again[2]["cash"]) - money(before[2]["cash"]) == Decimal("21105.00")
    opened = told(holder.patch(path, json={"exit_date": None}))
    assert (opened["state"], opened["exit_date"], opened["exit_price"]) == ("open", None, None)
    assert [_overview(holder, demo_book, day) for day in days] == before


def test_a_position_is_shown_as_it_was_written(holder: httpx2.Client, book: str) -> None:
    given = position(" aapl ", "-10", "230.50", tags=["Core", " core ", "Tech  Growth"], notes="a\nb")
    answer = holder.post(f"{book}/positions", json=given)
    made = told(answer, 201)
    assert {tag["name"] for tag in made.pop("tags")} == {"Core", "Tech Growth"}
    assert made == {
        "id": made["id"],
        "portfolio_id": book.rpartition("/")[2],
        "symbol": "AAPL",
        "name": made["name"],
        "kind": "stock",
        "type": "SHORT",
        "state": "open",
        "underlying": None,
        "option": None,
        "multiplier": "1",
        "sector": "Information Technology",
        "quantity": "-10",
        "entry_price": "230.50",
        "entry_date": TODAY,
        "held_from": TODAY,
        "brought_in": False,
        "exit_date": None,
        "exit_price": None,
        "notes": "a\nb",
        "group": None,
    }
    assert answer.headers["etag"] == '"2"'
    shown = holder.get(f"{book}/positions/{made['id']}")
    assert told(shown) == told(answer, 201)
    assert shown.headers["etag"] == '"2"'


def test_an_option_is_known_by_its_symbol(holder: httpx2.Client, book: str) -> None:
    made = add(holder, book, "AAPL  270115P00222500", "-3", "6.35", entry_date="2026-11-02")
    shown = {name: made[name] for name in ("symbol", "kind", "type", "underlying", "multiplier", "held_from")}
    assert shown == {
        "symbol": "AAPL270115P00222500",
        "kind": "option",
        "type": "SP",
        "underlying": "AAPL",
        "multiplier": "100",
        "held_from": TODAY,
    }
    assert made["option"] == {"right": "put", "strike": "222.5", "expiry": "2027-01-15"}
    assert (made["entry_date"], made["brought_in"]) == ("2026-11-02", True)


def test_a_ticker_that_nobody_knows_is_kept(holder: httpx2.Client, book: str) -> None:
    made = add(holder, book, "NOBODY.X", "1", "1")
    assert (made["symbol"], made["kind"], made["sector"]) == ("NOBODY.X", "unknown", None)


@pytest.mark.parametrize(
    "number", ["0.1", "100", "1.10", "3.140", "123456789012345.123456789012", "0.000000000001", "007", "10.00"]
)
def test_decimals_survive_digit_by_digit(holder: httpx2.Client, site: ServedLedger, book: str, number: str) -> None:
    made = add(holder, book, "AAPL", f"-{number}", number)
    path, shown = f"{book}/positions/{made['id']}", number.lstrip("0") if number == "007" else number
    assert (made["quantity"], made["entry_price"]) == (f"-{shown}", shown)
    assert told(holder.get(path)) == made
    closed = told(holder.post(f"{path}/close", json={"exit_price": number}))
    assert closed["exit_price"] == shown
    corrected = told(holder.patch(path, json={"quantity": "1.000", "entry_price": "2.50", "exit_price": "3.00"}))
    assert [corrected[name] for name in ("quantity", "entry_price", "exit_price")] == ["1.000", "2.50", "3.00"]
    stored = f"SELECT quantity::text, entry_price::text FROM positions WHERE id = '{made['id']}'"
    assert site.rows(stored) == [("1.000", "2.50")]


@pytest.mark.parametrize(
    "number",
    [*(0.1, 10, None, True, [], "", " 1", "1e3", "+1", "NaN", "Infinity", "1_000", "1,000", "1."),
     *("1234567890123456", "0.0000000000001", "\u0661", "1\n")],
)  # fmt: skip
def test_a_number_that_is_no_decimal_string_is_refused(holder: httpx2.Client, still: str, number: object) -> None:
    problem = refused(holder.post(f"{still}/positions", json=position() | {"quantity": number}), 422, "invalid_request")
    assert problem["errors"][0]["column"] == "body.quantity"


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        (position("AAPL", "0"), "quantity", "no position"),
        (position("AAPL", "-0.00"), "quantity", "no position"),
        (position("AAPL", "1", "0"), "entry_price", "above 0"),
        (position("AAPL", "1", "-1"), "entry_price", "above 0"),
        (position("AAPL", entry_date="2026-11-21"), "entry_date", "lies in the future; today is 2026-11-20"),
        (position("AAPL", entry_date="1969-12-31"), "entry_date", "lies before 1970-01-01"),
        (position("A PL"), "symbol", "not a readable ticker"),
        (position("\u0000"), "symbol", "not a readable ticker"),
        (position("Ä"), "symbol", "not a readable ticker"),
        (position("\U0001f600"), "symbol", "not a readable ticker"),
        (position("AAPL260115P00222500"), "symbol", "expired on 2026-01-15"),
        (position("AAPL270115P00222500", "1.5"), "quantity", "whole number of option contracts"),
    ],
)
def test_what_is_no_position_is_told(
    holder: httpx2.Client, still: str, given: dict[str, object], field: str, message: str
) -> None:
    problem = refused(holder.post(f"{still}/positions", json=given), 422, "invalid_entry")
    (issue,) = problem["errors"]
    assert issue["column"] == field
    assert message in issue["message"]
    assert version(holder, still) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"tags": ["a,b"]},
        {"tags": [""]},
        {"tags": ["x" * 61]},
        {"tags": ["a\u0000"]},
        {"tags": ["\ufeff"]},
        {"tags": [f"tag {at}" for at in range(51)]},
        {"tags": "Core"},
        {"notes": "\u0000"},
        {"entry_date": "20.11.2026"},
        {"side": "long"},
    ],
)
def test_what_stands_beside_a_position_is_looked_at_too(
    holder: httpx2.Client, still: str, more: dict[str, object]
) -> None:
    refused(holder.post(f"{still}/positions", json=position() | more), 422, "invalid_request")


def test_many_positions_come_together_in_their_order(holder: httpx2.Client, book: str) -> None:
    given = [position("MSFT"), position("AAPL", tags=["Core"]), position("AAPL270115P00222500", "-2", "6.35")]
    answer = holder.post(f"{book}/positions/bulk", json={"positions": given})
    made = told(answer, 201)
    assert _symbols(made) == ["MSFT", "AAPL", "AAPL270115P00222500"]
    assert answer.headers["etag"] == '"2"'
    assert _symbols(told(holder.get(f"{book}/positions"))) == ["AAPL", "AAPL270115P00222500", "MSFT"]


def test_one_wrong_position_of_many_keeps_all_out(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    given = [position("FRESH.A"), position("MSFT", "0", "0"), position("AAPL"), position("A PL")]
    problem = refused(holder.post(f"{book}/positions/bulk", json={"positions": given}), 422, "invalid_entry")
    assert problem["detail"] == "2 of 4 positions cannot be added, so none was."
    places = [(each["index"], each["column"], each["value"]) for each in problem["errors"]]
    assert places == [(1, "quantity", "0"), (1, "entry_price", "0"), (3, "symbol", "A PL")]
    assert told(holder.get(f"{book}/positions"))["items"] == []
    assert site.rows("SELECT 1 FROM instruments WHERE symbol = 'FRESH.A'") == []
    unreadable = {"positions": [position(), position() | {"quantity": 5}]}
    problem = refused(holder.post(f"{book}/positions/bulk", json=unreadable), 422, "invalid_request")
    assert [(each["index"], each["column"]) for each in problem["errors"]] == [(1, "body.positions.1.quantity")]
    for none in ([], [position()] * 1001):
        refused(holder.post(f"{book}/positions/bulk", json={"positions": none}), 422, "invalid_request")


@pytest.fixture(scope="module")
def varied(holder: httpx2.Client) -> str:
    """A portfolio with positions of every type, tagged in several ways, one of them closed."""
    made = told(holder.post("/portfolios", json={"name": "Varied", "market": "simulated"}), 201)
    book = f"/portfolios/{made['id']}"
    told(holder.post("/tags", json={"name": "Collar", "kind": "strategy"}), 201)
    given = [
        position("AAPL", tags=["Core", "Tech"]),
        position("AAPL270115P00222500", "-1", "6.35", tags=["Collar"]),
        position("AAPL270115C00262500", "2", "6.35", tags=["Collar", "Core"]),
        position("JPM", "-5"),
        position("VTI", "7", entry_date="2026-11-03"),
        position("VTI", "9", entry_date="2026-11-02", tags=["core"]),
    ]
    added = told(holder.post(f"{book}/positions/bulk", json={"positions": given}), 201)["items"]
    told(holder.post(f"{book}/positions/{added[3]['id']}/close", json={}))
    return book


@pytest.mark.parametrize(
    ("params", "symbols"),
    [
        ({}, ["AAPL", "AAPL270115C00262500", "AAPL270115P00222500", "JPM", "VTI", "VTI"]),
        ({"type": ["LC", "SHORT"]}, ["AAPL270115C00262500", "JPM"]),
        ({"type": "SP"}, ["AAPL270115P00222500"]),
        ({"state": "open"}, ["AAPL", "AAPL270115C00262500", "AAPL270115P00222500", "VTI", "VTI"]),
        ({"state": "closed"}, ["JPM"]),
        ({"state": ["closed", "open"], "underlying": "jpm"}, ["JPM"]),
        ({"state": "settled"}, []),
        ({"underlying": "AAPL"}, ["AAPL", "AAPL270115C00262500", "AAPL270115P00222500"]),
        ({"tag": "CORE"}, ["AAPL", "AAPL270115C00262500", "VTI"]),
        ({"tag": ["Core", "Collar"]}, ["AAPL", "AAPL270115C00262500", "AAPL270115P00222500", "VTI"]),
        ({"tag": ["Core", "Collar"], "every_tag": "true"}, ["AAPL270115C00262500"]),
        ({"tag": ["Core", "Unheard of"], "every_tag": "true"}, []),
        ({"tag": "Core", "type": "LONG", "underlying": "VTI"}, ["VTI"]),
    ],
)
def test_positions_are_filtered(holder: httpx2.Client, varied: str, params: dict[str, str], symbols: list[str]) -> None:
    assert _symbols(told(holder.get(f"{varied}/positions", params=params))) == symbols


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("type", {"LC": 1, "LONG": 3, "SHORT": 1, "SP": 1}),
        ("tag", {"": 2, "Collar": 2, "Core": 3, "Tech": 1}),
        ("strategy", {"": 4, "Collar": 2}),
        ("underlying", {"AAPL": 3, "JPM": 1, "VTI": 2}),
        ("sector", {"Financials": 1, "Information Technology": 3, "unclassified": 2}),
    ],
)
@pytest.mark.parametrize("limit", [1, 4])
def test_groups_count_what_they_list_whatever_the_size_of_a_page(
    holder: httpx2.Client, varied: str, by: str, groups: dict[str, int], limit: int
) -> None:
    listed: list[tuple[str, str, str]] = []
    cursor = None
    while cursor or not listed:
        params = {"group_by": by, "limit": limit} | ({"cursor": cursor} if cursor else {})
        body = told(holder.get(f"{varied}/positions", params=params))
        assert {each["name"]: each["positions"] for each in body["groups"]} == groups
        assert 1 <= len(body["items"]) <= limit
        listed += [(each["group"], each["symbol"], each["entry_date"]) for each in body["items"]]
        cursor = body["next"]
    assert listed == sorted(listed)
    assert {name: sum(group == name for group, _, _ in listed) for name in groups} == groups


def test_a_group_is_of_what_the_filter_lets_through(holder: httpx2.Client, varied: str) -> None:
    body = told(holder.get(f"{varied}/positions", params={"group_by": "tag", "type": "SP"}))
    assert body["groups"] == [{"name": "Collar", "positions": 1}]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"type": "long"}, "invalid_request"),
        ({"state": "gone"}, "invalid_request"),
        ({"group_by": "colour"}, "invalid_request"),
        ({"tag": "a\u0000"}, "invalid_request"),
        ({"tags": "Core"}, "invalid_request"),
        ({"limit": "0"}, "invalid_request"),
        ({"underlying": "\u0000"}, "invalid_symbol"),
        ({"underlying": "A PL"}, "invalid_symbol"),
        ({"cursor": "IngiCg=="}, "invalid_entry"),
    ],
)
def test_a_question_that_makes_no_sense_is_told(
    holder: httpx2.Client, varied: str, params: dict[str, str], code: str
) -> None:
    refused(holder.get(f"{varied}/positions", params=params), 422, code)


def test_tags_are_put_instead_of_those_that_were_there(holder: httpx2.Client, book: str) -> None:
    made = add(holder, book, tags=["Old", "Both"])
    path = f"{book}/positions/{made['id']}"
    answer = holder.put(f"{path}/tags", json={"tags": ["both", "New one"]})
    assert [tag["name"] for tag in told(answer)["tags"]] == ["Both", "New one"]
    assert answer.headers["etag"] == '"3"'
    assert told(holder.put(f"{path}/tags", json={"tags": []}))["tags"] == []
    assert version(holder, book) == 4


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"exit_date": "2026-11-21"}, 409, "conflict"),
        ({"exit_date": "2026-11-19"}, 409, "conflict"),  # it is held from today on
        ({"exit_price": "0"}, 422, "invalid_entry"),
        ({"exit_price": "-1"}, 422, "invalid_entry"),
        ({"exit_price": 5}, 422, "invalid_request"),
        ({"price": "5"}, 422, "invalid_request"),
    ],
)
def test_a_closing_that_cannot_be_is_told(
    holder: httpx2.Client, book: str, given: dict[str, object], status: int, code: str
) -> None:
    path = f"{book}/positions/{add(holder, book, entry_date='2026-11-02')['id']}"
    refused(holder.post(f"{path}/close", json=given), status, code)
    assert told(holder.get(path))["state"] == "open"


def test_what_is_closed_is_not_closed_again(holder: httpx2.Client, book: str) -> None:
    path = f"{book}/positions/{add(holder, book)['id']}"
    assert told(holder.post(f"{path}/close", json={}))["exit_price"] is None
    refused(holder.post(f"{path}/close", json={}), 409, "conflict")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"quantity": "0"}, 422, "invalid_entry"),
        ({"entry_price": "0"}, 422, "invalid_entry"),
        ({"quantity": None}, 422, "invalid_request"),
        ({"symbol": "MSFT"}, 422, "invalid_request"),
        ({"entry_date": "2026-11-21"}, 409, "conflict"),
        ({"exit_date": "2026-11-21"}, 409, "conflict"),
        ({"exit_date": "2026-11-19"}, 409, "conflict"),
        ({"exit_price": "5"}, 422, "invalid_entry"),  # it is open
        ({"exit_date": TODAY, "exit_price": "0"}, 422, "invalid_entry"),
    ],
)
def test_a_correction_that_cannot_be_is_told(
    holder: httpx2.Client, book: str, given: dict[str, object], status: int, code: str
) -> None:
    made = add(holder, book)
    refused(holder.patch(f"{book}/positions/{made['id']}", json=given), status, code)
    assert told(holder.get(f"{book}/positions/{made['id']}")) == made
    assert version(holder, book) == 2


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"quantity": "1.5"}, 422, "invalid_entry"),
        ({"exit_date": TODAY}, 200, None),
        ({"notes": "a word"}, 200, None),
    ],
)
def test_an_option_is_corrected_as_an_option(
    holder: httpx2.Client, book: str, given: dict[str, object], status: int, code: str | None
) -> None:
    path = f"{book}/positions/{add(holder, book, 'AAPL270115P00222500', '-1', '6.35')['id']}"
    answer = holder.patch(path, json=given)
    assert answer.status_code == status
    if code:
        refused(answer, status, code)


def test_a_correction_of_nothing_changes_nothing_and_of_digits_something(holder: httpx2.Client, book: str) -> None:
    made = add(holder, book, "AAPL", "10", "230.5")
    path = f"{book}/positions/{made['id']}"
    assert told(holder.patch(path, json={"quantity": "10", "notes": ""})) == made
    assert version(holder, book) == 2
    assert told(holder.patch(path, json={"quantity": "10.0"}))["quantity"] == "10.0"
    assert version(holder, book) == 3


def test_a_position_is_found_in_its_own_portfolio_alone(holder: httpx2.Client, book: str, varied: str) -> None:
    path = f"{varied}/positions/{add(holder, book)['id']}"
    for answer in (
        holder.get(path),
        holder.patch(path, json={"notes": "x"}),
        holder.delete(path),
        holder.post(f"{path}/close", json={}),
        holder.put(f"{path}/tags", json={"tags": []}),
    ):
        refused(answer, 404, "not_found")


def test_the_audit_log_tells_the_life_of_a_position(holder: httpx2.Client, site: ServedLedger, book: str) -> None:
    path = f"{book}/positions/{add(holder, book)['id']}"
    told(holder.patch(path, json={"notes": "x"}))
    told(holder.put(f"{path}/tags", json={"tags": ["Core"]}))
    told(holder.post(f"{path}/close", json={}))
    told(holder.delete(path), 204)
    query = f"SELECT action FROM audit_log WHERE portfolio_id = '{book.rpartition('/')[2]}' ORDER BY id"
    assert [row[0] for row in site.rows(query)] == [
        *("portfolio opened", "positions added", "position corrected", "position tagged"),
        *("position closed", "position deleted"),
    ]
