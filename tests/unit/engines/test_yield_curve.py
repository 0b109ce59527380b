"""Treasury par yields carried from day to day, and continuous rates between their tenors."""

import numpy as np
import pytest

from sigmasight.engines.yield_curve import carry_yields, continuous_rates

NAN = np.nan
CURVE = [0.02, 0.04, 0.05, 0.03]  # of 3 months, 2, 10 and 30 years


def compounded(par_yield: float) -> float:
    return float(2.0 * np.log(1.0 + par_yield / 2.0))


@pytest.mark.parametrize(
    ("curve", "years", "par_yield"),
    [
        (CURVE, 0.25, 0.02),
        (CURVE, 2.0, 0.04),
        (CURVE, 10.0, 0.05),
        (CURVE, 30.0, 0.03),
        (CURVE, 1.125, 0.03),  # half way from 0.25 to 2
        (CURVE, 4.0, 0.0425),  # a quarter of the way from 2 to 10
        (CURVE, 20.0, 0.04),  # half way from 10 to 30
        (CURVE, 0.001, 0.02),
        (CURVE, -1.0, 0.02),
        (CURVE, 99.0, 0.03),
        ([0.02, NAN, 0.0590, 0.03], 5.125, 0.0395),  # half way from 0.25 to 10
        ([NAN, 0.04, 0.05, NAN], 0.5, 0.04),
        ([NAN, 0.04, 0.05, NAN], 25.0, 0.05),
        ([NAN, NAN, 0.05, NAN], 1.0, 0.05),
        ([-0.01, -0.01, 0.05, 0.05], 1.0, -0.01),
    ],
)
def test_par_yields_are_linear_between_known_tenors_and_flat_beyond(
    curve: list[float], years: float, par_yield: float
) -> None:
    assert continuous_rates(np.array([curve]), np.array([years]))[0] == pytest.approx(compounded(par_yield), abs=1e-15)


def test_every_maturity_has_a_curve_of_its_own() -> None:
    curves = np.array([CURVE, [NAN] * 4, [0.08, NAN, NAN, NAN], CURVE])
    rates = continuous_rates(curves, np.array([2.0, 2.0, 2.0, 30.0]))
    np.testing.assert_allclose(rates, [compounded(0.04), NAN, compounded(0.08), compounded(0.03)], rtol=1e-14)


def test_without_maturities_there_are_no_rates() -> None:
    assert continuous_rates(np.empty((0, 4)), np.empty(0)).shape == (0,)


def test_a_yield_is_carried_five_days_and_not_six() -> None:
    days = np.array(["2025-04-01", "2025-04-03"], dtype="datetime64[D]")
    on = np.array(["2025-03-31", "2025-04-01", "2025-04-06", "2025-04-07", "2025-04-08", "2025-04-09"], days.dtype)
    carried = carry_yields(days, np.array([[0.02, NAN, 0.03], [NAN, NAN, 0.04]]), on, oldest_days=5)
    np.testing.assert_array_equal(carried[:, 0], [NAN, 0.02, 0.02, NAN, NAN, NAN])
    np.testing.assert_array_equal(carried[:, 1], [NAN] * 6)
    np.testing.assert_array_equal(carried[:, 2], [NAN, 0.03, 0.04, 0.04, 0.04, NAN])


def test_a_later_yield_is_never_looked_at() -> None:
    days = np.array(["2025-04-02"], dtype="datetime64[D]")
    assert np.isnan(carry_yields(days, np.array([[0.02]]), days - 1, oldest_days=5)).all()
