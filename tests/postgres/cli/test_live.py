"""The live market over real HTTP: a night on the vendors in a box is the night on the market behind them."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from pyarrow import parquet

from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.market.simulated import SimulatedMarket
from support.live_nights import PROXIES, settings_of
from support.vendor_box import KEY, Fault, VendorBox, opened_box

from .conftest import Command

OWNER = "demo_individual@sigmasight.com"
HELD = {"AAPL": 40, "BRK.B": -15, "VNQ": 60, "FXNAX": 500, "F": -900}
TODAY = date(2026, 11, 20)
NUMBERS = (
    *("nav", "gross", "net", "long", "short", "daily_pnl", "beta", "value_at_risk", "hhi"),
    *("delta_adjusted_exposure", "coverage", "delta_coverage"),
)


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(build_nyse_calendar(date(2019, 1, 1), date(2028, 12, 31)))


@pytest.fixture
def box(market: SimulatedMarket) -> Iterator[VendorBox]:
    with opened_box(VendorBox(market, (*HELD, *PROXIES), TODAY)) as opened:
        yield opened


@pytest.fixture
def positions(tmp_path: Path) -> Path:
    file = tmp_path / "positions.csv"
    rows = "".join(f"{symbol},{quantity},100,2026-11-19\n" for symbol, quantity in HELD.items())
    file.write_text(f"ticker,quantity,entry_price,entry_date\n{rows}")
    return file


def bring_in(command: Command, url: str, positions: Path, name: str, *more: str) -> None:
    ended = command(url, "import", str(positions), "--portfolio", name, "--create", "--user", OWNER, *more)
    assert ended.code == 0, ended.err


def night(command: Command, url: str, **settings: str) -> dict[str, object]:
    ended = command(url, "night", "--json", **settings)
    assert ended.code in {0, 1}, ended.err
    assert KEY not in ended.out + ended.err
    assert "retry" not in ended.err
    (told,) = json.loads(ended.out)["nights"]
    found: dict[str, object] = told
    return found


def snapshot(url: str, name: str) -> tuple[object, ...]:
    with psycopg.connect(url) as conn:
        row = conn.execute(
            f"SELECT {', '.join(NUMBERS)} FROM portfolio_snapshots s JOIN portfolios p ON p.id = s.portfolio_id "
            "WHERE p.name = %s ORDER BY as_of DESC LIMIT 1",
            (name,),
        ).fetchone()
    assert row is not None
    return tuple(row)


def test_a_night_over_http_is_the_night_on_the_market_behind_it(
    command: Command, demo_url: str, box: VendorBox, positions: Path
) -> None:
    bring_in(command, demo_url, positions, "live")
    bring_in(command, demo_url, positions, "simulated", "--simulated")
    told = night(command, demo_url, **settings_of(box))
    assert (told["status"], told["errors"]) == ("ok", [])
    assert snapshot(demo_url, "live") == snapshot(demo_url, "simulated")
    with psycopg.connect(demo_url) as conn:
        sources = conn.execute("SELECT DISTINCT source FROM prices WHERE market = 'live'").fetchall()
    assert sources == [("fmp",)]


def test_what_failed_is_named_stays_unasked_and_heals(
    command: Command, demo_url: str, box: VendorBox, positions: Path
) -> None:
    bring_in(command, demo_url, positions, "live")
    bring_in(command, demo_url, positions, "simulated", "--simulated")
    box.next_fault = lambda call: Fault.SERVER_ERROR if "historical-price" in call.path else None
    told = night(command, demo_url, **settings_of(box))
    assert told["status"] in {"partial", "failed"}
    reasons = json.dumps(told["errors"])
    assert "answered 500" in reasons or "left alone" in reasons
    with psycopg.connect(demo_url) as conn:
        asked = conn.execute("SELECT count(*) FROM asked_ranges WHERE market = 'live' AND kind = 'prices'").fetchone()
    assert asked == (0,)
    box.misbehave()
    assert night(command, demo_url, **settings_of(box))["status"] == "ok"
    assert snapshot(demo_url, "live") == snapshot(demo_url, "simulated")


def test_a_revoked_key_names_its_setting(command: Command, demo_url: str, box: VendorBox, positions: Path) -> None:
    bring_in(command, demo_url, positions, "live")
    told = night(command, demo_url, **settings_of(box, "a-key-of-last-year"))
    assert "FMP_API_KEY" in json.dumps(told["errors"])
    assert "a-key-of-last-year" not in json.dumps(told)


def test_a_folder_of_files_is_a_market(
    command: Command, demo_url: str, market: SimulatedMarket, positions: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    first = date(2024, 10, 1)
    symbols = (*HELD, *PROXIES)
    bars = market.daily_bars(symbols, first, TODAY)
    lines = [
        f"{symbol},{day},{close!r}"
        for symbol, each in bars.items()
        for day, close in zip(each.days.tolist(), each.close.tolist(), strict=True)
    ]
    (folder / "prices.csv").write_text("Symbol,Date,Close\n" + "\n".join(lines) + "\n")
    paid = market.dividends(symbols, first, TODAY)
    (folder / "dividends.csv").write_text(
        "symbol,ex_date,amount\n" + "".join(f"{each.symbol},{each.ex_date},{each.amount!r}\n" for each in paid)
    )
    done = market.splits(symbols, first, TODAY)
    (folder / "splits.csv").write_text(
        "symbol,ex_date,new_shares,old_shares\n"
        + "".join(f"{each.symbol},{each.ex_date},{each.new_shares},{each.old_shares}\n" for each in done)
    )
    yields = market.yields(("DGS3MO", "DGS2", "DGS10", "DGS30"), first, TODAY)
    rates = {
        "series": [series for series, each in yields.items() for _ in each.days],
        "date": [day for each in yields.values() for day in each.days.tolist()],
        "yield": [value for each in yields.values() for value in each.values.tolist()],
    }
    parquet.write_table(pa.table(rates), folder / "rates.parquet")
    bring_in(command, demo_url, positions, "live")
    bring_in(command, demo_url, positions, "simulated", "--simulated")
    told = night(command, demo_url, SIGMASIGHT_MARKET_FOLDER=str(folder))
    assert (told["status"], told["errors"]) == ("ok", [])
    assert snapshot(demo_url, "live") == snapshot(demo_url, "simulated")


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("SIGMASIGHT_PROVIDERS", "fmp,bloomberg", "SIGMASIGHT_PROVIDERS names 'bloomberg'"),
        ("SIGMASIGHT_MARKET_FOLDER", "/nowhere/at/all", "which is no folder"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    command: Command, demo_url: str, setting: str, value: str, told: str
) -> None:
    ended = command(demo_url, "night", **{setting: value})
    assert ended.code == 6
    assert told in ended.err
