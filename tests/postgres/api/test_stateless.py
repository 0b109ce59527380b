"""What comes whole in the body: contracts to be priced, and a book to be analysed."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

import sigmasight as ss
from sigmasight.api.shapes.greeks import PricedContracts
from sigmasight.domain.options import Accuracy
from sigmasight.library.demo import Book

from .conftest import Owner
from .told import LAST

pytestmark = pytest.mark.xdist_group("api")

PUT = {"spot": 100.0, "strike": 95.0, "type": "put", "volatility": 0.3, "rate": 0.04, "dividend_yield": 0.01}


def test_contracts_are_priced_as_the_library_does(owner: Owner) -> None:
    rows = [PUT | {"tau_years": 0.5}, PUT | {"tau_years": 0.5, "style": "european"}, PUT | {"tau_years": 0.0}]
    found = owner.asked("POST", "/greeks", json={"contracts": rows, "accuracy": "accurate"})
    same = {name: PUT[name] for name in ("spot", "strike", "volatility", "rate", "dividend_yield")}
    for each, style, tau in zip(found["contracts"], ["american", "european", "american"], [0.5, 0.5, 0.0], strict=True):
        wanted = ss.greeks(**same, tau_years=tau, is_call=False, style=style, accuracy="accurate")  # type: ignore[arg-type]
        assert each["status"] == str(wanted.status)
        assert each["price"] == pytest.approx(float(wanted.price), abs=5.1e-7)
        greeks = {name: value for name, value in each.items() if name not in {"status", "price"}}
        assert greeks == pytest.approx({name: float(getattr(wanted, name)) for name in greeks}, abs=5.1e-5)
    assert found["contracts"][0]["price"] > found["contracts"][1]["price"] > 0.0
    assert (found["contracts"][2]["price"], found["contracts"][2]["status"]) == (0.0, "expired")
    assert (found["as_of"], found["method"], found["coverage"]) == (LAST.isoformat(), "accurate", 1.0)


def test_a_life_may_be_told_by_its_last_day(owner: Owner) -> None:
    body = {"contracts": [PUT | {"expiry": "2027-01-15"}], "as_of": "2026-11-19"}
    told = owner.asked("POST", "/greeks", json=body)
    years = 57 / 365.0
    assert (
        owner.asked("POST", "/greeks", json={"contracts": [PUT | {"tau_years": years}]})["contracts"]
        == (told["contracts"])
    )
    assert told["as_of"] == "2026-11-19"


def test_what_no_float_can_price_is_left_out_and_said() -> None:
    priced = ss.greeks(
        spot=[100.0, np.nan],
        strike=95.0,
        tau_years=0.5,
        rate=0.0,
        dividend_yield=0.0,
        volatility=0.3,
        is_call=True,
        style=["european", "american"],
    )
    found = PricedContracts.of(priced, LAST, Accuracy.FAST)
    assert [each.model_dump() for each in found.not_included] == [{"symbol": "contracts[1]", "reason": "not_finite"}]
    assert (found.coverage, found.contracts[1].price, found.contracts[1].delta) == (0.5, None, None)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({}, "body.contracts.0"),
        ({"tau_years": 0.5, "expiry": "2027-01-15"}, "body.contracts.0"),
        ({"tau_years": 0.5, "spot": -1}, "body.contracts.0.spot"),
        ({"tau_years": 0.5, "type": "straddle"}, "body.contracts.0.type"),
        ({"tau_years": 31}, "body.contracts.0.tau_years"),
    ],
)
def test_a_wrong_contract_is_named(owner: Owner, change: dict[str, object], place: str) -> None:
    answer = owner.client.post("/greeks", json={"contracts": [PUT | change]})
    assert (answer.status_code, [each["column"] for each in answer.json()["errors"]]) == (422, [place])


@pytest.mark.parametrize("body", [{"as_of": "2026-11-21"}, {"contracts": [PUT | {"expiry": "2199-01-15"}]}])
def test_days_that_cannot_be_are_refused(owner: Owner, body: dict[str, object]) -> None:
    answer = owner.client.post("/greeks", json={"contracts": [PUT | {"tau_years": 1}]} | body)
    assert answer.status_code == 422


@pytest.fixture(scope="module")
def book() -> dict[str, Any]:
    """The owner's own book and its market, as a body."""
    return body_of(ss.demo("hedge_fund", LAST))


def body_of(book: Book) -> dict[str, Any]:
    prices = book.prices
    return {
        "as_of": book.as_of.isoformat(),
        "opened_on": book.opened_on.isoformat(),
        "cash": str(book.cash),
        "unmodelled_assets": str(book.unmodelled_assets),
        "positions": [
            {"symbol": each.symbol, "quantity": str(each.quantity), "entry_price": str(each.entry_price)}
            | {"entry_date": str(each.entry_date), "tags": each.tags}
            for each in book.positions
        ],
        "prices": {
            "days": [str(day) for day in np.asarray(prices.days)],
            "closes": {symbol: column(closes) for symbol, closes in prices.closes.items()},
            "yields": {series: column(values) for series, values in prices.yields.items()},
            "dividends": [asdict(each) | {"ex_date": str(each.ex_date)} for each in prices.dividends],
            "splits": [asdict(each) | {"ex_date": str(each.ex_date)} for each in prices.splits],
            "profiles": {
                symbol: {"kind": each.kind, "name": each.name, "sector": each.sector}
                | {"dividend_yield": each.dividend_yield, "option_exercise": each.option_exercise}
                for symbol, each in prices.profiles.items()
            },
            "simulated": True,
        },
    }


def column(values: object) -> list[float | None]:
    return [None if np.isnan(each) else float(each) for each in np.asarray(values)]


def test_a_book_in_the_body_is_worked_out_as_the_night_does(owner: Owner, book: dict[str, Any]) -> None:
    shock = {"shocks": [{"factor": "Market", "size": -0.35}]}
    found = owner.asked("POST", "/analyze", json=book | {"scenarios": [shock]})
    assert found["snapshot"] == owner.get("/snapshots", limit=1)["items"][0]
    stress = {each["id"]: each for each in found["stress"]}
    by_night = {each["id"]: each for each in owner.get("/stress")["scenarios"]}
    assert {name: (each["direct"], each["correlated"]) for name, each in stress.items() if name != "given_1"} == {
        name: (each["direct"], each["correlated"]) for name, each in by_night.items()
    }
    assert stress["given_1"] == stress["market_crash_35"] | {"id": "given_1"}
    assert [(each["id"], each["direct"]) for each in found["market_scenarios"]] == [
        (each["id"], each["direct"]) for each in owner.get("/scenarios")["scenarios"]
    ]
    risk = owner.get("/risk")
    assert found["value_at_risk"] == risk["methods"]
    assert found["correlations"] == owner.get("/correlations")
    factors = owner.get("/factors")["factors"]
    assert found["factors"] == [{name: each[name] for name in found["factors"][0]} for each in factors]
    greeks = {each["symbol"]: each for each in owner.get("/greeks")["positions"]}
    for each in found["positions"]:
        same = ("delta", "gamma", "theta_per_day", "vega_per_point", "dollar_delta", "quantity")
        assert {name: each[name] for name in same} == {name: greeks[each["symbol"]][name] for name in same}
    assert (found["coverage"], found["not_included"], found["marks"]) == (1.0, [], ["simulated"])


def test_what_a_book_lacks_is_said(owner: Owner) -> None:
    body = {
        "positions": [
            {"symbol": "AAPL", "quantity": 10, "entry_price": 200},
            {"symbol": "NONE", "quantity": 1, "entry_price": 50},
        ],
        "prices": {"days": ["2026-11-19", "2026-11-20"], "closes": {"AAPL": [200, 201]}},
    }
    found = owner.asked("POST", "/analyze", json=body)
    assert {"symbol": "NONE", "reason": "no_price"} in found["not_included"]
    assert found["snapshot"]["measures"]["gross"] == "2010.00"
    assert found["coverage"] == pytest.approx(2010 / 2060, abs=1e-6)
    assert found["factors"][0]["beta"] is None
    assert "no_history" in found["reasons"]["beta"]


PRICES = {"days": ["2026-11-19", "2026-11-20"], "closes": {"AAPL": [200, 201]}}
HELD = {"symbol": "AAPL", "quantity": 10, "entry_price": 200}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"positions": [HELD] * 2001}, "body.positions"),
        ({"positions": [HELD | {"quantity": "many"}]}, "body.positions.0.quantity"),
        ({"positions": [HELD | {"entry_price": 0}]}, "body.positions.0.entry_price"),
        ({"prices": PRICES | {"closes": {"AAPL": [200, -1]}}}, "body.prices.closes.AAPL.1"),
        (
            {"prices": PRICES | {"days": ["2026-11-20"] * 2001, "closes": {str(at): [] for at in range(1000)}}},
            "body.prices",
        ),
        (
            {
                "prices": PRICES
                | {"splits": [{"symbol": "A", "ex_date": "2026-11-20", "new_shares": 9000, "old_shares": 1}] * 2}
            },
            "body.prices",
        ),
        ({"correlations": {"window_sessions": 30, "min_returns": 60}}, "body.correlations"),
    ],
)
def test_a_wrong_book_is_refused_with_its_place(owner: Owner, change: dict[str, object], place: str) -> None:
    answer = owner.client.post("/analyze", json={"positions": [HELD], "prices": PRICES} | change)
    assert (answer.status_code, [each["column"] for each in answer.json()["errors"]]) == (422, [place])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"positions": [HELD | {"quantity": 0}]}, "position 1, AAPL"),
        ({"prices": PRICES | {"closes": {"AAPL": [200]}}}, "AAPL: 1 numbers for 2 days"),
        ({"prices": PRICES | {"days": ["2026-11-20", "2026-11-21"]}}, "2026-11-21 is no session"),
        ({"prices": PRICES | {"yields": {"LIBOR": [0.01, 0.01]}}}, "LIBOR"),
        ({"opened_on": "2026-11-23"}, "2026-11-23"),
    ],
)
def test_a_book_that_cannot_be_says_why(owner: Owner, change: dict[str, object], word: str) -> None:
    answer = owner.client.post("/analyze", json={"positions": [HELD], "prices": PRICES} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_entry")
    assert word in answer.json()["detail"]


def test_a_wrong_shock_in_a_book_is_named(owner: Owner) -> None:
    shock = {"shocks": [{"factor": "Gold", "size": 0.1}]}
    body = {"positions": [HELD], "prices": PRICES, "scenarios": [shock]}
    answer = owner.client.post("/analyze", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["column"]) == (422, "shocks[0].factor")
