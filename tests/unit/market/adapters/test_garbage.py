"""Whatever a vendor writes into its rows, an adapter answers or says that it cannot, and the doors take the answer."""

import contextlib
import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import DailyBars, DayArray, Dividend, OptionQuotes
from sigmasight.market.action_checks import check_dividends, check_profiles, check_splits
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.adapters.fred import Fred
from sigmasight.market.adapters.massive import Massive
from sigmasight.market.checks import check_bars, check_option_quotes, check_yields
from sigmasight.market.fund_checks import check_holdings
from support.vendor_box import VendorBox

from .conftest import HURRIED, SYMBOLS, TODAY, MakeClient

FIRST = date(2026, 10, 1)
scalars = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    st.sampled_from(["2026-11-20", "2026-13-01", "9999-12-31", "0001-01-01", "NaN", "-1", "1e999", "\x00A", "\ud800B"]),
    st.sampled_from([10**400, 1787774400000, -1, 0]),
    st.lists(st.none(), max_size=1) | st.dictionaries(st.text(max_size=1), st.none(), max_size=1),
)
garbage = st.lists(st.tuples(st.integers(0, 1_000), scalars), min_size=1, max_size=3)


def short(document: object) -> object:
    """A document of few rows, on one page."""
    if isinstance(document, dict):
        return {name: short(part) for name, part in document.items() if name != "next_url"}
    return [short(row) for row in document[-3:]] if isinstance(document, list) else document


def places(document: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    parts: Iterable[tuple[Any, object]] = ()
    if isinstance(document, dict):
        parts = document.items()
    elif isinstance(document, list):
        parts = enumerate(document)
    for name, part in parts:
        yield (*path, name)
        yield from places(part, (*path, name))


def with_garbage(document: object, picks: list[tuple[int, object]]) -> object:
    spoilt = copy.deepcopy(document)
    for number, value in picks:
        found = list(places(spoilt))
        if not found:
            return value
        *way, last = found[number % len(found)]
        part: Any = spoilt
        for name in way:
            part = part[name]
        part[last] = value
    return spoilt


@dataclass(frozen=True, slots=True)
class Vendors:
    """Adapters whose answers go through the doors."""

    fmp: Fmp
    batch: Fmp
    fred: Fred
    massive: Massive
    sessions: DayArray

    def bars(self, found: Mapping[str, DailyBars]) -> object:
        given = {"today": TODAY, "splits": (), "previous_close": None, "sessions": self.sessions}
        return [check_bars(each, **given) for each in found.values()]  # type: ignore[arg-type]


def dividends(found: Sequence[Dividend]) -> object:
    return check_dividends(found, symbols=SYMBOLS, today=TODAY)


def reports(found: Mapping[str, FundHoldings]) -> object:
    return check_holdings(found, funds=SYMBOLS, today=TODAY)[0]


def quotes(found: Sequence[OptionQuotes]) -> object:
    return [check_option_quotes(each, today=TODAY) for each in found]


PUT = OptionTerms("VIX", date(2026, 12, 16), Right.PUT, Decimal(17))
PAGES: dict[str, Callable[[Vendors], object]] = {
    "profiles": lambda v: check_profiles(v.fmp.profiles(["AAPL"]), symbols=SYMBOLS),
    "bars": lambda v: v.bars(v.fmp.daily_bars(["F"], FIRST, TODAY)),
    "batch quotes": lambda v: v.bars(v.batch.daily_bars(SYMBOLS, TODAY, TODAY)),
    "dividends": lambda v: dividends(v.fmp.dividends(["AAPL"], date(2025, 1, 1), TODAY)),
    "splits": lambda v: check_splits(v.fmp.splits(["UNH"], date(2020, 1, 1), TODAY), symbols=["UNH"], today=TODAY),
    "calendar": lambda v: dividends(v.batch.dividends(SYMBOLS, date(2026, 9, 1), TODAY)),
    "holdings": lambda v: reports(v.fmp.holdings(["SPY"], TODAY)),
    "disclosures": lambda v: reports(v.fmp.holdings(["FXNAX"], TODAY)),
    "yields": lambda v: [check_yields(each, today=TODAY) for each in v.fred.yields(["DGS2"], FIRST, TODAY).values()],
    "chain": lambda v: quotes(v.massive.chain("VIX", TODAY)),
    "contract": lambda v: quotes(v.massive.quotes([PUT], FIRST, TODAY)),
}


@pytest.mark.parametrize("page", PAGES)
def test_garbage_is_answered_or_refused(
    box: VendorBox, client: MakeClient, calendar: TradingCalendar, page: str
) -> None:
    patient = replace(HURRIED, capacity=1e6, per_second=1e6, retries=0, breaker_failures=1_000_000)
    made = {vendor: client(vendor, manners=patient) for vendor in ("fmp", "fred", "massive")}
    sessions = np.array(calendar.sessions, dtype="datetime64[D]")
    fmp = Fmp(made["fmp"])
    vendors = Vendors(fmp, replace(fmp, batch=True), Fred(made["fred"]), Massive(made["massive"]), sessions)
    answer, box.symbols = box.answer, (*SYMBOLS, "UNH")

    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(garbage)
    def ask(picks: list[tuple[int, object]]) -> None:
        box.answer = lambda path, query: with_garbage(short(answer(path, query)), picks)  # type: ignore[method-assign]
        with contextlib.suppress(ProviderError):
            assert_storable(PAGES[page](vendors))

    assert PAGES[page](vendors)
    ask()


def assert_storable(found: object) -> None:
    """No database takes half a character or a NUL."""
    told = re.findall(r"(?:name|symbol|sector|industry|exchange|country|currency)='((?:[^'\\]|\\.)*)'", repr(found))
    assert not any("\\x00" in text or "\\ud" in text for text in told)
