"""Splits as cumulative factors: how many shares of one day a share of an earlier day has become."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import DayArray, FloatArray, IntArray, asset_day_key


@dataclass(frozen=True, slots=True)
class SplitTable:
    """E splits, ordered by asset and day."""

    key: IntArray  # (E,) asset and day in one ascending number
    asset: IntArray  # (E,) index of the asset that splits
    factor: FloatArray  # (E,) new shares per share of before the asset's first split
    odd: FloatArray  # (E,) how many of the asset's splits so far were not a whole number to one


def tabulate_splits(asset: IntArray, ex_date: DayArray, ratio: FloatArray) -> SplitTable:
    """Order splits and accumulate their ratios asset by asset.

    Args:
        asset: Index of the asset, shape (E,), from 0.
        ex_date: First day on which the asset trades split, shape (E,).
        ratio: New shares per old share, shape (E,), above 0.
    """
    order = np.lexsort((ex_date, asset))
    asset, ex_date, ratio = asset[order], ex_date[order], ratio[order]
    factor = np.empty(len(ratio))
    odd = np.empty(len(ratio))
    for at, step in enumerate(ratio):
        same = at > 0 and asset[at] == asset[at - 1]
        factor[at] = step * (factor[at - 1] if same else 1.0)
        odd[at] = (odd[at - 1] if same else 0.0) + (not float(step).is_integer())
    return SplitTable(key=asset_day_key(asset, ex_date), asset=asset, factor=factor, odd=odd)


def split_factor(table: SplitTable, asset: IntArray, day: DayArray) -> FloatArray:
    """Shares that one share of before the first split has become by the end of a day; shapes broadcast.

    The quantity held from day a has become ``quantity * split_factor(b) / split_factor(a)`` on day b.
    """
    return _looked_up(table, table.factor, asset, day, before=1.0)


def odd_splits(table: SplitTable, asset: IntArray, day: DayArray) -> FloatArray:
    """How many splits up to a day were not a whole number to one: these change what an option contract delivers."""
    return _looked_up(table, table.odd, asset, day, before=0.0)


def _looked_up(table: SplitTable, values: FloatArray, asset: IntArray, day: DayArray, *, before: float) -> FloatArray:
    asset, day = np.broadcast_arrays(asset, day)
    if not len(table.key):
        return np.full(asset.shape, before)
    at = np.searchsorted(table.key, asset_day_key(asset, day), side="right") - 1
    hit = (at >= 0) & (table.asset[at] == asset)
    return np.where(hit, values[at], before)
