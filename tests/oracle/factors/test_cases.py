"""The reference cases of ``data/factors``: every number that has a meaning here."""

from typing import Any

import numpy as np
import pytest

from oracle.factors.cases import (
    FACTORS,
    PRIOR_STD,
    STYLES_SHRUNK,
    read_columns,
    read_inputs,
    read_json,
)
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.scenarios import Scenario
from sigmasight.engines.classic_stress import stress_classically
from sigmasight.engines.factor_basis import FactorBasis, build_basis
from sigmasight.engines.factor_correlation import correlate_factors
from sigmasight.engines.regression import Regression, regress
from sigmasight.engines.risk_shares import share_risk
from sigmasight.engines.scenario_response import Response, Shocks, respond
from sigmasight.engines.scenario_returns import factor_moves, scenario_returns
from sigmasight.intake.scenarios_file import shipped_scenarios

MIN_OBS = 60
SESSIONS = 252
INPUTS = read_inputs()
REGRESSIONS = read_json("factor_regressions_expected")
DEFAULT_STRESS = read_json("stress_default_expected")
CLASSIC_STRESS = read_json("stress_expected")
RATES = read_json("ir_betas_expected")["results"]["2022-03-11"]["rows"]
SCENARIOS = {scenario.id: scenario for scenario in shipped_scenarios()}
PER_UNIT = 1e4  # basis points in 1.00 of yield
STYLE_ROWS = "style_betas_rows_Value_Growth_Momentum_Quality_Size_LowVol"


def assert_near(found: FloatArray | float, expected: object, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(found, np.asarray(expected, dtype=np.float64), rtol=rtol, atol=0.0)


def column(rows: dict[str, Any], key: str) -> FloatArray:
    """One number or list of each stock, in the order of the inputs."""
    return np.array([rows[symbol][key] for symbol in INPUTS.symbols], dtype=np.float64)


def basis() -> FactorBasis:
    return build_basis(INPUTS.factors)


def default_fit() -> Regression:
    returns = basis().returns
    return regress(INPUTS.stocks, returns, min_obs=MIN_OBS, shrunk=STYLES_SHRUNK, prior_std=PRIOR_STD)


def ordinary_fit(variables: FloatArray, *, lags: int = 5) -> Regression:
    return regress(INPUTS.stocks, variables, min_obs=MIN_OBS, lags=lags)


def test_the_files_are_of_the_same_stocks_and_factors() -> None:
    assert (INPUTS.factors.shape, INPUTS.stocks.shape) == ((SESSIONS, 7), (SESSIONS, 20))
    assert list(INPUTS.symbols) == REGRESSIONS["symbols"] == read_json("bayes_shrunk_betas")["symbols"]
    assert [name.replace(" ", "")[:6] for name in FACTORS] == [name[:6] for name in REGRESSIONS["factors"]]
    assert list(FACTORS) == CLASSIC_STRESS["factors"]


# Betas


def test_default_betas_are_those_of_the_closed_form() -> None:
    expected, found = read_json("bayes_shrunk_betas"), default_fit()
    assert_near(basis().market_slopes, expected["market_slopes_of_factors"])
    assert_near(found.slope[:, 0], expected["beta_mkt"])
    assert_near(found.slope[:, 1:].T, expected[STYLE_ROWS])
    assert found.n_obs.tolist() == [SESSIONS] * 20
    assert not found.exact.any()


def test_default_betas_keep_the_residual_variance_of_ordinary_least_squares() -> None:
    """It is what the prior is held against; the plain errors are made of it."""
    expected = read_json("bayes_shrunk_betas")["s2"]
    plain = ordinary_fit(basis().returns)
    assert_near(plain.residual_std**2, expected)
    assert_near(default_fit().plain_error, plain.plain_error)


def test_classic_betas_and_errors_are_statsmodels() -> None:
    found, expected = ordinary_fit(INPUTS.factors), REGRESSIONS["ols7"]
    assert_near(found.slope, column(expected, "beta"))
    assert_near(found.plain_error, column(expected, "se")[:, 1:])
    assert_near(found.shrunk_error, column(expected, "se")[:, 1:])
    assert_near(found.hac_error, column(expected, "se_hac5")[:, 1:])
    assert_near(found.t, column(expected, "beta") / column(expected, "se_hac5")[:, 1:])
    assert_near(found.r_squared, column(expected, "r2"))
    assert_near(found.residual_std**2, column(expected, "s2"))


def test_without_lags_the_errors_are_whites() -> None:
    """HC1 is HC0 with the degrees of freedom: 252 sessions, 8 coefficients."""
    found = ordinary_fit(INPUTS.factors, lags=0).hac_error * np.sqrt(SESSIONS / (SESSIONS - 8))
    assert_near(found, column(REGRESSIONS["ols7"], "se_hc1")[:, 1:])


def test_univariate_betas_are_statsmodels() -> None:
    rows = REGRESSIONS["univariate7_[beta,se,t,p,r2]"]
    expected = np.array([rows[symbol] for symbol in INPUTS.symbols])  # (20, 7, 5)
    for at in range(len(FACTORS)):
        found = ordinary_fit(INPUTS.factors[:, at : at + 1])
        assert_near(found.slope[:, 0], expected[:, at, 0])
        assert_near(found.plain_error[:, 0], expected[:, at, 1])
        assert_near(found.slope[:, 0] / found.plain_error[:, 0], expected[:, at, 2])
        assert_near(found.r_squared, expected[:, at, 4])


def other_bases() -> dict[str, FloatArray]:
    factors = INPUTS.factors
    spreads = factors[:, 1:] - factors[:, :1]
    turned = {name: factors @ np.array(REGRESSIONS[name]["T"]) for name in OTHER_BASES[:2]}
    return {**turned, "spread_basis": np.column_stack([factors[:, :1], spreads])}


OTHER_BASES = ("residual_basis_market", "residual_basis_gramschmidt", "spread_basis")


@pytest.mark.parametrize("name", OTHER_BASES)
def test_betas_on_other_bases_are_statsmodels(name: str) -> None:
    variables, expected = other_bases()[name], REGRESSIONS[name]
    found = ordinary_fit(variables)
    assert_near(found.slope, column(expected["betas"], "beta"))
    assert_near(found.plain_error, column(expected["betas"], "se"))
    assert_near(found.r_squared, column(expected["betas"], "r2"))
    assert_near(build_basis(variables).variance_inflation, expected["vif"])


def test_the_basis_is_the_factors_turned_by_their_slopes_on_the_market() -> None:
    turned = np.array(REGRESSIONS["residual_basis_market"]["T"])
    assert_near(basis().market_slopes[1:], -turned[0, 1:])
    np.testing.assert_allclose(basis().returns, INPUTS.factors @ turned, rtol=0, atol=1e-16)


def test_inflation_and_condition_of_the_factors_are_statsmodels() -> None:
    found = basis()
    assert_near(found.variance_inflation, REGRESSIONS["vif"])
    assert_near(found.condition_number, REGRESSIONS["condition_number_corr"])
    assert found.usable.all()
    assert found.sessions == SESSIONS


# Rates


def rate_changes() -> FloatArray:
    yields = read_columns("ir_inputs_252")
    return yields["dbp_BC_10YEAR"] / PER_UNIT


def test_the_changes_of_the_yields_are_differences_of_their_percents() -> None:
    percents = read_columns("ir_inputs_252")["BC_10YEAR"]
    np.testing.assert_allclose(rate_changes()[1:], np.diff(percents) / 100, rtol=0, atol=1e-16)


@pytest.mark.parametrize("symbol", sorted(RATES))
def test_rate_betas_alone_are_statsmodels(symbol: str) -> None:
    expected = RATES[symbol]
    own = read_columns("ir_inputs_252")[symbol]
    found = regress(own[:, None], rate_changes()[:, None], min_obs=MIN_OBS)
    assert_near(found.slope[0, 0], PER_UNIT * expected["true_beta_per_bp"])
    assert_near(found.plain_error[0, 0], PER_UNIT * expected["se"])
    assert_near(found.hac_error[0, 0], PER_UNIT * expected["se_hac5"])
    assert_near(found.slope[0, 0] / found.plain_error[0, 0], expected["t"])
    assert_near(found.r_squared[0], expected["r2"])
    assert_near(found.slope[0, 0] * 0.01, expected["pnl100bp"])


@pytest.mark.parametrize("symbol", sorted(set(RATES) - {"SP500"}))
def test_rate_betas_with_the_market_are_statsmodels(symbol: str) -> None:
    expected, columns = RATES[symbol], read_columns("ir_inputs_252")
    variables = np.column_stack([rate_changes(), columns["SP500"]])
    found = regress(columns[symbol][:, None], variables, min_obs=MIN_OBS)
    assert_near(found.slope[0, 0], PER_UNIT * expected["beta_ctrl_mkt"])
    assert_near(found.slope[0, 0] / found.plain_error[0, 0], expected["t_ctrl"])


# Correlations


def test_exponentially_weighted_correlations_are_pandas() -> None:
    expected, found = read_json("ewma_correlation"), correlate_factors(INPUTS.factors)
    assert expected["lambda"] == 0.94
    assert_near(found.covariance, expected["cov_demeaned"], 1e-12)
    assert_near(found.correlation, expected["corr_demeaned"], 1e-12)
    assert_near(found.capped, expected["corr_capped_0.95"], 1e-12)
    assert_near(found.volatility, np.sqrt(np.diag(expected["cov_demeaned"])), 1e-12)
    assert_near(found.effective_sessions, expected["n_eff_kish"], 1e-12)


# Stress


def sizes(scenario: Scenario) -> FloatArray:
    """Of each factor, NaN where not shocked."""
    found = np.full(len(FACTORS), np.nan)
    for shock in scenario.shocks:
        found[FACTORS.index(shock.factor)] = shock.size
    return found


def respond_to(scenario: Scenario, *, total: bool) -> Response:
    shocks = Shocks(sizes(scenario)[None], np.array([total]), np.array([np.nan]))
    found = basis()
    return respond(
        shocks,
        market_slopes=found.market_slopes,
        style_covariance=found.covariance[1:, 1:],
        market_yield_slope=np.array([np.nan]),
    )


def returns_of(coordinates: FloatArray) -> FloatArray:
    moves = factor_moves(default_fit().slope, coordinates)
    return scenario_returns(moves, np.full((20, 1), np.nan), np.zeros(1))[:, 0]


def test_default_stress_is_of_every_scenario_without_a_yield() -> None:
    without = {name for name, scenario in SCENARIOS.items() if scenario.category != "rates"}
    assert set(DEFAULT_STRESS["relative"]) == set(DEFAULT_STRESS["total"]) == without
    assert len(without) == 13
    assert_near(basis().covariance[1:, 1:], DEFAULT_STRESS["cov_residual_styles"], 1e-10)
    assert_near(basis().market_slopes, DEFAULT_STRESS["b"], 1e-10)


@pytest.mark.parametrize("reading", ["direct", "correlated"])
@pytest.mark.parametrize("style_shocks", ["relative", "total"])
@pytest.mark.parametrize("name", sorted(DEFAULT_STRESS["relative"]))
def test_default_stress(name: str, style_shocks: str, reading: str) -> None:
    expected = DEFAULT_STRESS[style_shocks][name]
    coordinates = getattr(respond_to(SCENARIOS[name], total=style_shocks == "total"), reading)
    assert_near(coordinates[0], expected[f"x_{reading}"], 1e-10)
    assert_near(returns_of(coordinates), [expected[reading][symbol] for symbol in INPUTS.symbols], 1e-10)


PORTFOLIOS = {
    "SP500 index fund": INPUTS.factors[:, 0],
    "EW20 stocks": INPUTS.stocks.mean(axis=1),
    "AAPL": INPUTS.stocks[:, INPUTS.symbols.index("AAPL")],
    "USMV fund": INPUTS.factors[:, 6],
}


def univariate(returns: FloatArray) -> FloatArray:
    alone = [regress(returns[:, None], factor[:, None], min_obs=MIN_OBS) for factor in INPUTS.factors.T]
    return np.array([fit.slope[0, 0] for fit in alone])


@pytest.mark.parametrize("portfolio", sorted(PORTFOLIOS))
def test_classic_stress(portfolio: str) -> None:
    expected, value = CLASSIC_STRESS["portfolios"][portfolio], CLASSIC_STRESS["value"]
    names = sorted(DEFAULT_STRESS["relative"])
    shocks = np.nan_to_num(np.array([sizes(SCENARIOS[name]) for name in names]))
    betas = univariate(PORTFOLIOS[portfolio])
    assert_near(betas, expected["univariate_betas"], 1e-10)
    capped = correlate_factors(INPUTS.factors).capped
    found = stress_classically(value * betas[None], shocks, capped, np.array([value]))
    for reading in ("direct", "correlated"):
        clipped = [expected[name][f"classic_{reading}_capped99"] for name in names]
        assert_near(getattr(found, reading)[0], clipped, 1e-10)
        raw = [expected[name][f"classic_{reading}_uncapped"] for name in names]
        assert_near(getattr(found, f"{reading}_raw")[0], raw, 1e-10)


@pytest.mark.parametrize("portfolio", sorted(PORTFOLIOS))
def test_direct_stress_on_seven_betas(portfolio: str) -> None:
    expected, value = CLASSIC_STRESS["portfolios"][portfolio], CLASSIC_STRESS["value"]
    names = sorted(DEFAULT_STRESS["relative"])
    shocks = np.nan_to_num(np.array([sizes(SCENARIOS[name]) for name in names]))
    betas = regress(PORTFOLIOS[portfolio][:, None], INPUTS.factors, min_obs=MIN_OBS).slope
    np.testing.assert_allclose(betas[0], expected["ols7_betas"], rtol=1e-9, atol=1e-11)
    found = stress_classically(value * betas, shocks, np.eye(7), np.array([value])).direct_raw[0]
    np.testing.assert_allclose(found, [expected[name]["multi_direct"] for name in names], rtol=1e-10, atol=1e-9)


# Risk


def test_shares_of_risk_are_eulers() -> None:
    """A share is a contribution to volatility over the volatility."""
    expected = read_json("euler_decomposition")
    weights, fit, plain = np.array(expected["weights_ramp"]), default_fit(), ordinary_fit(basis().returns)
    exposure, specific = weights @ fit.slope, weights**2 @ plain.residual_std**2
    assert_near(exposure, expected["portfolio_factor_betas"])
    assert_near(specific, expected["specific_var"], 1e-10)
    found = share_risk(exposure[None], basis().covariance, np.array([specific]))
    volatility = expected["total_vol"]
    assert_near(found.volatility[0], volatility, 1e-10)
    assert_near(found.factor[0] * volatility, expected["factor_ctr"], 1e-10)
    assert_near(found.specific[0] * volatility, expected["specific_ctr"], 1e-10)
    assert_near(found.factor.sum(), expected["factor_var"] / volatility**2, 1e-10)


def test_shares_of_risk_are_those_of_the_positions_added_up() -> None:
    """The file's contributions by position, of which each has a part through the factors and a part of its own."""
    expected = read_json("euler_decomposition")
    assert sum(expected["ctr"]) == pytest.approx(expected["total_vol"], rel=1e-12)
    weights, fit, plain = np.array(expected["weights_ramp"]), default_fit(), ordinary_fit(basis().returns)
    alone = np.eye(20) * weights
    steps = 1e-6
    for at in (0, 7, 19):
        moved = weights + steps * alone[at] * np.array([[1.0], [-1.0]])
        specific = moved**2 @ plain.residual_std**2
        up, down = share_risk(moved @ fit.slope, basis().covariance, specific).volatility
        assert (up - down) / (2 * steps) == pytest.approx(expected["ctr"][at], rel=1e-7)
