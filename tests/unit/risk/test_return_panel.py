"""Returns of closes adjusted for splits and dividends, by hand."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import DayArray, FloatArray, IntArray, Marks, Payouts, SplitRows
from sigmasight.risk.return_panel import ReturnPanel, freeze_returns
from support.books import april

NAN = np.nan
DAYS = (april(7), april(8), april(9), april(10), april(11))
ABC, DEF = 3, 8
EXAMPLES = settings(deadline=None, max_examples=60, derandomize=True)
Row = tuple[int, date, float]


def columns(rows: Sequence[Row]) -> tuple[IntArray, DayArray, FloatArray]:
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype="datetime64[D]"),
        np.array([row[2] for row in rows], dtype=np.float64),
    )


def closes_of(instrument: int, prices: Mapping[date, float] | Sequence[float]) -> list[Row]:
    """Closes on some days, or on one after the other."""
    told = prices if isinstance(prices, Mapping) else dict(zip(DAYS, prices, strict=False))
    return [(instrument, day, price) for day, price in told.items()]


def freeze(closes: Sequence[Row], *, splits: Sequence[Row] = (), dividends: Sequence[Row] = ()) -> ReturnPanel:
    return freeze_returns(
        np.array([ABC, DEF]),
        np.array(DAYS, dtype="datetime64[D]"),
        closes=Marks(*columns(closes)),
        splits=SplitRows(*columns(splits)),
        payouts=Payouts(*columns(dividends)),
    )


def returns_of(panel: ReturnPanel, at: int = 0) -> list[float]:
    return [float(each) for each in panel.returns[:, at]]


def test_a_return_is_the_close_by_the_one_before_and_belongs_to_the_later_session() -> None:
    panel = freeze(closes_of(ABC, (100, 110, 99, 99, 198)) + closes_of(DEF, (50, 40, 50, 25, 25)))
    np.testing.assert_allclose(panel.returns, [[0.1, -0.2], [-0.1, 0.25], [0, -0.5], [1, 0]], rtol=1e-14, atol=1e-16)
    assert panel.days.tolist() == list(DAYS[1:])
    assert panel.instrument_id.tolist() == [ABC, DEF]


def test_closes_may_come_in_any_order() -> None:
    rows = closes_of(ABC, (100, 110, 99, 99, 198)) + closes_of(DEF, (50, 40, 50, 25, 25))
    np.testing.assert_array_equal(freeze(rows[::-1]).returns, freeze(rows).returns)


@pytest.mark.parametrize("at", range(5))
def test_a_missing_close_costs_both_returns_and_is_never_carried(at: int) -> None:
    prices = dict(zip(DAYS, (100, 110, 99, 99, 198), strict=True))
    whole = np.array(returns_of(freeze(closes_of(ABC, prices))))
    del prices[DAYS[at]]
    found = np.array(returns_of(freeze(closes_of(ABC, prices))))
    lost = np.isin(np.arange(4), [at - 1, at])
    np.testing.assert_array_equal(found, np.where(lost, NAN, whole))


def test_what_has_no_close_at_all_has_no_return() -> None:
    assert np.isnan(freeze(closes_of(ABC, (1, 2, 3, 4, 5))).returns[:, 1]).all()
    assert np.isnan(freeze([]).returns).all()


@pytest.mark.parametrize(("ratio", "after"), [(2.0, 55.0), (1.5, 220 / 3), (0.1, 1100.0), (3.0, 110 / 3)])
def test_a_split_is_no_return(ratio: float, after: float) -> None:
    """110 becomes ``after`` overnight, and then rises by a tenth."""
    panel = freeze(closes_of(ABC, (100, 110, after, 1.1 * after, 1.1 * after)), splits=[(ABC, DAYS[2], ratio)])
    np.testing.assert_allclose(returns_of(panel), [0.1, 0.0, 0.1, 0.0], rtol=1e-12, atol=1e-14)


def test_splits_of_a_day_without_session_before_the_window_and_of_others_change_nothing() -> None:
    prices = closes_of(ABC, (100, 110, 99, 99, 198))
    others = [(ABC, date(2024, 1, 5), 7.0), (DEF, DAYS[2], 3.0), (ABC, DAYS[0], 5.0)]
    assert returns_of(freeze(prices, splits=others)) == returns_of(freeze(prices))


def test_a_split_over_the_weekend_counts_on_the_next_session() -> None:
    days = np.array([april(4), april(7), april(8)], dtype="datetime64[D]")
    panel = freeze_returns(
        np.array([ABC]),
        days,
        closes=Marks(np.full(3, ABC), days, np.array([100.0, 50.0, 55.0])),
        splits=SplitRows(*columns([(ABC, april(5), 2.0)])),
        payouts=Payouts(*columns([])),
    )
    np.testing.assert_allclose(panel.returns[:, 0], [0.0, 0.1], rtol=1e-12, atol=1e-14)


def test_a_dividend_is_part_of_the_return_of_its_ex_date() -> None:
    """From 100 to 98 and 2 in cash: nothing was lost. CRSP: 98 / (100 - 2) - 1."""
    panel = freeze(closes_of(ABC, (100, 98, 98, 98, 98)), dividends=[(ABC, DAYS[1], 2.0)])
    np.testing.assert_allclose(returns_of(panel), [0.0] * 4, atol=1e-15)
    panel = freeze(closes_of(ABC, (100, 99, 99, 99, 99)), dividends=[(ABC, DAYS[1], 2.0)])
    np.testing.assert_allclose(returns_of(panel), [99 / 98 - 1, 0, 0, 0], rtol=1e-13, atol=1e-15)


def test_a_dividend_over_the_weekend_counts_on_the_next_session_and_one_outside_the_window_not() -> None:
    prices = closes_of(ABC, (100, 98, 98, 98, 98))
    outside = [(ABC, DAYS[0], 50.0), (ABC, date(2024, 5, 5), 50.0), (DEF, DAYS[1], 50.0)]
    assert returns_of(freeze(prices, dividends=outside)) == returns_of(freeze(prices))
    days = np.array([april(4), april(7)], dtype="datetime64[D]")
    panel = freeze_returns(
        np.array([ABC]),
        days,
        closes=Marks(np.full(2, ABC), days, np.array([100.0, 98.0])),
        splits=SplitRows(*columns([])),
        payouts=Payouts(*columns([(ABC, april(6), 2.0)])),
    )
    np.testing.assert_allclose(panel.returns[:, 0], [0.0], atol=1e-15)


def test_a_dividend_per_new_share_on_the_day_of_a_split() -> None:
    """100 becomes two of 50; each pays 1 and falls to 49: nothing was lost."""
    panel = freeze(
        closes_of(ABC, (100, 100, 49, 49, 49)), splits=[(ABC, DAYS[2], 2.0)], dividends=[(ABC, DAYS[2], 1.0)]
    )
    np.testing.assert_allclose(returns_of(panel), [0.0] * 4, atol=1e-14)


def test_a_dividend_before_a_split_is_per_old_share() -> None:
    panel = freeze(closes_of(ABC, (100, 98, 49, 49, 49)), splits=[(ABC, DAYS[2], 2.0)], dividends=[(ABC, DAYS[1], 2.0)])
    np.testing.assert_allclose(returns_of(panel), [0.0] * 4, atol=1e-14)


def by_wealth(prices: Sequence[float | None], splits: Mapping[int, int], paid: Mapping[int, float]) -> list[float]:
    """Of one dollar's worth of shares, dividends reinvested at the close before less the dividend."""
    found = []
    for at in range(1, len(prices)):
        before, after = prices[at - 1], prices[at]
        if before is None or after is None:
            found.append(NAN)
        else:
            basis = before / splits.get(at, 1)
            found.append(after / (basis - paid.get(at, 0.0)) - 1.0)
    return found


@EXAMPLES
@given(
    prices=st.lists(st.none() | st.integers(20, 200).map(float), min_size=5, max_size=5),
    splits=st.dictionaries(st.integers(1, 4), st.sampled_from((2, 3, 4)), max_size=3),
    paid=st.dictionaries(st.integers(1, 4), st.sampled_from((0.25, 1.0, 3.5)), max_size=4),
)
def test_any_week_is_that_of_a_walk_from_close_to_close(
    prices: list[float | None], splits: dict[int, int], paid: dict[int, float]
) -> None:
    panel = freeze(
        [(ABC, day, price) for day, price in zip(DAYS, prices, strict=True) if price is not None],
        splits=[(ABC, DAYS[at], float(ratio)) for at, ratio in splits.items()],
        dividends=[(ABC, DAYS[at], amount) for at, amount in paid.items()],
    )
    np.testing.assert_allclose(returns_of(panel), by_wealth(prices, splits, paid), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("what", ["closes", "splits", "dividends"])
def test_a_stranger_is_refused(what: str) -> None:
    rows = {"closes": [(ABC, DAYS[0], 1.0)]}
    rows[what] = [(99, DAYS[1], 2.0)]
    with pytest.raises(ValueError, match="99"):
        freeze(**rows)  # type: ignore[arg-type]
