"""A book with something that nobody has a price of: every answer says what it covers and what it leaves out."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest

from sigmasight.services.ledger import Trade, record_trade
from sigmasight.store.instruments import add_unknown, find_instruments

from .conftest import Owner
from .told import LAST

pytestmark = pytest.mark.xdist_group("api")

COVERED = ("/exposures", "/greeks", "/factors", "/scenarios", "/stress", "/stress/grid", "/attribution")
LEFT = {"symbol": "NOSUCH", "reason": "no_price"}


@pytest.fixture(scope="module")
def portfolio(owner: Owner) -> Iterator[str]:
    """Ten shares of Apple, and five of what nobody knows."""
    made = owner.asked("POST", "/portfolios", json={"name": "Half known", "market": "simulated"})
    with owner.db.write() as conn:
        ids = find_instruments(conn, ["AAPL"], LAST) | add_unknown(conn, ["NOSUCH"])
        for symbol, quantity, price in (("AAPL", 10, 200), ("NOSUCH", 5, 100)):
            trade = Trade(ids[symbol], Decimal(quantity), Decimal(price), LAST)
            record_trade(conn, owner.valuation, owner.book.user_id, UUID(made["id"]), trade, today=LAST)
    owner.asked("POST", f"/portfolios/{made['id']}/snapshots")
    yield f"/portfolios/{made['id']}"
    assert owner.client.delete(f"/portfolios/{made['id']}").status_code == 204


@pytest.fixture(scope="module")
def coverage(owner: Owner) -> float:
    """Apple's share of the gross: what is not priced counts with its entry price."""
    bars = owner.asked("GET", "/prices/AAPL", params={"market": "simulated", "limit": 1})
    worth = 10 * float(bars["items"][0]["close"])
    return worth / (worth + 500)


@pytest.mark.parametrize("read", [*COVERED, "/correlations", "/correlations/matrix", "/overview", "/performance"])
def test_what_has_no_price_is_left_out_and_said(owner: Owner, portfolio: str, coverage: float, read: str) -> None:
    found = owner.asked("GET", f"{portfolio}{read}")
    (left,) = [each for each in found["not_included"] if each["symbol"] == LEFT["symbol"]]
    assert "no_price" in left["reason"].split(",")
    if read in COVERED:
        assert found["not_included"] == [left]
        assert found["coverage"] == pytest.approx(coverage, abs=1e-6)


def test_the_snapshot_and_the_panel_leave_it_out_too(owner: Owner, portfolio: str, coverage: float) -> None:
    (snapshot,) = owner.asked("GET", f"{portfolio}/snapshots")["items"]
    panel = owner.asked("GET", f"{portfolio}/prices")
    for found in (snapshot, panel):
        assert (found["coverage"], found["not_included"]) == (pytest.approx(coverage, abs=1e-6), [LEFT])
    assert {each["symbol"]: each["closes"][-1] is None for each in panel["instruments"]} == {
        "AAPL": False,
        "NOSUCH": True,
    }


def test_its_own_numbers_are_null_with_the_reason(owner: Owner, portfolio: str) -> None:
    positions = {each["symbol"]: each for each in owner.asked("GET", f"{portfolio}/greeks")["positions"]}
    assert (positions["NOSUCH"]["dollar_delta"], positions["NOSUCH"]["price"]) == (None, None)
    assert "no_price" in positions["NOSUCH"]["reasons"]
    assert positions["AAPL"]["reasons"] == ["simulated"]
    kinds = {each["group"]: each for each in owner.asked("GET", f"{portfolio}/exposures")["groups"]}
    assert (kinds["unknown"]["gross"], kinds["unknown"]["coverage"], kinds["stock"]["coverage"]) == (None, 0.0, 1.0)
    quality = owner.asked("GET", f"{portfolio}/data-quality")
    worst = quality["instruments"][0]
    assert (worst["symbol"], worst["last_price_on"], worst["age_sessions"]) == ("NOSUCH", None, None)
    assert quality["not_included"] == [LEFT]
