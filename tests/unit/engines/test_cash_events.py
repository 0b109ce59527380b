"""Dated amounts of cash."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.market_data import DayArray
from sigmasight.engines.cash_events import (
    CashCause,
    dividend_events,
    joined,
    pair_with_events,
    settlement_events,
    trade_events,
)

DAY = date(2025, 4, 1)


def days(*numbers: int) -> DayArray:
    return np.array([DAY + timedelta(days=n) for n in numbers], dtype="datetime64[D]")


def test_a_purchase_costs_and_a_short_sale_yields() -> None:
    events = trade_events(
        traded=np.array([True, False, True]),
        day=days(1, 2, 3),
        quantity=np.array([10.0, 5.0, -2.0]),
        price=np.array([20.0, np.nan, 1.5]),
        multiplier=np.array([1.0, 1.0, 100.0]),
    )
    assert (events.position.tolist(), events.amount.tolist()) == ([0, 2], [-200.0, 300.0])
    assert (events.day == days(1, 3)).all()
    assert set(events.cause.tolist()) == {CashCause.TRADE}


def test_the_holder_is_paid_the_intrinsic_value_and_the_writer_pays_it() -> None:
    events = settlement_events(
        settled=np.array([True, True, False]),
        day=days(7, 7, 7),
        quantity=np.array([2.0, -3.0, 1.0]),
        intrinsic=np.array([8.0, 2.0, np.nan]),
        multiplier=np.array([100.0, 100.0, 100.0]),
    )
    assert (events.position.tolist(), events.amount.tolist()) == ([0, 1], [1_600.0, -600.0])
    assert set(events.cause.tolist()) == {CashCause.SETTLEMENT}


def test_dividends_come_to_the_holder_and_from_the_short_seller() -> None:
    events = dividend_events(
        np.array([4, 1]), day=days(2, 3), quantity=np.array([40.0, -100.0]), amount=np.array([0.25, 0.5])
    )
    assert (events.position.tolist(), events.amount.tolist()) == ([4, 1], [10.0, -50.0])
    assert set(events.cause.tolist()) == {CashCause.DIVIDEND}


def test_lists_join_by_position_then_day_then_cause() -> None:
    none = np.array([False])
    one = np.array([1.0])
    late = dividend_events(np.array([1, 0]), day=days(3, 2), quantity=np.ones(2), amount=np.array([7.0, 8.0]))
    early = trade_events(
        traded=np.array([True, True]), day=days(2, 4), quantity=np.ones(2), price=np.full(2, 5.0), multiplier=np.ones(2)
    )
    empty = settlement_events(settled=none, day=days(1), quantity=one, intrinsic=one, multiplier=one)
    events = joined(late, empty, early)
    assert events.position.tolist() == [0, 0, 1, 1]
    assert (events.day == days(2, 2, 3, 4)).all()
    assert events.amount.tolist() == [-5.0, 8.0, 7.0, -5.0]
    assert events.cause.tolist() == [1, 2, 2, 1]


spans = st.tuples(st.integers(0, 4), st.integers(-3, 12), st.integers(-3, 12))
happenings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10)), max_size=15)


@given(st.lists(spans, max_size=10), happenings)
def test_pairs_are_all_events_of_the_asset_after_the_first_and_until_the_last_day(
    held: list[tuple[int, int, int]], happened: list[tuple[int, int]]
) -> None:
    happened = sorted(happened)
    position, event = pair_with_events(
        np.array([asset for asset, _, _ in held], dtype=np.int64),
        days(*(first for _, first, _ in held)),
        days(*(last for _, _, last in held)),
        event_asset=np.array([asset for asset, _ in happened], dtype=np.int64),
        event_day=days(*(day for _, day in happened)),
    )
    expected = {
        (at, e)
        for at, (asset, first, last) in enumerate(held)
        for e, (other, day) in enumerate(happened)
        if asset == other and first < day <= last
    }
    assert len(position) == len(expected)
    assert set(zip(position.tolist(), event.tolist(), strict=True)) == expected
