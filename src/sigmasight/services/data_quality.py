"""What of a portfolio can be computed at a session, what not, and what data it stands on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.books import Position
from sigmasight.domain.errors import NotATradingDayError
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import Market
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.risk.factor_facts import WINDOW_SESSIONS
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection
from sigmasight.store.factor_facts import load_betas, load_factor_set
from sigmasight.store.instruments import load_instruments
from sigmasight.store.people import owned_portfolio
from sigmasight.store.positions import load_positions
from sigmasight.store.prices import Told, marks_told
from sigmasight.store.quarantine import Quarantined, load_quarantined
from sigmasight.store.risk_results import (
    load_correlations,
    load_exposures,
    load_market_scenarios,
    load_stress,
    load_tails,
)
from sigmasight.store.snapshots import load_snapshots

_SHOWN_REFUSED = 50
_TREND_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class AssetQuality:
    """What there is of one instrument that is held, or that a held option is written on."""

    symbol: str
    kind: Kind
    last_day: date | None  # of its last price on or before the session; None where there is none in the window
    age_sessions: int | None  # sessions from that day to the session; 0 is the session itself
    source: str | None  # who gave it
    sessions: int  # with a price, in the window of the betas
    beta_sessions: int | None  # that its betas stand on; of an option None
    refused: int  # rows that were kept aside


@dataclass(frozen=True, slots=True)
class EngineQuality:
    """What one engine made of the book in that night."""

    engine: str
    coverage: float | None  # share of gross; None where the night has no result of it
    not_included: tuple[NotIncluded, ...]


@dataclass(frozen=True, slots=True)
class DataQualityReport:
    """One portfolio's data at one session."""

    as_of: date
    window_sessions: int
    assets: tuple[AssetQuality, ...]  # the worst first
    engines: tuple[EngineQuality, ...]
    refused: tuple[Quarantined, ...]  # of its symbols, newest first
    trend: tuple[tuple[date, float], ...]  # coverage of the last nights


def report_data_quality(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date
) -> DataQualityReport:
    """Report on a user's portfolio at a session.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    calendar = valuation.calendar
    if not calendar.is_trading_day(as_of):
        raise NotATradingDayError(f"{as_of} is no trading day; data are reported at a session's close")
    book = owned_portfolio(conn, user_id, portfolio_id)
    first = calendar.sessions_back(as_of, WINDOW_SESSIONS)
    held = {row.instrument_id for row in load_positions(conn, [portfolio_id], as_of) if _is_open(row, as_of)}
    assets = load_instruments(conn, held)
    told = {row.instrument_id: row for row in marks_told(conn, book.market, [a.id for a in assets], first, as_of)}
    observed = _observed(conn, book.market, as_of, [a.id for a in assets])
    refused = load_quarantined(conn, book.market, symbols=[a.symbol for a in assets], limit=_SHOWN_REFUSED)
    ages = {row.last_day: len(calendar.sessions_between(row.last_day, as_of)) - 1 for row in told.values()}
    rows = (_asset(asset, told.get(asset.id), ages, observed, refused) for asset in assets)
    trend = load_snapshots(conn, portfolio_id, calendar.sessions_back(as_of, _TREND_SESSIONS - 1), as_of)
    return DataQualityReport(
        as_of=as_of,
        window_sessions=WINDOW_SESSIONS,
        assets=tuple(sorted(rows, key=_worst_first)),
        engines=tuple(_engines(conn, portfolio_id, as_of)),
        refused=tuple(refused),
        trend=tuple((snapshot.as_of, snapshot.coverage) for snapshot in trend),
    )


def _observed(conn: Connection, market: Market, as_of: date, ids: Collection[int]) -> dict[int, int]:
    """On how many sessions each instrument's stored betas stand; absent where it has none."""
    factors = load_factor_set(conn, market, as_of)
    if factors is None:
        return {}
    betas = load_betas(conn, market, as_of, ids, factors=len(factors.names))
    return dict(zip(betas.instrument_id.tolist(), betas.n_obs.tolist(), strict=True))


def _is_open(position: Position, day: date) -> bool:
    return position.exit_date is None or position.exit_date > day


def _asset(
    asset: Instrument,
    told: Told | None,
    ages: Mapping[date, int],
    observed: Mapping[int, int],
    refused: Iterable[Quarantined],
) -> AssetQuality:
    return AssetQuality(
        symbol=asset.symbol,
        kind=asset.kind,
        last_day=told.last_day if told else None,
        age_sessions=ages[told.last_day] if told else None,
        source=told.source if told else None,
        sessions=told.sessions if told else 0,
        beta_sessions=observed.get(asset.id, 0) if asset.option is None else None,
        refused=sum(row.times for row in refused if row.symbol == asset.symbol),
    )


def _worst_first(asset: AssetQuality) -> tuple[bool, int, int, str]:
    age = asset.age_sessions
    return age is not None, -(age or 0), asset.sessions, asset.symbol


def _engines(conn: Connection, portfolio_id: UUID, as_of: date) -> Iterable[EngineQuality]:
    for snapshot in load_snapshots(conn, portfolio_id, as_of, as_of):
        yield EngineQuality("values", snapshot.coverage, snapshot.not_included)
        yield EngineQuality("greeks", snapshot.delta_coverage, ())
    stress, market = load_stress(conn, portfolio_id, as_of), load_market_scenarios(conn, portfolio_id, as_of)
    tails = load_tails(conn, portfolio_id, as_of, as_of)
    stored = {
        "factors": load_exposures(conn, portfolio_id, as_of),
        "scenarios": market,
        "stress": stress,
        "risk": tails[0] if tails else None,
        "correlations": load_correlations(conn, portfolio_id, as_of),
    }
    for engine, found in stored.items():
        coverage = None if found is None else float(np.min(found.coverage, initial=1.0))
        yield EngineQuality(engine, coverage, () if found is None else found.not_included)
