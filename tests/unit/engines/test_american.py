"""American options by collocation: blocks, neighbours, refusals. Their accuracy is tested under tests/oracle."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from sigmasight.domain.options import Accuracy, OptionInputs
from sigmasight.engines.american import price_american, value_american
from sigmasight.engines.european import price_european

BLOCK = 256
EITHER = pytest.mark.parametrize("accuracy", list(Accuracy))


def contracts(count: int) -> OptionInputs:
    rng = np.random.default_rng(2)
    return OptionInputs(
        spot=rng.uniform(50.0, 150.0, count),
        strike=rng.uniform(50.0, 150.0, count),
        tau_years=rng.uniform(0.01, 2.0, count),
        rate=rng.uniform(0.001, 0.06, count),
        dividend_yield=rng.uniform(0.001, 0.06, count),
        volatility=rng.uniform(0.05, 0.9, count),
        is_call=rng.random(count) < 0.5,
    )


@EITHER
def test_the_same_bits_alone_and_across_blocks(accuracy: Accuracy) -> None:
    many = contracts(BLOCK + 1)
    price, values = price_american(many, accuracy), astuple(value_american(many, accuracy))
    for row in (0, 7, BLOCK - 1, BLOCK):
        one = many.rows(np.array([row]))
        assert price_american(one, accuracy)[0] == price[row]
        alone = [float(each[0]) for each in astuple(value_american(one, accuracy))]
        assert alone == [float(each[row]) for each in values]


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("rate", [0.0, -0.01])
def test_a_contract_without_a_boundary_is_refused(is_call: bool, rate: float) -> None:  # noqa: FBT001
    three = replace(contracts(3), is_call=np.full(3, is_call))
    name = "dividend_yield" if is_call else "rate"
    three = replace(three, **{name: np.array([0.03, rate, 0.03])})
    with pytest.raises(ValueError, match="above 0 to be worth exercising early"):
        price_american(three, Accuracy.FAST)
    with pytest.raises(ValueError, match="above 0 to be worth exercising early"):
        value_american(three, Accuracy.FAST)


@pytest.mark.parametrize("name", [field.name for field in fields(OptionInputs) if field.name != "is_call"])
def test_an_unknown_input_leaves_the_neighbours_alone(name: str) -> None:
    many = contracts(6)
    column = getattr(many, name).copy()
    column[2:4] = np.nan
    pierced = replace(many, **{name: column})
    for before, after in zip(
        (price_american(many, Accuracy.FAST), *astuple(value_american(many, Accuracy.FAST))),
        (price_american(pierced, Accuracy.FAST), *astuple(value_american(pierced, Accuracy.FAST))),
        strict=True,
    ):
        assert np.isnan(after[2:4]).all()
        np.testing.assert_array_equal(np.delete(after, [2, 3]), np.delete(before, [2, 3]))


@EITHER
def test_never_worth_less_than_at_once_or_at_expiry(accuracy: Accuracy) -> None:
    many = contracts(300)
    price = price_american(many, accuracy)
    gain = np.where(many.is_call, many.spot - many.strike, many.strike - many.spot)
    assert (price >= np.maximum(gain, 0.0)).all()
    assert (price >= price_european(many) - 2e-5 * many.strike).all()


def test_what_is_exercised_at_once_has_the_slopes_of_what_it_delivers() -> None:
    deep = replace(contracts(2), spot=np.array([1.0, 9_000.0]), is_call=np.array([False, True]))
    values = value_american(deep, Accuracy.FAST)
    np.testing.assert_array_equal(values.price, np.abs(deep.spot - deep.strike))
    assert values.delta.tolist() == [-1.0, 1.0]
    for slope in (values.gamma, values.theta, values.vega, values.rho):
        assert slope.tolist() == [0.0, 0.0]


def test_no_contracts_have_no_prices() -> None:
    assert price_american(contracts(0), Accuracy.FAST).shape == (0,)
    assert [each.shape for each in astuple(value_american(contracts(0), Accuracy.FAST))] == [(0,)] * 6
