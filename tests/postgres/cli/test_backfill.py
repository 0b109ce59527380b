"""`sigmasight backfill` over real HTTP: what it asks, what it keeps, and where it goes on after a kill."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from urllib.parse import parse_qsl

import psycopg
import pytest

from sigmasight.market.adapters.fmp import spelled
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.market.simulated.universe import universe
from support.databases import environment
from support.processes import end_of, nobody_else_is_connected, started, wait_until
from support.vendor_box import VendorBox, opened_box

from .conftest import TODAY, Command
from .test_live import settings_of

FIRST = date(2026, 9, 1)
SYMBOLS = tuple(sorted(symbol for symbol in universe() if symbol != "VIX"))  # more than one request holds
LATER = ("--from", FIRST.isoformat(), "--json")


@pytest.fixture
def box(market: SimulatedMarket) -> Iterator[VendorBox]:
    with opened_box(VendorBox(market, SYMBOLS, TODAY)) as opened:
        yield opened


def stored_closes(url: str) -> dict[tuple[str, date], float]:
    with psycopg.connect(url) as conn:
        rows = conn.execute(
            "SELECT symbol, day, close FROM prices JOIN instruments i ON i.id = instrument_id WHERE market = 'live'"
        )
        return {(symbol, day): close for symbol, day, close in rows}


def closes_of(market: SimulatedMarket, symbols: tuple[str, ...]) -> dict[tuple[str, date], float]:
    bars = market.daily_bars(symbols, FIRST, TODAY)
    return {
        (symbol, day): close
        for symbol, each in bars.items()
        for day, close in zip(each.days.tolist(), each.close.tolist(), strict=True)
    }


def test_history_comes_once_and_is_the_market_s(
    command: Command, url: str, box: VendorBox, market: SimulatedMarket
) -> None:
    wanted = ("--symbols", "aapl, BRK-B,NOBODY", *LATER)
    told = json.loads(command(url, "backfill", *wanted, **settings_of(box)).out)
    assert (told["symbols"], told["sessions"], told["refused"]) == (3, 58, 0)
    assert (told["without_prices"], told["errors"]) == (["NOBODY"], [])
    assert stored_closes(url) == closes_of(market, ("AAPL", "BRK.B"))
    calls = box.calls.total()
    again = json.loads(command(url, "backfill", *wanted, **settings_of(box)).out)
    assert (again["requests"], box.calls.total()) == (0, calls)
    command(url, "backfill", "--symbols", "AAPL", "--from", "2026-08-03", **settings_of(box))
    assert min(day for _, day in stored_closes(url)) == date(2026, 8, 3)
    with psycopg.connect(url) as conn:
        counted = conn.execute("SELECT provider, calls, errors FROM provider_usage ORDER BY provider").fetchall()
    assert sum(calls for _, calls, _ in counted) == box.calls.total()
    assert [(provider, errors) for provider, _, errors in counted] == [("fmp", 0), ("fred", 0)]


def test_without_a_provider_it_says_what_to_set_and_what_works_without(command: Command, url: str) -> None:
    ended = command(url, "backfill", "--symbols", "AAPL")
    assert ended.code == 1
    for word in ("FMP_API_KEY", "TRADEFEEDS_API_KEY", "SIGMASIGHT_MARKET_FOLDER", "the demo", "--simulated"):
        assert word in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--from", "2026-11-20", "--to", "2026-11-19"), 2, "--from names a later day than --to"),
        (("--to", "2026-11-23"), 1, "2026-11-23 has not closed yet"),
        (("--symbols", "NOT A TICKER"), 1, "not a readable ticker"),
    ],
)
def test_what_cannot_be_filled_is_named(
    command: Command, url: str, box: VendorBox, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ended = command(url, "backfill", *arguments, **settings_of(box))
    assert (ended.code, told in ended.err) == (code, True)
    assert box.calls.total() == 0


def asked_ranges(url: str) -> set[tuple[str, str]]:
    """The kinds and symbols of the ranges that are finished."""
    with psycopg.connect(url) as conn:
        return set(conn.execute("SELECT kind, subject FROM asked_ranges").fetchall())


PAGES = {"profile": "profile", "dividends": "actions", "splits": "actions", "series": "rates"}


def calls_about(box: VendorBox, finished: set[tuple[str, str]]) -> Counter[str]:
    """How often what belongs to finished ranges was asked for."""
    mine = {(kind, spelled(subject)) for kind, subject in finished}
    counted: Counter[str] = Counter()
    for call in box.log:
        query = dict(parse_qsl(call.query))
        kind = PAGES.get(call.path.split("/")[2], "prices")
        if (kind, query.get("symbol", query.get("series_id", ""))) in mine:
            counted[call.subject] += 1
    return counted


def test_a_kill_in_the_middle_loses_no_finished_range_and_repeats_none(
    url: str, box: VendorBox, market: SimulatedMarket
) -> None:
    """Killed among the dividends, and among the prices; what was under way is asked again, and nothing else is."""
    variables = environment(url, **settings_of(box))
    arguments = ("backfill", "--symbols", ",".join(SYMBOLS), *LATER)
    for share in (0.4, 0.99):
        with started(arguments, **variables) as process:
            wait_until(partial(has_asked, box, share * 5 * len(SYMBOLS)))
            process.send_signal(signal.SIGKILL)
            process.wait()
        wait_until(lambda: nobody_else_is_connected(url))
        finished = asked_ranges(url)
        before = calls_about(box, finished)
        assert {symbol for symbol, _ in stored_closes(url)} == {each for kind, each in finished if kind == "prices"}
    with started(arguments, **variables) as process:
        code, said = end_of(process)
    assert code == 0, said
    assert calls_about(box, finished) == before
    assert stored_closes(url) == closes_of(market, SYMBOLS)


def has_asked(box: VendorBox, calls: float) -> bool:
    """Whether the vendor was asked so many times."""
    return len(box.log) >= calls
