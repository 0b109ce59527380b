"""Facts of option contracts at rest: one row for each contract and session, whoever holds it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, select

from sigmasight.domain.market_data import IntArray, Market
from sigmasight.domain.options import DividendSource, OptionFacts, PricingModel, VolatilitySource
from sigmasight.store.asked import late_since
from sigmasight.store.bulk import (
    add_missing_rows,
    among,
    day_column,
    days,
    instrument_days,
    number_column,
    numbers,
)
from sigmasight.store.reasons import reason_code, reason_words
from sigmasight.store.tables import option_analytics
from sigmasight.store.tables.options import words

_fact = option_analytics.c
_NUMBERS = (
    *("spot", "tau_years", "rate", "dividend_yield", "forward", "volatility", "market_price", "price"),
    *("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent"),
)
_WORDS = {
    "dividend_source": words(DividendSource),
    "volatility_source": words(VolatilitySource),
    "model": words(PricingModel),
}
_COLUMNS = ("instrument_id", "as_of", "quote_day", "reasons", *_NUMBERS, *_WORDS)


def no_option_facts() -> OptionFacts:
    """Facts of no contract at all."""
    return _facts([])


def save_option_facts(conn: Connection, market: Market, facts: OptionFacts) -> None:
    """Write facts, replacing those of the same contract and session.

    Where another transaction writes the same ones meanwhile, the ones that are committed first stay.
    """
    written = sorted(zip(facts.instrument_id.tolist(), days(facts.as_of), strict=True))
    wanted = instrument_days(written)
    same = (_fact.instrument_id == wanted.c.instrument_id, _fact.as_of == wanted.c.day)
    conn.execute(delete(option_analytics).where(_fact.market == market, *same))
    add_option_facts(conn, market, facts)


def add_option_facts(conn: Connection, market: Market, facts: OptionFacts) -> int:
    """Add the facts that are not there yet, which users may do too; returns how many were added."""
    rows = sorted(_rows(facts), key=lambda row: row[:2])  # in one order, so that two who add the same never deadlock
    return add_missing_rows(conn, option_analytics, ("market", *_COLUMNS), ((market.value, *row) for row in rows))


def load_option_facts(conn: Connection, market: Market, ids: Collection[int], first: date, last: date) -> OptionFacts:
    """Facts of contracts over a range of days, ordered by contract and day."""
    query = select(*(_fact[name] for name in _COLUMNS)).where(
        _fact.market == market, among(_fact.instrument_id, ids), _fact.as_of.between(first, last)
    )
    return _facts(conn.execute(query.order_by(_fact.instrument_id, _fact.as_of)).all())


def drop_outdated_option_facts(conn: Connection, market: Market) -> dict[date, list[int]]:
    """Delete the facts that late data touch; returns their contracts, ascending, by session, to be made again."""
    late = late_since()
    touched = (late.c.market == market, late.c.instrument_id == _fact.instrument_id, late.c.day <= _fact.as_of)
    gone = delete(option_analytics).where(_fact.market == market, *touched).returning(_fact.as_of, _fact.instrument_id)
    dropped: dict[date, list[int]] = {}
    for day, contract in sorted(tuple(row) for row in conn.execute(gone)):
        dropped.setdefault(day, []).append(contract)
    return dropped


def _rows(facts: OptionFacts) -> Iterator[tuple[Any, ...]]:
    return zip(
        facts.instrument_id.tolist(),
        days(facts.as_of),
        days(facts.quote_day),
        map(reason_words, facts.reasons.tolist()),
        *(numbers(getattr(facts, name)) for name in _NUMBERS),
        *(_named(getattr(facts, name), known) for name, known in _WORDS.items()),
        strict=True,
    )


def _facts(rows: Sequence[Sequence[Any]]) -> OptionFacts:
    column = {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}
    code = {name: _codes(column[name], known) for name, known in _WORDS.items()}
    return OptionFacts(
        instrument_id=np.array(column["instrument_id"], dtype=np.int64),
        as_of=day_column(column["as_of"]),
        quote_day=day_column(column["quote_day"]),
        reasons=np.array([reason_code(words) for words in column["reasons"]], dtype=np.int64),
        dividend_source=code["dividend_source"],
        volatility_source=code["volatility_source"],
        model=code["model"],
        **{name: number_column(column[name]) for name in _NUMBERS},
    )


def _named(codes: IntArray, known: dict[int, str]) -> list[str | None]:
    """Codes as the words that are stored: 0 is NULL."""
    return [known[code] if code else None for code in codes.tolist()]


def _codes(named: Sequence[str | None], known: dict[int, str]) -> IntArray:
    """Stored words as codes: NULL is 0."""
    code = {None: 0} | {word: at for at, word in known.items()}
    return np.array([code[word] for word in named], dtype=np.int64)
