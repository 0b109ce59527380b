"""Vendors that refuse: a key, a kind of page, or with words at status 200; what else they have is still asked for."""

from collections.abc import Callable

import pytest

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.market_data import TREASURY_SERIES
from sigmasight.market.adapters.client import VendorClient
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.adapters.fred import Fred
from sigmasight.market.adapters.massive import Massive
from sigmasight.market.simulated import SimulatedMarket
from support.vendor_box import KEY, Fault, VendorBox

from .conftest import SYMBOLS, TODAY, MakeClient

Ask = Callable[[VendorClient], object]
FIRST_OF_NOVEMBER = TODAY.replace(day=1)
ASK: dict[str, Ask] = {
    "fmp": lambda client: Fmp(client).profiles(SYMBOLS[:1]),
    "massive": lambda client: Massive(client).chain("VIX", TODAY),
    "fred": lambda client: Fred(client).yields(TREASURY_SERIES[:1], FIRST_OF_NOVEMBER, TODAY),
}


@pytest.mark.parametrize("vendor", ASK)
def test_a_key_that_is_revoked_is_asked_with_once(box: VendorBox, client: MakeClient, vendor: str) -> None:
    mine = client(vendor)
    assert ASK[vendor](mine)
    before = len(box.log)
    box.always(Fault.REVOKED)
    for _ in range(3):
        with pytest.raises(ProviderError, match=rf"{vendor} refuses the key \(40[01]\): look at {vendor}_KEY"):
            ASK[vendor](mine)
    assert len(box.log) == before + 1


def test_a_page_that_the_plan_does_not_have_is_asked_for_once_and_others_go_on(
    box: VendorBox, client: MakeClient, market: SimulatedMarket
) -> None:
    fmp, massive = Fmp(client()), Massive(client("massive"))
    box.next_fault = lambda call: Fault.NOT_IN_PLAN if "splits" in call.path or "snapshot" in call.path else None
    for symbol in SYMBOLS:
        with pytest.raises(ProviderError, match=r"fmp refuses splits to the key in fmp_KEY \(402\)"):
            fmp.splits([symbol], FIRST_OF_NOVEMBER, TODAY)
        assert symbol in fmp.daily_bars([symbol], FIRST_OF_NOVEMBER, TODAY)
    terms = [quotes.terms for quotes in market.chain("VIX", TODAY)[:2]]
    for underlying in ("VIX", "AAPL"):
        with pytest.raises(ProviderError, match=r"massive refuses v3/snapshot/options .*\(403\)"):
            massive.chain(underlying, TODAY)
        assert len(massive.quotes(terms, FIRST_OF_NOVEMBER, TODAY)) == 2
    assert (box.calls["/fmp/splits"], len(box.told)) == (1, 2)


@pytest.mark.parametrize("vendor", ASK)
def test_a_refusal_in_words_at_status_200_is_one_and_its_words_hold_no_key(
    box: VendorBox, client: MakeClient, vendor: str
) -> None:
    box.always(Fault.ERROR_MESSAGE)
    mine = client(vendor)
    with pytest.raises(ProviderError, match=f"^{vendor}") as raised:
        ASK[vendor](mine)
    assert KEY not in str(raised.value)
    assert "(the key)" in str(raised.value)
    assert (mine.usage.calls, mine.usage.errors) == (1, 1)
    box.misbehave()
    assert ASK[vendor](mine)


def test_words_that_no_database_keeps_are_left_out(box: VendorBox, client: MakeClient) -> None:
    box.answer = lambda *_: {"Error Message": "no\x00thing\ud800 of it"}  # type: ignore[method-assign]
    with pytest.raises(ProviderError) as raised:
        Fmp(client()).profiles(["AAPL"])
    assert ascii(str(raised.value)) == "'fmp profile: nothing of it'"


def test_no_words_of_a_client_hold_the_key(client: MakeClient) -> None:
    for vendor in ASK:
        assert KEY not in repr(client(vendor))
