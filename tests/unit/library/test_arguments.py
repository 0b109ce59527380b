"""How the functions of the library take their arguments, and what they refuse."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

import sigmasight as ss

FIELDS = ("price", "delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
STYLES = ("american", "european")
USUAL = {
    "spot": 100.0,
    "strike": 105.0,
    "tau_years": 0.5,
    "rate": 0.04,
    "dividend_yield": 0.01,
    "volatility": 0.25,
    "is_call": True,
}
Inputs = dict[str, np.ndarray]


def price_of(**moved: object) -> ss.Greeks:
    return ss.greeks(**{**USUAL, **moved})


def implied_by(**moved: object) -> ss.ImpliedVolatility:
    known = {name: value for name, value in USUAL.items() if name != "volatility"}
    return ss.implied_volatility(**{"price": 5.0, **known, **moved})


@pytest.mark.parametrize("call", [price_of, implied_by])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spot", -1.0),
        ("spot", [100.0, -1e-9]),
        ("strike", 0.0),
        ("strike", -1.0),
        ("strike", [105.0, 0.0]),
        ("style", "bermudan"),
        ("style", "American"),
        ("style", ""),
        ("spot", np.full((2, 3), 100.0)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call: Callable[..., object], name: str, value: object) -> None:
    beside = {"rate": np.full(2, 0.04)} if np.ndim(value) == 2 else {}
    with pytest.raises(ValueError, match=name):
        call(**{name: value, **beside})


@pytest.mark.parametrize(
    ("name", "value"), [("volatility", -0.01), ("volatility", [0.2, -1e-300]), ("accuracy", "exact"), ("accuracy", "")]
)
def test_so_is_a_negative_volatility_or_an_unknown_accuracy(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        price_of(**{name: value})


def test_names_are_needed() -> None:
    with pytest.raises(TypeError):
        ss.greeks(100.0, 105.0, 0.5, 0.04, 0.01, 0.25, True)


@pytest.mark.parametrize("style", STYLES)
def test_scalars_lists_and_arrays_give_the_same_numbers(style: str) -> None:
    alone = price_of(style=style)
    listed = price_of(spot=[100, 100], is_call=[True, True], style=style)
    whole = price_of(spot=np.array([100, 100], dtype=np.int32), strike=np.float32(105), style=style)
    for field in FIELDS:
        scalar = getattr(alone, field)
        assert isinstance(scalar, np.ndarray)
        assert scalar.shape == ()
        assert scalar.dtype == np.float64
        np.testing.assert_array_equal(getattr(listed, field), [scalar, scalar])
        np.testing.assert_array_equal(getattr(whole, field), [scalar, scalar])


def test_each_contract_may_have_its_own_style() -> None:
    both = price_of(style=STYLES, is_call=False)
    alone = [price_of(style=style, is_call=False) for style in STYLES]
    assert [float(each.price) for each in alone] == both.price.tolist()
    assert both.price[0] > both.price[1]
    with pytest.raises(ValueError, match="style must be one of american, european, not 'asian'"):
        price_of(style=["american", "asian"])


@pytest.mark.parametrize("style", STYLES)
def test_arguments_are_broadcast(style: str) -> None:
    spots, strikes = np.array([[90.0], [100.0], [110.0]]), np.array([95.0, 105.0])
    both = price_of(spot=spots, strike=strikes, style=style)
    assert both.status.shape == (3, 2)
    for row, column in np.ndindex(3, 2):
        one = price_of(spot=spots[row, 0], strike=strikes[column], style=style)
        for field in FIELDS:
            assert getattr(both, field).shape == (3, 2)
            assert getattr(both, field)[row, column] == getattr(one, field)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_nothing_to_price_gives_nothing(style: str, shape: tuple[int, ...]) -> None:
    values, implied = price_of(spot=np.empty(shape), style=style), implied_by(spot=np.empty(shape), style=style)
    for field in (*FIELDS, "status"):
        assert getattr(values, field).shape == shape
    assert implied.volatility.shape == shape
    assert implied.status.shape == shape


def test_results_cannot_be_changed() -> None:
    values, implied = price_of(spot=[90.0, 100.0]), implied_by(price=[4.0, 5.0])
    for result in (values, implied):
        for field in fields(result):
            with pytest.raises(FrozenInstanceError):
                setattr(result, field.name, None)
            with pytest.raises(ValueError, match="read-only"):
                getattr(result, field.name)[...] = getattr(result, field.name)[0]


def test_arguments_are_left_as_they_were() -> None:
    inputs: Inputs = {key: np.full(3, given) for key, given in USUAL.items()}
    inputs["tau_years"][1], inputs["spot"][2] = 0.0, np.nan
    before = {name: column.copy() for name, column in inputs.items()}
    ss.greeks(**inputs)
    for name, column in inputs.items():
        np.testing.assert_array_equal(column, before[name])


def test_american_is_the_style_and_fast_the_accuracy_when_nothing_is_said() -> None:
    put = {"strike": 140.0, "is_call": False}
    for field in FIELDS:
        expected = getattr(price_of(**put, style="american", accuracy="fast"), field)
        np.testing.assert_array_equal(getattr(price_of(**put), field), expected)
