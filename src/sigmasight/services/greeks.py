"""Greeks of one portfolio: of its positions, and summed by underlying, expiry, or over all of it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.market_data import BoolArray
from sigmasight.domain.methods import Method
from sigmasight.domain.options import OptionFacts, PositionGreeks, PricingModel, VolatilitySource
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.engines.aggregation import share_known, sum_known
from sigmasight.risk.frames import ids_of
from sigmasight.services.exposures import WHOLE, ValuedPortfolio, left_out, value_at
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection

NO_EXPIRY = "none"
"""The group of what never expires."""


class GreekGrouping(enum.StrEnum):
    """By what Greeks can be summed."""

    UNDERLYING = "underlying"
    EXPIRY = "expiry"
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class GreekLine:
    """One group, in people's units; NaN where of none of its positions a Greek is known."""

    group: str
    positions: int
    delta: float  # shares; NaN over several underlyings, where only dollars can be added
    gamma: float  # per $1; likewise
    theta_per_day: float  # USD
    vega_per_point: float  # USD
    rho_per_percent: float  # USD
    dollar_delta: float  # USD
    dollar_gamma: float  # USD per 1 % move
    coverage: float  # share of the group's gross whose dollar delta is known
    not_included: tuple[NotIncluded, ...]


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One position, and for an option what its Greeks stand on; NaN where not known."""

    symbol: str
    underlying: str
    quantity: float
    greeks: PositionGreeks  # of shape ()
    price: float  # USD per share, by the model; of a share its close
    market_price: float  # USD per share: mid, else last; of a share its close
    volatility: float
    volatility_source: str | None
    model: str | None
    reasons: Reason


@dataclass(frozen=True, slots=True)
class GreekReport:
    """A portfolio's Greeks at a session's close: of all of it, of groups, of its positions."""

    as_of: date
    method: Method
    whole: GreekLine
    groups: tuple[GreekLine, ...]  # the largest absolute dollar delta first
    positions: tuple[PositionLine, ...]  # in the ledger's order


def report_greeks(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    by: GreekGrouping,
    *,
    method: Method = Method.DEFAULT,
) -> GreekReport:
    """Greeks of a user's portfolio at a session's close, of all of it, of groups and of positions.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of, method)
    return GreekReport(
        as_of=as_of,
        method=method,
        whole=_line(valued, WHOLE, valued.close.positions.held),
        groups=_groups(valued, by),
        positions=_positions(valued),
    )


def split_greeks(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    by: GreekGrouping,
    *,
    method: Method = Method.DEFAULT,
) -> tuple[GreekLine, ...]:
    """Greeks of a user's portfolio at a session's close, one line a group, largest absolute dollar delta first.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    return _groups(value_at(conn, valuation, user_id, portfolio_id, as_of, method), by)


def list_position_greeks(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    *,
    method: Method = Method.DEFAULT,
) -> tuple[PositionLine, ...]:
    """Greeks of each position that a user's portfolio holds at a session's close, in the ledger's order.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    return _positions(value_at(conn, valuation, user_id, portfolio_id, as_of, method))


def _groups(valued: ValuedPortfolio, by: GreekGrouping) -> tuple[GreekLine, ...]:
    held = valued.close.positions.held
    names = np.array(_names(valued, by), dtype=np.str_)
    lines = [_line(valued, str(name), held & (names == name)) for name in np.unique(names[held])]
    return tuple(sorted(lines, key=lambda line: (-abs(np.nan_to_num(line.dollar_delta)), line.group)))


def _positions(valued: ValuedPortfolio) -> tuple[PositionLine, ...]:
    ids = ids_of(valued.books.market.instruments)
    row_of = {contract: row for row, contract in enumerate(valued.facts.instrument_id.tolist())}
    return tuple(
        _position(valued, int(at), row_of.get(int(ids[valued.books.holdings.asset[at]])))
        for at in np.flatnonzero(valued.close.positions.held)
    )


def _names(valued: ValuedPortfolio, by: GreekGrouping) -> Sequence[str]:
    market, assets = valued.books.market, valued.books.holdings.asset
    if by is GreekGrouping.UNDERLYING:
        return [market.instruments[int(market.underlying[asset])].symbol for asset in assets]
    if by is GreekGrouping.EXPIRY:
        options = [market.instruments[int(asset)].option for asset in assets]
        return [option.expiry.isoformat() if option else NO_EXPIRY for option in options]
    return [WHOLE] * len(assets)


def _line(valued: ValuedPortfolio, name: str, mine: BoolArray) -> GreekLine:
    one = np.zeros(int(mine.sum()), dtype=np.int64)
    greeks = valued.greeks.greeks
    sums = {
        field.name: float(sum_known(getattr(greeks, field.name)[mine], one, 1)[0]) for field in fields(PositionGreeks)
    }
    if len(np.unique(valued.books.market.underlying[valued.books.holdings.asset[mine]])) > 1:
        sums |= {"delta": np.nan, "gamma": np.nan}
    weight = valued.close.positions.values.weight[mine]
    return GreekLine(
        group=name,
        positions=int(mine.sum()),
        **sums,
        coverage=float(share_known(~np.isnan(greeks.dollar_delta[mine]), weight, one, 1)[0]),
        not_included=left_out(valued, mine),
    )


def _position(valued: ValuedPortfolio, at: int, row: int | None) -> PositionLine:
    market, holdings, state = valued.books.market, valued.books.holdings, valued.close.positions
    asset = int(holdings.asset[at])
    greeks = PositionGreeks(*(getattr(valued.greeks.greeks, field.name)[at] for field in fields(PositionGreeks)))
    known = row is not None and not np.isnan(greeks.delta)
    facts: OptionFacts = valued.facts
    return PositionLine(
        symbol=market.instruments[asset].symbol,
        underlying=market.instruments[int(market.underlying[asset])].symbol,
        quantity=float(state.quantity[at]),
        greeks=greeks,
        price=float(facts.price[row]) if known else (np.nan if market.is_option[asset] else float(state.price[at])),
        market_price=float(state.price[at]),
        volatility=float(facts.volatility[row]) if known else np.nan,
        volatility_source=VolatilitySource(int(facts.volatility_source[row])).name.lower() if known else None,
        model=PricingModel(int(facts.model[row])).name.lower() if known else None,
        reasons=Reason(int(state.reasons[at] | valued.greeks.reasons[at])),
    )
