"""The reference cases of ``data/risk``: every number that has a meaning here."""

from typing import Any

import numpy as np
import pytest

from oracle.factors.cases import read_inputs
from oracle.risk.cases import LEVELS, read_json, read_log_returns, read_returns, read_series
from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.clusters import cluster_by_average, cluster_by_components
from sigmasight.engines.correlation import Correlation, correlate
from sigmasight.engines.diversification import Diversification, measure_diversification
from sigmasight.engines.performance import measure_performance
from sigmasight.engines.tail_losses import measure_normal_tails, measure_tails
from sigmasight.engines.value_at_risk_backtests import backtest

CORRELATIONS = read_json("correlation_clusters")
PERFORMANCE = read_json("performance_var_expected")
BACKTESTS: dict[str, dict[str, Any]] = read_json("var_backtests")["results"]
SYMBOLS = read_inputs().symbols
SERIES = read_series()
BOOKS = ("equal", "ramp", "ramp_longshort")
RISKLESS = 0.04 / 252


def assert_near(found: FloatArray | list[float] | float, expected: object, rtol: float = 1e-10) -> None:
    np.testing.assert_allclose(found, np.asarray(expected, dtype=np.float64), rtol=rtol, atol=0.0)


def correlation() -> Correlation:
    return correlate(read_log_returns(), min_obs=60)


# Correlations


def test_the_files_are_of_the_same_stocks_and_returns() -> None:
    assert list(SYMBOLS) == CORRELATIONS["symbols"]
    assert set(SERIES) == set(PERFORMANCE)
    mean = read_inputs().stocks.mean(axis=1)
    np.testing.assert_allclose(SERIES["ew20_last252"], mean, rtol=0, atol=1e-16)
    apple = read_inputs().stocks[:, SYMBOLS.index("AAPL")]
    np.testing.assert_allclose(read_returns()["AAPL"][-252:], apple, rtol=0, atol=1e-16)


def test_correlations_are_pandas() -> None:
    found = correlation()
    assert_near(found.matrix, CORRELATIONS["corr"])
    assert found.used.all()
    assert found.sessions == 90


def by_name(label: IntArray) -> set[frozenset[str]]:
    """Clusters of two or more, as sets of symbols."""
    groups = [frozenset(np.array(SYMBOLS)[label == each].tolist()) for each in np.unique(label)]
    return {group for group in groups if len(group) > 1}


def named(groups: list[list[str]]) -> set[frozenset[str]]:
    return {frozenset(group) for group in groups}


@pytest.mark.parametrize("threshold", sorted(CORRELATIONS["clusters"]))
def test_connected_components_are_scipys(threshold: str) -> None:
    label = cluster_by_components(correlation().matrix, threshold=float(threshold))
    assert by_name(label) == named(CORRELATIONS["clusters"][threshold])


def test_clusters_by_average_linkage_are_scipys() -> None:
    found = cluster_by_average(correlation().matrix, threshold=0.7)
    assert by_name(found.label) == named(CORRELATIONS["clusters_avg_linkage_dist_at_rho0.7"])
    assert np.array(SYMBOLS)[found.leaves].tolist() == CORRELATIONS["hrp_leaves_average"]


def test_the_threshold_is_seven_tenths_where_none_is_given() -> None:
    matrix = correlation().matrix
    np.testing.assert_array_equal(cluster_by_average(matrix).label, cluster_by_average(matrix, threshold=0.7).label)
    assert by_name(cluster_by_components(matrix)) == named(CORRELATIONS["clusters"]["0.7"])


# Diversification


def weights(book: str) -> FloatArray:
    return np.array(CORRELATIONS[f"weights_{book}"])


def measured(book: str, *, size: float = 1.0) -> Diversification:
    found = correlation()
    return measure_diversification(found.matrix, size * weights(book), found.volatility)


@pytest.mark.parametrize("size", [1.0, 250_000.0])
@pytest.mark.parametrize("book", BOOKS)
def test_diversification_of_three_books_of_any_size(book: str, size: float) -> None:
    expected, found = CORRELATIONS[f"diversif_{book}"], measured(book, size=size)
    assert_near(found.effective, 1 / expected["quad_corr_w"])
    assert_near(found.effective_by_weight, expected["n_eff_hhi"])
    assert_near(1 / found.effective_by_weight, expected["hhi"])
    assert_near(found.ratio_squared, expected["diversification_ratio_sq"])
    assert_near(np.sqrt(found.ratio_squared), expected["diversification_ratio"])


@pytest.mark.parametrize("book", BOOKS)
def test_what_is_of_the_names_alone_is_of_every_book(book: str) -> None:
    found = measured(book)
    assert_near(found.effective_classic, CORRELATIONS["n_eff_equal_weight_upstream"])
    assert_near(found.average_correlation, CORRELATIONS["overall_corr"])


@pytest.mark.parametrize("book", BOOKS)
def test_volatilities_and_correlations_are_those_of_the_books(book: str) -> None:
    found = correlation()
    risk = weights(book) * found.volatility
    assert_near(np.sqrt(risk @ found.matrix @ risk), CORRELATIONS[f"diversif_{book}"]["vol_daily"])


# Performance


@pytest.mark.parametrize("name", sorted(PERFORMANCE))
def test_performance_is_empyricals(name: str) -> None:
    expected, found = PERFORMANCE[name], measure_performance(SERIES[name])
    assert found.n == expected["n"]
    assert_near(found.compound_return, expected["cum_return"])
    assert_near(found.annual_return, expected["annual_return"])
    assert_near(found.volatility, expected["annual_volatility"])
    assert_near(found.sharpe, expected["sharpe_rf0"])
    assert_near(found.sortino, expected["sortino"])
    assert_near(found.downside_deviation, expected["downside_risk"])
    assert_near(found.max_drawdown, expected["max_drawdown"])


@pytest.mark.parametrize("name", sorted(PERFORMANCE))
def test_sharpe_over_four_per_cent_is_empyricals(name: str) -> None:
    expected = PERFORMANCE[name]["sharpe_rf_4pct_daily"]
    returns = SERIES[name]
    assert_near(measure_performance(returns, RISKLESS).sharpe, expected)
    assert_near(measure_performance(returns, np.full(len(returns), RISKLESS)).sharpe, expected)


# Value at risk


def both_levels(name: str, key: str) -> list[float]:
    """Losses, of which the file has the returns."""
    return [-PERFORMANCE[name][key.format(level)] for level in (95, 99)]


@pytest.mark.parametrize("size", [1.0, 1e6])
@pytest.mark.parametrize("name", sorted(PERFORMANCE))
def test_historical_tails_are_numpys_quantile_and_the_mean_of_exactly_the_tail(name: str, size: float) -> None:
    found = measure_tails(size * SERIES[name][None], LEVELS)
    assert_near(found.value_at_risk[0] / size, both_levels(name, "hist_var{}_np_linear"))
    assert_near(found.value_at_risk[0] / size, both_levels(name, "var{}"))
    assert_near(found.expected_shortfall[0] / size, both_levels(name, "hist_es{}_exact_tail_avg"))


@pytest.mark.parametrize("size", [1.0, 1e6])
@pytest.mark.parametrize("name", sorted(PERFORMANCE))
def test_normal_tails_are_those_of_the_normal_law(name: str, size: float) -> None:
    found = measure_normal_tails(size * SERIES[name][None], LEVELS)
    assert_near(found.value_at_risk[0] / size, both_levels(name, "normal_var{}"))
    assert_near(found.expected_shortfall[0] / size, both_levels(name, "normal_es{}"))


# Tests of forecasts


def sequence(transitions: list[int]) -> list[bool]:
    """Days with given transitions that begin and end calm: one run of breaks after the other."""
    calm_calm, calm_broken, broken_calm, broken_broken = transitions
    assert calm_broken == broken_calm
    pairs = [True, False] * (calm_broken - 1)
    return [False] * (calm_calm + 1) + [True] * broken_broken + [True, False] + pairs


@pytest.mark.parametrize("line", sorted(BACKTESTS))
def test_kupiecs_and_christoffersens_tests_of_every_line(line: str) -> None:
    """Whatever method made the forecasts: the tests see only how breaks follow each other."""
    expected = BACKTESTS[line]
    found = backtest(np.array(sequence(expected["trans"])), int(line.split("|")[2]) / 100)
    assert (found.forecasts, found.breaks) == (expected["n"], expected["viol"])
    assert_near(found.breaks / found.forecasts, expected["rate"])
    assert_near([found.unconditional, found.unconditional_p], [expected["LR_uc"], expected["p_uc"]], 1e-8)
    assert_near([found.independent, found.independent_p], [expected["LR_ind"], expected["p_ind"]], 1e-8)
    assert_near([found.conditional, found.conditional_p], [expected["LR_cc"], expected["p_cc"]], 1e-8)
