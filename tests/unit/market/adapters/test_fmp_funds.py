"""What funds hold, over real HTTP, is what the market's funds report."""

from datetime import date, timedelta

import pytest

from sigmasight.domain.funds import FundHoldings
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.fund_checks import check_holdings
from sigmasight.market.simulated import SimulatedMarket
from support.vendor_box import Fault, VendorBox

from .conftest import TODAY, MakeClient

ETF, MUTUAL_FUND, SHARE = "SPY", "FXNAX", "AAPL"


def assert_same_report(found: FundHoldings, expected: FundHoldings) -> None:
    assert (found.fund, found.as_of) == (expected.fund, expected.as_of)
    assert {line.symbol or line.name: line.weight for line in found.lines} == pytest.approx(
        {line.symbol or line.name: line.weight for line in expected.lines}, rel=1e-12
    )
    assert len(found.lines) == len(expected.lines)


@pytest.mark.parametrize("fault", [None, Fault.DOUBLED])
def test_reports_are_the_market_s_also_where_rows_are_told_twice(
    box: VendorBox, market: SimulatedMarket, client: MakeClient, fault: Fault | None
) -> None:
    box.next_fault = lambda _: fault
    found = Fmp(client()).holdings([ETF, MUTUAL_FUND, SHARE, "NOBODY"], TODAY)
    assert set(found) == {ETF, MUTUAL_FUND}
    for fund, report in market.holdings([ETF, MUTUAL_FUND], TODAY).items():
        assert_same_report(found[fund], report)
    assert len(found[ETF].lines) > 50
    assert found[ETF].is_whole


def test_of_a_mutual_fund_s_disclosures_the_last_one_that_was_there_is_read(
    box: VendorBox, market: SimulatedMarket, client: MakeClient
) -> None:
    before = TODAY - timedelta(days=60)
    found = Fmp(client()).holdings([MUTUAL_FUND], before)[MUTUAL_FUND]
    assert found.as_of <= before
    assert_same_report(found, market.holdings([MUTUAL_FUND], found.as_of + timedelta(days=1))[MUTUAL_FUND])
    assert box.calls == dict.fromkeys(("/fmp/etf/holdings", "/fmp/funds/disclosure-dates", "/fmp/funds/disclosure"), 1)
    assert Fmp(client()).holdings([MUTUAL_FUND], date(2020, 1, 1)) == {}


def test_a_weight_that_is_null_or_nan_is_left_to_the_door(
    box: VendorBox, market: SimulatedMarket, client: MakeClient
) -> None:
    box.always(Fault.NULLS)
    taken, refused = check_holdings(Fmp(client()).holdings([ETF], TODAY), funds=[ETF], today=TODAY)
    report = taken[ETF]
    lines = market.holdings([ETF], TODAY)[ETF].lines
    assert len(report.lines) == len(lines) // 3
    assert len(report.lines) + len(refused) == len(lines)
    assert not report.is_whole
