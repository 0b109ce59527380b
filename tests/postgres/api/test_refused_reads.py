"""What is not there, not one's own or not possible is a problem that says what and where."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from .conftest import Owner

pytestmark = pytest.mark.xdist_group("api")

SHOCK = {"shocks": [{"factor": "Market", "size": -0.1}]}
READS = (
    *("/overview", "/exposures", "/greeks", "/factors", "/scenarios", "/stress", "/stress/grid", "/correlations"),
    *("/correlations/matrix", "/risk", "/performance", "/attribution", "/data-quality", "/look-through", "/prices"),
)
ROUTES = (
    *(("GET", path, None) for path in (*READS, "/snapshots")),
    *(("POST", "/stress", SHOCK), ("POST", "/correlations", {}), ("POST", "/snapshots", None)),
)


def is_problem(answer: httpx2.Response, status: int, code: str) -> bool:
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    return (answer.status_code, found["status"], found["code"]) == (status, status, code)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=lambda each: each if isinstance(each, str) else "")
def test_somebody_elses_portfolio_is_none(
    owner: Owner, stranger: httpx2.Client, nobody: httpx2.Client, method: str, path: str, body: object
) -> None:
    theirs = stranger.request(method, f"/portfolios/{owner.book.id}{path}", json=body)
    unknown = stranger.request(method, f"/portfolios/{uuid4()}{path}", json=body)
    assert is_problem(theirs, 404, "not_found")
    assert is_problem(unknown, 404, "not_found")
    assert is_problem(nobody.request(method, f"/portfolios/{owner.book.id}{path}", json=body), 401, "not_signed_in")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("as_of", ["2026-11-21", "2026-08-26", "2026-11-23"], ids=["Saturday", "before it", "not yet"])
def test_a_day_without_a_night_has_no_numbers(owner: Owner, path: str, as_of: str) -> None:
    answer = owner.client.get(f"/portfolios/{owner.book.id}{path}", params={"as_of": as_of})
    assert is_problem(answer, 404, "not_found")
    assert as_of in answer.json()["detail"]


WRONG: tuple[tuple[str, dict[str, object], str], ...] = (
    ("/exposures", {"by": "colour"}, "query.by"),
    ("/exposures", {"as_of": "yesterday"}, "query.as_of"),
    ("/greeks", {"by": "tag"}, "query.by"),
    ("/greeks", {"method": "best"}, "query.method"),
    ("/factors", {"view": "all"}, "query.view"),
    ("/scenarios", {"kind": "volatility"}, "query.kind"),
    ("/stress", {"category": "crash"}, "query.category"),
    ("/stress", {"positions": -1}, "query.positions"),
    ("/correlations", {"view": "middle"}, "query.view"),
    ("/correlations", {"threshold": 2}, "query.threshold"),
    ("/correlations", {"window_sessions": 30, "min_returns": 60}, "query"),
    ("/correlations/matrix", {"least_weight": "nan"}, "query.least_weight"),
    ("/attribution", {"by": "sector"}, "query.by"),
    ("/snapshots", {"from": "2026-11-20", "to": "2026-11-19"}, "query.from"),
    ("/snapshots", {"limit": 1001}, "query.limit"),
    ("/snapshots", {"cursor": "next"}, "query.cursor"),
    ("/look-through", {"factors": "maybe"}, "query.factors"),
    ("/look-through", {"cursor": -1}, "query.cursor"),
    ("/prices", {"limit": 0}, "query.limit"),
    ("/prices", {"from": "the start"}, "query.from"),
)


@pytest.mark.parametrize(("path", "params", "place"), WRONG)
def test_a_wrong_parameter_is_named(owner: Owner, path: str, params: dict[str, Any], place: str) -> None:
    answer = owner.client.get(f"/portfolios/{owner.book.id}{path}", params=params)
    assert is_problem(answer, 422, "invalid_request")
    assert [each["column"] for each in answer.json()["errors"]] == [place]


def test_too_many_sessions_of_prices_are_refused(owner: Owner) -> None:
    answer = owner.client.get(f"/portfolios/{owner.book.id}/prices", params={"from": "2020-01-02"})
    assert is_problem(answer, 422, "invalid_entry")


@pytest.mark.parametrize(
    ("body", "code", "places"),
    [
        ({"shocks": []}, "invalid_request", ["body.shocks"]),
        ({"shocks": [{"factor": "Market"}]}, "invalid_request", ["body.shocks.0.size"]),
        ({**SHOCK, "colour": "red"}, "invalid_request", ["body.colour"]),
        ({**SHOCK, "basis": "absolute"}, "invalid_request", ["body.basis"]),
        ({"shocks": [{"factor": "Mkt", "size": -1.1}]}, "invalid_scenarios", ["shocks[0].factor", "shocks[0].size"]),
        ({**SHOCK, "volatility": 9}, "invalid_scenarios", ["volatility"]),
    ],
)
def test_a_wrong_shock_is_refused_with_its_places(owner: Owner, body: object, code: str, places: list[str]) -> None:
    answer = owner.client.post(f"/portfolios/{owner.book.id}/stress", json=body)
    assert is_problem(answer, 422, code)
    assert [each["column"] for each in answer.json()["errors"]] == places


def test_what_is_no_scenario_of_ones_own_is_not_found(owner: Owner) -> None:
    answer = owner.client.get(f"/portfolios/{owner.book.id}/stress", params={"scenario": "no_such"})
    assert is_problem(answer, 404, "not_found")
