"""Values of single positions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.valuation import PositionValues, value_positions

NAN = np.nan


def valued(**changed: float) -> PositionValues:
    """A long lot of 10 shares at 25.00 that cost 20.00, but for what is changed."""
    inputs = {
        "quantity": 10.0,
        "multiplier": 1.0,
        "price": 25.0,
        "underlying_price": 25.0,
        "cost": 200.0,
        "last_known_price": 25.0,
        "entry_price": 20.0,
    } | changed
    columns: dict[str, FloatArray] = {name: np.array([value]) for name, value in inputs.items()}
    return value_positions(**columns)


def test_a_share_is_worth_quantity_times_price() -> None:
    lot = valued()
    assert lot.exposure == lot.notional == lot.weight == 250.0
    assert lot.unrealised_pnl == 50.0


def test_a_short_gains_when_its_price_falls() -> None:
    # Sold 10 at 30.00, now 25.00.
    lot = valued(quantity=-10.0, cost=-300.0)
    assert (lot.exposure[0], lot.weight[0], lot.unrealised_pnl[0]) == (-250.0, 250.0, 50.0)


def test_an_option_counts_its_shares_and_has_the_notional_of_its_underlying() -> None:
    # 3 puts of 100 shares at 1.50, underlying at 40.00.
    lot = valued(quantity=3.0, multiplier=100.0, price=1.5, underlying_price=40.0, cost=300.0)
    assert (lot.exposure[0], lot.notional[0], lot.unrealised_pnl[0]) == (450.0, 12_000.0, 150.0)


def test_an_option_whose_underlying_has_no_price_has_no_notional_but_an_exposure() -> None:
    lot = valued(quantity=3.0, multiplier=100.0, price=1.5, underlying_price=NAN)
    assert (lot.exposure[0], np.isnan(lot.notional[0])) == (450.0, True)


def test_what_has_no_price_is_weighed_by_the_last_known_one_else_by_its_entry_price() -> None:
    stale, never = valued(price=NAN, last_known_price=22.0), valued(price=NAN, last_known_price=NAN)
    assert (stale.weight[0], never.weight[0]) == (220.0, 200.0)
    for lot in (stale, never):
        assert np.isnan([lot.exposure[0], lot.unrealised_pnl[0]]).all()


numbers = st.floats(0.01, 1e6)


@given(numbers, numbers, numbers, st.sampled_from((1.0, 100.0)))
def test_the_opposite_position_has_the_opposite_values(
    quantity: float, price: float, entry: float, multiplier: float
) -> None:
    cost = quantity * entry * multiplier
    long = valued(quantity=quantity, price=price, multiplier=multiplier, cost=cost, entry_price=entry)
    short = valued(quantity=-quantity, price=price, multiplier=multiplier, cost=-cost, entry_price=entry)
    for name in ("exposure", "notional", "unrealised_pnl"):
        assert getattr(short, name) == -getattr(long, name)
    assert short.weight == long.weight == abs(long.exposure)
