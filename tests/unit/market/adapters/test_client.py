"""A vendor over real HTTP: each way to fail, and what is left of it."""

import time
from dataclasses import replace

import pytest

from sigmasight.domain.errors import ProviderError
from support.vendor_box import KEY, MENDED_BY_RETRY, Fault, VendorBox

from .conftest import HURRIED, MakeClient

PROFILE = ("profile", {"symbol": "AAPL"})


def test_an_answer_is_what_the_vendor_says(client: MakeClient) -> None:
    mine = client()
    (row,) = mine.get(*PROFILE)  # type: ignore[misc]
    assert row["symbol"] == "AAPL"
    assert (mine.usage.calls, mine.usage.errors, mine.usage.credits) == (1, 0, 1.0)
    assert mine.usage.bytes > 100


@pytest.mark.parametrize("fault", MENDED_BY_RETRY)
def test_what_another_attempt_mends_is_mended(box: VendorBox, client: MakeClient, fault: Fault) -> None:
    box.misbehave(fault)
    mine = client()
    (row,) = mine.get(*PROFILE)  # type: ignore[misc]
    assert row["symbol"] == "AAPL"
    assert (mine.usage.calls, mine.usage.errors) == (2, 1)


@pytest.mark.parametrize("fault", MENDED_BY_RETRY)
def test_what_goes_on_ends_after_three_retries_with_a_word_that_holds_no_key(
    box: VendorBox, client: MakeClient, fault: Fault
) -> None:
    box.always(fault)
    mine = client(manners=replace(HURRIED, read_seconds=0.2, total_seconds=0.4))
    with pytest.raises(ProviderError, match="fmp /fmp/profile: ") as raised:
        mine.get(*PROFILE)
    assert KEY not in str(raised.value)
    assert sum(box.calls.values()) == 4
    assert (mine.usage.calls, mine.usage.errors) == (4, 4)


def test_the_vendor_s_own_waiting_time_is_kept(box: VendorBox, client: MakeClient) -> None:
    box.misbehave(Fault.TOO_MANY_WAIT)
    client().get(*PROFILE)
    assert box.moments[1] - box.moments[0] >= 1.0


def test_a_vendor_that_asks_for_too_long_has_failed_at_once(box: VendorBox, client: MakeClient) -> None:
    box.always(Fault.TOO_MANY_WAIT)
    with pytest.raises(ProviderError, match="too many calls"):
        client(manners=replace(HURRIED, longest_wait=0.5)).get(*PROFILE)
    assert sum(box.calls.values()) == 1


@pytest.mark.parametrize(
    "told",
    ["Wed, 21 Oct 2020 07:28:00 -0000", "Wed, 21 Oct 2020 07:28:00 GMT", "²", "soon", "-1"],
    ids=["of no zone", "over", "no digit", "a word", "below 0"],
)
def test_a_waiting_time_that_is_over_or_cannot_be_read_is_none(box: VendorBox, client: MakeClient, told: str) -> None:
    box.wait_seconds = told
    box.misbehave(Fault.TOO_MANY_WAIT)
    assert client().get(*PROFILE)
    assert len(box.log) == 2


def test_a_refused_key_names_the_setting_and_is_not_tried_again(box: VendorBox, client: MakeClient) -> None:
    with pytest.raises(ProviderError, match=r"refuses the key.*fmp_KEY") as raised:
        client(key="an-old-key").get(*PROFILE)
    assert "an-old-key" not in str(raised.value)
    assert sum(box.calls.values()) == 1


def test_a_vendor_that_fails_again_and_again_is_left_alone(box: VendorBox, client: MakeClient) -> None:
    mine = client(manners=replace(HURRIED, retries=0, breaker_failures=2, breaker_seconds=0.5))
    box.always(Fault.SERVER_ERROR)
    for _ in range(2):
        with pytest.raises(ProviderError, match="answered 500"):
            mine.get(*PROFILE)
    with pytest.raises(ProviderError, match="left alone"):
        mine.get(*PROFILE)
    assert sum(box.calls.values()) == 2
    box.misbehave()
    time.sleep(0.6)
    assert mine.get(*PROFILE)


def test_no_more_is_asked_than_the_tier_allows(box: VendorBox, client: MakeClient) -> None:
    mine = client(manners=replace(HURRIED, capacity=2.0, per_second=10.0))
    for _ in range(8):
        mine.get(*PROFILE)
    assert box.moments[-1] - box.moments[0] >= 0.5  # 2 at once, then one each tenth of a second


def test_an_answer_without_end_is_cut_off(client: MakeClient) -> None:
    with pytest.raises(ProviderError, match="more than 50 bytes"):
        client(manners=replace(HURRIED, largest_bytes=50)).get(*PROFILE)


def test_pages_follow_each_other_to_the_end(box: VendorBox, client: MakeClient) -> None:
    listed = len(box.market.chain("AAPL", box.today))
    pages = list(client("massive").pages("v3/snapshot/options/AAPL"))
    assert len(pages) == -(-listed // box.page)
    assert sum(len(page["results"]) for page in pages) == listed  # type: ignore[index]


def test_a_page_that_comes_again_ends_the_walk(box: VendorBox, client: MakeClient) -> None:
    again = {"results": [], "next_url": f"{box.address}/massive/v3/snapshot/options/AAPL?cursor=1"}
    box.answer = lambda *_: again  # type: ignore[method-assign]
    with pytest.raises(ProviderError, match="was there before"):
        list(client("massive").pages("v3/snapshot/options/AAPL"))


def test_no_page_leads_to_another_host(box: VendorBox, client: MakeClient) -> None:
    box.answer = lambda *_: {"results": [], "next_url": "https://elsewhere.example/steal"}  # type: ignore[method-assign]
    with pytest.raises(ProviderError, match="another host"):
        list(client("massive").pages("v3/snapshot/options/AAPL"))


@pytest.mark.parametrize(
    "following",
    ["http://[::1/", "//\x00", "x" * 70_000, {"a": 1}, ["b"], 7, "https://a:99999/"],
    ids=["no host", "NUL", "long", "object", "list", "number", "no port"],
)
def test_no_page_leads_nowhere(box: VendorBox, client: MakeClient, following: object) -> None:
    box.answer = lambda *_: {"results": [], "next_url": following}  # type: ignore[method-assign]
    with pytest.raises(ProviderError):
        list(client("massive").pages("v3/snapshot/options/AAPL"))


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"[" + b"9" * 10_000 + b"]", b"\xff\xfe", b""], ids=["deep", "long", "no text", "empty"]
)
def test_what_no_reader_of_json_can_read_is_asked_again_and_then_refused(
    box: VendorBox, client: MakeClient, body: bytes
) -> None:
    box.body = body
    with pytest.raises(ProviderError, match="answered no whole JSON"):
        client().get(*PROFILE)
    assert len(box.log) == 4


def test_nobody_at_the_address_is_a_failure_of_that_vendor(client: MakeClient) -> None:
    mine = client()
    mine.base_url = "http://127.0.0.1:9"
    with pytest.raises(ProviderError, match="ConnectError"):
        mine.get(*PROFILE)
