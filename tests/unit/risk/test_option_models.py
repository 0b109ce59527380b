"""Which model prices a contract, and what all of them have in common. Accuracy is tested under tests/oracle."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from sigmasight.domain.options import Accuracy, ImpliedStatus, PricingModel
from sigmasight.risk.option_models import (
    Contracts,
    choose_models,
    forward_prices,
    imply_volatilities,
    price_contracts,
    value_contracts,
    with_forward_held,
)
from support.option_chains import black

NAN = np.nan
Case = tuple[str, str, float, float, tuple[float, ...]]
"""Call or put, style, rate, yield, years to the dividends of 1.00."""

CASES: dict[Case, PricingModel] = {
    ("call", "european", 0.05, 0.02, ()): PricingModel.EUROPEAN,
    ("put", "european", 0.05, 0.02, (0.2,)): PricingModel.EUROPEAN,
    ("call", "american", 0.05, 0.02, ()): PricingModel.AMERICAN,
    ("put", "american", 0.05, 0.02, ()): PricingModel.AMERICAN,
    ("call", "american", 0.05, 0.0, ()): PricingModel.EUROPEAN,  # never exercised early
    ("call", "american", 0.05, 1e-13, ()): PricingModel.EUROPEAN,
    ("put", "american", 0.0, 0.0, ()): PricingModel.EUROPEAN,
    ("put", "american", -0.01, 0.02, ()): PricingModel.EUROPEAN,
    ("put", "american", -0.01, -0.02, ()): PricingModel.TREE,  # a boundary on both sides
    ("call", "american", -0.02, -0.01, ()): PricingModel.TREE,
    ("call", "american", 0.05, 0.0, (0.2,)): PricingModel.TREE,
    ("put", "american", 0.05, 0.0, (0.2,)): PricingModel.TREE,
    ("call", "american", 0.05, 0.0, (0.5,)): PricingModel.TREE,  # on the day of expiry
    ("call", "american", 0.05, 0.0, (0.51,)): PricingModel.EUROPEAN,  # after it
    ("call", "american", 0.05, 0.0, (0.0, -0.1)): PricingModel.EUROPEAN,  # gone already
    ("call", "american", NAN, 0.0, ()): PricingModel.NONE,
    ("call", "american", 0.05, NAN, ()): PricingModel.NONE,
}


def contracts(*cases: Case) -> Contracts:
    """Half a year at the money of 100."""
    count = len(cases)
    paid = [(row, tau) for row, (*_, taus) in enumerate(cases) for tau in taus]
    return Contracts(
        spot=np.full(count, 100.0),
        strike=np.full(count, 100.0),
        tau_years=np.full(count, 0.5),
        rate=np.array([rate for _, _, rate, _, _ in cases]),
        dividend_yield=np.array([each for *_, each, _ in cases]),
        is_call=np.array([right == "call" for right, *_ in cases], dtype=np.bool_),
        american=np.array([style == "american" for _, style, *_ in cases], dtype=np.bool_),
        dividend_contract=np.array([row for row, _ in paid], dtype=np.int64),
        dividend_tau=np.array([tau for _, tau in paid], dtype=np.float64),
        dividend_amount=np.ones(len(paid)),
    )


ALL = contracts(*CASES)
MODELS = np.array(list(CASES.values()))
SIGMA = np.full(len(ALL), 0.3)


@pytest.mark.parametrize(("case", "model"), CASES.items(), ids=map(str, CASES))
def test_a_contract_is_priced_by_the_simplest_model_that_is_right(case: Case, model: PricingModel) -> None:
    assert choose_models(contracts(case)).tolist() == [model]


def test_what_is_not_known_has_no_price() -> None:
    values = value_contracts(ALL, SIGMA)
    for column in (price_contracts(ALL, SIGMA, accuracy=Accuracy.FAST), *astuple(values)):
        np.testing.assert_array_equal(np.isnan(column), MODELS == PricingModel.NONE)
    assert np.isnan(value_contracts(ALL, np.full(len(ALL), NAN)).price).all()


def test_a_price_is_the_same_with_its_slopes_and_without() -> None:
    price = price_contracts(ALL, SIGMA, accuracy=Accuracy.FAST)
    np.testing.assert_allclose(price, value_contracts(ALL, SIGMA).price, rtol=1e-12)


def test_contracts_are_priced_alone_as_among_others() -> None:
    values = value_contracts(ALL, SIGMA)
    for row in range(len(ALL)):
        alone = value_contracts(ALL.rows(np.array([row])), SIGMA[:1])
        for field in fields(values):
            np.testing.assert_array_equal(getattr(alone, field.name), getattr(values, field.name)[row : row + 1])


@pytest.mark.parametrize("accuracy", list(Accuracy))
def test_a_price_implies_the_volatility_it_was_made_with_by_every_model(accuracy: Accuracy) -> None:
    found = imply_volatilities(ALL, price_contracts(ALL, SIGMA, accuracy=accuracy), accuracy=accuracy)
    missing = MODELS == PricingModel.NONE
    np.testing.assert_allclose(found.volatility[~missing], 0.3, rtol=1e-8)
    assert set(found.status[missing].tolist()) == {ImpliedStatus.NOT_FINITE}


@pytest.mark.parametrize("tau_years", [0.0, -0.1])
def test_what_has_expired_is_worth_its_intrinsic_value_and_moves_with_nothing(tau_years: float) -> None:
    gone = replace(ALL, tau_years=np.full(len(ALL), tau_years), spot=np.full(len(ALL), 104.0))
    values = value_contracts(gone, SIGMA)
    np.testing.assert_array_equal(values.price, np.where(gone.is_call, 4.0, 0.0))
    for slope in astuple(values)[1:]:
        assert (slope == 0).all()
    expired = imply_volatilities(gone, np.full(len(gone), 5.0)).status[MODELS != PricingModel.NONE]
    assert set(expired.tolist()) == {ImpliedStatus.EXPIRED}


def test_a_forward_is_the_spot_less_what_is_paid_carried_to_the_expiry() -> None:
    two = contracts(("call", "american", 0.05, 0.02, ()), ("put", "american", 0.05, 0.0, (0.2, 0.9)))
    expected = [100 * np.exp(0.03 * 0.5), 100 * np.exp(0.05 * 0.5) - np.exp(0.05 * 0.3)]
    np.testing.assert_allclose(forward_prices(two), expected, rtol=1e-14)


def test_with_the_forward_held_time_and_rate_only_discount() -> None:
    one = contracts(("call", "european", 0.05, 0.02, ()))
    held = with_forward_held(value_contracts(one, SIGMA[:1]), one, SIGMA[:1])
    forward = 100 * np.exp(0.03 * 0.5)

    def price(*, years: float = 0.5, rate: float = 0.05) -> float:
        return black(forward=forward, strike=100, years=years, rate=rate, volatility=0.3, is_call=True)["price"]

    assert held.price[0] == pytest.approx(price(), rel=1e-12)
    assert held.theta[0] == pytest.approx((price(years=0.5 - 1e-6) - price(years=0.5 + 1e-6)) / 2e-6, rel=1e-6)
    assert held.rho[0] == pytest.approx((price(rate=0.05 + 1e-6) - price(rate=0.05 - 1e-6)) / 2e-6, rel=1e-6)


def test_some_contracts_keep_their_own_dividends() -> None:
    some = ALL.rows(np.flatnonzero(MODELS == PricingModel.TREE))
    assert (len(some), some.dividend_contract.tolist(), some.dividend_tau.tolist()) == (5, [2, 3, 4], [0.2, 0.2, 0.5])
