"""Prices, corporate actions, yields and option quotes at rest."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Values,
    and_,
    case,
    column,
    delete,
    func,
    insert,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.market_data import (
    DailyBars,
    Dividend,
    Market,
    Marks,
    OptionQuotes,
    Payouts,
    Split,
    SplitRows,
    Yields,
)
from sigmasight.store.bulk import add_missing_rows, among, day_column, days, number_column, numbers
from sigmasight.store.tables import asked_ranges, dividends, option_quotes, prices, rates, refused_rows, splits

Range = tuple[date, date]


def save_bars(conn: Connection, market: Market, bars: Mapping[int, DailyBars], source: str) -> int:
    """Store daily bars by instrument; days that are there already stay as they are. Returns rows added."""
    names = ("open", "high", "low", "close", "adjusted_close", "volume")
    rows = (
        (market.value, instrument_id, day, *values, source)
        for instrument_id, bar in bars.items()
        for day, *values in zip(days(bar.days), *(numbers(getattr(bar, name)) for name in names), strict=True)
    )
    return add_missing_rows(conn, prices, ("market", "instrument_id", "day", *names, "source"), rows)


def save_dividends(conn: Connection, market: Market, rows: Sequence[tuple[int, Dividend]], source: str) -> int:
    """Store dated cash dividends by instrument; returns rows added."""
    arriving = [(market.value, instrument_id, row.ex_date, row.amount, source) for instrument_id, row in rows]
    return add_missing_rows(conn, dividends, ("market", "instrument_id", "ex_date", "amount", "source"), arriving)


def save_splits(conn: Connection, market: Market, rows: Sequence[tuple[int, Split]], source: str) -> int:
    """Store dated splits by instrument; returns rows added."""
    arriving = [(market.value, i, row.ex_date, row.new_shares, row.old_shares, source) for i, row in rows]
    columns = ("market", "instrument_id", "ex_date", "new_shares", "old_shares", "source")
    return add_missing_rows(conn, splits, columns, arriving)


def save_yields(conn: Connection, market: Market, series: Collection[Yields], source: str) -> int:
    """Store Treasury yields, as fractions; returns rows added."""
    rows = (
        (market.value, each.series, day, value, source)
        for each in series
        for day, value in zip(days(each.days), numbers(each.values), strict=True)
    )
    return add_missing_rows(conn, rates, ("market", "series", "day", "par_yield", "source"), rows)


def save_quotes(conn: Connection, market: Market, quotes: Mapping[int, OptionQuotes], source: str) -> int:
    """Store option quotes by instrument; returns rows added."""
    names = ("bid", "ask", "last", "volume", "open_interest")
    rows = (
        (market.value, instrument_id, day, *values, source)
        for instrument_id, quote in quotes.items()
        for day, *values in zip(days(quote.days), *(numbers(getattr(quote, name)) for name in names), strict=True)
    )
    return add_missing_rows(conn, option_quotes, ("market", "instrument_id", "day", *names, "source"), rows)


def load_marks(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> Marks:
    """Closes and option mids of a window, and of each instrument the last one before it."""
    wanted = list(ids)
    close = select(prices.c.instrument_id, prices.c.day, prices.c.close.label("price")).where(
        prices.c.market == market, among(prices.c.instrument_id, wanted)
    )
    mid = select(option_quotes.c.instrument_id, option_quotes.c.day, _mark().label("price")).where(
        option_quotes.c.market == market, among(option_quotes.c.instrument_id, wanted)
    )
    parts = []
    for query, table in ((close, prices), (mid, option_quotes)):
        parts.append(query.where(table.c.day.between(first, last)))
        before = query.where(table.c.day < first).distinct(table.c.instrument_id)
        parts.append(before.order_by(table.c.instrument_id, table.c.day.desc()).subquery().select())
    rows = conn.execute(union_all(*parts)).all()
    return _marks(rows)


def load_marks_on(conn: Connection, market: Market, wanted: Collection[tuple[int, date]]) -> Marks:
    """For each (instrument, day) the last close on or before that day."""
    rows: list[Any] = []
    for instrument_id, day in wanted:
        query = (
            select(prices.c.instrument_id, prices.c.day, prices.c.close)
            .where(prices.c.market == market, prices.c.instrument_id == instrument_id, prices.c.day <= day)
            .order_by(prices.c.day.desc())
            .limit(1)
        )
        rows += conn.execute(query).all()
    return _marks(rows)


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
    rows = conn.execute(
        select(dividends.c.instrument_id, dividends.c.ex_date, dividends.c.amount)
        .where(dividends.c.market == market, among(dividends.c.instrument_id, ids), dividends.c.ex_date <= last)
        .order_by(dividends.c.instrument_id, dividends.c.ex_date)
    ).all()
    return Payouts(
        instrument_id=np.array([row[0] for row in rows], dtype=np.int64),
        ex_date=day_column([row[1] for row in rows]),
        amount=number_column([row[2] for row in rows]),
    )


def closes_on(conn: Connection, market: Market, ids: Collection[int], day: date) -> dict[int, float]:
    """Each instrument's own close, or an option's mark, of exactly one day."""
    close = select(prices.c.instrument_id, prices.c.close).where(
        prices.c.market == market, among(prices.c.instrument_id, ids), prices.c.day == day
    )
    mid = select(option_quotes.c.instrument_id, _mark()).where(
        option_quotes.c.market == market, among(option_quotes.c.instrument_id, ids), option_quotes.c.day == day
    )
    return {instrument_id: price for instrument_id, price in conn.execute(union_all(close, mid)) if price is not None}


def closes_before(conn: Connection, market: Market, firsts: Mapping[int, date]) -> dict[int, tuple[date, float]]:
    """Each instrument's last close before a day of its own."""
    if not firsts:
        return {}
    first = Values(column("instrument_id", BigInteger), column("day", Date), name="first").data(list(firsts.items()))
    rows = conn.execute(
        select(prices.c.instrument_id, prices.c.day, prices.c.close)
        .join(first, and_(first.c.instrument_id == prices.c.instrument_id, prices.c.day < first.c.day))
        .where(prices.c.market == market)
        .distinct(prices.c.instrument_id)
        .order_by(prices.c.instrument_id, prices.c.day.desc())
    )
    return {instrument_id: (day, close) for instrument_id, day, close in rows}


def asked(conn: Connection, market: Market, kind: str) -> dict[str, Range]:
    """What was asked of providers so far, by symbol or series: also what they had no answer for."""
    rows = conn.execute(
        select(asked_ranges.c.subject, asked_ranges.c.first_day, asked_ranges.c.last_day).where(
            asked_ranges.c.market == market, asked_ranges.c.kind == kind
        )
    )
    return {subject: (first, last) for subject, first, last in rows}


def remember_asked(
    conn: Connection, market: Market, kind: str, subjects: Collection[str], span: Range, source: str
) -> None:
    """Widen what was asked by a range."""
    if not subjects:
        return
    first, last = span
    rows = [
        {"market": market, "kind": kind, "subject": subject, "first_day": first, "last_day": last, "source": source}
        for subject in sorted(set(subjects))
    ]
    arriving = upsert(asked_ranges)
    conn.execute(
        arriving.on_conflict_do_update(
            index_elements=["market", "kind", "subject"],
            set_={
                "first_day": func.least(asked_ranges.c.first_day, arriving.excluded.first_day),
                "last_day": func.greatest(asked_ranges.c.last_day, arriving.excluded.last_day),
            },
        ),
        rows,
    )


def set_aside(conn: Connection, market: Market, rows: Sequence[Mapping[str, object]], source: str) -> None:
    """Keep refused rows for the report: symbol, day, field, value, why."""
    if rows:
        conn.execute(insert(refused_rows), [{**row, "market": market, "source": source} for row in rows])


def forget_market(conn: Connection, market: Market) -> None:
    """Delete everything stored of a market."""
    for table in (prices, dividends, splits, rates, option_quotes, asked_ranges, refused_rows):
        conn.execute(delete(table).where(table.c.market == market))


def _mark() -> ColumnElement[float]:
    quote = option_quotes.c
    two_sided = and_(quote.bid.is_not(None), quote.ask.is_not(None))
    return case((two_sided, (quote.bid + quote.ask) / 2), else_=quote.last)


def _marks(rows: Sequence[Any]) -> Marks:
    return Marks(
        instrument_id=np.array([row[0] for row in rows], dtype=np.int64),
        day=day_column([row[1] for row in rows]),
        price=number_column([row[2] for row in rows]),
    )
