"""Market data as they are stored; the factors and the shipped scenarios for everybody."""

from datetime import date

import httpx2
import numpy as np
import psycopg
import pytest

from sigmasight.domain.market_data import Market
from sigmasight.store.factor_facts import load_factor_set
from sigmasight.store.funds import load_holdings
from sigmasight.store.instruments import find_instruments

from .conftest import Owner, Served
from .told import LAST, TUESDAY

pytestmark = pytest.mark.xdist_group("api")

SIMULATED = {"market": "simulated"}


def all_items(owner: Owner, path: str, **params: object) -> list[dict[str, object]]:
    """The items of all pages."""
    items: list[dict[str, object]] = []
    cursor: dict[str, object] = {}
    while True:
        page = owner.asked("GET", path, params={**SIMULATED, **params, **cursor})
        assert len(page["items"]) <= page_size(params)
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


def page_size(params: dict[str, object]) -> int:
    return int(str(params.get("limit", 1000)))


def rows(served: Served, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(served.url) as conn:
        return conn.execute(query, values).fetchall()  # type: ignore[arg-type]


def test_everybody_sees_the_factors_and_the_shipped_scenarios(nobody: httpx2.Client) -> None:
    factors = nobody.get("/factors").json()["items"]
    assert [each["name"] for each in factors if each["active"]] == [
        *("Market", "Value", "Growth", "Momentum", "Quality", "Size", "Low Volatility")
    ]
    assert factors[0]["proxies"] == [{"symbol": "SPY", "valid_from": "1990-01-01", "valid_to": None}]
    assert (factors[7]["name"], factors[7]["active"], factors[7]["proxies"]) == ("Short Interest", False, [])
    scenarios = nobody.get("/stress-scenarios").json()["items"]
    assert [each["origin"] for each in scenarios].count("shipped") == 18
    assert {each["origin"] for each in scenarios} == {"shipped", "replay"}
    crash = next(each for each in scenarios if each["id"] == "market_crash_35")
    assert crash["shocks"] == [{"factor": "Market", "size": -0.35}]


@pytest.mark.parametrize(
    "path", ["/factors/correlations", "/factors/prices", "/prices/SPY", "/options/SPY", "/instruments/SPY"]
)
def test_the_rest_is_for_who_has_signed_in(nobody: httpx2.Client, path: str) -> None:
    assert nobody.get(path).status_code == 401
    assert nobody.get("/stress-scenarios", headers={"Authorization": "Bearer none"}).status_code == 401


@pytest.mark.parametrize("as_of", [None, TUESDAY])
def test_factor_correlations(owner: Owner, as_of: date | None) -> None:
    with owner.db.read() as conn:
        stored = load_factor_set(conn, Market.SIMULATED, as_of or LAST)
    assert stored is not None
    found = owner.asked("GET", "/factors/correlations", params=SIMULATED | ({"as_of": as_of} if as_of else {}))
    assert (found["as_of"], found["coverage"]) == ((as_of or LAST).isoformat(), 1.0)
    assert found["factors"] == list(stored.names)
    for name in ("correlation", "capped_correlation", "market_slopes", "variance_inflation"):
        assert np.array(found[name]) == pytest.approx(getattr(stored, name), abs=1e-6)
    assert found["volatility_per_day"] == pytest.approx(stored.volatility.tolist(), abs=1e-6)
    assert owner.client.get("/factors/correlations").status_code == 404  # no night of the live market


def test_prices_of_a_symbol(owner: Owner, served: Served) -> None:
    stored = rows(
        served,
        "SELECT p.day::text, open, high, low, close, adjusted_close, volume, p.source FROM prices p"
        " JOIN instruments i ON i.id = p.instrument_id WHERE i.symbol = 'BRK.B' AND market = 'simulated'"
        " ORDER BY p.day DESC",
    )
    found = all_items(owner, "/prices/brk-b", limit=200)
    assert [tuple(each.values()) for each in found] == stored
    week = all_items(owner, "/prices/BRK.B", **{"from": "2026-11-16", "to": "2026-11-20"})
    assert week == found[:5]
    assert owner.client.get("/prices/BRK.B").status_code == 404  # not of the live market


def test_prices_of_the_factors(owner: Owner) -> None:
    found = owner.asked("GET", "/factors/prices", params=SIMULATED | {"from": "2026-11-16", "to": "2026-11-20"})
    assert (found["as_of"], len(found["days"]), found["coverage"]) == ("2026-11-20", 5, 1.0)
    assert [each["proxy"] for each in found["factors"]] == ["SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV"]
    for each in found["factors"]:
        bars = all_items(owner, f"/prices/{each['proxy']}", **{"from": "2026-11-16"})
        assert each["closes"] == [bar["close"] for bar in reversed(bars)]
    assert len(owner.asked("GET", "/factors/prices", params=SIMULATED)["days"]) == 90


def test_an_option_chain_by_pages_and_filters(owner: Owner, served: Served) -> None:
    stored = rows(
        served,
        "SELECT i.symbol, i.option_right, i.expiry::text, i.strike FROM option_quotes q"
        " JOIN instruments i ON i.id = q.instrument_id JOIN instruments u ON u.id = i.underlying_id"
        " WHERE u.symbol = 'AAPL' AND q.market = 'simulated' AND q.day = %s"
        " ORDER BY i.expiry, i.strike, i.option_right",
        LAST,
    )
    whole = all_items(owner, "/options/AAPL")
    assert [(each["symbol"], each["type"], each["expiry"]) for each in whole] == [row[:3] for row in stored]
    assert all_items(owner, "/options/AAPL", limit=50) == whole
    expiry = str(whole[len(whole) // 2]["expiry"])
    some = all_items(
        owner, "/options/AAPL", expiry_from=expiry, expiry_to=expiry, strike_from="200", strike_to=250, type="put"
    )
    assert 0 < len(some) < len(whole)
    assert some == [
        each
        for each in whole
        if each["expiry"] == expiry and each["type"] == "put" and 200 <= float(str(each["strike"])) <= 250
    ]
    assert all(0 <= float(str(each["bid"])) <= float(str(each["ask"])) for each in some)


def test_what_a_fund_holds(owner: Owner) -> None:
    with owner.db.read() as conn:
        fund = find_instruments(conn, ["VTI"], LAST)["VTI"]
        stored = load_holdings(conn, Market.SIMULATED, [fund], LAST)[fund]
    found = owner.asked("GET", "/funds/VTI/holdings", params=SIMULATED)
    assert (found["as_of"], found["fund"], found["whole"]) == (stored.as_of.isoformat(), "VTI", True)
    assert [(each["symbol"], each["name"]) for each in found["items"]] == [(e.symbol, e.name) for e in stored.lines]
    assert [each["weight"] for each in found["items"]] == pytest.approx([e.weight for e in stored.lines], abs=1e-6)
    assert found["total_weight"] == pytest.approx(sum(e.weight for e in stored.lines), abs=1e-6)
    assert all_items(owner, "/funds/VTI/holdings", limit=9) == found["items"]
    assert owner.client.get("/funds/AAPL/holdings", params=SIMULATED).status_code == 404


def test_an_instrument_in_any_spelling(owner: Owner) -> None:
    share = owner.asked("GET", "/instruments/brk-b")
    assert (share["symbol"], share["kind"], share["multiplier"], share["option"]) == ("BRK.B", "stock", "1", None)
    assert {"source": "spelling", "symbol": "BRK/B", "valid_from": "0001-01-01", "valid_to": None} in share["aliases"]
    contract = next(each for each in owner.get("/greeks")["positions"] if each["underlying"] == "VIX")["symbol"]
    option = owner.asked("GET", f"/instruments/{contract}")
    assert (option["kind"], option["multiplier"], option["option"]["exercise"]) == ("option", "100", "european")
    assert (option["option"]["underlying"], option["option"]["type"]) == ("VIX", "call")


@pytest.mark.parametrize("path", ["/prices/{}", "/options/{}", "/funds/{}/holdings", "/instruments/{}"])
def test_a_symbol_that_is_none(owner: Owner, path: str) -> None:
    unknown = owner.client.get(path.format("NOSUCH"), params=SIMULATED)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    unreadable = owner.client.get(path.format("A%20B%20C"), params=SIMULATED)
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "invalid_symbol")


@pytest.mark.parametrize(
    ("path", "params", "place"),
    [
        ("/prices/SPY", {"market": "moon"}, "query.market"),
        ("/prices/SPY", {"from": "2026-11-20", "to": "2026-11-01"}, "query.from"),
        ("/options/SPY", {"type": "both"}, "query.type"),
        ("/options/SPY", {"strike_from": -1}, "query.strike_from"),
        ("/options/SPY", {"expiry_to": "soon"}, "query.expiry_to"),
        ("/factors/correlations", {"as_of": "2026-13-01"}, "query.as_of"),
    ],
)
def test_a_wrong_parameter_is_named(owner: Owner, path: str, params: dict[str, str], place: str) -> None:
    answer = owner.client.get(path, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [each["column"] for each in answer.json()["errors"]] == [place]
