"""One portfolio seen through its funds, by their last reports: worked out on demand, never stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.factor_facts import Betas
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.reasons import BLOCKING
from sigmasight.domain.risk_results import FactorExposures
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.risk.look_through import FundReport, KnownFunds, LookThrough, Stake, find_stakes, look_through
from sigmasight.risk.look_through_factors import FactorsThrough, expose_through
from sigmasight.risk.portfolio_risk import expose_portfolios, hold_risk
from sigmasight.services.exposures import ValuedPortfolio, left_out, require_open, value_at
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import load_session_market
from sigmasight.store.database import Connection
from sigmasight.store.factor_facts import load_betas
from sigmasight.store.funds import load_holdings, load_sources
from sigmasight.store.instruments import find_instruments, load_instruments

_FUNDS = (Kind.ETF, Kind.MUTUAL_FUND)


@dataclass(frozen=True, slots=True)
class FactorsBeside:
    """The same book on the factors twice: by the funds' own betas, and by those of what they hold."""

    plain: FactorExposures
    through: FactorsThrough


@dataclass(frozen=True, slots=True)
class LookThroughReport:
    """A portfolio at a session's close, by where its exposure ends."""

    as_of: date
    found: LookThrough
    not_included: tuple[NotIncluded, ...]  # positions whose exposure is not known
    factors: FactorsBeside | None  # where it was asked for


@dataclass(frozen=True, slots=True)
class _Opened:
    """Everything that the funds of a book lead to."""

    funds: KnownFunds
    ids: Mapping[str, int]  # of what is in the security master, by canonical symbol


def report_look_through(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    *,
    factors: bool = False,
) -> LookThroughReport:
    """See a user's portfolio through its funds at a session's close, by each fund's last report of then or before.

    Raises:
        NotFoundError: If the portfolio is not the user's, or was opened later.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    require_open(valued.books.portfolios[0], as_of)
    frame = valued.books.market
    opened = _open_funds(conn, frame.market, frame.instruments, as_of)
    stakes = _stakes(valued, opened.funds)
    return LookThroughReport(
        as_of=as_of,
        found=look_through(stakes, opened.funds),
        not_included=left_out(valued, valued.close.positions.held),
        factors=_expose(conn, valuation, valued, stakes, opened) if factors else None,
    )


def _stakes(valued: ValuedPortfolio, funds: KnownFunds) -> tuple[Stake, ...]:
    frame, positions = valued.books.market, valued.close.positions
    rows = np.flatnonzero(positions.held)
    parents = frame.underlying[valued.books.holdings.asset[rows]]
    return find_stakes(
        [frame.instruments[int(parent)].symbol for parent in parents],
        valued.greeks.greeks.dollar_delta[rows],
        positions.values.weight[rows],
        funds,
    )


def _open_funds(conn: Connection, market: Market, held: Sequence[Instrument], as_of: date) -> _Opened:
    """Follow funds into what they hold, level by level, until nothing new is found."""
    known = {each.id: each for each in held}
    reports: dict[str, FundReport] = {}
    arrived: Collection[Instrument] = known.values()
    while funds := [each.id for each in arrived if each.kind in _FUNDS]:
        loaded = load_holdings(conn, market, funds, as_of)
        sources = load_sources(conn, market, loaded)
        members = _members(conn, loaded.values())
        there = load_instruments(conn, set(members.values()) - known.keys())
        known |= {each.id: each for each in there}
        symbols = {alias: known[member].symbol for alias, member in members.items()}
        for fund, report in loaded.items():
            reports[known[fund].symbol] = FundReport(_canonical(report, symbols), sources[fund])
        arrived = there
    return _Opened(
        KnownFunds(as_of, reports, frozenset(each.symbol for each in known.values() if each.kind in _FUNDS)),
        {each.symbol: each.id for each in known.values()},
    )


def _members(conn: Connection, reports: Collection[FundHoldings]) -> dict[tuple[str, date], int]:
    """What the symbols of reports meant on their days; those that nobody knows are absent."""
    by_day: dict[date, set[str]] = {}
    for report in reports:
        by_day.setdefault(report.as_of, set()).update(line.symbol for line in report.lines if line.symbol)
    return {
        (symbol, day): member
        for day, symbols in by_day.items()
        for symbol, member in find_instruments(conn, symbols, day).items()
    }


def _canonical(report: FundHoldings, symbols: Mapping[tuple[str, date], str]) -> FundHoldings:
    return replace(
        report,
        lines=tuple(
            replace(line, symbol=symbols.get((line.symbol, report.as_of), line.symbol)) if line.symbol else line
            for line in report.lines
        ),
    )


def _expose(
    conn: Connection, valuation: Valuation, valued: ValuedPortfolio, stakes: Sequence[Stake], opened: _Opened
) -> FactorsBeside:
    books, frame = valued.books, valued.books.market
    session = load_session_market(conn, valuation, frame, valued.close.at, valued.facts, keep=False)
    assessed = session.assess(())
    (plain,) = expose_portfolios(hold_risk(frame, books.portfolios, books.holdings, valued.close, assessed), assessed)
    count = len(assessed.factors.names)
    inside = {symbol for stake in stakes for _, symbol in stake.contents.shares}
    ids = {opened.ids[symbol]: symbol for symbol in inside if symbol in opened.ids}
    stored = load_betas(conn, frame.market, session.as_of, ids, factors=count)
    own = {each.id: each.symbol for each in frame.instruments}
    return FactorsBeside(plain, expose_through(stakes, _known(stored, ids) | _known(session.betas, own), count))


def _known(betas: Betas, symbols: Mapping[int, str]) -> dict[str, FloatArray]:
    blocked = (betas.reasons & int(BLOCKING)) > 0
    rows = zip(betas.instrument_id.tolist(), betas.loading, blocked.tolist(), strict=True)
    return {symbols[instrument]: loading for instrument, loading, missing in rows if not missing}
