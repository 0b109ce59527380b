"""The reference cases of ``data/options``: every row, every column that has a meaning here."""

from collections.abc import Callable

import numpy as np
import pytest

import sigmasight as ss
from oracle.options.comparing import POINTS, assert_within, people_theta
from oracle.options.dated import dated_contracts
from sigmasight.domain.market_data import FloatArray
from sigmasight.risk.option_models import imply_volatilities, value_contracts
from support.option_cases import OptionCases, read_cases

EUROPEAN = read_cases("options_european")
EUROPEAN_DIVIDENDS = read_cases("options_european_cash_dividends")
AMERICAN = read_cases("options_american")
AMERICAN_DIVIDENDS = read_cases("options_american_cash_dividends")
IMPLIED = read_cases("implied_vol")

PRICE_TOLERANCE = {"fast": 2e-5, "accurate": 1e-6}  # of the strike
DELTA_TOLERANCE = {"fast": 1e-3, "accurate": 1e-4}
ACCURACIES = sorted(PRICE_TOLERANCE)


def values(cases: OptionCases, style: str, accuracy: str = "fast") -> ss.Greeks:
    return ss.greeks(
        spot=cases["S"],
        strike=cases["K"],
        tau_years=cases.tau_years,
        rate=cases["r"],
        dividend_yield=cases["q"],
        volatility=cases["vol"],
        is_call=cases.is_call,
        style=style,
        accuracy=accuracy,
    )


def named(cases: OptionCases, column: str) -> Callable[[int], str]:
    return lambda at: f"{cases.names[at]} {column}"


def test_the_files_have_as_many_cases_as_their_readme_says() -> None:
    files = (EUROPEAN, EUROPEAN_DIVIDENDS, AMERICAN, AMERICAN_DIVIDENDS, IMPLIED)
    assert [len(cases.names) for cases in files] == [44, 6, 44, 8, 44]


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_european_prices_are_quantlibs(accuracy: str) -> None:
    tolerance = 1e-10 * EUROPEAN["price"] + 1e-12 * np.maximum(EUROPEAN["S"], EUROPEAN["K"])
    found = values(EUROPEAN, "european", accuracy).price
    assert_within(found, EUROPEAN["price"], tolerance, named(EUROPEAN, "price"))


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("delta", "delta"),
        ("gamma", "gamma"),
        ("vega_per_point", "vega_per_pct"),
        ("rho_per_percent", "rho_per_pct"),
    ],
)
def test_european_greeks_are_quantlibs(field: str, column: str) -> None:
    expected = EUROPEAN[column]
    found = getattr(values(EUROPEAN, "european"), field)
    assert_within(found, expected, 1e-10 * np.abs(expected) + 1e-13, named(EUROPEAN, column))


def test_a_day_of_european_decay_is_quantlibs_but_never_more_than_the_price() -> None:
    expected = people_theta(EUROPEAN["theta_per_year"], EUROPEAN["price"])
    tolerance = 1e-10 * np.abs(expected) + 1e-12 * np.maximum(EUROPEAN["S"], EUROPEAN["K"])
    found = values(EUROPEAN, "european").theta_per_day
    assert_within(found, expected, tolerance, named(EUROPEAN, "theta"))


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("price", "price"),
        ("delta", "delta"),
        ("gamma", "gamma"),
        ("theta", "theta_per_year"),
        ("vega", "vega_per_1"),
        ("rho", "rho_per_1"),
    ],
)
def test_european_options_on_what_pays_dated_dividends_are_quantlibs(field: str, column: str) -> None:
    cases = EUROPEAN_DIVIDENDS
    found = getattr(value_contracts(dated_contracts(cases, american=False), cases["vol"]), field)
    assert_within(found, cases[column], 1e-9 * np.maximum(1.0, np.abs(cases[column])), named(cases, column))


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_prices_are_quantlibs(accuracy: str) -> None:
    found = values(AMERICAN, "american", accuracy).price
    own = np.where(AMERICAN.is_call, AMERICAN["q"], AMERICAN["r"])
    other = np.where(AMERICAN.is_call, AMERICAN["r"], AMERICAN["q"])
    by_tree = (own <= 0) & (other < own)  # exercised on both sides: no collocation, the tree's own promise
    tolerance = np.where(by_tree, 1e-4, PRICE_TOLERANCE[accuracy]) * AMERICAN["K"]
    assert_within(found, AMERICAN["price_qdfp"], tolerance, named(AMERICAN, "price"))


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_deltas_are_quantlibs(accuracy: str) -> None:
    found = values(AMERICAN, "american", accuracy).delta
    assert_within(found, AMERICAN["delta_qdfp_bump"], DELTA_TOLERANCE[accuracy], named(AMERICAN, "delta"))


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_gammas_are_quantlibs(accuracy: str) -> None:
    """What 1 % of spot does to delta, to a tenth of delta's own tolerance."""
    found = values(AMERICAN, "american", accuracy).gamma
    tolerance = DELTA_TOLERANCE[accuracy] / 10 / (0.01 * AMERICAN["S"])
    assert_within(found, AMERICAN["gamma_qdfp_bump"], tolerance, named(AMERICAN, "gamma"))


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_vegas_are_quantlibs(accuracy: str) -> None:
    """What a point of volatility does to the price, to the price's own tolerance."""
    found = values(AMERICAN, "american", accuracy).vega_per_point
    tolerance = PRICE_TOLERANCE[accuracy] * AMERICAN["K"]
    assert_within(found, AMERICAN["vega_per_1_qdfp_bump"] / POINTS, tolerance, named(AMERICAN, "vega"))


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_rhos_are_quantlibs(accuracy: str) -> None:
    """What 1 % of the rate does to the price, to the tolerance of a fast price: the bump's column has an error too.

    At rate and yield 0 nothing is exercised early, and what is lost of that when the rate moves by e is less than e
    (the boundary comes from infinity): the slope is the European one, which a bump across 0 doesn't see.
    """
    unmoved = (AMERICAN["r"] == 0) & (AMERICAN["q"] == 0)
    assert unmoved.sum() == 2
    european = values(AMERICAN, "european").rho_per_percent
    expected = np.where(unmoved, european, AMERICAN["rho_per_1_qdfp_bump"] / POINTS)
    found = values(AMERICAN, "american", accuracy).rho_per_percent
    assert_within(found, expected, PRICE_TOLERANCE["fast"] * AMERICAN["K"], named(AMERICAN, "rho"))


def theta_by_the_equation(cases: OptionCases) -> FloatArray:
    """Where an option is not exercised, decay pays for what gamma earns and the position carries."""
    spot, delta, gamma = cases["S"], cases["delta_qdfp_bump"], cases["gamma_qdfp_bump"]
    carried = cases["r"] * cases["price_qdfp"] - (cases["r"] - cases["q"]) * spot * delta
    return np.asarray(carried - 0.5 * cases["vol"] ** 2 * spot**2 * gamma)


def held(cases: OptionCases) -> np.ndarray:
    """Worth more than what exercise pays."""
    intrinsic = np.where(cases.is_call, 1, -1) * (cases["S"] - cases["K"])
    return cases["price_qdfp"] > intrinsic + 1e-5 * cases["K"]


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_decay_is_what_quantlibs_gamma_and_carry_leave(accuracy: str) -> None:
    expected = np.where(held(AMERICAN), people_theta(theta_by_the_equation(AMERICAN), AMERICAN["price_qdfp"]), 0.0)
    found = values(AMERICAN, "american", accuracy).theta_per_day
    tolerance = PRICE_TOLERANCE[accuracy] * AMERICAN["K"]
    assert_within(found, expected, tolerance, named(AMERICAN, "theta"))


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_decay_is_near_that_of_quantlibs_differences(accuracy: str) -> None:
    """Which are of a grid's last time step: of an option of 7 days 10 % off, of 1 day 80 %, as Black-Scholes shows."""
    expected = people_theta(AMERICAN["theta_fd_per_year"], AMERICAN["price_fd"])
    found = values(AMERICAN, "american", accuracy).theta_per_day
    told = AMERICAN["days"] >= 14
    assert told.sum() == 40
    tolerance = np.where(told, 0.02 * np.abs(expected) + PRICE_TOLERANCE["fast"] * AMERICAN["K"], np.inf)
    assert_within(found, expected, tolerance, named(AMERICAN, "theta"))


def test_american_options_that_are_exercised_at_once_say_so() -> None:
    status = values(AMERICAN, "american").status
    found = dict(zip(AMERICAN.names, status.tolist(), strict=True))
    assert {name for name, word in found.items() if word == "exercise"} == {"AM15", "AM31", "AM36", "AM38"}
    assert set(found.values()) == {"ok", "exercise"}


def test_american_options_on_what_pays_dated_dividends_are_quantlibs() -> None:
    cases = AMERICAN_DIVIDENDS
    found = value_contracts(dated_contracts(cases, american=True), cases["vol"]).price
    assert_within(found, cases["price_escrowed"], 1e-4 * cases["K"], named(cases, "price"))


def test_their_deltas_are_quantlibs() -> None:
    """Near exercise a price that is off by e has its boundary elsewhere: delta is off by sqrt(2 gamma e)."""
    cases = AMERICAN_DIVIDENDS
    found = value_contracts(dated_contracts(cases, american=True), cases["vol"]).delta
    intrinsic = np.where(cases.is_call, 1, -1) * (cases["S"] - cases["K"])
    error = 1e-4 * cases["K"]
    near = cases["price_escrowed"] < intrinsic + error
    assert [name for name, here in zip(cases.names, near, strict=True) if here] == ["AD08"]
    blurred = np.sqrt(2 * np.maximum(cases["gamma_escrowed"], 0) * error)
    tolerance = np.where(near, blurred, DELTA_TOLERANCE["fast"])
    assert_within(found, cases["delta_escrowed"], tolerance, named(cases, "delta"))


def test_the_volatility_that_made_a_price_with_dated_dividends_is_found_again() -> None:
    for cases, american in ((EUROPEAN_DIVIDENDS, False), (AMERICAN_DIVIDENDS, True)):
        contracts = dated_contracts(cases, american=american)
        made = value_contracts(contracts, cases["vol"])
        implied = imply_volatilities(contracts, made.price)
        held_on = made.vega > 1e-3 * cases["S"]
        assert held_on.sum() >= 6
        tolerance = np.where(held_on, 1e-6, np.inf)
        assert_within(np.nan_to_num(implied.volatility), cases["vol"], tolerance, named(cases, "volatility"))


def implied_volatilities() -> ss.ImpliedVolatility:
    return ss.implied_volatility(
        price=IMPLIED["price"],
        spot=IMPLIED["S"],
        strike=IMPLIED["K"],
        tau_years=IMPLIED.tau_years,
        rate=IMPLIED["r"],
        dividend_yield=IMPLIED["q"],
        is_call=IMPLIED.is_call,
        style="european",
    )


@pytest.mark.parametrize("column", ["true_vol", "iv_quantlib"])
def test_implied_volatilities_are_quantlibs_and_those_that_made_the_price(column: str) -> None:
    recoverable = IMPLIED.flags("iv_recoverable")
    found = implied_volatilities()
    assert (found.status[recoverable] == "ok").all()
    tolerance = np.where(recoverable, 1e-8, np.inf)
    assert_within(np.where(recoverable, found.volatility, 0), IMPLIED[column], tolerance, named(IMPLIED, column))


def test_a_volatility_the_price_does_not_tell_is_not_made_up() -> None:
    lost = ~IMPLIED.flags("iv_recoverable")
    found = implied_volatilities()
    assert lost.sum() == 4
    assert np.isnan(found.volatility[lost]).all()
    assert set(found.status[lost].tolist()) <= {"below_intrinsic", "low_vega"}
