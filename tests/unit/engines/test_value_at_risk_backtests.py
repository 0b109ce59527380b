"""Tests of breaks: sequences by hand, and whether good forecasts pass and bad ones do not."""

from math import erfc, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import BoolArray
from sigmasight.engines.value_at_risk_backtests import Backtest, backtest

EXAMPLES = settings(deadline=None, max_examples=100, derandomize=True)
LEVELS = st.sampled_from([0.5, 0.95, 0.975, 0.99])
sequences = arrays(np.bool_, st.integers(1, 300))


def check(days: str, level: float = 0.99) -> Backtest:
    """Test days of which x is a break."""
    return backtest(np.array([day == "x" for day in days]), level)


# By hand


def test_no_break_in_a_year() -> None:
    """The chance of it is 0.99^252."""
    found = check("." * 252)
    assert (found.forecasts, found.breaks) == (252, 0)
    assert found.unconditional == pytest.approx(-2 * 252 * log(0.99), rel=1e-12)
    assert (found.independent, found.independent_p) == (0.0, 1.0)
    assert found.conditional == found.unconditional
    assert found.conditional_p == pytest.approx(exp(-found.conditional / 2), rel=1e-12)


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_a_break_on_every_day(level: float) -> None:
    found = check("x" * 20, level)
    assert (found.forecasts, found.breaks) == (20, 20)
    assert found.unconditional == pytest.approx(-2 * 20 * log(1 - level), rel=1e-12)
    assert found.unconditional_p < 1e-20
    assert (found.independent, found.independent_p) == (0.0, 1.0)


def test_a_break_on_every_other_day() -> None:
    """As often as a level of 50 % wants, but whoever sees one day knows the next: 99 days follow another."""
    found = check(".x" * 50, 0.5)
    assert (found.forecasts, found.breaks) == (100, 50)
    assert found.unconditional == pytest.approx(0.0, abs=1e-12)
    assert found.unconditional_p == pytest.approx(1.0, abs=1e-6)
    assert found.independent == pytest.approx(-2 * (50 * log(50 / 99) + 49 * log(49 / 99)), rel=1e-12)
    assert found.independent_p < 1e-20
    assert found.conditional == pytest.approx(found.independent, rel=1e-12)


def test_ten_days_by_hand() -> None:
    """Three breaks. After six calm days two breaks, after three broken ones one; of nine days three in all."""
    found = check("..xx..x...", 0.9)
    best = 3 * log(0.3) + 7 * log(0.7)
    assert (found.forecasts, found.breaks) == (10, 3)
    assert found.unconditional == pytest.approx(2 * (best - 3 * log(0.1) - 7 * log(0.9)), rel=1e-12)
    apart = 2 * log(2 / 6) + 4 * log(4 / 6) + log(1 / 3) + 2 * log(2 / 3)
    pooled = 3 * log(3 / 9) + 6 * log(6 / 9)
    assert found.independent == pytest.approx(2 * (apart - pooled), abs=1e-12)
    assert found.conditional_p == pytest.approx(exp(-found.conditional / 2), rel=1e-12)
    found = check("..xxx....x", 0.9)
    apart = 2 * log(2 / 6) + 4 * log(4 / 6) + 2 * log(2 / 3) + log(1 / 3)
    pooled = 4 * log(4 / 9) + 5 * log(5 / 9)
    assert found.independent == pytest.approx(2 * (apart - pooled), rel=1e-12)
    assert found.independent_p == pytest.approx(erfc(sqrt(found.independent / 2)), rel=1e-12)
    assert found.unconditional_p == pytest.approx(erfc(sqrt(found.unconditional / 2)), rel=1e-12)


@pytest.mark.parametrize("day", ["x", "."])
def test_a_single_day_says_nothing_of_the_next(day: str) -> None:
    found = check(day)
    assert (found.forecasts, found.independent, found.independent_p) == (1, 0.0, 1.0)
    assert found.unconditional == pytest.approx(-2 * log(0.01 if day == "x" else 0.99), rel=1e-12)


def test_the_last_day_may_be_the_only_break() -> None:
    found = check("." * 99 + "x")
    assert found.unconditional == pytest.approx(0.0, abs=1e-12)
    assert found.independent == pytest.approx(0.0, abs=1e-12)
    assert found.conditional_p == pytest.approx(1.0, abs=1e-9)


# Laws


@EXAMPLES
@given(broken=sequences, level=LEVELS)
def test_ratios_are_positive_and_chances_are_chances(broken: BoolArray, level: float) -> None:
    found = backtest(broken, level)
    assert (found.forecasts, found.breaks) == (len(broken), broken.sum())
    assert found.conditional == found.unconditional + found.independent
    for ratio in (found.unconditional, found.independent, found.conditional):
        assert ratio >= -1e-10
    for chance in (found.unconditional_p, found.independent_p, found.conditional_p):
        assert 0.0 <= chance <= 1.0


@EXAMPLES
@given(broken=sequences, level=LEVELS, data=st.data())
def test_how_often_does_not_depend_on_when(broken: BoolArray, level: float, data: st.DataObject) -> None:
    other = broken[data.draw(st.permutations(range(len(broken))))]
    assert backtest(other, level).unconditional == backtest(broken, level).unconditional


@EXAMPLES
@given(broken=sequences, level=LEVELS)
def test_when_does_not_depend_on_the_level(broken: BoolArray, level: float) -> None:
    assert backtest(broken, level).independent == backtest(broken, 0.9).independent


@EXAMPLES
@given(broken=sequences)
def test_days_without_break_are_to_breaks_as_breaks_are_to_them(broken: BoolArray) -> None:
    """Calm days of a level are breaks of its opposite."""
    plain, other = backtest(broken, 0.75), backtest(~broken, 0.25)
    assert other.unconditional == pytest.approx(plain.unconditional, rel=1e-10, abs=1e-10)
    assert other.independent == pytest.approx(plain.independent, rel=1e-10, abs=1e-10)


@EXAMPLES
@given(count=st.integers(100, 5_000), level=st.sampled_from([0.95, 0.99]))
def test_more_breaks_than_wanted_are_ever_less_likely(count: int, level: float) -> None:
    wanted = round(count * (1 - level))
    ratios = [backtest(np.arange(count) < breaks, level).unconditional for breaks in range(wanted + 1, wanted + 30, 4)]
    assert np.all(np.diff(ratios) > 0.0)


# What they are for


def test_breaks_in_a_row_are_noticed_where_as_many_apart_are_not() -> None:
    in_a_row, apart = np.zeros(1_000, dtype=np.bool_), np.zeros(1_000, dtype=np.bool_)
    in_a_row[400:410] = True
    apart[50::100] = True
    clustered, spread = backtest(in_a_row, 0.99), backtest(apart, 0.99)
    assert clustered.unconditional == spread.unconditional == pytest.approx(0.0, abs=1e-10)
    assert clustered.independent_p < 1e-9
    assert spread.independent_p > 0.5
    assert clustered.conditional_p < 1e-9
    assert spread.conditional_p > 0.5


@pytest.mark.parametrize(("chance", "least", "most"), [(0.05, 0.02, 0.08), (0.08, 0.9, 1.0), (0.025, 0.9, 1.0)])
def test_good_forecasts_fail_as_seldom_as_five_in_a_hundred_and_bad_ones_nearly_always(
    chance: float, least: float, most: float
) -> None:
    """Thousand days at 95 %, five hundred times."""
    broken = np.random.default_rng(11).random((500, 1_000)) < chance
    failed = np.mean([backtest(days, 0.95).unconditional_p < 0.05 for days in broken])
    assert least <= failed <= most


def test_no_day_is_no_backtest() -> None:
    with pytest.raises(ValueError, match="needs a day"):
        backtest(np.zeros(0, dtype=np.bool_), 0.99)
