"""`make bench`: measure, print, and write the page that the docs show."""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np

from benchmarks.backfill import measure_backfill
from benchmarks.factors import measure_factors
from benchmarks.measure import ROUNDS, Measured, median_seconds
from benchmarks.nights import SESSION, fresh_application, measure_nights
from benchmarks.options import measure_options
from sigmasight.domain.books import Portfolio, Position
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import Market, Marks, Payouts, SplitRows
from sigmasight.domain.snapshots import Snapshot
from sigmasight.intake.positions_csv import parse_positions
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.risk.frames import freeze_market
from sigmasight.risk.greeks import instrument_greeks, position_greeks
from sigmasight.risk.holdings import freeze_accounts, freeze_holdings
from sigmasight.risk.portfolios import total_positions, value_books
from sigmasight.risk.snapshots import accumulate, compose_snapshots
from sigmasight.services.imports import commit_import, preview_import
from sigmasight.store.option_facts import no_option_facts
from sigmasight.store.people import add_portfolio, add_user
from sigmasight.wiring.application import Application

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "speed.md"
_NAMES = UUID("6f6cf9b0-7f5e-4b0e-9d9e-0d7b7a1f3f00")


def main() -> None:
    """Measure everything, print it and write the page."""
    lines = [
        *_with_database(),
        *measure_options(),
        *measure_factors(),
        *_valuations(),
        *measure_backfill(),
    ]  # memory is told of the first ones
    page = _page(lines)
    sys.stdout.write(page)
    PAGE.write_text(page, encoding="utf-8")


def _valuations() -> Iterator[Measured]:
    calendar = build_nyse_calendar(date(2020, 1, 1), date(2027, 12, 31))
    for portfolios, positions in ((1, 10_000), (1_000, 50)):
        books = _books(portfolios, positions)
        taken = median_seconds(lambda b=books: _value(calendar, b))  # type: ignore[misc]
        bare = median_seconds(lambda n=portfolios * positions, p=portfolios: _bare_sums(n, p))  # type: ignore[misc]
        what = f"{portfolios:,} portfolio(s) x {positions:,} positions: freeze, value, explain, aggregate, compose"
        yield Measured(
            what,
            taken,
            "five bare sums over as many numbers",
            f"{taken / bare:.0f} x its time",
            "10,000 positions under 1 s",
        )


def _with_database() -> Iterator[Measured]:
    with fresh_application() as application:
        yield _import(application)
    yield from measure_nights()


def _import(application: Application) -> Measured:
    rows = "\n".join(f"T{at:05d},{at % 97 + 1},{at % 89 + 1}.25,2026-11-16,Tag {at % 7}" for at in range(10_000))
    content = f"ticker,quantity,entry_price,entry_date,tags\n{rows}\n".encode()
    parsing = median_seconds(lambda: parse_positions(content, today=SESSION))

    def bring_in() -> None:
        with application.db.write() as conn:
            user = add_user(conn, email="bench@example.org", name="Bench", password_hash="none")  # noqa: S106
            book = add_portfolio(conn, user_id=user.id, name="Bench", market=Market.LIVE, opened_on=SESSION)
            preview = preview_import(conn, book, file_name="bench.csv", content=content, today=SESSION)
            commit_import(conn, application.valuation, book, preview, today=SESSION, only_good=False)
            conn.rollback()

    taken = median_seconds(bring_in)
    return Measured(
        "10,000-row CSV: preview and commit",
        taken,
        "reading it alone",
        f"{taken / parsing:.1f} x its time",
        "under 2 s",
    )


@dataclass(frozen=True, slots=True)
class _Books:
    portfolios: list[Portfolio]
    positions: list[Position]
    instruments: list[Instrument]
    marks: Marks


def _books(portfolios: int, positions: int) -> _Books:
    random = np.random.default_rng(7)
    count = min(10_000, portfolios * positions)
    instruments = [Instrument(at + 1, f"T{at}", Kind.STOCK, f"T{at}", None, "USD", Decimal(1)) for at in range(count)]
    days = np.array(["2026-11-16", "2026-11-17"], dtype="datetime64[D]")
    marks = Marks(np.repeat(np.arange(1, count + 1), 2), np.tile(days, count), random.uniform(5, 500, 2 * count))
    books = [
        Portfolio(uuid5(_NAMES, f"p{at}"), uuid5(_NAMES, "u"), f"p{at}", Market.LIVE, date(2026, 11, 2))
        for at in range(portfolios)
    ]
    held = random.integers(1, count + 1, portfolios * positions)
    quantity = random.integers(1, 500, portfolios * positions) * random.choice([1, 1, 1, -1], portfolios * positions)
    entered = date(2026, 11, 2)
    ledger = [
        Position(
            id=uuid5(_NAMES, str(at)),
            portfolio_id=books[at // positions].id,
            instrument_id=int(held[at]),
            quantity=Decimal(int(quantity[at])),
            entry_price=Decimal(100),
            entry_date=entered,
            held_from=entered,
            brought_in=True,
        )
        for at in range(portfolios * positions)
    ]
    return _Books(books, ledger, instruments, marks)


def _value(calendar: TradingCalendar, books: _Books) -> tuple[Snapshot, ...]:
    none = np.array([], dtype=np.int64)
    no_day, no_number = np.array([], dtype="datetime64[D]"), np.array([], dtype=np.float64)
    market = freeze_market(
        market=Market.LIVE,
        calendar=calendar,
        first=SESSION,
        last=SESSION,
        instruments=books.instruments,
        marks=books.marks,
        splits=SplitRows(none, no_day, no_number),
        payouts=Payouts(none, no_day, no_number),
        stale_sessions=5,
    )
    holdings, _ = freeze_holdings(market, books.portfolios, books.positions)
    accounts = freeze_accounts(market, books.portfolios, ())
    ((close, step),) = value_books(market, holdings, accounts)
    known = instrument_greeks(market, close.at, no_option_facts())
    greeks = position_greeks(market, holdings, close.at, known, np.zeros(len(books.portfolios), dtype=np.bool_))
    return compose_snapshots(
        market=market,
        portfolios=books.portfolios,
        holdings=holdings,
        close=close,
        step=step,
        totals=total_positions(market, holdings, close, greeks.greeks),
        greeks=greeks,
        cumulative_pnl=accumulate(np.full(len(books.portfolios), np.nan), step),
    )


def _bare_sums(positions: int, portfolios: int) -> None:
    owner = np.repeat(np.arange(portfolios), positions // portfolios)
    value = np.linspace(-1.0, 1.0, positions)
    for _ in range(5):
        np.bincount(owner, weights=value * value, minlength=portfolios)


def _page(lines: list[Measured]) -> str:
    machine = f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    head = (
        f"# Speed\n\nWritten by `make bench`: medians of {ROUNDS} rounds in one run, one process, on {machine}. "
        "Seconds are this machine's; ratios carry over.\n\n"
        "| work | seconds | against | ratio | wanted |\n|---|---:|---|---:|---|\n"
    )
    rows = [f"| {line.what} | {_seconds(line)} | {line.against} | {line.ratio} | {line.wanted} |\n" for line in lines]
    return head + "".join(rows)


def _seconds(line: Measured) -> str:
    return "-" if line.seconds is None else f"{line.seconds:.3f}"


if __name__ == "__main__":
    main()
