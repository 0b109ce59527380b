"""The tree: blocks, neighbours, dividends at the edges. Its accuracy is tested under tests/oracle."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from sigmasight.domain.options import Accuracy, DatedDividends, OptionInputs
from sigmasight.engines.american import price_american
from sigmasight.engines.tree import escrow_dividends, price_by_tree, value_by_tree

BLOCK = 64


def contracts(count: int) -> OptionInputs:
    rng = np.random.default_rng(3)
    return OptionInputs(
        spot=rng.uniform(80.0, 120.0, count),
        strike=rng.uniform(80.0, 120.0, count),
        tau_years=rng.uniform(0.1, 2.0, count),
        rate=rng.uniform(0.001, 0.06, count),
        dividend_yield=np.zeros(count),
        volatility=rng.uniform(0.1, 0.6, count),
        is_call=rng.random(count) < 0.5,
    )


def paid(*events: tuple[int, float, float]) -> DatedDividends:
    """Dividends as contract, years, USD."""
    return DatedDividends(
        np.array([contract for contract, _, _ in events], dtype=np.int64),
        np.array([years for _, years, _ in events], dtype=np.float64),
        np.array([amount for *_, amount in events], dtype=np.float64),
    )


def test_the_same_bits_alone_and_across_blocks() -> None:
    many = contracts(BLOCK + 1)
    events = [(row, 0.05 + 0.001 * row, 1.0) for row in (0, 1, BLOCK - 1, BLOCK)]
    price, values = price_by_tree(many, paid(*events)), astuple(value_by_tree(many, paid(*events)))
    for row in (0, 5, BLOCK - 1, BLOCK):
        one = many.rows(np.array([row]))
        mine = paid(*((0, years, amount) for at, years, amount in events if at == row))
        assert price_by_tree(one, mine)[0] == price[row]
        assert [float(each[0]) for each in astuple(value_by_tree(one, mine))] == [float(each[row]) for each in values]


@pytest.mark.parametrize("name", [field.name for field in fields(OptionInputs) if field.name != "is_call"])
def test_an_unknown_input_leaves_the_neighbours_alone(name: str) -> None:
    many, dividends = contracts(4), paid((0, 0.05, 1.0), (1, 0.05, 1.0), (3, 0.06, 1.0))
    column = getattr(many, name).copy()
    column[1] = np.nan
    pierced = replace(many, **{name: column})
    for before, after in zip(
        (price_by_tree(many, dividends), *astuple(value_by_tree(many, dividends))),
        (price_by_tree(pierced, dividends), *astuple(value_by_tree(pierced, dividends))),
        strict=True,
    ):
        assert np.isnan(after[1])
        np.testing.assert_array_equal(np.delete(after, 1), np.delete(before, 1))


def test_dividends_count_after_now_and_until_expiry() -> None:
    two = replace(contracts(2), tau_years=np.array([0.5, 1.0]), rate=np.array([0.04, 0.0]))
    escrow = escrow_dividends(two, paid((0, 0.0, 9.0), (0, 0.25, 2.0), (0, 0.5, 3.0), (0, 0.51, 9.0), (1, 1.0, 4.0)))
    first, second = 2.0 * np.exp(-0.01), 3.0 * np.exp(-0.02)
    np.testing.assert_allclose(escrow.present_value, [first + second, 4.0])
    np.testing.assert_allclose(escrow.rate_slope, [0.25 * first + 0.5 * second, 4.0])


def test_a_dividend_outside_the_life_changes_nothing() -> None:
    many = contracts(3)
    outside = paid((0, 0.0, 5.0), (1, -0.1, 5.0), (2, 2.5, 5.0))
    np.testing.assert_allclose(price_by_tree(many, outside), price_by_tree(many, paid()), rtol=0, atol=1e-4 * 120)


def test_without_dividends_it_agrees_with_the_boundary() -> None:
    puts = replace(contracts(20), is_call=np.zeros(20, dtype=np.bool_))
    apart = price_by_tree(puts, paid()) - price_american(puts, Accuracy.ACCURATE)
    assert np.abs(apart / puts.strike).max() < 1e-4


def test_more_dividends_than_half_the_steps_are_worth_what_they_sum_to() -> None:
    call = replace(contracts(1), tau_years=np.array([1.0]), is_call=np.array([False]))
    events = [(0, (day + 1) / 400, 0.01) for day in range(200)]
    few = [(0, (day + 0.5) / 40, 0.1) for day in range(20)]
    np.testing.assert_allclose(price_by_tree(call, paid(*events)), price_by_tree(call, paid(*few)), rtol=5e-3)


def test_no_contracts_have_no_prices() -> None:
    assert price_by_tree(contracts(0), paid()).shape == (0,)
    assert [each.shape for each in astuple(value_by_tree(contracts(0), paid()))] == [(0,)] * 6
