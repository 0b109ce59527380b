"""From a model price to what a screen shows: bid, ask, last in cents, contracts traded and open."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.simulated.model import Cells
from sigmasight.market.simulated.randomness import KeyArray, keyed_uniforms, stream_key

_HALF_CENTS = 200.0  # per dollar
_RELATIVE_SPREAD = 0.006
_MOST_OPEN = 20_000.0
_NEARNESS = 0.12  # open interest fades with this log distance from the money
_LAST, _OPEN, _TRADED = (np.uint64(part) for part in range(3))
_NEVER = np.array([0])


@dataclass(frozen=True, slots=True)
class Screen:
    """Quotes of B cells, each column (B,)."""

    bid: FloatArray  # USD per share, whole cents
    ask: FloatArray
    last: FloatArray
    volume: FloatArray  # contracts
    open_interest: FloatArray  # contracts


def show_quotes(cells: Cells, *, prices: FloatArray, spots: FloatArray, ordinals: IntArray) -> Screen:
    """Quote model prices, the mid within a quarter of a cent of each.

    Args:
        cells: B contracts and sessions.
        prices: Model prices, shape (B,).
        spots: Closes of the underlyings, shape (B,).
        ordinals: Date ordinals of the sessions, shape (B,).
    """
    keys = np.array([stream_key(f"{occ_symbol(terms)}/quote") for terms in cells.terms], dtype=np.uint64)
    bid, ask = _bid_ask_cents(prices)
    last = np.maximum(bid + np.floor(keyed_uniforms(keys + _LAST, ordinals) * (ask - bid + 1)), 1)
    open_interest = _open_interest(cells, keys, spots)
    volume = np.round(open_interest * 0.3 * keyed_uniforms(keys + _TRADED, ordinals) ** 2)
    return Screen(bid / 100, ask / 100, last / 100, volume, open_interest)


def _bid_ask_cents(prices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bid and ask around the price rounded to half a cent; below half a cent nobody bids and the ask is one cent.

    A spread in whole cents has its middle on a half cent exactly when it is odd.
    """
    twice_mid = np.round(prices * _HALF_CENTS)
    spread = 1 + np.floor(prices * 100 * _RELATIVE_SPREAD)
    spread = np.minimum(spread + (spread + twice_mid) % 2, twice_mid)
    bid, ask = (twice_mid - spread) / 2, (twice_mid + spread) / 2
    return bid, np.maximum(ask, 1)


def _open_interest(cells: Cells, keys: KeyArray, spots: FloatArray) -> FloatArray:
    nearness = np.exp(-((np.log(cells.strikes() / spots) / _NEARNESS) ** 2) / 2)
    return np.round(_MOST_OPEN * keyed_uniforms(keys + _OPEN, _NEVER) * (0.02 + nearness))
