"""Factors and betas at rest: one row for each market and session, and for each instrument and session."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.factor_facts import TENORS, Betas, FactorSet
from sigmasight.domain.market_data import FloatArray, IntArray, Market
from sigmasight.store.asked import late_since
from sigmasight.store.bulk import add_missing_rows, among, number, number_column, number_lists, number_rows, numbers
from sigmasight.store.reasons import reason_code, reason_words
from sigmasight.store.tables import factor_correlations, instrument_betas

_set = factor_correlations.c
_beta = instrument_betas.c
_LISTS = ("loading", "posterior_error", "plain_error", "hac_error", "t_statistic")
_YIELD_LISTS = ("yield_beta", "yield_error")
_COLUMNS = (
    *("instrument_id", "as_of", *_LISTS, "r_squared", "residual_volatility", "n_obs", "lagged", "exact", "reasons"),
    *(*_YIELD_LISTS, "yield_n_obs", "yield_reasons"),
)
_SQUARES = ("covariance", "correlation", "capped_correlation")
_VECTORS = ("market_slopes", "variance_inflation", "volatility", "market_yield_slope")


def save_factor_set(conn: Connection, market: Market, factors: FactorSet) -> None:
    """Write a session's factors, replacing those of the same session."""
    row = _set_row(market, factors)
    new = upsert(factor_correlations).values(row)
    conn.execute(new.on_conflict_do_update(index_elements=["market", "as_of"], set_=row))


def add_factor_set(conn: Connection, market: Market, factors: FactorSet) -> None:
    """Add a session's factors unless they are there."""
    conn.execute(upsert(factor_correlations).on_conflict_do_nothing(), _set_row(market, factors))


def load_factor_set(conn: Connection, market: Market, as_of: date) -> FactorSet | None:
    """The factors of a session."""
    row = conn.execute(select(factor_correlations).where(_set.market == market, _set.as_of == as_of)).one_or_none()
    return None if row is None else _factor_set(row)


def last_factor_day(conn: Connection, market: Market) -> date | None:
    """The last session of which a market has factors."""
    found: date | None = conn.execute(select(func.max(_set.as_of)).where(_set.market == market)).scalar_one()
    return found


def save_betas(conn: Connection, market: Market, as_of: date, betas: Betas) -> None:
    """Write a session's betas, replacing those of the same instruments and session."""
    same = among(_beta.instrument_id, betas.instrument_id.tolist())
    conn.execute(delete(instrument_betas).where(_beta.market == market, _beta.as_of == as_of, same))
    add_betas(conn, market, as_of, betas)


def add_betas(conn: Connection, market: Market, as_of: date, betas: Betas) -> int:
    """Add the betas that are not there yet; returns how many were added."""
    rows = ((market.value, *row) for row in _rows(as_of, betas))
    return add_missing_rows(conn, instrument_betas, ("market", *_COLUMNS), rows)


def load_betas(conn: Connection, market: Market, as_of: date, ids: Collection[int], *, factors: int) -> Betas:
    """Betas of instruments at a session, on as many factors as its set has, ordered by instrument."""
    query = select(*(_beta[name] for name in _COLUMNS)).where(
        _beta.market == market, _beta.as_of == as_of, among(_beta.instrument_id, ids)
    )
    return _betas(conn.execute(query.order_by(_beta.instrument_id)).all(), factors)


def forget_betas(conn: Connection, market: Market, as_of: date) -> None:
    """Delete all betas of a session, because its factors are made again."""
    conn.execute(delete(instrument_betas).where(_beta.market == market, _beta.as_of == as_of))


def drop_outdated_betas(conn: Connection, market: Market) -> dict[date, list[int]]:
    """Delete the betas of instruments whose own data came late, from the days on that they touch.

    Returns:
        The instruments, ascending, by session, to be made again.
    """
    late = late_since()
    touched = (late.c.market == market, late.c.instrument_id == _beta.instrument_id, late.c.day <= _beta.as_of)
    gone = delete(instrument_betas).where(_beta.market == market, *touched).returning(_beta.as_of, _beta.instrument_id)
    dropped: dict[date, list[int]] = {}
    for day, instrument in sorted(tuple(row) for row in conn.execute(gone)):
        dropped.setdefault(day, []).append(instrument)
    return dropped


def _set_row(market: Market, factors: FactorSet) -> dict[str, object]:
    return {
        "market": market,
        "as_of": factors.as_of,
        "names": list(factors.names),
        "proxies": list(factors.proxies),
        "sessions": factors.sessions,
        "window_sessions": factors.window_sessions,
        "condition_number": number(factors.condition_number),
        "yield_sessions": factors.yield_sessions.tolist(),
        **{name: numbers(getattr(factors, name)) for name in _VECTORS},
        **{name: numbers(getattr(factors, name).ravel()) for name in _SQUARES},
    }


def _factor_set(row: Row[Any]) -> FactorSet:
    columns = row._mapping  # noqa: SLF001 - the documented name
    size = len(row.names)
    return FactorSet(
        as_of=row.as_of,
        names=tuple(row.names),
        proxies=tuple(row.proxies),
        sessions=row.sessions,
        window_sessions=row.window_sessions,
        condition_number=float("nan") if row.condition_number is None else row.condition_number,
        yield_sessions=np.array(row.yield_sessions, dtype=np.int64),
        **{name: number_column(columns[name]) for name in _VECTORS},
        **{name: number_column(columns[name]).reshape(size, size) for name in _SQUARES},
    )


def _rows(as_of: date, betas: Betas) -> Iterator[tuple[Any, ...]]:
    return zip(
        betas.instrument_id.tolist(),
        [as_of] * len(betas.instrument_id),
        *(number_lists(getattr(betas, name)) for name in _LISTS),
        numbers(betas.r_squared),
        numbers(betas.residual_volatility),
        betas.n_obs.tolist(),
        betas.lagged.tolist(),
        betas.exact.tolist(),
        map(reason_words, betas.reasons.tolist()),
        *(number_lists(getattr(betas, name)) for name in _YIELD_LISTS),
        betas.yield_n_obs.tolist(),
        [[",".join(reason_words(code)) for code in codes] for codes in betas.yield_reasons.tolist()],
        strict=True,
    )


def _betas(rows: Sequence[Sequence[Any]], factors: int) -> Betas:
    column = {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}
    return Betas(
        instrument_id=np.array(column["instrument_id"], dtype=np.int64),
        **{name: number_rows(column[name], factors) for name in _LISTS},
        r_squared=number_column(column["r_squared"]),
        residual_volatility=number_column(column["residual_volatility"]),
        n_obs=np.array(column["n_obs"], dtype=np.int64),
        lagged=np.array(column["lagged"], dtype=np.bool_),
        exact=np.array(column["exact"], dtype=np.bool_),
        reasons=np.array([reason_code(words) for words in column["reasons"]], dtype=np.int64),
        **{name: _by_yield(column[name]) for name in _YIELD_LISTS},
        yield_n_obs=_codes(column["yield_n_obs"]),
        yield_reasons=_codes([[_joined_code(words) for words in four] for four in column["yield_reasons"]]),
    )


def _by_yield(rows: Sequence[Sequence[float | None]]) -> FloatArray:
    return number_rows(rows, TENORS)


def _codes(rows: Sequence[Sequence[int]]) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), TENORS)


def _joined_code(words: str) -> int:
    return reason_code(words.split(",")) if words else 0
