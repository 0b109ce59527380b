"""Nights over real HTTP with vendors that misbehave: nothing wrong is stored, what is missing is named, it heals."""

import json
import re
from collections.abc import Callable
from itertools import cycle
from urllib.parse import parse_qsl

import psycopg
import pytest

from sigmasight.batch.night import NightOutcome
from sigmasight.domain.market_data import Market
from support.live_nights import VENDORS, differences, lacking, results, run_live, stored
from support.vendor_box import KEY, MENDED_BY_RETRY, Call, Fault, VendorBox

from .conftest import HISTORY, GoodNight

HURRIED = {**HISTORY, "SIGMASIGHT_READ_SECONDS": "0.25", "SIGMASIGHT_ANSWER_SECONDS": "0.3"}
SLOW = (Fault.HANG, Fault.DRIP)
LASTING = tuple(fault for fault in Fault if fault is not Fault.REVOKED)
ATTEMPTS = 4
Heal = Callable[[NightOutcome], None]


@pytest.fixture
def require_healing(
    live_url: str,
    box: VendorBox,
    good_night: GoodNight,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Heal:
    """What a night with faults may leave, and that the next one without makes all of it good."""
    caplog.set_level("DEBUG")

    def require(outcome: NightOutcome) -> None:
        left = stored(live_url, Market.LIVE)
        assert list(differences(left, good_night.stored)) == []
        named = set(re.findall(r"[\w.]+", json.dumps([*outcome.errors])))
        missing = {symbol for symbols in lacking(left, good_night.stored).values() for symbol in symbols}
        at_hand = {symbol for symbol in missing if not re.match(r"VIX\d", symbol)}
        assert at_hand <= named
        assert_no_key(live_url, str(outcome) + "".join(capsys.readouterr()) + caplog.text)
        asked_before = len(box.log)
        box.misbehave()
        healed = run_live(live_url, box, **HISTORY)
        assert (healed.status, healed.errors) == ("ok", ())
        again = [call for call in box.log[asked_before:] if "historical-price" in call.path]
        assert {dict(parse_qsl(call.query))["symbol"].removeprefix("^") for call in again} <= named
        assert stored(live_url, Market.LIVE) == good_night.stored
        assert results(live_url, Market.LIVE) == good_night.results

    return require


def assert_no_key(url: str, told: str) -> None:
    with psycopg.connect(url) as conn:
        kept = conn.execute("SELECT s::text FROM batch_steps s UNION ALL SELECT r::text FROM batch_runs r").fetchall()
        kept += conn.execute(
            "SELECT i::text FROM instruments i UNION ALL SELECT r::text FROM refused_rows r"
        ).fetchall()
    assert KEY not in told + str(kept)


def test_what_goes_wrong_once_is_asked_again_within_the_night(
    live_url: str, box: VendorBox, good_night: GoodNight
) -> None:
    faults = cycle(MENDED_BY_RETRY)
    box.next_fault = lambda _: next(faults) if len(box.log) % 3 == 2 else None
    outcome = run_live(live_url, box, **HURRIED)
    assert {fault for _, fault in box.told} == {*MENDED_BY_RETRY}
    assert (outcome.status, outcome.errors) == ("ok", ())
    assert stored(live_url, Market.LIVE) == good_night.stored
    assert results(live_url, Market.LIVE) == good_night.results


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_all_night_loses_no_more_than_it_must(
    live_url: str, box: VendorBox, require_healing: Heal, fault: Fault
) -> None:
    box.stubborn(fault, every=18 if fault in SLOW else 4)
    outcome = run_live(live_url, box, **(HURRIED if fault in SLOW else HISTORY))
    spoiled = {call.subject for call, _ in box.told}
    attempts = ATTEMPTS if fault in MENDED_BY_RETRY else 2 if fault is Fault.REPEATS else 1
    assert len(spoiled) >= 3
    assert max(box.asked[subject] for subject in spoiled) == attempts
    assert fault in SLOW or {box.asked[subject] for subject in box.asked.keys() - spoiled} == {1}
    require_healing(outcome)


@pytest.mark.parametrize(("seed", "per_minute"), [(1, 300), (3, 60_000)], ids=["within a tier", "unhurried"])
def test_a_night_in_which_one_call_of_five_goes_wrong_in_any_way_stores_nothing_wrong(
    live_url: str, box: VendorBox, require_healing: Heal, seed: int, per_minute: int
) -> None:
    box.at_random(0.2, seed)
    outcome = run_live(live_url, box, **HURRIED, SIGMASIGHT_FMP_PER_MINUTE=f"{per_minute}")
    assert len(box.told) > 10
    calls, at_once = sum(call.vendor == "fmp" for call in box.log), per_minute / 6.0
    assert calls > at_once or per_minute == 60_000
    assert box.excess("fmp", capacity=at_once, per_second=per_minute / 60.0) <= 0.0
    require_healing(outcome)


@pytest.mark.parametrize("vendor", VENDORS.values())
def test_a_key_that_is_revoked_in_the_middle_of_a_night_is_tried_once(
    live_url: str, box: VendorBox, require_healing: Heal, vendor: str
) -> None:
    def revoked(call: Call) -> Fault | None:
        return Fault.REVOKED if call.vendor == vendor and sum(each.vendor == vendor for each in box.log) > 2 else None

    box.next_fault = revoked
    outcome = run_live(live_url, box, **HISTORY)
    assert len(box.told) == 1
    (setting,) = (f"{name}_API_KEY" for name, each in VENDORS.items() if each == vendor)
    assert setting in json.dumps([*outcome.errors])
    assert {call.vendor for call in box.log} == {*VENDORS.values()}
    require_healing(outcome)
