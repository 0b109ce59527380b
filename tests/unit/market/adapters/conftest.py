"""A box on loopback, and clients that are in a hurry."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.market.adapters.client import Time, VendorClient
from sigmasight.market.adapters.manners import Manners
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.market.simulated import SimulatedMarket
from support.vendor_box import KEY, VendorBox, opened_box

TODAY = date(2026, 11, 20)
SYMBOLS = ("AAPL", "BRK.B", "SPY", "FXNAX", "VIX", "F")
HURRIED = Manners(
    capacity=1_000.0, per_second=1_000.0, first_wait=0.01, longest_wait=2.0, read_seconds=0.5, total_seconds=1.0
)
MakeClient = Callable[..., VendorClient]


@pytest.fixture(scope="session")
def calendar() -> TradingCalendar:
    return build_nyse_calendar(date(2019, 1, 1), date(2028, 12, 31))


@pytest.fixture(scope="session")
def market(calendar: TradingCalendar) -> SimulatedMarket:
    return SimulatedMarket(calendar)


@pytest.fixture
def box(market: SimulatedMarket) -> Iterator[VendorBox]:
    with opened_box(VendorBox(market, SYMBOLS, TODAY)) as opened:
        yield opened


@pytest.fixture
def client(box: VendorBox) -> Iterator[MakeClient]:
    """Makes clients of one vendor of the box."""
    made: list[VendorClient] = []

    def make(vendor: str = "fmp", manners: Manners = HURRIED, key: str = KEY) -> VendorClient:
        headers = {"Authorization": f"Bearer {key}"} if vendor == "massive" else {}
        params = {"fmp": {"apikey": key}, "fred": {"api_key": key, "file_type": "json"}}.get(vendor, {})
        clock = Time(lambda: datetime.now(UTC), time.monotonic, time.sleep)
        made.append(
            VendorClient(
                vendor, f"{box.address}/{vendor}", manners, clock, f"{vendor}_KEY", headers=headers, params=params
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()
