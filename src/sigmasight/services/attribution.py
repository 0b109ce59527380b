"""Where one portfolio's P&L of a session came from: by position, tag, factor or Greek, always adding up to it."""

import enum
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.errors import NotATradingDayError
from sigmasight.domain.listing import UNTAGGED
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.engines.aggregation import share_known
from sigmasight.engines.profit_by_factor import explain_by_factor
from sigmasight.risk.attribution import GREEK_LINES, ExplainedStep, explain_step_by_greek
from sigmasight.risk.contributions import position_exposures
from sigmasight.risk.portfolio_risk import hold_risk
from sigmasight.risk.portfolios import BookStep, Close, close_books, value_books
from sigmasight.services.exposures import require_open
from sigmasight.services.factor_facts import ensure_factor_facts, load_window
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import load_session_market, tags_of_positions
from sigmasight.services.valuation import FrozenBooks, freeze_books, greeks_at, load_facts
from sigmasight.store.database import Connection
from sigmasight.store.people import owned_portfolio

OVERLAP = "counted in several tags"
SPECIFIC = "specific"


class By(enum.StrEnum):
    """By what P&L is attributed."""

    POSITION = "position"
    TAG = "tag"
    FACTOR = "factor"
    GREEK = "greek"


@dataclass(frozen=True, slots=True)
class AttributionLine:
    """One part of the P&L, USD; NaN where nothing of it is known."""

    name: str
    pnl: float


@dataclass(frozen=True, slots=True)
class OptionExplained:
    """One option position's P&L by Greek, USD; what is NaN is not known and part of the residual."""

    symbol: str
    pnl: float
    parts: tuple[AttributionLine, ...]  # GREEK_LINES


@dataclass(frozen=True, slots=True)
class Attribution:
    """One portfolio's P&L from the session before to this one."""

    as_of: date
    since: date
    by: By
    pnl: float  # USD; NaN where nothing is known
    lines: tuple[AttributionLine, ...]  # what is known of them adds up to the P&L
    options: tuple[OptionExplained, ...]  # by Greek only
    coverage: float  # share of gross, before or after, whose P&L is known
    not_included: tuple[NotIncluded, ...]  # positions whose P&L is not known


@dataclass(frozen=True, slots=True)
class _Step:
    """A portfolio at both ends of a step, which are the sessions 0 and 1 of its market."""

    books: FrozenBooks
    before: Close
    after: Close
    step: BookStep

    @property
    def pnl(self) -> FloatArray:
        """Of each position, (P,) USD; 0 for what is not involved."""
        return self.step.positions.pnl

    @property
    def sessions(self) -> list[date]:
        """Both sessions."""
        listed: list[date] = self.books.market.sessions.days.tolist()
        return listed

    def symbol(self, at: int) -> str:
        """What a position is in."""
        return self.books.market.instruments[int(self.books.holdings.asset[at])].symbol


def attribute_profit(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date, by: By
) -> Attribution:
    """Attribute the P&L of a user's portfolio on a session.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    if not valuation.calendar.is_trading_day(as_of):
        raise NotATradingDayError(f"{as_of} is no trading day; P&L is that of a session")
    step = _load_step(conn, valuation, user_id, portfolio_id, as_of)
    options: tuple[OptionExplained, ...] = ()
    if by is By.FACTOR:
        lines = _by_factor(conn, valuation, step)
    elif by is By.GREEK:
        explained = _explain(conn, valuation, step)
        lines = [AttributionLine(name, _known_sum(explained.line(name))) for name in GREEK_LINES]
        options = _options(step, explained)
    else:
        lines = _by_position(step) if by is By.POSITION else _by_tag(conn, step)
    before, after = step.sessions
    return Attribution(
        as_of=after,
        since=before,
        by=by,
        pnl=float(step.step.pnl[0]),
        lines=tuple(lines),
        options=options,
        coverage=_coverage(step),
        not_included=_not_included(step),
    )


def _load_step(conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date) -> _Step:
    portfolio = owned_portfolio(conn, user_id, portfolio_id)
    require_open(portfolio, as_of)
    books = freeze_books(conn, valuation, portfolio.market, [portfolio], first=as_of, last=as_of)
    before = close_books(books.market, books.holdings, books.accounts, 0)
    ((after, step),) = value_books(books.market, books.holdings, books.accounts)
    return _Step(books, before, after, step)


def _by_position(step: _Step) -> list[AttributionLine]:
    """By symbol, lots together; the largest first."""
    involved = np.flatnonzero(step.step.positions.involved)
    grouped: dict[str, list[float]] = {}
    for at in involved.tolist():
        grouped.setdefault(step.symbol(at), []).append(float(step.pnl[at]))
    lines = [AttributionLine(symbol, _known_sum(np.array(pnl))) for symbol, pnl in grouped.items()]
    return sorted(lines, key=lambda line: -abs(np.nan_to_num(line.pnl)))


def _by_tag(conn: Connection, step: _Step) -> list[AttributionLine]:
    """A position counts fully in each of its tags; what that counts too often is a line of its own."""
    tags = tags_of_positions(conn, [portfolio.id for portfolio in step.books.portfolios])
    grouped: dict[str, list[float]] = {}
    overlap = [0.0]
    for at in np.flatnonzero(step.step.positions.involved).tolist():
        carried = sorted(tags.get(step.books.positions[at].id, {UNTAGGED}))
        for tag in carried:
            grouped.setdefault(tag, []).append(float(step.pnl[at]))
        overlap.append(-(len(carried) - 1) * float(np.nan_to_num(step.pnl[at])))
    lines = [AttributionLine(tag, _known_sum(np.array(pnl))) for tag, pnl in sorted(grouped.items())]
    several = float(sum(overlap))
    return lines if several == 0.0 else [*lines, AttributionLine(OVERLAP, several)]


def _by_factor(conn: Connection, valuation: Valuation, step: _Step) -> list[AttributionLine]:
    """Exposure at the close before x each factor's return; what is left over is specific."""
    books, frame = step.books, step.books.market
    before, after = step.sessions
    facts = load_facts(conn, valuation, books, [before], keep=False)
    session = load_session_market(conn, valuation, frame, 0, facts, keep=False)
    assessed = session.assess(())
    held = hold_risk(frame, books.portfolios, books.holdings, step.before, assessed)
    exposure = np.zeros((len(books.positions), len(session.factors.names)))
    exposure[step.before.positions.held] = position_exposures(held, assessed)
    factors, _ = ensure_factor_facts(conn, valuation, frame.market, after, (), keep=False)
    window, _ = load_window(conn, valuation, factors, frame.market)
    moved = dict(zip(window.names, window.returns[-1].tolist(), strict=True))
    returns = np.array([moved.get(name, np.nan) for name in session.factors.names])
    split = explain_by_factor(step.pnl, exposure, returns, session.factors.market_slopes)
    lines = [AttributionLine(name, _known_sum(split.factor[:, at])) for at, name in enumerate(session.factors.names)]
    return [*lines, AttributionLine(SPECIFIC, _known_sum(split.specific))]


def _explain(conn: Connection, valuation: Valuation, step: _Step) -> ExplainedStep:
    books = step.books
    facts = load_facts(conn, valuation, books, step.sessions, keep=False)
    greeks = greeks_at(books, 0, facts)
    return explain_step_by_greek(books.market, books.holdings, step.step, greeks.greeks, facts, at=1)


def _options(step: _Step, explained: ExplainedStep) -> tuple[OptionExplained, ...]:
    holdings, market = step.books.holdings, step.books.market
    rows = np.flatnonzero(market.is_option[holdings.asset] & step.step.positions.involved).tolist()
    return tuple(
        OptionExplained(
            step.symbol(at),
            float(step.pnl[at]),
            tuple(AttributionLine(name, float(explained.line(name)[at])) for name in GREEK_LINES),
        )
        for at in rows
    )


def _coverage(step: _Step) -> float:
    """Each position counts with what it is worth after the step, or what it was worth where it is gone by then."""
    involved = step.step.positions.involved
    then, now = step.before.positions, step.after.positions
    weight = np.where(now.held, now.values.weight, then.values.weight)[involved]
    known, one = ~np.isnan(step.pnl[involved]), np.zeros(int(involved.sum()), dtype=np.int64)
    return float(share_known(known, weight, one, 1)[0])


def _not_included(step: _Step) -> tuple[NotIncluded, ...]:
    """Positions that lack a price at one of the closes."""
    unknown = np.flatnonzero(step.step.positions.involved & np.isnan(step.pnl)).tolist()
    flags = step.before.positions.reasons | step.after.positions.reasons
    listed = (
        NotIncluded(step.symbol(at), ",".join((Reason(int(flags[at])) & BLOCKING).words) or "no_price")
        for at in unknown
    )
    return tuple(dict.fromkeys(listed))


def _known_sum(values: FloatArray) -> float:
    """Of what is known; NaN where there is something and nothing of it is known."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) or not len(values) else float("nan")
