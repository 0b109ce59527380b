"""Exposures of one portfolio by tag, underlying, sector, kind: derived on demand, never stored."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotATradingDayError, NotFoundError
from sigmasight.domain.listing import NO_SECTOR, UNTAGGED
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.methods import Method
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.engines.aggregation import share_known, sum_exposures, sum_known, tagged
from sigmasight.risk.greeks import HeldGreeks
from sigmasight.risk.portfolios import Close, value_books
from sigmasight.services.market_frames import Valuation
from sigmasight.services.valuation import FrozenBooks, freeze_books, greeks_at, load_facts
from sigmasight.store.database import Connection
from sigmasight.store.instruments import sectors
from sigmasight.store.people import owned_portfolio
from sigmasight.store.positions import load_tags

WHOLE = "portfolio"


@dataclass(frozen=True, slots=True)
class ValuedPortfolio:
    """One portfolio at a session's close."""

    books: FrozenBooks
    close: Close
    facts: OptionFacts  # of the contracts it holds
    greeks: HeldGreeks


class Grouping(enum.StrEnum):
    """By what exposures can be split."""

    TAG = "tag"
    UNDERLYING = "underlying"
    SECTOR = "sector"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """One group; USD, NaN where none of its positions has a price."""

    group: str
    positions: int
    gross: float
    net: float
    long: float
    short: float
    notional: float
    delta_adjusted: float
    coverage: float  # share of the group's gross that has a price
    delta_coverage: float  # share of it whose delta-adjusted exposure is known
    not_included: tuple[NotIncluded, ...]


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """A portfolio's exposures at a session's close: of all of it, and of groups."""

    as_of: date
    by: Grouping
    whole: ExposureLine
    lines: tuple[ExposureLine, ...]  # the largest gross first


def split_exposures(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date, by: Grouping
) -> tuple[ExposureLine, ...]:
    """Exposures of a user's portfolio at a session's close, one line a group, largest gross first.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    return report_exposures(conn, valuation, user_id, portfolio_id, as_of, by).lines


def report_exposures(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date, by: Grouping
) -> ExposureReport:
    """Exposures of a user's portfolio at a session's close, of all of it and by group.

    A position with several tags counts fully in each.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    groups = _groups(conn, valued.books, by)
    place = np.arange(len(valued.books.positions))
    lines = [_line(valued, name, np.isin(place, rows)) for name, rows in groups.items()]
    present = [line for line in lines if line.positions]
    return ExposureReport(
        as_of=as_of,
        by=by,
        whole=_line(valued, WHOLE, np.ones(len(place), dtype=np.bool_)),
        lines=tuple(sorted(present, key=lambda line: (-np.nan_to_num(line.gross), line.group))),
    )


def tagged_exposure(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    *,
    tags: Sequence[str],
    every: bool,
) -> ExposureLine:
    """Exposure of what carries any (OR), or every one (AND), of some tags.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
        ValueError: If no tag is given.
    """
    if not tags:
        raise ValueError("at least one tag is needed")
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    groups = _groups(conn, valued.books, Grouping.TAG)
    names = list(groups)
    membership = np.zeros((len(valued.books.positions), len(names)), dtype=np.bool_)
    for at, name in enumerate(names):
        membership[groups[name], at] = True
    folded = {tag.lower() for tag in tags}
    wanted = np.array([name.lower() in folded for name in names], dtype=np.bool_)
    carries = tagged(membership, wanted, every=every) & (not every or wanted.sum() == len(folded))
    return _line(valued, (" and " if every else " or ").join(tags), carries)


def value_at(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    method: Method = Method.DEFAULT,
) -> ValuedPortfolio:
    """A user's portfolio at a session's close, with the Greeks of its positions.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    if not valuation.calendar.is_trading_day(as_of):
        raise NotATradingDayError(f"{as_of} is no trading day; exposures are those of a session's close")
    portfolio = owned_portfolio(conn, user_id, portfolio_id)
    books = freeze_books(conn, valuation, portfolio.market, [portfolio], first=as_of, last=as_of)
    (close, _), *_ = value_books(books.market, books.holdings, books.accounts)
    facts = load_facts(conn, valuation, books, [as_of], method, keep=False)
    return ValuedPortfolio(books, close, facts, greeks_at(books, close.at, facts))


def require_open(portfolio: Portfolio, as_of: date) -> None:
    """See to it that a portfolio exists at a session.

    Raises:
        NotFoundError: If it was opened later.
    """
    if as_of < portfolio.opened_on:
        raise NotFoundError(f"{portfolio.name} was opened on {portfolio.opened_on}; it has nothing on {as_of}")


def _groups(conn: Connection, books: FrozenBooks, by: Grouping) -> dict[str, list[int]]:
    """Names of groups and the positions in each."""
    if by is Grouping.TAG:
        return _by_tag(conn, books)
    instruments = [books.market.instruments[int(asset)] for asset in books.holdings.asset]
    parents = [books.market.instruments[int(books.market.underlying[asset])] for asset in books.holdings.asset]
    if by is Grouping.KIND:
        names = [instrument.kind.value for instrument in instruments]
    elif by is Grouping.UNDERLYING:
        names = [parent.symbol for parent in parents]
    else:
        known = sectors(conn, [instrument.id for instrument in instruments])
        names = [known[instrument.id] or NO_SECTOR for instrument in instruments]
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        groups.setdefault(name, []).append(at)
    return groups


def _by_tag(conn: Connection, books: FrozenBooks) -> dict[str, list[int]]:
    at = {position.id: row for row, position in enumerate(books.positions)}
    groups: dict[str, list[int]] = {}
    for tag in load_tags(conn, [portfolio.id for portfolio in books.portfolios]):
        if tag.position_id in at:
            groups.setdefault(tag.tag, []).append(at[tag.position_id])
    tagged_rows = {row for rows in groups.values() for row in rows}
    bare = [row for row in range(len(books.positions)) if row not in tagged_rows]
    return groups | ({UNTAGGED: bare} if bare else {})


def _line(valued: ValuedPortfolio, name: str, chosen: BoolArray) -> ExposureLine:
    mine = chosen & valued.close.positions.held
    values, delta_adjusted = valued.close.positions.values, valued.greeks.greeks.dollar_delta[mine]
    weight = values.weight[mine]
    one = np.zeros(int(mine.sum()), dtype=np.int64)
    sums = sum_exposures(values.exposure[mine], weight, one, 1)
    return ExposureLine(
        group=name,
        positions=int(sums.positions[0]),
        gross=float(sums.gross[0]),
        net=float(sums.net[0]),
        long=float(sums.long[0]),
        short=float(sums.short[0]),
        notional=float(sum_known(values.notional[mine], one, 1)[0]),
        delta_adjusted=float(sum_known(delta_adjusted, one, 1)[0]),
        coverage=float(sums.coverage[0]),
        delta_coverage=float(share_known(~np.isnan(delta_adjusted), weight, one, 1)[0]),
        not_included=left_out(valued, mine),
    )


def held_shares(valued: ValuedPortfolio) -> tuple[IntArray, FloatArray, FloatArray]:
    """Rows of the positions that are held, their shares, and what each counts for in coverage."""
    positions, books = valued.close.positions, valued.books
    rows = np.flatnonzero(positions.held)
    shares = positions.quantity[rows] * books.market.multiplier[books.holdings.asset[rows]]
    return rows, shares, positions.values.weight[rows]


def left_out(valued: ValuedPortfolio, mine: BoolArray) -> tuple[NotIncluded, ...]:
    """Which of some positions lack a price or Greeks, and why."""
    reasons = valued.close.positions.reasons[mine] | valued.greeks.reasons[mine]
    left = [
        NotIncluded(valued.books.market.instruments[int(asset)].symbol, ",".join(why.words))
        for asset, flags in zip(valued.books.holdings.asset[mine], reasons, strict=True)
        if (why := Reason(int(flags)) & BLOCKING)
    ]
    return tuple(dict.fromkeys(left))
