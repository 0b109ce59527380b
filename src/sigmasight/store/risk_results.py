"""What the night makes of portfolios beside snapshots, at rest: one row for each portfolio and session."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row, Table, delete, func, select

from sigmasight.domain.books import Portfolio
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason, reason_from_words
from sigmasight.domain.risk_results import (
    TAIL_LEVELS,
    TAIL_METHODS,
    Cluster,
    Correlations,
    DataQuality,
    FactorExposures,
    ScenarioResults,
    TailRisk,
)
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.store.bulk import add_rows, among, number, number_column, numbers
from sigmasight.store.tables import (
    correlation_calculations,
    factor_exposures,
    market_risk_scenarios,
    stress_test_results,
    value_at_risk,
)

Result = FactorExposures | ScenarioResults | TailRisk | Correlations

_HEAD = ("portfolio_id", "user_id", "as_of", "method")
_TAIL = ("reasons", "marks", "not_included")
_EXPOSURES = (
    *_HEAD,
    *("factors", "exposure", "beta", "risk_share", "specific_share", "volatility", "coverage"),
    *_TAIL,
)
_TAILS = (*_HEAD, "value_at_risk", "expected_shortfall", "sessions", "coverage", *_TAIL)
_MEASURES_OF_CORRELATION = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration"),
)
_CORRELATIONS = (
    *(*_HEAD, "symbols", "exposure", "sessions", "window_sessions"),
    *_MEASURES_OF_CORRELATION,
    *("clusters", "data_quality", "coverage"),
    *_TAIL,
)
_SCENARIOS = (*_HEAD, "scenarios", "direct", "correlated", "coverage", *_TAIL)


def replace_exposures(conn: Connection, portfolios: Sequence[Portfolio], made: Sequence[FactorExposures]) -> None:
    """Write factor exposures of some portfolios, replacing those of the same portfolio and day."""
    owners = _owners(portfolios)
    rows = [
        (
            *_head(owners, each),
            list(each.factors),
            numbers(each.exposure),
            numbers(each.beta),
            numbers(each.risk_share),
            number(each.specific_share),
            number(each.volatility),
            each.coverage,
            *_tail(each),
        )
        for each in made
    ]
    _replace(conn, factor_exposures, _EXPOSURES, rows)


def replace_market_scenarios(
    conn: Connection, portfolios: Sequence[Portfolio], made: Sequence[ScenarioResults]
) -> None:
    """Write results of market and rate scenarios, replacing those of the same portfolio and day."""
    owners = _owners(portfolios)
    _replace(conn, market_risk_scenarios, _SCENARIOS, [_scenario_row(owners, each) for each in made])


def replace_stress(conn: Connection, portfolios: Sequence[Portfolio], made: Sequence[ScenarioResults]) -> None:
    """Write results of stress tests, replacing those of the same portfolio and day."""
    owners = _owners(portfolios)
    _replace(conn, stress_test_results, _SCENARIOS, [_scenario_row(owners, each) for each in made])


def replace_tails(conn: Connection, portfolios: Sequence[Portfolio], made: Sequence[TailRisk]) -> None:
    """Write value at risk of some portfolios, replacing those of the same portfolio and day."""
    owners = _owners(portfolios)
    rows = [
        (
            *_head(owners, each),
            numbers(each.value_at_risk.ravel()),
            numbers(each.expected_shortfall.ravel()),
            each.sessions,
            each.coverage,
            *_tail(each),
        )
        for each in made
    ]
    _replace(conn, value_at_risk, _TAILS, rows)


def replace_correlations(conn: Connection, portfolios: Sequence[Portfolio], made: Sequence[Correlations]) -> None:
    """Write correlations of some portfolios, replacing those of the same portfolio and day."""
    owners = _owners(portfolios)
    rows = [
        (
            *_head(owners, each),
            list(each.symbols),
            numbers(each.exposure),
            each.sessions,
            each.window_sessions,
            *(number(getattr(each, name)) for name in _MEASURES_OF_CORRELATION),
            Jsonb([asdict(cluster) for cluster in each.clusters]),
            each.data_quality.value,
            each.coverage,
            *_tail(each),
        )
        for each in made
    ]
    _replace(conn, correlation_calculations, _CORRELATIONS, rows)


def load_exposures(conn: Connection, portfolio_id: UUID, as_of: date) -> FactorExposures | None:
    """A portfolio's factor exposures of a day."""
    row = _one(conn, factor_exposures, portfolio_id, as_of)
    if row is None:
        return None
    return FactorExposures(
        **_common(row),
        factors=tuple(row.factors),
        exposure=number_column(row.exposure),
        beta=number_column(row.beta),
        risk_share=number_column(row.risk_share),
        specific_share=float("nan") if row.specific_share is None else row.specific_share,
        volatility=float("nan") if row.volatility is None else row.volatility,
        coverage=row.coverage,
    )


def load_market_scenarios(conn: Connection, portfolio_id: UUID, as_of: date) -> ScenarioResults | None:
    """A portfolio's market and rate scenarios of a day."""
    return _scenario_results(_one(conn, market_risk_scenarios, portfolio_id, as_of))


def load_stress(conn: Connection, portfolio_id: UUID, as_of: date) -> ScenarioResults | None:
    """A portfolio's stress tests of a day."""
    return _scenario_results(_one(conn, stress_test_results, portfolio_id, as_of))


def load_tails(conn: Connection, portfolio_id: UUID, first: date, last: date) -> tuple[TailRisk, ...]:
    """A portfolio's value at risk of a range of days, ascending."""
    table = value_at_risk
    chosen = (table.c.portfolio_id == portfolio_id, table.c.as_of.between(first, last))
    rows = conn.execute(select(table).where(*chosen).order_by(table.c.as_of))
    shape = (len(TAIL_METHODS), len(TAIL_LEVELS))
    return tuple(
        TailRisk(
            **_common(row),
            value_at_risk=number_column(row.value_at_risk).reshape(shape),
            expected_shortfall=number_column(row.expected_shortfall).reshape(shape),
            sessions=row.sessions,
            coverage=row.coverage,
        )
        for row in rows
    )


def load_correlations(conn: Connection, portfolio_id: UUID, as_of: date) -> Correlations | None:
    """A portfolio's correlations of a day."""
    row = _one(conn, correlation_calculations, portfolio_id, as_of)
    if row is None:
        return None
    told = {name: getattr(row, name) for name in _MEASURES_OF_CORRELATION}
    measures: dict[str, Any] = {name: float("nan") if value is None else value for name, value in told.items()}
    return Correlations(
        **_common(row),
        symbols=tuple(row.symbols),
        exposure=number_column(row.exposure),
        sessions=row.sessions,
        window_sessions=row.window_sessions,
        **measures,
        clusters=tuple(Cluster(**{**each, "symbols": tuple(each["symbols"])}) for each in row.clusters),
        data_quality=DataQuality(row.data_quality),
        coverage=row.coverage,
    )


def correlated_on(
    conn: Connection, portfolio_ids: Collection[UUID], days: Collection[date]
) -> dict[date, frozenset[UUID]]:
    """Those of some days on which some portfolios have correlations, and which of them have."""
    table = correlation_calculations
    query = select(table.c.as_of, func.array_agg(table.c.portfolio_id)).group_by(table.c.as_of)
    rows = conn.execute(query.where(among(table.c.portfolio_id, portfolio_ids), table.c.as_of.in_(days)))
    return {day: frozenset(found) for day, found in rows}


def _replace(conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    portfolio, day = columns.index("portfolio_id"), columns.index("as_of")
    for as_of in {row[day] for row in rows}:
        ids = [row[portfolio] for row in rows if row[day] == as_of]
        conn.execute(delete(table).where(table.c.as_of == as_of, among(table.c.portfolio_id, ids)))
    add_rows(conn, table, columns, rows)


def _one(conn: Connection, table: Table, portfolio_id: UUID, as_of: date) -> Row[Any] | None:
    return conn.execute(select(table).where(table.c.portfolio_id == portfolio_id, table.c.as_of == as_of)).one_or_none()


def _owners(portfolios: Sequence[Portfolio]) -> dict[UUID, UUID]:
    return {portfolio.id: portfolio.user_id for portfolio in portfolios}


def _head(owners: Mapping[UUID, UUID], made: Result) -> tuple[object, ...]:
    return (made.portfolio_id, owners[made.portfolio_id], made.as_of, made.method.value)


def _tail(made: Result) -> tuple[object, ...]:
    return (
        Jsonb({name: list(reason.words) for name, reason in made.reasons.items()}),
        list(made.marks.words),
        Jsonb([{"symbol": left.symbol, "reason": left.reason} for left in made.not_included]),
    )


def _scenario_row(owners: Mapping[UUID, UUID], made: ScenarioResults) -> tuple[object, ...]:
    return (
        *_head(owners, made),
        list(made.scenarios),
        numbers(made.direct),
        numbers(made.correlated),
        numbers(made.coverage),
        *_tail(made),
    )


def _scenario_results(row: Row[Any] | None) -> ScenarioResults | None:
    if row is None:
        return None
    return ScenarioResults(
        **_common(row),
        scenarios=tuple(row.scenarios),
        direct=number_column(row.direct),
        correlated=number_column(row.correlated),
        coverage=number_column(row.coverage),
    )


def _common(row: Row[Any]) -> dict[str, Any]:
    reasons: Mapping[str, Reason] = {name: reason_from_words(words) for name, words in row.reasons.items()}
    return {
        "portfolio_id": row.portfolio_id,
        "as_of": row.as_of,
        "method": Method(row.method),
        "reasons": reasons,
        "marks": reason_from_words(row.marks),
        "not_included": tuple(NotIncluded(left["symbol"], left["reason"]) for left in row.not_included),
    }
