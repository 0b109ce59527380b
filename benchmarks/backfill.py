"""The history of ten thousand symbols from a vendor on loopback: the command, its time, its memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx2

from benchmarks.measure import Measured, seconds
from benchmarks.nights import fresh_application
from benchmarks.vendor import FUND_LINES
from sigmasight.domain.market_data import Market
from sigmasight.market.adapters.client import Time, VendorClient
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.adapters.manners import Manners
from sigmasight.market.requests import HoldingsRequest
from sigmasight.services.market_plan import find_symbols
from sigmasight.services.market_sources import Sources, fetch
from sigmasight.services.market_sync import store_answers
from sigmasight.store.funds import load_holdings
from sigmasight.wiring.application import Application

SYMBOLS, _SAMPLE, _SESSIONS = 10_000, 500, 520
_FIRST, _LAST = date(2024, 10, 22), date(2026, 11, 17)
_PAGES = (
    *("profile", "dividends", "splits"),
    *("historical-price-eod/non-split-adjusted", "historical-price-eod/dividend-adjusted"),
)


def measure_backfill(symbols: int = SYMBOLS) -> Iterator[Measured]:
    """Backfill in a database of its own, against asking and reading the same pages and nothing else."""
    with _vendor() as address, tempfile.TemporaryDirectory(prefix="sigmasight-bench-") as home:
        Path(home).chmod(0o755)
        bare = seconds(lambda: _ask_bare(address)) * symbols / _SAMPLE
        taken, peak = _backfill(address, Path(home) / "home", symbols)
        with fresh_application() as application:
            holdings = seconds(lambda: _ask_holdings(application, address))
    what = f"what a fund of {FUND_LINES:,} lines holds: asked, checked, stored"
    yield Measured(what, holdings, "-", "-", "under 5 s")
    yield Measured(
        f"backfill of {symbols:,} symbols, {_SESSIONS} sessions: prices raw and adjusted, dividends, splits, profiles",
        taken,
        "asking and reading the same pages",
        f"{taken / bare:.2f} x its time, {peak:.0f} MB at most",
        "-",
    )


@contextmanager
def _vendor() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.vendor"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _ask_bare(address: str) -> None:
    with httpx2.Client() as client:
        for at in range(_SAMPLE):
            for page in _PAGES:
                query = {"symbol": f"S{at:05d}", "from": str(_FIRST), "to": str(_LAST)}
                json.loads(client.get(f"{address}/fmp/{page}", params=query).content)


def _ask_holdings(application: Application, address: str) -> None:
    clocks = Time(application.clock, time.monotonic, time.sleep)
    client = VendorClient("fmp", f"{address}/fmp", Manners(1e6, 1e6), clocks, "FMP_API_KEY", params={"apikey": "a key"})
    plan = application.valuation
    with application.db.write() as conn:
        universe = find_symbols(conn, Market.LIVE, plan.calendar, application.last_completed, ["FUND"])
        request = HoldingsRequest(("FUND",), universe.as_of)
        answers, failures = fetch(request, Sources(funds=(Fmp(client),)))
        store_answers(conn, universe, request, answers, failures)
        (report,) = load_holdings(
            conn, Market.LIVE, {each.id for each in universe.instruments}, universe.as_of
        ).values()
    client.close()
    if len(report.lines) != FUND_LINES:
        raise RuntimeError(f"{len(report.lines)} of {FUND_LINES} lines were stored")


def _backfill(address: str, home: Path, symbols: int) -> tuple[float, float]:
    """Seconds of the command, the database's start with it, and its largest memory in MB."""
    settings = {
        "SIGMASIGHT_HOME": str(home),
        "SIGMASIGHT_NOW": f"{_LAST}T22:00:00+00:00",
        "FMP_API_KEY": "a key",
        "FRED_API_KEY": "a key",
        "SIGMASIGHT_FMP_ADDRESS": f"{address}/fmp",
        "SIGMASIGHT_FRED_ADDRESS": f"{address}/fred",
        "SIGMASIGHT_FMP_PER_MINUTE": "6000000",
    }
    named = ",".join(f"S{at:05d}" for at in range(symbols))
    command = [sys.executable, "-m", "sigmasight", "backfill", "--symbols", named, "--from", str(_FIRST), "--json"]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = json.loads(process.stdout.read())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or told["without_prices"] or told["symbols"] != symbols or told["sessions"] != _SESSIONS:
        raise RuntimeError(f"the backfill is not whole: {told['errors']}, {len(told['without_prices'])} without prices")
    return time.perf_counter() - started, used.ru_maxrss / 1024.0
