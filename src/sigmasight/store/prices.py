"""Prices, corporate actions, yields and option quotes at rest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    delete,
    func,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from sigmasight.domain.market_data import (
    TREASURY_SERIES,
    DailyBars,
    DayArray,
    Dividend,
    FloatArray,
    Market,
    Marks,
    OptionQuotes,
    Payouts,
    QuoteRows,
    Split,
    SplitRows,
    Yields,
)
from sigmasight.store.bulk import (
    add_missing_days,
    add_missing_rows,
    among,
    day_column,
    days,
    instrument_days,
    number_column,
    numbers,
    read_marks,
)
from sigmasight.store.tables import (
    asked_ranges,
    confirmed_jumps,
    dividends,
    factor_correlations,
    fund_holdings,
    instrument_betas,
    instruments,
    late_rows,
    option_analytics,
    option_quotes,
    prices,
    rates,
    refused_rows,
    splits,
)

_DAY = timedelta(days=1)
_quote = option_quotes.c
_MARKED: tuple[tuple[Table, ColumnElement[float]], ...] = (
    (prices, prices.c.close),
    (
        option_quotes,
        case(
            (and_(_quote.bid.is_not(None), _quote.ask.is_not(None)), (_quote.bid + _quote.ask) / 2), else_=_quote.last
        ),
    ),
)
"""What is marked with what: closes, and of options the mid, else the last price."""

_OF_A_MARKET = (
    *(prices, dividends, splits, rates, option_quotes, option_analytics),
    *(factor_correlations, instrument_betas, asked_ranges, refused_rows, late_rows),
    *(fund_holdings, confirmed_jumps),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What marks there are of an instrument in a window."""

    instrument_id: int
    sessions: int
    last_day: date
    source: str  # of the last one


Days = dict[int, date]
"""The first day that was new, by instrument."""


def save_bars(conn: Connection, market: Market, bars: Mapping[int, DailyBars], source: str) -> Days:
    """Store daily bars by instrument; days that are there already stay as they are."""
    names = ("open", "high", "low", "close", "adjusted_close", "volume")
    rows = (
        (market.value, instrument_id, day, *values, source)
        for instrument_id, bar in bars.items()
        for day, *values in zip(days(bar.days), *(numbers(getattr(bar, name)) for name in names), strict=True)
    )
    return add_missing_days(conn, prices, ("market", "instrument_id", "day", *names, "source"), rows)


def save_dividends(
    conn: Connection, market: Market, rows: Sequence[tuple[int, Dividend]], source: str, *, known_on: date
) -> Days:
    """Store dated cash dividends by instrument; those with an ex-date after ``known_on`` as announced that day.

    One that was announced takes the amount that is told last; one that was paid stays as it is.
    """
    arriving = [
        (market.value, i, row.ex_date, row.amount, source, known_on if known_on < row.ex_date else None)
        for i, row in rows
    ]
    columns = ("market", "instrument_id", "ex_date", "amount", "source", "announced_on")
    changed = _restate_announced(conn, market, {(i, row.ex_date): row.amount for i, row in rows})
    return changed | add_missing_days(conn, dividends, columns, arriving, day="ex_date")


def _restate_announced(conn: Connection, market: Market, told: Mapping[tuple[int, date], float]) -> Days:
    """Give announced dividends the amounts that are told now; returns the first day that changed by instrument."""
    mine = (dividends.c.market == market, among(dividends.c.instrument_id, {asset for asset, _ in told}))
    announced = conn.execute(
        select(dividends.c.instrument_id, dividends.c.ex_date, dividends.c.amount)
        .where(*mine, dividends.c.announced_on.is_not(None))
        .order_by(dividends.c.ex_date.desc())
    ).all()
    changed: Days = {}
    for asset, ex_date, amount in announced:
        if told.get((asset, ex_date), amount) != amount:
            one = (dividends.c.market == market, dividends.c.instrument_id == asset, dividends.c.ex_date == ex_date)
            conn.execute(update(dividends).where(*one).values(amount=told[asset, ex_date]))
            changed[asset] = ex_date
    return changed


def save_splits(conn: Connection, market: Market, rows: Sequence[tuple[int, Split]], source: str) -> Days:
    """Store dated splits by instrument."""
    arriving = [(market.value, i, row.ex_date, row.new_shares, row.old_shares, source) for i, row in rows]
    columns = ("market", "instrument_id", "ex_date", "new_shares", "old_shares", "source")
    return add_missing_days(conn, splits, columns, arriving, day="ex_date")


def save_yields(conn: Connection, market: Market, series: Collection[Yields], source: str) -> int:
    """Store Treasury yields, as fractions; returns rows added."""
    rows = (
        (market.value, each.series, day, value, source)
        for each in series
        for day, value in zip(days(each.days), numbers(each.values), strict=True)
    )
    return add_missing_rows(conn, rates, ("market", "series", "day", "par_yield", "source"), rows)


def save_quotes(conn: Connection, market: Market, quotes: Mapping[int, OptionQuotes], source: str) -> Days:
    """Store option quotes by instrument; one that lacks bid or ask is replaced by one that has both."""
    names = ("bid", "ask", "last", "volume", "open_interest")
    rows = (
        (market.value, instrument_id, day, *values, source)
        for instrument_id, quote in quotes.items()
        for day, *values in zip(days(quote.days), *(numbers(getattr(quote, name)) for name in names), strict=True)
    )
    columns = ("market", "instrument_id", "day", *names, "source")
    return add_missing_days(conn, option_quotes, columns, rows, completed_by=("bid", "ask"))


def load_marks(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> Marks:
    """Closes and option mids of a window, and of each instrument the last one before it."""
    before = load_marks_on(conn, market, [(instrument_id, first - _DAY) for instrument_id in ids])
    parts = [
        select(table.c.instrument_id, table.c.day, mark.label("price")).where(
            table.c.market == market, among(table.c.instrument_id, ids), table.c.day.between(first, last)
        )
        for table, mark in _MARKED
    ]
    window = _marks(conn.execute(union_all(*parts)).all())
    return Marks(
        instrument_id=np.concatenate([before.instrument_id, window.instrument_id]),
        day=np.concatenate([before.day, window.day]),
        price=np.concatenate([before.price, window.price]),
    )


def load_marks_on(conn: Connection, market: Market, wanted: Collection[tuple[int, date]]) -> Marks:
    """For each (instrument, day) the last mark on or before that day; one index look-up each."""
    asked_for = instrument_days(wanted)
    parts = []
    for table, mark in _MARKED:
        last = (
            select(table.c.instrument_id, table.c.day, mark.label("price"))
            .where(
                table.c.market == market,
                table.c.instrument_id == asked_for.c.instrument_id,
                table.c.day <= asked_for.c.day,
            )
            .order_by(table.c.day.desc())
            .limit(1)
            .lateral()
        )
        parts.append(select(last).select_from(asked_for.join(last, true())))
    return _marks(conn.execute(union_all(*parts)).all())


def load_splits(conn: Connection, market: Market, ids: Collection[int], last: date) -> SplitRows:
    """All splits of instruments up to a day."""
    rows = conn.execute(
        select(splits.c.instrument_id, splits.c.ex_date, splits.c.new_shares, splits.c.old_shares)
        .where(splits.c.market == market, among(splits.c.instrument_id, ids), splits.c.ex_date <= last)
        .order_by(splits.c.instrument_id, splits.c.ex_date)
    ).all()
    return SplitRows(
        instrument_id=np.array([row[0] for row in rows], dtype=np.int64),
        ex_date=day_column([row[1] for row in rows]),
        ratio=np.array([row[2] / row[3] for row in rows], dtype=np.float64),
    )


def known_splits(conn: Connection, market: Market, ids: Mapping[str, int]) -> dict[str, tuple[Split, ...]]:
    """All splits of instruments that are given by symbol."""
    symbols = {instrument_id: symbol for symbol, instrument_id in ids.items()}
    rows = conn.execute(
        select(splits.c.instrument_id, splits.c.ex_date, splits.c.new_shares, splits.c.old_shares)
        .where(splits.c.market == market, among(splits.c.instrument_id, symbols))
        .order_by(splits.c.instrument_id, splits.c.ex_date)
    )
    found: dict[str, tuple[Split, ...]] = {}
    for instrument_id, ex_date, new, old in rows:
        symbol = symbols[instrument_id]
        found[symbol] = (*found.get(symbol, ()), Split(symbol, ex_date, new, old))
    return found


def load_payouts(conn: Connection, market: Market, ids: Collection[int], last: date) -> Payouts:
    """All dividends of instruments up to a day."""
    return _payouts(conn, market, ids, dividends.c.ex_date <= last)


def load_announced(conn: Connection, market: Market, ids: Collection[int], day: date) -> Payouts:
    """Dividends of instruments with an ex-date after a day, as far as they were announced by then."""
    return _payouts(conn, market, ids, and_(dividends.c.ex_date > day, dividends.c.announced_on <= day))


def load_yields(conn: Connection, market: Market, first: date, last: date) -> tuple[DayArray, FloatArray]:
    """The D days of a window with a Treasury yield, and the yields in the order of TREASURY_SERIES, shape (D, 4).

    NaN where a series has none that day.
    """
    by_series = (func.max(rates.c.par_yield).filter(rates.c.series == series) for series in TREASURY_SERIES)
    rows = conn.execute(
        select(rates.c.day, *by_series)
        .where(rates.c.market == market, among(rates.c.series, TREASURY_SERIES), rates.c.day.between(first, last))
        .group_by(rates.c.day)
        .order_by(rates.c.day)
    ).all()
    values = number_column([value for row in rows for value in row[1:]])
    return day_column([row[0] for row in rows]), values.reshape(-1, len(TREASURY_SERIES))


def load_quotes(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> QuoteRows:
    """Option quotes of a window, ordered by instrument and day."""
    columns = (_quote.instrument_id, _quote.day, _quote.bid, _quote.ask, _quote.last)
    rows = conn.execute(
        select(*columns)
        .where(_quote.market == market, among(_quote.instrument_id, ids), _quote.day.between(first, last))
        .order_by(_quote.instrument_id, _quote.day)
    ).all()
    return QuoteRows(
        instrument_id=np.array([row[0] for row in rows], dtype=np.int64),
        day=day_column([row[1] for row in rows]),
        bid=number_column([row[2] for row in rows]),
        ask=number_column([row[3] for row in rows]),
        last=number_column([row[4] for row in rows]),
    )


def load_closes(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> Marks:
    """Raw closes of a window, ordered by instrument and day."""
    query = (
        select(prices.c.instrument_id, prices.c.day, prices.c.close)
        .where(prices.c.market == market, among(prices.c.instrument_id, ids), prices.c.day.between(first, last))
        .order_by(prices.c.instrument_id, prices.c.day)
    )
    return Marks(*read_marks(conn, query))


def closes_on(conn: Connection, market: Market, ids: Collection[int], day: date) -> dict[int, float]:
    """Each instrument's own close, or an option's mark, of exactly one day."""
    parts = [
        select(table.c.instrument_id, mark).where(
            table.c.market == market, among(table.c.instrument_id, ids), table.c.day == day
        )
        for table, mark in _MARKED
    ]
    return {instrument_id: price for instrument_id, price in conn.execute(union_all(*parts))}


def closes_before(conn: Connection, market: Market, firsts: Mapping[int, date]) -> dict[int, tuple[date, float]]:
    """Each instrument's last mark before a day of its own."""
    marks = load_marks_on(conn, market, [(instrument_id, day - _DAY) for instrument_id, day in firsts.items()])
    rows = zip(marks.instrument_id.tolist(), days(marks.day), marks.price.tolist(), strict=True)
    return {instrument_id: (day, price) for instrument_id, day, price in rows}


def count_marks(conn: Connection, market: Market, ids: Collection[int], sessions: Collection[date]) -> dict[int, int]:
    """On how many of some sessions each instrument has a mark of its own; absent where on none."""
    counts = [
        select(table.c.instrument_id, func.count())
        .where(table.c.market == market, among(table.c.instrument_id, ids), among(table.c.day, sessions))
        .group_by(table.c.instrument_id)
        for table, _ in _MARKED
    ]
    return {instrument_id: count for instrument_id, count in conn.execute(union_all(*counts))}


def count_priced(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> dict[int, int]:
    """How many closes each instrument has from one day to another; absent where none."""
    rows = conn.execute(
        select(prices.c.instrument_id, func.count())
        .where(prices.c.market == market, among(prices.c.instrument_id, ids), prices.c.day.between(first, last))
        .group_by(prices.c.instrument_id)
    )
    return {instrument_id: count for instrument_id, count in rows}


def marks_told(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> list[Told]:
    """What marks each instrument has in a window; one without any is absent. Ascending by instrument."""
    parts = [
        select(
            table.c.instrument_id,
            func.count().label("sessions"),
            func.max(table.c.day).label("last_day"),
            func.array_agg(aggregate_order_by(table.c.source, table.c.day.desc()))[1].label("source"),
        )
        .where(table.c.market == market, among(table.c.instrument_id, ids), table.c.day.between(first, last))
        .group_by(table.c.instrument_id)
        for table, _ in _MARKED
    ]
    both = union_all(*parts).subquery()
    return [Told(*row) for row in conn.execute(select(both).order_by(both.c.instrument_id))]


def chain_sizes(conn: Connection, market: Market, underlyings: Collection[int]) -> dict[str, int]:
    """How many contracts on each underlying were quoted on the last day that had quotes of it, by its symbol."""
    counted = (
        select(instruments.c.underlying_id, _quote.day, func.count().label("quoted"))
        .join(instruments, instruments.c.id == _quote.instrument_id)
        .where(_quote.market == market, among(instruments.c.underlying_id, underlyings))
        .group_by(instruments.c.underlying_id, _quote.day)
        .subquery()
    )
    rows = conn.execute(
        select(instruments.c.symbol, counted.c.quoted)
        .join(counted, counted.c.underlying_id == instruments.c.id)
        .order_by(counted.c.day)
    )
    return {symbol: quoted for symbol, quoted in rows}


def never_priced(conn: Connection, market: Market, ids: Collection[int], last: date) -> frozenset[int]:
    """Which of some instruments have no mark at all up to a day."""
    known = load_marks_on(conn, market, [(instrument_id, last) for instrument_id in ids])
    return frozenset(ids) - frozenset(known.instrument_id.tolist())


def forget_market(conn: Connection, market: Market) -> None:
    """Delete everything stored of a market."""
    for table in _OF_A_MARKET:
        conn.execute(delete(table).where(table.c.market == market))


def _payouts(conn: Connection, market: Market, ids: Collection[int], when: ColumnElement[bool]) -> Payouts:
    rows = conn.execute(
        select(dividends.c.instrument_id, dividends.c.ex_date, dividends.c.amount)
        .where(dividends.c.market == market, among(dividends.c.instrument_id, ids), when)
        .order_by(dividends.c.instrument_id, dividends.c.ex_date)
    ).all()
    return Payouts(
        instrument_id=np.array([row[0] for row in rows], dtype=np.int64),
        ex_date=day_column([row[1] for row in rows]),
        amount=number_column([row[2] for row in rows]),
    )


def _marks(rows: Sequence[Any]) -> Marks:
    return Marks(
        instrument_id=np.array([row[0] for row in rows], dtype=np.int64),
        day=day_column([row[1] for row in rows]),
        price=number_column([row[2] for row in rows]),
    )
