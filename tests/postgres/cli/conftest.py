"""The command in this process, as its entry point runs it: starting Python again takes longer than most of its work."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import structlog

from sigmasight.cli.main import run
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.market.simulated import SimulatedMarket
from support.databases import environment
from support.vendor_box import VendorBox, opened_box

HELD = {"AAPL": 40, "BRK.B": -15, "VNQ": 60, "FXNAX": 500, "F": -900}
PROXIES = ("SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV")
TODAY = date(2026, 11, 20)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command leaves."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Command]:
    """Runs `sigmasight` on a database, in an empty directory; settings are given by name."""
    monkeypatch.chdir(tmp_path)
    logs = structlog.get_config()

    def run_here(url: str | None, *arguments: str, **settings: str) -> Ended:
        wanted = environment(url or "", **settings)
        for name in set(os.environ) - wanted.keys():
            monkeypatch.delenv(name)
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        if url is None:
            monkeypatch.delenv("DATABASE_URL")
        monkeypatch.setattr(sys, "argv", ["sigmasight", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        told = capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)

    yield run_here
    structlog.configure(**logs)


@pytest.fixture(scope="session")
def market() -> SimulatedMarket:
    """The market behind the vendors in a box."""
    return SimulatedMarket(build_nyse_calendar(date(2019, 1, 1), date(2028, 12, 31)))


@pytest.fixture
def box(market: SimulatedMarket) -> Iterator[VendorBox]:
    """Vendors on loopback that know what is held below, and the factors' funds."""
    with opened_box(VendorBox(market, (*HELD, *PROXIES), TODAY)) as opened:
        yield opened


@pytest.fixture
def positions(tmp_path: Path) -> Path:
    """A file of shares and funds, long and short."""
    file = tmp_path / "positions.csv"
    rows = "".join(f"{symbol},{quantity},100,2026-11-19\n" for symbol, quantity in HELD.items())
    file.write_text(f"ticker,quantity,entry_price,entry_date\n{rows}")
    return file
