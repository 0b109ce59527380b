"""A folder of files says what the market says that wrote them, number for number, as CSV and as Parquet."""

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from sigmasight.domain.calendar import NEW_YORK
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import TREASURY_SERIES, DailyBars, OptionQuotes, Split, Yields
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.adapters.files import FileMarket
from sigmasight.market.simulated import SimulatedMarket

from .conftest import SYMBOLS, TODAY

FIRST = date(2026, 9, 1)
LONG_AGO = date(2021, 1, 1)
CONTRACTS = tuple(OptionTerms("AAPL", date(2026, 12, 18), right, Decimal(225)) for right in Right)
SPLITS = (Split("AAPL", date(2026, 10, 1), 3, 2), Split("F", date(2026, 10, 2), 1, 10))
REPORTS = {
    date(2026, 6, 30): [("SPY", "AAPL", "Apple", 0.07, 10.0, 2_250.5), ("SPY", "MSFT", None, 0.06, None, None)],
    date(2026, 9, 30): [("SPY", "brk-b", "Berkshire", 0.02, 3.0, None), ("SPY", None, "Cash", 0.97, None, 1e6)],
    date(2026, 12, 31): [("SPY", "NVDA", "Of the future", 0.99, None, None)],
    date(2026, 10, 31): [("VTI", None, None, 0.5, None, None)],
}
PRICES = ("open", "high", "low", "close", "adjusted_close", "volume")
QUOTES = ("bid", "ask", "last", "volume", "open_interest")
HOLDINGS = ("fund", "as_of", "symbol", "name", "weight", "shares", "market_value")
Columns = Mapping[str, Sequence[object]]


def column_of(found: Sequence[object], name: str) -> list[object]:
    """A column of some answers, one answer below the other."""
    return [cell for each in found for cell in getattr(each, name).tolist()]


def written(market: SimulatedMarket) -> dict[str, Columns]:
    """What the market says, as the columns of the files."""
    bars = list(market.daily_bars(SYMBOLS, FIRST, TODAY).values())
    yields = list(market.yields(TREASURY_SERIES, FIRST, TODAY).values())
    quotes = market.quotes(CONTRACTS, FIRST, TODAY)
    paid = market.dividends(SYMBOLS, LONG_AGO, TODAY)
    lines = [(fund, day, *rest) for day, listed in REPORTS.items() for fund, *rest in listed]
    return {
        "prices": {
            "Symbol": [each.symbol for each in bars for _ in each.days],
            "DATE": column_of(bars, "days"),
            **{name: column_of(bars, name) for name in PRICES},
        },
        "rates": {
            "series": [each.series for each in yields for _ in each.days],
            "date": column_of(yields, "days"),
            "yield": column_of(yields, "values"),
        },
        "dividends": {
            "symbol": [each.symbol for each in paid],
            "ex_date": [each.ex_date for each in paid],
            "amount": [each.amount for each in paid],
        },
        "splits": {name: [getattr(each, name) for each in SPLITS] for name in Split.__slots__},
        "option_quotes": {
            "symbol": [occ_symbol(each.terms) for each in quotes for _ in each.days],
            "date": column_of(quotes, "days"),
            **{name: column_of(quotes, name) for name in QUOTES},
        },
        "holdings": dict(zip(HOLDINGS, zip(*lines, strict=True), strict=True)),
    }


def write_csv(folder: Path, table: str, columns: Columns) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as content:
        writer = csv.writer(content)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_parquet(folder: Path, table: str, columns: Columns) -> None:
    parquet.write_table(pa.table({name: list(cells) for name, cells in columns.items()}), folder / f"{table}.parquet")


WRITERS = {"csv": write_csv, "parquet": write_parquet}


@pytest.fixture(scope="module", params=WRITERS)
def files(
    request: pytest.FixtureRequest, market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory
) -> FileMarket:
    folder = tmp_path_factory.mktemp("market")
    for table, columns in written(market).items():
        WRITERS[request.param](folder, table, columns)
    return FileMarket(folder)


def assert_same(found: DailyBars | Yields | OptionQuotes, expected: DailyBars | Yields | OptionQuotes) -> None:
    assert type(found) is type(expected)
    for name in type(expected).__slots__:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_bars_are_the_market_s(files: FileMarket, market: SimulatedMarket) -> None:
    found = files.daily_bars([*SYMBOLS, "NOBODY"], date(2026, 10, 5), date(2026, 11, 6))
    expected = market.daily_bars(SYMBOLS, date(2026, 10, 5), date(2026, 11, 6))
    assert found.keys() == expected.keys()
    for symbol, bars in expected.items():
        assert_same(found[symbol], bars)


def test_yields_are_the_market_s(files: FileMarket, market: SimulatedMarket) -> None:
    found = files.yields(TREASURY_SERIES[:3], FIRST, TODAY)
    assert set(found) == set(TREASURY_SERIES[:3])
    for series, expected in market.yields(TREASURY_SERIES[:3], FIRST, TODAY).items():
        assert_same(found[series], expected)


def test_dividends_and_splits_are_those_that_were_written(files: FileMarket, market: SimulatedMarket) -> None:
    paid = files.dividends(SYMBOLS, date(2023, 1, 1), TODAY)
    assert paid == market.dividends(SYMBOLS, date(2023, 1, 1), TODAY)
    assert len(paid) > 10
    assert files.splits(SYMBOLS, LONG_AGO, TODAY) == list(SPLITS)


def test_quotes_and_chains_are_the_market_s(files: FileMarket, market: SimulatedMarket) -> None:
    for found, expected in (
        (files.quotes(CONTRACTS, FIRST, TODAY), market.quotes(CONTRACTS, FIRST, TODAY)),
        (files.chain("AAPL", TODAY), market.quotes(CONTRACTS, TODAY, TODAY)),
    ):
        for mine, theirs in zip(found, expected, strict=True):
            assert_same(mine, theirs)
    assert files.chain("MSFT", TODAY) == []


def test_holdings_are_those_of_the_last_report_on_or_before_a_day(files: FileMarket) -> None:
    found = files.holdings(["SPY", "VTI", "QQQ"], TODAY)
    assert repr(found["SPY"]) == repr(  # NaN is not itself
        FundHoldings(
            "SPY",
            date(2026, 9, 30),
            (Holding("BRK.B", "Berkshire", 0.02, 3.0), Holding(None, "Cash", 0.97, market_value=1e6)),
        )
    )
    assert repr(found["VTI"]) == repr(FundHoldings("VTI", date(2026, 10, 31), (Holding(None, "not named", 0.5),)))
    assert set(found) == {"SPY", "VTI"}
    (first, second) = files.holdings(["SPY"], date(2026, 9, 29))["SPY"].lines
    assert first == Holding("AAPL", "Apple", 0.07, 10.0, 2_250.5)
    assert (second.symbol, second.name) == ("MSFT", "MSFT")
    assert files.holdings(["SPY", "VTI"], date(2026, 6, 29)) == {}


DAYS = {
    "date32": pa.array([TODAY], pa.date32()),
    "date64": pa.array([TODAY], pa.date64()),
    "timestamp in seconds": pa.array([TODAY]).cast(pa.timestamp("s")),
    "timestamp in nanoseconds": pa.array([TODAY]).cast(pa.timestamp("ns")),
    "text": pa.array([str(TODAY)]),
    "text of few kinds": pa.array([str(TODAY)]).dictionary_encode(),
}


@pytest.mark.parametrize("days", DAYS.values(), ids=DAYS)
def test_a_day_in_parquet_is_a_day_whatever_its_type(tmp_path: Path, days: pa.Array) -> None:
    parquet.write_table(pa.table({"symbol": ["F"], "date": days, "close": [12.5]}), tmp_path / "prices.parquet")
    assert FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)["F"].days.tolist() == [TODAY]


def test_an_instant_in_parquet_is_of_the_day_of_its_own_zone(tmp_path: Path) -> None:
    late = datetime(2026, 11, 20, 22, tzinfo=NEW_YORK)
    assert late.astimezone(UTC).date() > TODAY
    days = pa.array([late], pa.timestamp("us", "America/New_York"))
    parquet.write_table(pa.table({"symbol": ["F"], "date": days, "close": [12.5]}), tmp_path / "prices.parquet")
    assert FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)["F"].days.tolist() == [TODAY]


def test_numbers_in_parquet_may_be_of_any_type(tmp_path: Path) -> None:
    columns = {
        "symbol": ["F"],
        "date": [TODAY],
        "close": pa.array([Decimal("12.34")]),
        "open": pa.array([12], pa.int16()),
        "high": pa.array(["12.5"]),
        "low": pa.array([12.0], pa.float32()),
        "volume": pa.array([None], pa.int64()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "prices.parquet")
    bars = FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)["F"]
    numbers = [getattr(bars, name)[0] for name in ("close", "open", "high", "low", "adjusted_close", "volume")]
    np.testing.assert_array_equal(numbers, [12.34, 12.0, 12.5, 12.0, 12.34, np.nan])


def test_a_folder_without_files_knows_nothing(tmp_path: Path) -> None:
    files = FileMarket(tmp_path)
    assert files.daily_bars(SYMBOLS, FIRST, TODAY) == {}
    assert files.holdings(["SPY"], TODAY) == {}


def test_a_table_in_both_formats_is_refused(tmp_path: Path) -> None:
    for write in WRITERS.values():
        write(tmp_path, "prices", {"symbol": ["F"], "date": [TODAY], "close": [12.5]})
    with pytest.raises(ProviderError, match=r"files: prices.csv and prices.parquet are both there; keep one of them"):
        FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(tmp_path, "prices", {"symbol": ["F"], "date": [TODAY], "close": [12.5]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ProviderError, match=r'prices.parquet needs pyarrow: pip install "sigmasight\[parquet\]"'):
        FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)


@pytest.mark.parametrize("table", WRITERS)
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"symbol": ["F"], "date": [TODAY]}, "has no column close"),
        ({"symbol": ["F"], "date": ["20th"], "close": [1.0]}, "'20th' is no day; write it as 2026-11-20"),
        ({"symbol": ["F"], "date": [None], "close": [1.0]}, "'' is no day"),
        ({"symbol": ["F F"], "date": [TODAY], "close": [1.0]}, "'F F' is not a readable ticker"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_file(tmp_path: Path, table: str, columns: Columns, said: str) -> None:
    WRITERS[table](tmp_path, "prices", columns)
    with pytest.raises(ProviderError, match=rf"files: prices\.{table}:? .*{said}"):
        FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)


@pytest.mark.parametrize("table", WRITERS)
def test_a_file_that_is_none_is_a_failure_of_the_provider(tmp_path: Path, table: str) -> None:
    (tmp_path / f"prices.{table}").write_bytes(b"PAR1\xff\xfe\x00 no table")
    with pytest.raises(ProviderError, match=rf"files: prices\.{table} cannot be read: "):
        FileMarket(tmp_path).daily_bars(["F"], TODAY, TODAY)
