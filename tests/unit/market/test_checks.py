"""The door: what is nonsense stays outside with its reason, and nothing is dropped in silence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import DailyBars, OptionQuotes, Split, Yields
from sigmasight.market.checks import (
    CheckedBars,
    CheckedQuotes,
    CheckedYields,
    RefusedRow,
    check_bars,
    check_option_quotes,
    check_yields,
)

TODAY = date(2026, 6, 30)
MONDAY = date(2026, 6, 1)
NAN, INF = float("nan"), float("inf")
TERMS = OptionTerms("AAPL", date(2026, 8, 21), Right.PUT, Decimal(200))


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def days(numbers: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array([day(number) for number in numbers], dtype="datetime64[D]")


def bars(closes: Sequence[float], numbers: Sequence[int] | None = None) -> DailyBars:
    close = np.array(closes, dtype=np.float64)
    return DailyBars(
        symbol="SPY",
        days=days(range(len(closes)) if numbers is None else numbers),
        open=np.full_like(close, 100.0),
        high=np.full_like(close, 110.0),
        low=np.full_like(close, 90.0),
        close=close,
        adjusted_close=np.full_like(close, 95.0),
        volume=np.full_like(close, 1e6),
    )


def checked(
    given_bars: DailyBars,
    *,
    splits: Sequence[Split] = (),
    previous: tuple[date, float] | None = None,
    confirmed: Sequence[date] = (),
) -> CheckedBars:
    return check_bars(given_bars, today=TODAY, splits=splits, previous_close=previous, confirmed=confirmed)


def kept(result: CheckedBars) -> list[tuple[date, float]]:
    return list(zip(result.accepted.days.tolist(), result.accepted.close.tolist(), strict=True))


def why(result: CheckedBars | CheckedYields | CheckedQuotes) -> list[tuple[date | None, str, str]]:
    return [(row.day, row.field, row.why) for row in result.refused]


def test_good_bars_go_in_as_they_are() -> None:
    given_bars = bars([100.0, 101.0, 99.5])
    result = checked(given_bars)
    assert result.refused == ()
    assert result.accepted.symbol == "SPY"
    for name in ("days", "open", "high", "low", "close", "adjusted_close", "volume"):
        column = getattr(result.accepted, name)
        np.testing.assert_array_equal(column, getattr(given_bars, name))
        assert not column.flags.writeable


def test_no_bars_are_no_bars() -> None:
    result = checked(bars([]), previous=(day(0), 100.0))
    assert len(result.accepted.days) == 0
    assert result.refused == ()


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "adjusted_close"])
@pytest.mark.parametrize("value", [0.0, -1.0, NAN, INF, -INF])
def test_a_price_that_is_none_keeps_its_bar_outside(name: str, value: float) -> None:
    given_bars = bars([100.0, 100.0, 100.0])
    getattr(given_bars, name)[1] = value
    result = checked(given_bars)
    assert [found for found, _ in kept(result)] == [day(0), day(2)]
    (refused,) = result.refused
    assert (refused.symbol, refused.day, refused.field) == ("SPY", day(1), name)
    assert refused.why == "it is not a finite number above 0"
    np.testing.assert_equal(refused.value, value)


def test_a_bar_with_several_wrong_fields_is_reported_once() -> None:
    given_bars = bars([NAN])
    given_bars.open[0] = -1.0
    assert why(checked(given_bars)) == [(day(0), "open", "it is not a finite number above 0")]


def test_volume_may_be_unknown_but_not_impossible() -> None:
    given_bars = bars([100.0] * 4)
    given_bars.volume[:] = [NAN, 0.0, -1.0, INF]
    result = checked(given_bars)
    assert [found for found, _ in kept(result)] == [day(0), day(1)]
    assert why(result) == [(day(number), "volume", "it is infinite or negative") for number in (2, 3)]


def test_a_high_below_the_low_is_refused_and_an_equal_one_is_not() -> None:
    given_bars = bars([100.0, 100.0])
    given_bars.high[:] = [90.0, 89.99]
    result = checked(given_bars)
    assert result.refused == (RefusedRow("SPY", day(1), "high", 89.99, "the high is below the low"),)


def test_today_goes_in_and_tomorrow_does_not() -> None:
    result = checked(bars([100.0, 101.0], [29, 30]))
    assert kept(result) == [(TODAY, 100.0)]
    assert result.refused == (RefusedRow("SPY", date(2026, 7, 1), "day", 101.0, "the day lies in the future"),)


def test_a_bar_of_a_day_without_a_session_is_refused() -> None:
    sessions = days([1, 2, 4])
    result = check_bars(
        bars([10.0, 11.0, 12.0], [2, 3, 5]), today=day(9), splits=(), previous_close=None, sessions=sessions
    )
    assert kept(result) == [(day(2), 10.0)]
    assert [reason for *_, reason in why(result)] == ["the exchange holds no session on that day"] * 2


def test_a_day_that_is_none_is_refused() -> None:
    given_bars = bars([100.0, 101.0, 102.0, 103.0])
    given_bars.days[[0, 2]] = [np.datetime64("NaT"), np.datetime64("-0044-03-15")]
    given_bars.days[3] = np.datetime64("12026-01-01")
    result = checked(given_bars)
    assert kept(result) == [(day(1), 101.0)]
    nowhere = "there is no such day, or it lies before 1900"
    assert sorted((row.value, row.day, row.why) for row in result.refused) == [
        (100.0, None, nowhere),
        (102.0, None, nowhere),
        (103.0, None, "the day lies in the future"),
    ]


def test_days_are_put_in_order_with_everything_on_them() -> None:
    given_bars = bars([103.0, 101.0, 102.0], [2, 0, 1])
    given_bars.volume[:] = [3.0, 1.0, 2.0]
    result = checked(given_bars)
    assert kept(result) == [(day(0), 101.0), (day(1), 102.0), (day(2), 103.0)]
    assert result.accepted.volume.tolist() == [1.0, 2.0, 3.0]
    assert result.refused == ()


def test_the_first_of_equal_bars_of_a_day_is_kept() -> None:
    given_bars = bars([100.0, 101.0, 100.0, 100.0], [0, 1, 0, 0])
    given_bars.volume[[0, 2, 3]] = NAN
    result = checked(given_bars)
    assert kept(result) == [(day(0), 100.0), (day(1), 101.0)]
    assert result.refused == ()


def test_different_bars_of_a_day_are_all_refused() -> None:
    closes = [100.0, 101.0] * 20
    result = checked(bars([102.0, *closes], [1] + [0] * 40))
    assert kept(result) == [(day(1), 102.0)]
    rivals = "this day is there more than once, with different numbers"
    assert why(result) == [(day(0), "day", rivals)] * 40
    assert [row.value for row in result.refused] == closes


def test_a_bar_that_is_refused_for_itself_is_no_rival() -> None:
    result = checked(bars([NAN, 101.0], [0, 0]))
    assert kept(result) == [(day(0), 101.0)]
    assert why(result) == [(day(0), "close", "it is not a finite number above 0")]


@pytest.mark.parametrize("close", [300.0, 100.0 / 3.0, 38.2])
def test_a_large_move_of_a_real_company_goes_in(close: float) -> None:
    assert checked(bars([100.0, close])).refused == ()


@pytest.mark.parametrize("close", [301.0, 33.0, 10_000.0, 1.0])
def test_a_jump_that_no_split_explains_is_refused(close: float) -> None:
    result = checked(bars([100.0, close, 101.0]))
    assert kept(result) == [(day(0), 100.0), (day(2), 101.0)]
    assert result.refused == (
        RefusedRow(
            "SPY",
            day(1),
            "close",
            close,
            "it follows 100 on 2026-06-01, a jump that no split explains; closes at this level stay out until a split "
            "is known or a person confirms the day",
        ),
    )


def test_the_first_jump_is_measured_from_the_close_before_the_bars_if_there_is_one() -> None:
    assert kept(checked(bars([400.0, 110.0]), previous=(day(-3), 100.0))) == [(day(1), 110.0)]
    assert kept(checked(bars([400.0, 210.0]))) == [(day(0), 400.0), (day(1), 210.0)]


def test_closes_at_the_new_level_stay_out_until_one_is_confirmed() -> None:
    given_bars = bars([100.0, 400.0, 410.0, 405.0])
    assert kept(checked(given_bars)) == [(day(0), 100.0)]
    assert kept(checked(given_bars, confirmed=[day(2)])) == [(day(0), 100.0), (day(2), 410.0), (day(3), 405.0)]
    assert kept(checked(given_bars, confirmed=[day(1)])) == [(day(n), c) for n, c in enumerate(given_bars.close)]


@pytest.mark.parametrize(("new", "old", "close"), [(4, 1, 25.5), (10, 1, 9.8), (1, 8, 810.0), (20, 1, 5.0)])
def test_a_split_explains_its_jump(new: int, old: int, close: float) -> None:
    split = Split("SPY", day(1), new, old)
    assert checked(bars([100.0, close]), splits=[split]).refused == ()
    assert len(checked(bars([100.0, close])).refused) == 1


@pytest.mark.parametrize(
    "split",
    [
        Split("QQQ", day(1), 10, 1),
        Split("SPY", day(0), 10, 1),
        Split("SPY", day(2), 10, 1),
        Split("SPY", day(1), 1, 10),
        Split("SPY", day(1), 10, 0),
        Split("SPY", day(1), 0, 1),
    ],
    ids=str,
)
def test_another_split_explains_nothing(split: Split) -> None:
    assert len(checked(bars([100.0, 10.0]), splits=[split]).refused) == 1


def test_splits_on_days_without_a_close_explain_the_step_over_them() -> None:
    splits = [Split("SPY", day(2), 3, 1), Split("SPY", day(3), 2, 1)]
    assert checked(bars([60.0, 10.0], [1, 4]), splits=splits).refused == ()


def test_a_split_that_the_price_does_not_show_refuses_nothing() -> None:
    assert checked(bars([100.0, 101.0]), splits=[Split("SPY", day(1), 10, 1)]).refused == ()


def test_a_known_close_counts_from_its_own_day_on() -> None:
    known = (day(1), 100.0)
    assert kept(checked(bars([10.0, 100.0], [0, 2]), previous=known)) == [(day(0), 10.0), (day(2), 100.0)]
    assert kept(checked(bars([10.0, 10.0], [0, 2]), previous=known)) == [(day(0), 10.0)]
    assert kept(checked(bars([250.0, 700.0], [1, 2]), previous=known)) == [(day(1), 250.0), (day(2), 700.0)]


@given(
    st.lists(st.sampled_from([50.0, 100.0, 110.0, 200.0, 400.0, 410.0, 900.0, NAN]), max_size=12), st.integers(0, 12)
)
def test_all_at_once_or_night_by_night_is_the_same(closes: list[float], cut: int) -> None:
    cut = min(cut, len(closes))
    whole = checked(bars(closes))
    early = checked(bars(closes[:cut]))
    last = kept(early)[-1] if kept(early) else None
    late = checked(bars(closes[cut:], range(cut, len(closes))), previous=last)
    assert kept(early) + kept(late) == kept(whole)
    assert why(early) + why(late) == why(whole)


@given(
    st.lists(
        st.tuples(st.integers(-3, 33), st.sampled_from([-1.0, 0.0, 1.0, 90.0, 100.0, 105.0, 900.0, NAN, INF])),
        max_size=15,
    )
)
def test_every_bar_goes_in_or_is_reported_or_repeats_one(rows: list[tuple[int, float]]) -> None:
    given_bars = bars([close for _, close in rows], [number for number, _ in rows])
    result = checked(given_bars)
    accepted, refused = kept(result), [(row.day, row.value) for row in result.refused]
    assert len(accepted) + len(refused) <= len(rows)
    for number, close in rows:
        assert any(found == day(number) and (value == close or close != close) for found, value in accepted + refused)  # noqa: PLR0124
    assert [found for found, _ in accepted] == sorted({found for found, _ in accepted})
    assert all(found <= TODAY and 0.0 < value < INF for found, value in accepted)


def test_columns_of_different_lengths_are_a_mistake() -> None:
    short = bars([100.0, 101.0])
    wrong = DailyBars("SPY", short.days[:1], short.open, short.high, short.low, short.close, short.close, short.volume)
    with pytest.raises(ValueError, match="the columns of SPY differ in length"):
        checked(wrong)


def test_what_was_given_is_left_alone() -> None:
    quotes = quoted(bid=[2.0, -1.0], ask=[1.0, 0.0], last=[0.0, 3.0])
    check_option_quotes(quotes, today=TODAY)
    assert (quotes.bid.tolist(), quotes.ask.tolist(), quotes.last.tolist()) == ([2.0, -1.0], [1.0, 0.0], [0.0, 3.0])


def test_yields_are_fractions() -> None:
    values = np.array([0.045, -0.004, 0.5, 4.5, -0.51, NAN, INF, 0.04])
    result = check_yields(Yields("DGS10", days([0, 1, 2, 3, 4, 5, 6, 30]), values), today=TODAY)
    assert result.accepted.series == "DGS10"
    assert result.accepted.values.tolist() == [0.045, -0.004, 0.5]
    assert result.accepted.days.tolist() == [day(0), day(1), day(2)]
    percent = "it is surely in percent; as a fraction 5 % is 0.05"
    assert why(result) == [
        (day(3), "values", percent),
        (day(4), "values", percent),
        (day(5), "values", "it is not a finite number"),
        (day(6), "values", "it is not a finite number"),
        (day(30), "day", "the day lies in the future"),
    ]
    assert result.refused[0] == RefusedRow("DGS10", day(3), "values", 4.5, percent)


def test_yields_of_a_day_agree_or_are_refused() -> None:
    result = check_yields(Yields("DGS2", days([1, 0, 1, 0]), np.array([0.04, 0.03, 0.04, 0.031])), today=TODAY)
    assert result.accepted.values.tolist() == [0.04]
    assert [(row.day, row.value) for row in result.refused] == [(day(0), 0.03), (day(0), 0.031)]


def quoted(
    bid: Sequence[float], ask: Sequence[float], last: Sequence[float], *, numbers: Sequence[int] | None = None
) -> OptionQuotes:
    count = len(bid)
    return OptionQuotes(
        terms=TERMS,
        days=days(range(count) if numbers is None else numbers),
        bid=np.array(bid, dtype=np.float64),
        ask=np.array(ask, dtype=np.float64),
        last=np.array(last, dtype=np.float64),
        volume=np.full(count, 10.0),
        open_interest=np.full(count, NAN),
    )


@pytest.mark.parametrize(
    ("given_quote", "goes_in"),
    [
        ((4.1, 4.3, 4.2), (4.1, 4.3, 4.2)),
        ((4.1, 4.3, NAN), (4.1, 4.3, NAN)),
        ((NAN, NAN, 4.2), (NAN, NAN, 4.2)),
        ((4.1, 4.1, NAN), (4.1, 4.1, NAN)),
        ((0.0, 0.05, NAN), (0.0, 0.05, NAN)),
        ((0.0, 0.05, 0.0), (0.0, 0.05, NAN)),
        ((0.0, 0.0, 4.2), (0.0, NAN, 4.2)),
        ((NAN, 4.3, 4.2), (NAN, 4.3, 4.2)),
    ],
)
def test_a_quote_with_a_usable_price_goes_in(
    given_quote: tuple[float, float, float], goes_in: tuple[float, float, float]
) -> None:
    result = check_option_quotes(quoted(*([value] for value in given_quote)), today=TODAY)
    assert result.refused == ()
    assert result.accepted.terms == TERMS
    found = (result.accepted.bid[0], result.accepted.ask[0], result.accepted.last[0])
    np.testing.assert_array_equal(found, goes_in)


@pytest.mark.parametrize(
    "given_quote",
    [(NAN, NAN, NAN), (0.0, 0.0, 0.0), (NAN, 4.3, NAN), (4.1, NAN, 0.0), (4.1, 0.0, NAN)],
)
def test_a_quote_without_a_usable_price_is_refused(given_quote: tuple[float, float, float]) -> None:
    result = check_option_quotes(quoted(*([value] for value in given_quote)), today=TODAY)
    assert len(result.accepted.days) == 0
    (refused,) = result.refused
    assert (refused.symbol, refused.day, refused.field) == ("AAPL260821P00200000", day(0), "last")
    assert refused.why == "the quote has neither bid and ask nor a last price"


def test_a_contract_that_a_split_made_odd_is_named_in_words() -> None:
    odd = replace(quoted([NAN], [NAN], [NAN]), terms=replace(TERMS, strike=Decimal(200) / 3))
    assert check_option_quotes(odd, today=TODAY).refused[0].symbol == "AAPL 2026-08-21 put 66.666667"


@pytest.mark.parametrize("name", ["bid", "ask", "last", "volume", "open_interest"])
@pytest.mark.parametrize("value", [-0.01, INF, -INF])
def test_a_field_that_cannot_be_is_reported_and_the_rest_stands(name: str, value: float) -> None:
    quotes = quoted([4.1], [4.3], [4.2])
    getattr(quotes, name)[0] = value
    result = check_option_quotes(quotes, today=TODAY)
    assert result.refused == (RefusedRow("AAPL260821P00200000", day(0), name, value, "it is infinite or negative"),)
    assert np.isnan(getattr(result.accepted, name)[0])
    others = {"bid": 4.1, "ask": 4.3, "last": 4.2, "volume": 10.0}
    assert all(
        getattr(result.accepted, other)[0] == kept_value for other, kept_value in others.items() if other != name
    )


def test_of_a_crossed_quote_only_the_last_price_stands() -> None:
    crossed = "the ask is below the bid, so that neither counts"
    result = check_option_quotes(quoted([4.4, 4.4], [4.3, 4.3], [4.2, NAN]), today=TODAY)
    assert why(result) == [
        (day(0), "ask", crossed),
        (day(1), "ask", crossed),
        (day(1), "last", "the quote has neither bid and ask nor a last price"),
    ]
    assert result.refused[0].value == 4.3
    np.testing.assert_array_equal([result.accepted.bid[0], result.accepted.ask[0]], [NAN, NAN])
    assert result.accepted.last.tolist() == [4.2]


def test_quotes_of_a_day_agree_or_are_refused_and_none_is_of_the_future() -> None:
    result = check_option_quotes(
        quoted([4.1, 4.1, 5.0, 5.0, 6.0], [4.3, 4.3, 5.2, 5.3, 6.1], [NAN] * 5, numbers=[2, 2, 1, 1, 30]), today=TODAY
    )
    assert result.accepted.days.tolist() == [day(2)]
    rivals = "this day is there more than once, with different numbers"
    assert why(result) == [(day(1), "day", rivals)] * 2 + [(day(30), "day", "the day lies in the future")]
