"""One step of one position, split into P&L, flow and change of coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.engines.profit import explain_step

NAN = np.nan


def explained(
    *,
    before: float = 0.0,
    after: float = 0.0,
    cash: float = 0.0,
    brought_in: bool = False,
    open_after: bool = True,
    taken_out: float = 0.0,
    involved: bool = True,
) -> tuple[float, float, float]:
    """P&L, flow and change of coverage of one position."""
    step = explain_step(
        value_before=np.array([before]),
        value_after=np.array([after]),
        cash=np.array([cash]),
        involved=np.array([involved]),
        brought_in=np.array([brought_in]),
        open_after=np.array([open_after]),
        taken_out=np.array([taken_out]),
    )
    return float(step.pnl[0]), float(step.flow[0]), float(step.coverage_change[0])


def test_what_is_held_gains_its_change_of_value_and_its_dividends() -> None:
    assert explained(before=1_000.0, after=990.0, cash=15.0) == (5.0, 0.0, 0.0)


def test_what_is_bought_gains_from_its_price_to_the_close() -> None:
    assert explained(after=1_050.0, cash=-1_000.0) == (50.0, 0.0, 0.0)


def test_what_is_sold_gains_from_the_close_before_to_its_price() -> None:
    assert explained(before=1_000.0, cash=1_030.0, open_after=False) == (30.0, 0.0, 0.0)


def test_what_is_brought_in_flows_in_without_a_profit() -> None:
    assert explained(after=1_050.0, brought_in=True) == (0.0, 1_050.0, 0.0)


def test_what_is_brought_in_and_sold_flows_in_as_its_proceeds() -> None:
    assert explained(cash=1_030.0, brought_in=True, open_after=False) == (0.0, 1_030.0, 0.0)


def test_what_is_taken_out_flows_out_after_its_last_profit() -> None:
    assert explained(before=1_000.0, open_after=False, taken_out=1_040.0) == (40.0, -1_040.0, 0.0)


def test_what_is_brought_in_and_taken_out_is_neither() -> None:
    assert explained(brought_in=True, open_after=False, taken_out=1_040.0) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("before", "after", "cash", "change"),
    [
        (NAN, 500.0, 0.0, 500.0),
        (500.0, NAN, 0.0, -500.0),
        (NAN, NAN, 0.0, 0.0),
        (NAN, NAN, 7.0, 7.0),
        (0.0, NAN, -5.0, -5.0),
    ],
)
def test_a_missing_price_leaves_a_change_of_coverage_and_no_profit(
    before: float, after: float, cash: float, change: float
) -> None:
    pnl, flow, coverage_change = explained(before=before, after=after, cash=cash)
    assert np.isnan(pnl)
    assert (flow, coverage_change) == (0.0, change)


def test_what_is_taken_out_without_a_price_is_a_change_of_coverage() -> None:
    pnl, flow, coverage_change = explained(before=1_000.0, open_after=False, taken_out=NAN)
    assert (np.isnan(pnl), flow, coverage_change) == (True, 0.0, -1_000.0)


def test_what_is_not_involved_has_nothing_to_explain() -> None:
    assert explained(involved=False, brought_in=True, open_after=False) == (0.0, 0.0, 0.0)
    assert explained(involved=False, open_after=False, taken_out=7.0) == (0.0, 0.0, 0.0)


amounts = st.integers(-10_000, 10_000).map(float)
maybe = amounts | st.just(NAN)


@given(maybe, maybe, amounts, st.sampled_from(("held", "brought in")), st.sampled_from(("stays", "sold", "taken out")))
def test_the_three_parts_always_add_up_to_the_step(
    before: float, after: float, cash: float, start: str, end: str
) -> None:
    brought_in = start == "brought in"
    before = 0.0 if brought_in else before
    left = after if end == "taken out" else 0.0
    after = after if end == "stays" else 0.0
    pnl, flow, change = explained(
        before=before, after=after, cash=cash, brought_in=brought_in, open_after=end == "stays", taken_out=left
    )
    step = np.nan_to_num(after) - np.nan_to_num(before) + cash
    assert np.nan_to_num(pnl) + flow + change == step
    assert np.isnan(pnl) == np.isnan(before + after + left)
