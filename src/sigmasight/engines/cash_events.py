"""The cash side of the ledger: trades, dividends and settlements, each a dated amount of one position."""

import enum
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, IntArray, asset_day_key


class CashCause(enum.IntEnum):
    """What moved the cash."""

    TRADE = 1  # bought, sold or closed
    DIVIDEND = 2
    SETTLEMENT = 3  # of an expired option, at intrinsic value


@dataclass(frozen=True, slots=True)
class CashEvents:
    """E dated amounts."""

    position: IntArray  # (E,) index of the position
    day: DayArray  # (E,) the day it belongs to: a statement of that day or later contains it
    amount: FloatArray  # (E,) USD into the account; negative: out of it
    cause: IntArray  # (E,) CashCause


def trade_events(
    *, traded: BoolArray, day: DayArray, quantity: FloatArray, price: FloatArray, multiplier: FloatArray
) -> CashEvents:
    """Cash of trades: a purchase costs, a sale yields.

    Args:
        traded: Which of the P positions have this trade.
        day: Day of the trade, shape (P,).
        quantity: Signed change of the holding, shape (P,): what is bought is positive.
        price: USD per share, shape (P,).
        multiplier: Shares per unit of quantity, shape (P,).
    """
    position = np.flatnonzero(traded)
    amount = -(quantity * price * multiplier)[position]
    return CashEvents(position, day[position], amount, np.full(len(position), CashCause.TRADE))


def settlement_events(
    *, settled: BoolArray, day: DayArray, quantity: FloatArray, intrinsic: FloatArray, multiplier: FloatArray
) -> CashEvents:
    """Cash of expired options: the holder is paid the intrinsic value, the writer pays it.

    Args:
        settled: Which of the P positions are settled.
        day: The session after expiry, shape (P,).
        quantity: Contracts at expiry, signed, shape (P,).
        intrinsic: USD per share at expiry, shape (P,).
        multiplier: Shares per contract, shape (P,).
    """
    position = np.flatnonzero(settled)
    amount = (quantity * intrinsic * multiplier)[position]
    return CashEvents(position, day[position], amount, np.full(len(position), CashCause.SETTLEMENT))


def pair_with_events(
    asset: IntArray, first: DayArray, last: DayArray, *, event_asset: IntArray, event_day: DayArray
) -> tuple[IntArray, IntArray]:
    """Pair each position with the events of its asset that fall after ``first`` and not after ``last``.

    Args:
        asset: Index of each position's asset, shape (P,).
        first: The day that comes before the first event counted, shape (P,).
        last: The last day counted, shape (P,).
        event_asset: Ordered by asset, then day, shape (E,).
        event_day: Shape (E,).

    Returns:
        Indices of positions and of events, one pair for each match.
    """
    keys = asset_day_key(event_asset, event_day)
    begin = np.searchsorted(keys, asset_day_key(asset, first), side="right")
    end = np.searchsorted(keys, asset_day_key(asset, last), side="right")
    count = np.maximum(end - begin, 0)
    position = np.repeat(np.arange(len(asset)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return position, np.repeat(begin, count) + within


def dividend_events(position: IntArray, *, day: DayArray, quantity: FloatArray, amount: FloatArray) -> CashEvents:
    """Cash of dividends: the holder receives them, the short seller pays them.

    Args:
        position: Index of the position, shape (E,).
        day: Ex-date, shape (E,).
        quantity: Signed shares held over the ex-date, shape (E,).
        amount: USD per share, shape (E,).
    """
    return CashEvents(position, day, quantity * amount, np.full(len(position), CashCause.DIVIDEND))


def joined(*events: CashEvents) -> CashEvents:
    """Several lists of events as one, ordered by position, then day, so that sums never depend on their origin."""
    position = np.concatenate([each.position for each in events])
    day = np.concatenate([each.day for each in events])
    amount = np.concatenate([each.amount for each in events])
    cause = np.concatenate([each.cause for each in events])
    order = np.lexsort((cause, day, position))
    return CashEvents(position[order], day[order], amount[order], cause[order])
