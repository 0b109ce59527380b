"""`sigmasight providers` and `data-quality`: what they show of a live market, over real HTTP."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from sigmasight.market.simulated import SimulatedMarket
from support.vendor_box import KEY, VendorBox

from .conftest import TODAY, Command
from .test_live import OWNER, bring_in, settings_of


def document(command: Command, url: str, *arguments: str, **settings: str) -> dict[str, object]:
    ended = command(url, *arguments, "--json", **settings)
    assert ended.code == 0, ended.err
    assert KEY not in ended.out + ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def test_before_and_after_a_night(command: Command, demo_url: str, box: VendorBox, positions: Path) -> None:
    """The plan foresees the calls that the night makes, and the counters tell them."""
    bring_in(command, demo_url, positions, "live")
    settings = settings_of(box)
    planned = document(command, demo_url, "providers", "plan", **settings)
    assert planned["as_of"] == TODAY.isoformat()
    foreseen = sum(each["calls"] for each in planned["tonight"])  # type: ignore[attr-defined]
    assert command(demo_url, "night", "--json", **settings).code == 0
    status = document(command, demo_url, "providers", "status", **settings)
    assert status["asked_in_order"]["prices"] == ["fmp"]  # type: ignore[index]
    spent = status["usage"]["today"]  # type: ignore[index]
    counted = sum(each["calls"] for each in spent.values())
    disclosures = sum(n for path, n in box.calls.items() if "disclosure" in path)  # where the holdings page has nothing
    assert counted == box.calls.total() == foreseen + disclosures
    assert document(command, demo_url, "providers", "plan", **settings)["as_of"] == "2026-11-23"
    nights = document(command, demo_url, "providers", "coverage", "--sessions", "1")["nights"]
    assert [(night["coverage"], night["failed_providers"]) for night in nights] == [(1.0, [])]  # type: ignore[attr-defined]
    quality = document(command, demo_url, "data-quality", "--portfolio", "live", "--user", OWNER)
    assert {each["source"] for each in quality["instruments"]} == {"fmp"}  # type: ignore[attr-defined]
    engines = {each["engine"]: each["coverage"] for each in quality["engines"]}  # type: ignore[attr-defined]
    assert engines == dict.fromkeys(engines, 1.0) | {"correlations": None}


def test_answers_side_by_side(
    command: Command, demo_url: str, box: VendorBox, market: SimulatedMarket, tmp_path: Path
) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "prices.csv").write_text("symbol,date,close\nAAPL,2026-11-19,100\nAAPL,2026-11-20,200\n")
    settings = settings_of(box) | {"SIGMASIGHT_MARKET_FOLDER": str(folder)}
    wanted = ("providers", "compare", "--symbols", "aapl,NOBODY", "--from", "2026-11-19", "--to", "2026-11-20")
    found = document(command, demo_url, *wanted, **settings)
    closes = market.daily_bars(["AAPL"], date(2026, 11, 19), TODAY)["AAPL"].close.tolist()
    assert found["providers"] == ["files", "fmp"]
    assert [row["closes"] for row in found["rows"]] == [  # type: ignore[attr-defined]
        {"files": 100.0 * n, "fmp": close} for n, close in enumerate(closes, start=1)
    ]
    printed = list(csv.reader(io.StringIO(command(demo_url, *wanted, "--csv", **settings).out)))
    assert printed[0] == ["symbol", "day", "files", "fmp", "spread"]
    assert [float(row[3]) for row in printed[1:]] == closes
    assert "AAPL" in command(demo_url, *wanted, **settings).out


def test_what_was_kept_aside_is_shown_and_confirmed(command: Command, demo_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "prices.csv").write_text("symbol,date,close\nODD,2026-11-18,10\nODD,2026-11-19,90\nODD,2026-11-20,91\n")
    settings = {"SIGMASIGHT_MARKET_FOLDER": str(folder)}
    wanted = ("backfill", "--symbols", "ODD", "--from", "2026-11-18")
    assert document(command, demo_url, *wanted, **settings)["refused"] == 2
    rows = document(command, demo_url, "providers", "refused", "--symbols", "odd")["kept_aside"]
    assert sorted((row["day"], row["value"]) for row in rows) == [  # type: ignore[attr-defined]
        ("2026-11-19", "90.0"),
        ("2026-11-20", "91.0"),
    ]
    assert "a jump that no split explains" in command(demo_url, "providers", "refused").err
    confirm = ("providers", "confirm", "ODD", "2026-11-19", "--why", "a new drug")
    assert command(demo_url, *confirm).code == 0
    assert document(command, demo_url, *wanted, **settings)["refused"] == 0
    assert command(demo_url, "providers", "confirm", "ODD", "2026-11-18", "--why", "no").code == 1


def test_an_alias_is_named_once_and_not_over_an_instrument(command: Command, demo_url: str) -> None:
    named = ("providers", "alias", "FB", "META", "--from", "2012-05-18", "--until", "2022-06-09")
    assert "FB means META from 2012-05-18 until 2022-06-09" in command(demo_url, *named).err
    assert (
        "is an instrument of its own"
        in command(demo_url, "providers", "alias", "AAPL", "META", "--from", "2020-01-02").err
    )


@pytest.mark.parametrize("what", ["status", "plan"])
def test_without_a_provider_it_says_what_to_set(command: Command, demo_url: str, what: str) -> None:
    ended = command(demo_url, "providers", what)
    assert (ended.code, "set FMP_API_KEY" in ended.err) == (0, True)
