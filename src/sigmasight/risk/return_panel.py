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
    panel = np.full((len(days), len(ids)), np.nan)
    panel[np.searchsorted(days, closes.day), rows_of(ids, closes.instrument_id)] = closes.price
    table = tabulate_splits(rows_of(ids, splits.instrument_id), splits.ex_date, splits.ratio)
    inside = (payouts.ex_date > days[0]) & (payouts.ex_date <= days[-1])
    adjusted = adjust_closes(
        panel,
        split_factor(table, np.arange(len(ids)), days[:, None]),
        session=np.searchsorted(days, payouts.ex_date[inside]),
        asset=rows_of(ids, payouts.instrument_id[inside]),
        amount=payouts.amount[inside],
    )
    return ReturnPanel(ids, days[1:], adjusted[1:] / adjusted[:-1] - 1.0)
