"""Returns of many instruments over a window of sessions, of closes adjusted for splits and dividends."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import DayArray, FloatArray, IntArray, Marks, Payouts, SplitRows
from sigmasight.engines.adjusted_closes import adjust_closes
from sigmasight.engines.splits import split_factor, tabulate_splits
from sigmasight.risk.frames import rows_of


@dataclass(frozen=True, slots=True)
class ReturnPanel:
    """N instruments, ascending by id, over T sessions."""

    instrument_id: IntArray  # (N,)
    days: DayArray  # (T,) sessions
    returns: FloatArray  # (T, N) simple; NaN where the close of the session or of the one before is missing


def freeze_returns(ids: IntArray, days: DayArray, *, closes: Marks, splits: SplitRows, payouts: Payouts) -> ReturnPanel:
    """Freeze what is known of instruments' returns.

    Args:
        ids: N instruments, ascending.
        days: T + 1 consecutive sessions, the last one the session that the facts are of.
        closes: Raw, on these sessions.
        splits: Up to the last session.
        payouts: Dividends up to the last session.
    """
    adjusted = _adjusted(ids, days, closes, splits, payouts)
    return ReturnPanel(ids, days[1:], adjusted[1:] / adjusted[:-1] - 1.0)


def returns_between(ids: IntArray, days: DayArray, *, closes: Marks, splits: SplitRows, payouts: Payouts) -> FloatArray:
    """What each of N instruments returned from the first of some sessions to the last, dividends reinvested.

    The arguments are those of ``freeze_returns``.

    Returns:
        Simple, (N,); NaN where the first or the last close is missing.
    """
    adjusted = _adjusted(ids, days, closes, splits, payouts)
    return np.asarray(adjusted[-1] / adjusted[0] - 1.0)


def _adjusted(ids: IntArray, days: DayArray, closes: Marks, splits: SplitRows, payouts: Payouts) -> FloatArray:
    """Closes adjusted for splits and dividends, (T, N)."""
    panel = np.full((len(days), len(ids)), np.nan)
    panel[np.searchsorted(days, closes.day), rows_of(ids, closes.instrument_id)] = closes.price
    table = tabulate_splits(rows_of(ids, splits.instrument_id), splits.ex_date, splits.ratio)
    inside = (payouts.ex_date > days[0]) & (payouts.ex_date <= days[-1])
    return adjust_closes(
        panel,
        split_factor(table, np.arange(len(ids)), days[:, None]),
        session=np.searchsorted(days, payouts.ex_date[inside]),
        asset=rows_of(ids, payouts.instrument_id[inside]),
        amount=payouts.amount[inside],
    )
