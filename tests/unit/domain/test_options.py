"""Values of options: some rows of them, and the words for their codes."""

import numpy as np
import pytest

from sigmasight.domain.options import (
    DividendSource,
    ImpliedStatus,
    OptionInputs,
    PricingModel,
    UnitGreeks,
    VolatilitySource,
)

NUMBERS = np.array([1.0, 2.0, 3.0])


def inputs() -> OptionInputs:
    return OptionInputs(
        spot=NUMBERS,
        strike=NUMBERS * 10,
        tau_years=NUMBERS * 100,
        rate=-NUMBERS,
        dividend_yield=NUMBERS / 10,
        volatility=NUMBERS / 100,
        is_call=np.array([True, False, True]),
    )


@pytest.mark.parametrize(
    "which", [slice(1, 3), np.array([1, 2]), np.array([False, True, True])], ids=["slice", "indices", "flags"]
)
def test_some_contracts_keep_all_their_columns(which: slice | np.ndarray) -> None:
    some = inputs().rows(which)
    assert len(some) == 2
    assert (some.spot.tolist(), some.strike.tolist(), some.tau_years.tolist()) == ([2, 3], [20, 30], [200, 300])
    assert (some.rate.tolist(), some.is_call.tolist()) == ([-2, -3], [False, True])
    np.testing.assert_array_equal(some.dividend_yield * 10, some.volatility * 100)


def test_greeks_of_instruments_may_be_repeated_in_any_order() -> None:
    greeks = UnitGreeks(NUMBERS, NUMBERS * 2, NUMBERS * 3, NUMBERS * 4, NUMBERS * 5).rows(np.array([2, 0, 2]))
    assert greeks.delta.tolist() == [3, 1, 3]
    assert greeks.gamma.tolist() == [6, 2, 6]
    assert greeks.theta_per_day.tolist() == [9, 3, 9]
    assert greeks.vega_per_point.tolist() == [12, 4, 12]
    assert greeks.rho_per_percent.tolist() == [15, 5, 15]


@pytest.mark.parametrize("codes", [PricingModel, VolatilitySource, DividendSource])
def test_what_is_nothing_is_zero(codes: type[PricingModel | VolatilitySource | DividendSource]) -> None:
    assert codes(0).name == "NONE"


def test_a_search_that_went_well_is_zero() -> None:
    assert ImpliedStatus(0) is ImpliedStatus.OK
