"""The factors, their order and their proxies, as SPEC 4.3 lists them."""

from datetime import date

from sigmasight.domain.factors import FACTORS, RATE_TENORS
from sigmasight.domain.market_data import TREASURY_SERIES

SPECIFIED = [
    ("Market", "SPY"),
    ("Value", "VTV"),
    ("Growth", "VUG"),
    ("Momentum", "MTUM"),
    ("Quality", "QUAL"),
    ("Size", "SLY"),
    ("Low Volatility", "USMV"),
]


def test_seven_factors_are_active_each_with_its_fund() -> None:
    active = [factor for factor in FACTORS if factor.active]
    assert [(factor.name, factor.proxies[0].symbol) for factor in active] == SPECIFIED
    assert all(len(factor.proxies) == 1 and factor.proxies[0].valid_to is None for factor in active)
    assert all(factor.proxies[0].valid_from < date(1993, 1, 1) for factor in active)


def test_the_eighth_is_defined_without_a_fund_and_inactive() -> None:
    (inactive,) = (factor for factor in FACTORS if not factor.active)
    assert (inactive.name, inactive.proxies) == ("Short Interest", ())


def test_factors_are_shown_in_the_order_they_are_listed() -> None:
    assert [factor.display_order for factor in FACTORS] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len({factor.name for factor in FACTORS}) == 8
    assert all(factor.description for factor in FACTORS)


def test_each_tenor_has_its_treasury_series() -> None:
    assert list(zip(RATE_TENORS, TREASURY_SERIES, strict=True)) == [
        ("3M", "DGS3MO"),
        ("2Y", "DGS2"),
        ("10Y", "DGS10"),
        ("30Y", "DGS30"),
    ]
