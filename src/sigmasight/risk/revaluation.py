"""Options priced again where spot, volatility and yields have moved."""

from dataclasses import replace

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import Accuracy
from sigmasight.risk.option_models import Contracts, price_contracts


def revalue(
    contracts: Contracts,
    volatility: FloatArray,
    *,
    on_forward: BoolArray,
    spot_return: FloatArray,
    volatility_change: FloatArray,
    yield_change: FloatArray,
) -> FloatArray:
    """What each contract gains or loses, against its own model's price now.

    Args:
        contracts: C contracts.
        volatility: (C,); NaN where not known.
        on_forward: Which are priced on a forward that a yield does not move, (C,).
        spot_return: Of each contract's underlying in each state, (C, M), at least -1.
        volatility_change: (M,), added to every volatility, which does not fall below 0.
        yield_change: (M,), of every par yield.

    Returns:
        USD per share, (C, M).
    """
    states = spot_return.shape[1]
    distinct, place = np.unique(
        np.concatenate([spot_return, volatility_change[None], yield_change[None]]), axis=1, return_inverse=True
    )
    moved = price_contracts(
        _moved(contracts, distinct[:-2], distinct[-1], on_forward),
        np.maximum(volatility[:, None] + distinct[-2], 0.0).T.ravel(),
        accuracy=Accuracy.FAST,
    )
    now = price_contracts(contracts, volatility, accuracy=Accuracy.FAST)
    change = moved.reshape(-1, len(contracts)).T - now[:, None]
    return np.asarray(change[:, place.ravel()].reshape(len(contracts), states))


def shift_rate(rate: FloatArray, yield_change: FloatArray) -> FloatArray:
    """A continuous rate whose semi-annual par yield has moved."""
    return np.asarray(2.0 * np.log1p(np.expm1(rate / 2.0) + yield_change / 2.0))


def _moved(contracts: Contracts, spot_return: FloatArray, yield_change: FloatArray, on_forward: BoolArray) -> Contracts:
    """Every contract in every state, state after state."""
    states = spot_return.shape[1]
    every = np.tile(np.arange(len(contracts)), states)
    rate = shift_rate(contracts.rate, yield_change[:, None])
    carry = contracts.dividend_yield + np.where(on_forward, rate - contracts.rate, 0.0)
    offset = np.repeat(np.arange(states) * len(contracts), len(contracts.dividend_contract))
    return replace(
        contracts,
        spot=(contracts.spot * (1.0 + spot_return.T)).ravel(),
        rate=rate.ravel(),
        dividend_yield=carry.ravel(),
        strike=contracts.strike[every],
        tau_years=contracts.tau_years[every],
        is_call=contracts.is_call[every],
        american=contracts.american[every],
        dividend_contract=np.tile(contracts.dividend_contract, states) + offset,
        dividend_tau=np.tile(contracts.dividend_tau, states),
        dividend_amount=np.tile(contracts.dividend_amount, states),
    )
