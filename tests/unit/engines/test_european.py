"""Black-Scholes-Merton: blocks, neighbours and nothing at all. Its accuracy is tested under tests/oracle."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from sigmasight.domain.options import OptionInputs
from sigmasight.engines.european import price_european, value_european

BLOCK = 8_192


def contracts(count: int) -> OptionInputs:
    rng = np.random.default_rng(1)
    return OptionInputs(
        spot=rng.uniform(50.0, 150.0, count),
        strike=rng.uniform(50.0, 150.0, count),
        tau_years=rng.uniform(0.01, 2.0, count),
        rate=rng.uniform(-0.01, 0.06, count),
        dividend_yield=rng.uniform(-0.01, 0.06, count),
        volatility=rng.uniform(0.05, 0.9, count),
        is_call=rng.random(count) < 0.5,
    )


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1])
def test_the_same_bits_alone_and_across_blocks(count: int) -> None:
    many = contracts(count)
    price, values = price_european(many), astuple(value_european(many))
    for row in (0, min(BLOCK, count) - 1, min(BLOCK, count - 1), count - 1):
        one = many.rows(np.array([row]))
        assert price_european(one)[0] == price[row]
        assert [float(each[0]) for each in astuple(value_european(one))] == [float(each[row]) for each in values]


def test_the_textbook_call() -> None:
    # Hull, example 15.6: 4.76 and, by parity, 0.81.
    one = np.ones(2)
    hull = OptionInputs(
        spot=42 * one,
        strike=40 * one,
        tau_years=0.5 * one,
        rate=0.1 * one,
        dividend_yield=0 * one,
        volatility=0.2 * one,
        is_call=np.array([True, False]),
    )
    np.testing.assert_allclose(price_european(hull), [4.76, 0.81], atol=0.005)
    np.testing.assert_allclose(value_european(hull).price, price_european(hull), rtol=1e-13)


@pytest.mark.parametrize("name", [field.name for field in fields(OptionInputs) if field.name != "is_call"])
def test_an_unknown_input_leaves_the_neighbours_alone(name: str) -> None:
    many = contracts(5)
    column = getattr(many, name).copy()
    column[2] = np.nan
    pierced = replace(many, **{name: column})
    for before, after in zip(
        (price_european(many), *astuple(value_european(many))),
        (price_european(pierced), *astuple(value_european(pierced))),
        strict=True,
    ):
        assert np.isnan(after[2])
        np.testing.assert_array_equal(np.delete(after, 2), np.delete(before, 2))


def test_no_contracts_have_no_prices() -> None:
    assert price_european(contracts(0)).shape == (0,)
    assert [each.shape for each in astuple(value_european(contracts(0)))] == [(0,)] * 6
