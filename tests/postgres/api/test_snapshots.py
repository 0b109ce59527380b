"""A portfolio's history by pages, the last completed session's snapshot on demand, prices of what is held."""

import numpy as np
import psycopg
import pytest

from sigmasight.cli.snapshots import shown_greeks, shown_money
from sigmasight.store.instruments import find_instruments
from sigmasight.store.prices import closes_on
from sigmasight.store.snapshots import load_snapshots

from .conftest import ADMIN, Owner, Served
from .told import LAST

pytestmark = pytest.mark.xdist_group("api")

OPENED = "2026-08-27"


def test_the_history_is_what_the_nights_stored(owner: Owner) -> None:
    with owner.place(LAST) as (conn, _, _, portfolio_id, _):
        stored = load_snapshots(conn, portfolio_id, owner.book.opened_on, LAST)
    found = owner.get("/snapshots", limit=1000)
    assert found["next"] is None
    assert [each["as_of"] for each in found["items"]] == [each.as_of.isoformat() for each in reversed(stored)]
    for each, snapshot in zip(found["items"], reversed(stored), strict=True):
        money = shown_money(snapshot)
        money["daily_pnl"] = money.pop("day_pnl")
        told = money | shown_greeks(snapshot)
        assert {name: each["measures"][name] for name in told} == told
        assert each["coverage"] == snapshot.coverage
        assert (each["positions"], each["option_positions"]) == (snapshot.positions, snapshot.option_positions)
    first = found["items"][-1]
    assert (first["as_of"], first["measures"]["daily_pnl"], first["measures"]["daily_return"]) == (OPENED, "0.00", 0.0)


def test_the_overview_is_the_last_snapshot(owner: Owner) -> None:
    overview, (last,) = owner.get("/overview"), owner.get("/snapshots", limit=1)["items"]
    same = overview.keys() & last["measures"].keys()
    assert len(same) > 10
    assert {name: overview[name] for name in same} == {name: last["measures"][name] for name in same}


def test_pages_follow_each_other(owner: Owner) -> None:
    whole = owner.get("/snapshots", limit=1000, **{"from": "2026-10-01", "to": "2026-11-13"})["items"]
    assert (whole[0]["as_of"], whole[-1]["as_of"]) == ("2026-11-13", "2026-10-01")
    found, cursor = [], "9999-12-31"
    while cursor is not None:
        params = {"from": "2026-10-01", "to": "2026-11-13", "limit": 7, "cursor": cursor}
        page = owner.get("/snapshots", **params)
        found, cursor = found + page["items"], page["next"]
        assert len(page["items"]) <= 7
    assert found == whole
    assert owner.get("/snapshots", cursor="0001-01-01") == {"items": [], "next": None}


def test_a_snapshot_that_is_made_again_is_the_same(owner: Owner, served: Served) -> None:
    before = owner.get("/snapshots", limit=1000)
    with psycopg.connect(served.url) as conn:
        conn.execute(
            "UPDATE portfolio_snapshots SET nav = nav + 1000 WHERE as_of = %s AND user_id = (SELECT id FROM users"
            " WHERE email = %s)",
            (LAST, ADMIN),
        )
    answer = owner.client.post(f"/portfolios/{owner.book.id}/snapshots")
    assert (answer.status_code, answer.json()) == (201, before["items"][0])
    assert owner.get("/snapshots", limit=1000) == before


def test_a_portfolio_of_tomorrow_has_no_snapshot_yet(owner: Owner, served: Served) -> None:
    made = owner.asked("POST", "/portfolios", json={"name": "Tomorrow's"})
    with psycopg.connect(served.url) as conn:
        conn.execute("UPDATE portfolios SET opened_on = '2026-11-23' WHERE id = %s", (made["id"],))
    answer = owner.client.post(f"/portfolios/{made['id']}/snapshots")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert owner.client.get(f"/portfolios/{made['id']}/exposures").status_code == 404
    assert owner.client.delete(f"/portfolios/{made['id']}").status_code == 204


def test_an_empty_portfolio_says_so(owner: Owner) -> None:
    made = owner.asked("POST", "/portfolios", json={"name": "Empty"})
    path = f"/portfolios/{made['id']}"
    snapshot = owner.asked("POST", f"{path}/snapshots")
    assert (snapshot["as_of"], snapshot["coverage"], snapshot["warnings"]) == (LAST.isoformat(), 1.0, ["empty"])
    exposures = owner.asked("GET", f"{path}/exposures")
    assert (exposures["portfolio"]["gross"], exposures["coverage"]) == ("0.00", 1.0)
    assert (exposures["groups"], exposures["warnings"]) == ([], ["empty"])
    for read in ("greeks", "factors", "scenarios", "stress", "stress/grid", "correlations", "correlations/matrix"):
        assert owner.asked("GET", f"{path}/{read}")["coverage"] == 1.0
    for read in ("risk", "performance", "attribution", "data-quality", "look-through", "prices", "overview"):
        assert owner.asked("GET", f"{path}/{read}")["not_included"] == []
    assert owner.client.delete(path).status_code == 204


def test_prices_of_what_is_held_are_the_stored_ones(owner: Owner) -> None:
    panel = owner.get("/prices", limit=1000)
    assert (len(panel["days"]), panel["days"][-1], panel["next"]) == (90, LAST.isoformat(), None)
    symbols = [each["symbol"] for each in panel["instruments"]]
    assert symbols == sorted(symbols)
    with owner.place(LAST) as (conn, _, _, _, day):
        ids = find_instruments(conn, symbols, day)
        stored = closes_on(conn, owner.book.market, ids.values(), day)
    assert {each["symbol"]: each["closes"][-1] for each in panel["instruments"]} == {
        symbol: stored[ids[symbol]] for symbol in symbols
    }
    shares = [each["closes"] for each in panel["instruments"] if each["kind"] == "stock"]
    assert not np.isnan(np.array(shares, dtype=np.float64)).any()


def test_prices_of_what_is_held_come_by_pages_and_days(owner: Owner) -> None:
    whole = owner.get("/prices", limit=1000, **{"from": "2026-11-16"})
    assert whole["days"] == [f"2026-11-{day}" for day in (16, 17, 18, 19, 20)]
    found, cursor = [], ""
    while cursor is not None:
        page = owner.get("/prices", limit=12, **{"from": "2026-11-16", "cursor": cursor})
        found, cursor = found + page["instruments"], page["next"]
    assert found == whole["instruments"]
    assert len(found) > 30
