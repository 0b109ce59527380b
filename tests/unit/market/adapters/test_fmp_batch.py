"""Batch quotes and calendars, over real HTTP, say what a page a symbol says."""

from dataclasses import replace
from datetime import date, time, timedelta

import numpy as np
import pytest

from sigmasight.domain.market_data import Dividend, Split
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.market.simulated.universe import universe
from support.vendor_box import Fault, VendorBox

from .conftest import SYMBOLS, TODAY, MakeClient

AHEAD = TODAY + timedelta(days=40)
QUARTER = (date(2026, 8, 24), TODAY)
ONE_CALENDAR_EACH = {"/fmp/dividends-calendar": 1, "/fmp/splits-calendar": 1}


def in_order(rows: list[Dividend] | list[Split]) -> list[Dividend] | list[Split]:
    return sorted(rows, key=lambda row: (row.symbol, row.ex_date))  # type: ignore[type-var]


def test_quotes_after_the_close_are_the_session_s_bars(
    box: VendorBox, market: SimulatedMarket, client: MakeClient
) -> None:
    found = Fmp(client(), batch=True).daily_bars([*SYMBOLS, "NOBODY"], TODAY, TODAY)
    for symbol, expected in market.daily_bars(SYMBOLS, TODAY, TODAY).items():
        for name in ("days", "open", "high", "low", "close", "volume"):
            np.testing.assert_array_equal(getattr(found[symbol], name), getattr(expected, name), err_msg=name)
        assert found[symbol].adjusted_close == found[symbol].close
    assert box.calls == {"/fmp/batch-quote": 1, "/fmp/historical-price-eod/non-split-adjusted": 1}
    assert "NOBODY" not in found


@pytest.mark.parametrize("known_to_be_of", ["before the close", "the session before"])
def test_a_quote_that_is_not_of_the_close_leaves_the_session_to_history(
    box: VendorBox, client: MakeClient, known_to_be_of: str
) -> None:
    box.quoted_at = time(15, 59, 59) if known_to_be_of == "before the close" else box.quoted_at
    box.today = TODAY if known_to_be_of == "before the close" else TODAY - timedelta(days=1)
    found = Fmp(client(), batch=True).daily_bars(SYMBOLS, TODAY, TODAY)
    assert box.calls["/fmp/historical-price-eod/non-split-adjusted"] == len(SYMBOLS)
    assert set(found) == (set(SYMBOLS) if known_to_be_of == "before the close" else set())


@pytest.mark.parametrize("timestamp", [None, 0, "soon", 1787774400000, -5, 1e300])
def test_a_quote_of_no_instant_is_none(box: VendorBox, client: MakeClient, timestamp: object) -> None:
    box.answer = lambda *_: [{"symbol": "AAPL", "price": 9.0, "timestamp": timestamp}]  # type: ignore[method-assign]
    assert Fmp(client()).current(["AAPL"]) == {}


def test_a_hundred_symbols_go_into_a_call(box: VendorBox, client: MakeClient) -> None:
    box.symbols = tuple(universe())
    found = Fmp(client()).current(box.symbols)
    assert set(found) == set(box.symbols)
    assert box.calls == {"/fmp/batch-quote": 2}
    assert {quote.at.date() for quote in found.values()} == {TODAY}


def test_calendars_say_what_the_symbols_pages_say(box: VendorBox, market: SimulatedMarket, client: MakeClient) -> None:
    symbols = box.symbols = tuple(universe())
    batch = Fmp(client(), batch=True)
    dividends, splits = (ask(symbols, *QUARTER) for ask in (batch.dividends, batch.splits))
    assert box.calls == ONE_CALENDAR_EACH
    assert in_order([*dividends]) == in_order([*market.dividends(symbols, *QUARTER)])
    assert in_order([*splits]) == in_order([*market.splits(symbols, *QUARTER)])
    year_of_a_split = (date(2025, 6, 1), date(2025, 7, 1))
    assert [*batch.splits(symbols, *year_of_a_split)] == [*market.splits(symbols, *year_of_a_split)] != []


def test_a_longer_range_is_asked_a_page_a_symbol(box: VendorBox, client: MakeClient) -> None:
    Fmp(client(), batch=True).dividends(SYMBOLS, date(2026, 7, 1), TODAY)
    assert box.calls == {"/fmp/dividends": len(SYMBOLS)}


@pytest.mark.parametrize(
    ("strangers_a_day", "calendars", "pages"),
    [(20, 1, 0), (60, 3, 0), (130, 7, 0), (4_000, 8, len(SYMBOLS))],
    ids=["it holds all", "halves", "quarters", "no single day fits"],
)
def test_a_calendar_that_is_full_loses_nothing(
    box: VendorBox,
    market: SimulatedMarket,
    client: MakeClient,
    strangers_a_day: int,
    calendars: int,
    pages: int,
) -> None:
    box.strangers_a_day = strangers_a_day
    found = Fmp(client(), batch=True).dividends(SYMBOLS, *QUARTER)
    assert in_order([*found]) == in_order([*market.dividends(SYMBOLS, *QUARTER)]) != []
    assert (box.calls["/fmp/dividends-calendar"], box.calls["/fmp/dividends"]) == (calendars, pages)


def test_a_stranger_s_row_that_cannot_be_read_is_nobody_s_loss(box: VendorBox, client: MakeClient) -> None:
    rows = [{"symbol": "ZZZ", "date": "soon"}, {"symbol": "AAPL", "date": str(TODAY), "dividend": 0.25}]
    box.answer = lambda *_: rows  # type: ignore[method-assign]
    assert Fmp(client(), batch=True).dividends(SYMBOLS, *QUARTER) == [Dividend("AAPL", TODAY, 0.25)]


@pytest.mark.parametrize("batch", [False, True])
def test_a_dividend_that_is_announced_is_there_when_it_is_asked_for(
    box: VendorBox, client: MakeClient, *, batch: bool
) -> None:
    announced = Dividend("AAPL", AHEAD, 0.27)
    box.announced = (announced, replace(announced, ex_date=AHEAD + timedelta(days=90)))
    fmp = Fmp(client(), batch=batch)
    assert announced not in fmp.dividends(SYMBOLS, QUARTER[0], TODAY)
    assert [row for row in fmp.dividends(SYMBOLS, date(2026, 10, 1), AHEAD) if row.ex_date > TODAY] == [announced]


@pytest.mark.parametrize("batch", [False, True])
def test_a_dividend_that_is_told_twice_counts_once_and_two_of_one_day_count_both(
    box: VendorBox, market: SimulatedMarket, client: MakeClient, *, batch: bool
) -> None:
    box.always(Fault.DOUBLED)
    fmp = Fmp(client(), batch=batch)
    assert in_order([*fmp.dividends(SYMBOLS, *QUARTER)]) == in_order([*market.dividends(SYMBOLS, *QUARTER)])
    rows = [
        {"symbol": "AAPL", "date": str(TODAY), "dividend": 0.25, "frequency": frequency}
        for frequency in ("Quarterly", "Special", "Quarterly")
    ]
    box.misbehave()
    box.answer = lambda *_: rows  # type: ignore[method-assign]
    assert fmp.dividends(["AAPL", "F"][: 1 + batch], *QUARTER) == [Dividend("AAPL", TODAY, 0.25)] * 2
