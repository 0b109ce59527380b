"""One calendar and one simulated market for all tests here: both are values, nobody changes them."""

from datetime import date

import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.market.simulated import SimulatedMarket


@pytest.fixture(scope="session")
def nyse() -> TradingCalendar:
    return build_nyse_calendar(date(2019, 12, 1), date(2032, 12, 31))


@pytest.fixture(scope="session")
def market(nyse: TradingCalendar) -> SimulatedMarket:
    return SimulatedMarket(nyse)
