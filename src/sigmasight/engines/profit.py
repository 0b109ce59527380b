"""Profit and loss of one step, from one session's close to the next."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class StepProfit:
    """P positions over one step, in USD.

    For each: change of value + cash = pnl + flow + coverage_change, where NaN counts as nothing.
    """

    involved: BoolArray  # (P,) held at one of the two closes, or traded between them
    pnl: FloatArray  # (P,) NaN where a needed price is missing; 0 where not involved
    flow: FloatArray  # (P,) value brought in (+) or taken out (-) without cash
    coverage_change: FloatArray  # (P,) step of the known value that is no P&L, because a price came or went


def explain_step(
    *,
    value_before: FloatArray,
    value_after: FloatArray,
    cash: FloatArray,
    involved: BoolArray,
    brought_in: BoolArray,
    open_after: BoolArray,
    taken_out: FloatArray,
) -> StepProfit:
    """Split each position's step into P&L, flow and change of coverage.

    Args:
        value_before: Exposure at the close before, shape (P,); 0 where not held, NaN where not priced.
        value_after: Exposure at this close, likewise.
        cash: USD that its trades, dividends and settlement moved into the account in the step, shape (P,).
        involved: Held at one of the closes or traded in between, shape (P,).
        brought_in: Entered in this step without a trade, shape (P,): enters at this close with P&L 0.
        open_after: Held at this close, shape (P,).
        taken_out: Value at this close of what left without a trade, shape (P,); 0 elsewhere, NaN where not priced.

    Source:
        Definitions in docs/reference/profit.md.
    """
    value_in = np.where(brought_in, np.where(open_after, value_after, cash + taken_out), 0.0)
    pnl = np.where(involved, value_after - value_before + cash - value_in + taken_out, 0.0)
    known = ~np.isnan(pnl)
    step = np.nan_to_num(value_after) - np.nan_to_num(value_before) + cash
    return StepProfit(
        involved=involved,
        pnl=pnl,
        flow=np.where(known & involved, value_in - taken_out, 0.0),
        coverage_change=np.where(known, 0.0, step),
    )
