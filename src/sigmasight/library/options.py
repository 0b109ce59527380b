"""Options from plain numbers: the same code as the night's, with no database and no account.

import sigmasight as ss

ss.greeks(spot=100, strike=[90, 100, 110], tau_years=0.5, rate=0.04, dividend_yield=0.01, volatility=0.25, is_call=True)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import Accuracy, ImpliedStatus, OptionValues, PricingModel
from sigmasight.domain.units import per_day, per_percent, per_point
from sigmasight.risk.option_models import Contracts, choose_models, imply_volatilities, value_contracts

_STYLES = ("american", "european")
_AT_LEAST_ZERO = ("spot", "volatility")
_Array = TypeVar("_Array", FloatArray, NDArray[np.str_])


@dataclass(frozen=True, slots=True)
class Greeks:
    """Prices and Greeks per share, in the units that people use; all of one shape, that of the inputs broadcast."""

    price: FloatArray  # USD
    delta: FloatArray  # per share: change of the price per $1 of the spot
    gamma: FloatArray  # change of delta per $1 of the spot
    theta_per_day: FloatArray  # USD per calendar day that passes; never more than the price
    vega_per_point: FloatArray  # USD per 1 point of volatility (0.01)
    rho_per_percent: FloatArray  # USD per 1 % of the rate (0.01)
    status: NDArray[np.str_]  # ok; exercise: worth its intrinsic value, to be exercised; expired; not_finite


@dataclass(frozen=True, slots=True)
class ImpliedVolatility:
    """Implied volatilities, of one shape, that of the inputs broadcast."""

    volatility: FloatArray  # per year, as a fraction; NaN where not identified
    status: NDArray[np.str_]  # ok; below_intrinsic; above_maximum; low_vega; expired; not_finite


def greeks(
    *,
    spot: ArrayLike,
    strike: ArrayLike,
    tau_years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    volatility: ArrayLike,
    is_call: ArrayLike,
    style: str | Sequence[str] = "american",
    accuracy: str = "fast",
) -> Greeks:
    """Price options and their Greeks. Every argument is a number or an array; shapes broadcast.

    Args:
        spot: Price of the underlying, USD, >= 0.
        strike: USD, > 0.
        tau_years: Years to expiry; at 0 and below the option has expired: intrinsic value, Greeks 0.
        rate: Continuous, per year, as a fraction; any sign.
        dividend_yield: Continuous, per year, as a fraction; any sign.
        volatility: Per year, as a fraction, >= 0.
        is_call: True for a call, False for a put.
        style: "american" or "european", of all or of each.
        accuracy: Of American options: "fast" is within 2e-5 of the strike, "accurate" within 1e-6.

    Returns:
        NaN, with status not_finite, where an input is NaN or infinite.

    Raises:
        ValueError: If an argument is out of its range or shapes do not broadcast; the message names the argument.

    Source:
        European: Black-Scholes-Merton. American: Andersen, Lake, Offengenden (2016). docs/reference/measures.
    """
    numbers = {
        "spot": spot,
        "strike": strike,
        "tau_years": tau_years,
        "rate": rate,
        "dividend_yield": dividend_yield,
        "volatility": volatility,
    }
    contracts, columns, shape = _contracts(numbers, is_call, style)
    values = value_contracts(contracts, columns["volatility"], accuracy=_accuracy(accuracy))
    status = np.full(len(contracts), "ok", dtype="<U15")
    early = choose_models(contracts) != PricingModel.EUROPEAN
    status[early & _is_exercised(contracts, values)] = "exercise"
    status[contracts.tau_years <= 0.0] = "expired"
    status[np.isnan(values.price)] = "not_finite"
    return Greeks(
        price=_shaped(values.price, shape),
        delta=_shaped(values.delta + 0.0, shape),  # 0, not -0
        gamma=_shaped(values.gamma, shape),
        theta_per_day=_shaped(per_day(values.theta, values.price) + 0.0, shape),
        vega_per_point=_shaped(per_point(values.vega), shape),
        rho_per_percent=_shaped(per_percent(values.rho) + 0.0, shape),
        status=_shaped(status, shape),
    )


def implied_volatility(
    *,
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    tau_years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    is_call: ArrayLike,
    style: str | Sequence[str] = "american",
) -> ImpliedVolatility:
    """The volatility at which the model gives a price: the same model as ``greeks``, fast accuracy.

    Args:
        price: USD per share.
        spot: Price of the underlying, USD, >= 0.
        strike: USD, > 0.
        tau_years: Years to expiry.
        rate: Continuous, per year, as a fraction.
        dividend_yield: Continuous, per year, as a fraction.
        is_call: True for a call, False for a put.
        style: "american" or "european", of all or of each.

    Returns:
        NaN where the price does not tell: at or below the least or above the most that any volatility gives, or so far
        from the money that the vega is below 1e-8 of the spot; ``status`` says which.

    Raises:
        ValueError: If an argument is out of its range or shapes do not broadcast; the message names the argument.
    """
    numbers = {
        "price": price,
        "spot": spot,
        "strike": strike,
        "tau_years": tau_years,
        "rate": rate,
        "dividend_yield": dividend_yield,
    }
    contracts, columns, shape = _contracts(numbers, is_call, style)
    found = imply_volatilities(contracts, columns["price"])
    words = np.array([status.name.lower() for status in ImpliedStatus])
    return ImpliedVolatility(_shaped(found.volatility, shape), _shaped(words[found.status], shape))


def _contracts(
    numbers: dict[str, ArrayLike], is_call: ArrayLike, style: str | Sequence[str]
) -> tuple[Contracts, dict[str, FloatArray], tuple[int, ...]]:
    """Contracts of broadcast arguments, all columns flat, and the shape to give back."""
    styles = np.asarray(style, dtype=np.str_)
    strange = np.setdiff1d(styles, _STYLES).tolist()
    if strange:
        raise ValueError(f"style must be one of {', '.join(_STYLES)}, not {strange[0]!r}")
    given = {name: np.asarray(value, dtype=np.float64) for name, value in numbers.items()}
    calls = np.asarray(is_call, dtype=np.bool_)
    shapes = {name: array.shape for name, array in given.items()} | {"is_call": calls.shape, "style": styles.shape}
    try:
        shape = np.broadcast_shapes(*shapes.values())
    except ValueError as error:
        listed = ", ".join(f"{name} {size}" for name, size in shapes.items() if size)
        raise ValueError(f"the shapes of the arguments do not broadcast: {listed}") from error
    columns = {name: np.broadcast_to(array, shape).ravel() for name, array in given.items()}
    _require_ranges(columns)
    flat_calls = np.broadcast_to(calls, shape).ravel()
    none = np.zeros(0)
    contracts = Contracts(
        **{name: columns[name] for name in ("spot", "strike", "tau_years", "rate", "dividend_yield")},
        is_call=flat_calls,
        american=np.broadcast_to(styles == "american", shape).ravel(),
        dividend_contract=none.astype(np.int64),
        dividend_tau=none,
        dividend_amount=none,
    )
    return contracts, columns, shape


def _require_ranges(columns: dict[str, FloatArray]) -> None:
    for name in _AT_LEAST_ZERO:
        if name in columns and np.any(columns[name] < 0.0):
            raise ValueError(f"{name} must not be negative")
    if np.any(columns["strike"] <= 0.0):
        raise ValueError("strike must be above 0")


def _accuracy(word: str) -> Accuracy:
    if word not in list(Accuracy):
        raise ValueError(f"accuracy must be one of {', '.join(Accuracy)}, not {word!r}")
    return Accuracy(word)


def _is_exercised(contracts: Contracts, values: OptionValues) -> BoolArray:
    gain = np.where(contracts.is_call, 1.0, -1.0) * (contracts.spot - contracts.strike)
    return np.asarray((gain > 0.0) & (values.price == gain) & (values.gamma == 0.0) & (values.rho == 0.0))


def _shaped(array: _Array, shape: tuple[int, ...]) -> _Array:
    """A column in the arguments' shape, read-only."""
    shaped = array.reshape(shape)
    shaped.flags.writeable = False
    return shaped
