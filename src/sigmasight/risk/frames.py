"""One market over some sessions, frozen into arrays: the only place where records become numbers to compute with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import Instrument, Kind, Right
from sigmasight.domain.market_data import (
    BoolArray,
    DayArray,
    FloatArray,
    IntArray,
    Market,
    Marks,
    Payouts,
    SplitRows,
    asset_day_key,
)
from sigmasight.domain.reasons import Reason
from sigmasight.engines.splits import SplitTable, odd_splits, split_factor, tabulate_splits

NEVER = np.int64(1) << 40
"""Index of a session that does not come."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """A window of sessions inside the whole calendar. Index 0 is the session before the first one computed."""

    whole: DayArray  # every session of the calendar
    start: int  # where the window begins in it
    count: int  # T, sessions of the window

    @property
    def days(self) -> DayArray:
        """The window's sessions, shape (T,)."""
        return self.whole[self.start : self.start + self.count]

    def index_from(self, day: DayArray) -> IntArray:
        """Index of the first session on or after each day; negative before the window, NEVER for no day (NaT)."""
        found = np.searchsorted(self.whole, day, side="left") - self.start
        return np.where(np.isnat(day), NEVER, found)

    def index_until(self, day: DayArray) -> IntArray:
        """Index of the last session on or before each day; negative before the window."""
        return np.searchsorted(self.whole, day, side="right") - 1 - self.start


@dataclass(frozen=True, slots=True)
class MarketFrame:
    """N instruments over the T sessions of a window."""

    market: Market
    sessions: Sessions
    instruments: tuple[Instrument, ...]  # ascending by id
    foreign: BoolArray  # (N,) in another currency than USD: kept, never converted
    underlying: IntArray  # (N,) index of an option's underlying; an instrument's own index otherwise
    is_option: BoolArray  # (N,)
    multiplier: FloatArray  # (N,) shares per unit of quantity
    price: FloatArray  # (T, N) USD per share on the session's split basis; NaN where none may be used
    last_known: FloatArray  # (T, N) the last price at any age, on the session's split basis; NaN where never any
    reasons: IntArray  # (T, N) Reason flags of the price
    splits: SplitTable  # assets are indices of this frame
    payouts: tuple[IntArray, DayArray, FloatArray]  # asset, ex-date, amount; ordered by asset, then ex-date
    expiry: DayArray  # (N,) of options, NaT otherwise
    settlement: FloatArray  # (N,) intrinsic value at expiry, USD per share; NaN while open or where not known
    settled_from: IntArray  # (N,) index of the session after expiry, from which on it is settled; NEVER otherwise


def freeze_market(
    *,
    market: Market,
    calendar: TradingCalendar,
    first: date,
    last: date,
    instruments: Sequence[Instrument],
    marks: Marks,
    splits: SplitRows,
    payouts: Payouts,
    stale_sessions: int,
) -> MarketFrame:
    """Freeze what is known of a market at each close from the session before ``first`` to ``last``.

    Args:
        market: Whose numbers these are.
        calendar: Sessions.
        first: First session to compute; the frame holds the one before it too.
        last: Last session to compute.
        instruments: With every option's underlying among them, in any order.
        marks: Prices up to ``last``: all of the window, and for each instrument at least the last one before it; for
            an option that expired before, also its underlying's at expiry.
        splits: All splits up to ``last``.
        payouts: All dividends up to ``last``.
        stale_sessions: How many sessions old a close may be and still be used.
    """
    ordered = tuple(sorted(instruments, key=lambda instrument: instrument.id))
    ids = ids_of(ordered)
    index = {instrument.id: at for at, instrument in enumerate(ordered)}
    underlying = np.array([index[i.underlying_id or i.id] for i in ordered], dtype=np.int64)
    is_option = np.array([i.kind is Kind.OPTION for i in ordered], dtype=np.bool_)
    start = int(np.searchsorted(calendar.days, np.datetime64(calendar.previous_session(first))))
    sessions = Sessions(calendar.days, start, int(np.searchsorted(calendar.days, np.datetime64(last))) - start + 1)
    table = tabulate_splits(rows_of(ids, splits.instrument_id), splits.ex_date, splits.ratio)
    expiry = np.array([i.option.expiry if i.option else None for i in ordered], dtype="datetime64[D]")

    known = _MarkTable.of(marks, sessions, table, ids=ids, split_asset=underlying)
    until = np.fmin(sessions.days[:, None], expiry)  # a contract's life ends with its expiry
    last_known, age = known.on(until, np.arange(len(ids)))
    usable = age <= stale_sessions
    price = np.where(usable, last_known, np.nan)
    reasons = np.where(usable, np.where(age > 0, Reason.STALE_PRICE, 0), Reason.NO_PRICE)
    foreign = np.array([i.currency != "USD" for i in ordered], dtype=np.bool_)
    foreign |= foreign[underlying]  # an option is in the currency of what it delivers
    excluded = foreign | _odd_contracts(ordered, until, table, underlying)
    settlement = _settle(ordered, sessions, expiry, known, stale_sessions=stale_sessions)
    settlement = np.where(excluded[-1], np.nan, settlement)
    expired_at = sessions.index_from(expiry)
    price, reasons = _expire(sessions, price, reasons, expired_at, settlement)
    price = np.where(excluded, np.nan, price)
    reasons = np.where(excluded, Reason.NOT_MODELLED, reasons)
    if market is Market.SIMULATED:
        reasons = reasons | Reason.SIMULATED
    return MarketFrame(
        market=market,
        sessions=sessions,
        instruments=ordered,
        foreign=foreign,
        underlying=underlying,
        is_option=is_option,
        multiplier=np.array([float(i.multiplier) for i in ordered]),
        price=price,
        last_known=np.where(foreign, np.nan, last_known),
        reasons=reasons.astype(np.int64),
        splits=table,
        payouts=_ordered_payouts(payouts, ids),
        expiry=expiry,
        settlement=settlement,
        settled_from=np.where(is_option & ~np.isnan(settlement), expired_at + 1, NEVER),
    )


def ids_of(instruments: Sequence[Instrument]) -> IntArray:
    """The instruments' ids, shape (N,)."""
    return np.array([instrument.id for instrument in instruments], dtype=np.int64)


def rows_of(ids: IntArray, wanted: IntArray) -> IntArray:
    """Index of each wanted id among ascending ids.

    Raises:
        ValueError: If one is not among them.
    """
    rows = np.searchsorted(ids, wanted)
    strangers = np.setdiff1d(wanted, ids)
    if len(strangers):
        raise ValueError(f"the frame has no instrument {strangers[0]}")
    return rows


@dataclass(frozen=True, slots=True)
class _MarkTable:
    """R marks, ordered by asset and day, on the basis of before the asset's first split."""

    key: IntArray  # (R,)
    asset: IntArray  # (R,)
    at: IntArray  # (R,) index of the mark's session
    basis: FloatArray  # (R,) USD per share
    sessions: Sessions
    splits: SplitTable
    split_asset: IntArray  # (N,) whose splits an asset follows: an option's are its underlying's

    @classmethod
    def of(
        cls, marks: Marks, sessions: Sessions, splits: SplitTable, *, ids: IntArray, split_asset: IntArray
    ) -> "_MarkTable":
        asset = rows_of(ids, marks.instrument_id)
        key = asset_day_key(asset, marks.day)
        order = np.argsort(key, kind="stable")
        asset, day = asset[order], marks.day[order]
        basis = marks.price[order] * split_factor(splits, split_asset[asset], day)
        return cls(key[order], asset, sessions.index_until(day), basis, sessions, splits, split_asset)

    def on(self, day: DayArray, asset: IntArray) -> tuple[FloatArray, IntArray]:
        """The last price on or before given days, on their split basis, and its age in sessions; shapes broadcast."""
        day, asset = np.broadcast_arrays(day, asset)
        if not len(self.key):
            return np.full(day.shape, np.nan), np.full(day.shape, NEVER)
        row = np.searchsorted(self.key, asset_day_key(asset, day), side="right") - 1
        found = (row >= 0) & (self.asset[row] == asset)
        price = self.basis[row] / split_factor(self.splits, self.split_asset[asset], day)
        age = self.sessions.index_until(day) - self.at[row]
        return np.where(found, price, np.nan), np.where(found, age, NEVER)


def _settle(
    instruments: Sequence[Instrument], sessions: Sessions, expiry: DayArray, marks: _MarkTable, *, stale_sessions: int
) -> FloatArray:
    """Intrinsic value, USD per share, of each option whose expiry lies at or before the window's last session."""
    settlement = np.full(len(instruments), np.nan)
    due = np.flatnonzero(expiry <= sessions.days[-1])
    asset = marks.split_asset[due]
    spot, age = marks.on(expiry[due], asset)
    spot = np.where(age <= stale_sessions, spot, np.nan)
    listed = np.array([instruments[int(at)].terms_as_of for at in due], dtype="datetime64[D]")
    shares = split_factor(marks.splits, asset, expiry[due]) / split_factor(marks.splits, asset, listed)
    strike = np.array([float(option.strike) for at in due if (option := instruments[int(at)].option)]) / shares
    is_call = np.array(
        [option.right is Right.CALL for at in due if (option := instruments[int(at)].option)], dtype=bool
    )
    settlement[due] = np.maximum(np.where(is_call, spot - strike, strike - spot), 0.0)
    return settlement


def _expire(
    sessions: Sessions, price: FloatArray, reasons: IntArray, expired_at: IntArray, settlement: FloatArray
) -> tuple[FloatArray, IntArray]:
    """From its expiry on, an option is worth its intrinsic value at expiry."""
    expired = np.arange(sessions.count)[:, None] >= expired_at
    known = ~np.isnan(settlement)
    why = np.where(known, Reason.EXPIRED, Reason.EXPIRED | Reason.NO_PRICE)
    return np.where(expired, settlement, price), np.where(expired, why, reasons)


def _odd_contracts(
    instruments: Sequence[Instrument], day: DayArray, splits: SplitTable, underlying: IntArray
) -> BoolArray:
    """Options since a split of their underlying that was not a whole number to one, shape (T, N)."""
    listed = np.array([i.terms_as_of or date.max for i in instruments], dtype="datetime64[D]")
    return np.asarray(odd_splits(splits, underlying, day) > odd_splits(splits, underlying, listed))


def _ordered_payouts(payouts: Payouts, ids: IntArray) -> tuple[IntArray, DayArray, FloatArray]:
    asset = rows_of(ids, payouts.instrument_id)
    order = np.lexsort((payouts.ex_date, asset))
    return asset[order], payouts.ex_date[order], payouts.amount[order]
