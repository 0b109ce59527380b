"""From Greeks of one share to those of positions."""

from dataclasses import astuple

import numpy as np

from sigmasight.domain.options import PositionGreeks, UnitGreeks
from sigmasight.engines.position_greeks import weigh_greeks

NAN = np.nan


def weighed(unit: list[float], quantity: float, multiplier: float, spot: float) -> list[float]:
    greeks: PositionGreeks = weigh_greeks(
        UnitGreeks(*(np.array([each]) for each in unit)),
        quantity=np.array([quantity]),
        multiplier=np.array([multiplier]),
        spot=np.array([spot]),
    )
    return [float(each[0]) for each in astuple(greeks)]


UNIT = [0.5, 0.02, -0.03, 0.11, 0.07]


def test_greeks_count_for_all_shares_of_all_contracts() -> None:
    # 3 contracts of 150 shares on a share at 40: 450 shares.
    expected = [225.0, 9.0, -13.5, 49.5, 31.5, 225.0 * 40, 0.01 * 9.0 * 1600]
    np.testing.assert_allclose(weighed(UNIT, 3.0, 150.0, 40.0), expected, rtol=1e-14)


def test_a_contract_on_ten_shares_counts_a_tenth_of_a_standard_one() -> None:
    small, standard = (np.array(weighed(UNIT, 1.0, shares, 40.0)) for shares in (10.0, 100.0))
    np.testing.assert_allclose(standard, 10.0 * small, rtol=1e-14)


def test_short_is_minus_long() -> None:
    assert weighed(UNIT, -3.0, 100.0, 40.0) == [-each for each in weighed(UNIT, 3.0, 100.0, 40.0)]


def test_what_is_not_known_stays_unknown() -> None:
    assert np.isnan(weighed([NAN] * 5, 1.0, 100.0, 40.0)).all()


def test_without_a_price_of_the_underlying_only_the_dollar_greeks_are_unknown() -> None:
    greeks = weighed([1.0, 0.0, 0.0, 0.0, 0.0], 5.0, 1.0, NAN)
    np.testing.assert_array_equal(greeks, [5.0, 0.0, 0.0, 0.0, 0.0, NAN, 0.0])


def test_greeks_of_zero_need_no_price() -> None:
    assert weighed([0.0] * 5, 5.0, 100.0, NAN) == [0.0] * 7
