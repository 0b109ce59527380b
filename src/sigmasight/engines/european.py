"""European options: Black-Scholes-Merton with a continuous yield, any sign of rate."""

import numpy as np
from scipy.special import ndtr

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import OptionInputs, OptionValues

_BLOCK = 8_192
"""Contracts at a time: what is in work stays in the processor's cache."""

_LEAST_SPOT = 1e-250
"""USD. The logarithm of a spot of zero, finite."""

_NO_SPREAD = 1e-100
"""Standard deviation until expiry that stands for none: d is then so far out that the normal density is 0."""

_ROOT_TWO_PI = np.sqrt(2.0 * np.pi)


def price_european(contracts: OptionInputs) -> FloatArray:
    """Price N European options; a volatility of 0 prices the forward's intrinsic value.

    Returns:
        USD per share, shape (N,); NaN where an input is NaN.

    Source:
        Merton (1973); Hull, Options, Futures, and Other Derivatives, ch. 17.
    """
    price = np.empty(len(contracts))
    for at in range(0, len(contracts), _BLOCK):
        block = contracts.rows(slice(at, at + _BLOCK))
        sign = _sign(block)
        kept, bond, upper, spread = _standardise(block, sign)
        lower = upper - spread
        np.multiply(upper, sign, out=upper)
        np.multiply(lower, sign, out=lower)
        price[at : at + _BLOCK] = sign * (block.spot * kept * ndtr(upper) - bond * ndtr(lower))
    return np.maximum(price, 0.0, out=price)


def value_european(contracts: OptionInputs) -> OptionValues:
    """Price N European options, with their five slopes.

    At a volatility of 0 the slopes are those of the forward's intrinsic value; at its kink, those of no value at all.

    Returns:
        Shape (N,) each; NaN where an input is NaN.

    Source:
        Closed forms as in Haug, The Complete Guide to Option Pricing Formulas, ch. 2.
    """
    values = OptionValues(*(np.empty(len(contracts)) for _ in range(6)))
    for at in range(0, len(contracts), _BLOCK):
        _value_block(values, slice(at, at + _BLOCK), contracts.rows(slice(at, at + _BLOCK)))
    return values


def _value_block(values: OptionValues, rows: slice, block: OptionInputs) -> None:
    sign = _sign(block)
    kept, bond, upper, spread = _standardise(block, sign)
    lower = upper - spread
    density = np.multiply(upper, upper)
    np.exp(np.multiply(density, -0.5, out=density), out=density)
    density *= block.spot * kept
    density /= _ROOT_TWO_PI  # per unit of standard deviation: vega / sqrt(tau)
    kept *= sign * ndtr(sign * upper)
    values.delta[rows] = kept
    held = block.spot * kept  # value of the shares in the replicating portfolio
    owed = bond * (sign * ndtr(sign * lower))
    np.maximum(held - owed, 0.0, out=values.price[rows])
    safe_spot = np.maximum(block.spot, _LEAST_SPOT)
    np.divide(density, spread, out=values.gamma[rows])
    values.gamma[rows] /= safe_spot
    values.gamma[rows] /= safe_spot
    root = np.sqrt(block.tau_years)
    np.multiply(density, root, out=values.vega[rows])
    np.multiply(owed, block.tau_years, out=values.rho[rows])
    np.multiply(density, block.volatility, out=density)
    density /= -2.0 * root
    density -= block.rate * owed
    np.add(density, block.dividend_yield * held, out=values.theta[rows])


def _sign(block: OptionInputs) -> FloatArray:
    """1 for calls, -1 for puts."""
    return np.where(block.is_call, 1.0, -1.0)


def _standardise(block: OptionInputs, sign: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """What dividends leave of a share, discounted strike, d1, and the standard deviation until expiry."""
    spread: FloatArray = block.volatility * np.sqrt(block.tau_years)
    np.maximum(spread, _NO_SPREAD, out=spread)
    kept: FloatArray = np.exp(-block.dividend_yield * block.tau_years)
    bond: FloatArray = block.strike * np.exp(-block.rate * block.tau_years)
    upper: FloatArray = np.log(np.maximum(block.spot, _LEAST_SPOT) / block.strike)
    upper += (block.rate - block.dividend_yield) * block.tau_years
    upper /= spread
    upper += 0.5 * spread
    kink = (spread == _NO_SPREAD) & (np.abs(upper) < 1.0)
    upper[kink] = -sign[kink] / _NO_SPREAD
    return kept, bond, upper, spread
