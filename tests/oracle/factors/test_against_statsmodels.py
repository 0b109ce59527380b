"""Regressions, inflation and weighted correlations of random panels, against statsmodels, pandas and plain loops."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS, RegressionResults
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.sandwich_covariance import cov_hac_simple, cov_white_simple
from statsmodels.tools import add_constant

from oracle.factors.cases import PRIOR_STD, STYLES_SHRUNK
from oracle.factors.panels import Panel, make_panel, own_sessions, pierce
from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.engines.factor_basis import build_basis
from sigmasight.engines.factor_correlation import correlate_factors
from sigmasight.engines.regression import Regression, regress

SEEDS = (1, 2, 3)
MIN_OBS = 60
HAC_LAGS = (1, 5, 12)


def assert_near(found: FloatArray, expected: object, rtol: float = 1e-9) -> None:
    """Of slopes that are near 0 the size of their errors is what counts."""
    np.testing.assert_allclose(found, np.asarray(expected, dtype=np.float64), rtol=rtol, atol=1e-11)


def fit_by_statsmodels(panel: Panel) -> list[RegressionResults]:
    """Each asset on its own sessions."""
    fits = []
    for asset in range(panel.assets.shape[1]):
        mine = own_sessions(panel, asset)
        fits.append(OLS(panel.assets[mine, asset], add_constant(panel.factors[mine])).fit())
    return fits


def assert_same_fits(found: Regression, fits: list[RegressionResults]) -> None:
    assert_near(found.slope, [fit.params[1:] for fit in fits])
    assert_near(found.plain_error, [fit.bse[1:] for fit in fits])
    assert_near(found.shrunk_error, [fit.bse[1:] for fit in fits])
    assert_near(found.r_squared, [fit.rsquared for fit in fits])
    assert_near(found.residual_std, [np.sqrt(fit.mse_resid) for fit in fits])
    assert found.n_obs.tolist() == [fit.nobs for fit in fits]
    assert not found.exact.any()


def errors_of(covariances: list[FloatArray]) -> FloatArray:
    return np.array([np.sqrt(np.diag(covariance))[1:] for covariance in covariances])


@pytest.mark.parametrize("seed", SEEDS)
def test_slopes_and_errors_are_statsmodels(seed: int) -> None:
    panel = make_panel(seed)
    fits = fit_by_statsmodels(panel)
    found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, lags=0)
    assert_same_fits(found, fits)
    assert_near(found.hac_error, errors_of([cov_white_simple(fit, use_correction=False) for fit in fits]))
    for lags in HAC_LAGS:
        found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, lags=lags)
        hac = errors_of([cov_hac_simple(fit, nlags=lags, use_correction=False) for fit in fits])
        assert_near(found.hac_error, hac)
        assert_near(found.t, np.array([fit.params[1:] for fit in fits]) / hac)


def test_covariances_of_the_sandwich_are_what_statsmodels_reports() -> None:
    """The functions above are what ``cov_type`` asks for."""
    panel = make_panel(4, assets=3)
    fits = fit_by_statsmodels(panel)
    found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, lags=5)
    reported = [fit.get_robustcov_results("HAC", maxlags=5, use_correction=False).bse[1:] for fit in fits]
    assert_near(found.hac_error, reported)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_gaps_each_asset_has_its_own_sessions(seed: int) -> None:
    panel = pierce(make_panel(seed), seed)
    fits = fit_by_statsmodels(panel)
    assert min(fit.nobs for fit in fits) >= MIN_OBS
    assert len({fit.nobs for fit in fits}) > 50
    found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, lags=0)
    assert_same_fits(found, fits)
    assert_near(found.hac_error, errors_of([cov_white_simple(fit, use_correction=False) for fit in fits]))


def hac_by_a_loop(panel: Panel, asset: int, slope: FloatArray, bread: FloatArray, lags: int) -> FloatArray:
    """Sandwich around deviations from the asset's own means; a missing session is there, with nothing to say."""
    mine = own_sessions(panel, asset)
    x = panel.factors - panel.factors[mine].mean(axis=0)
    residual = panel.assets[:, asset] - panel.assets[mine, asset].mean() - x @ slope
    scores = np.where(mine[:, None], x * residual[:, None], 0.0)
    filling = np.zeros((x.shape[1], x.shape[1]))
    for early in range(len(x)):
        for late in range(early, min(early + lags + 1, len(x))):
            product = np.outer(scores[early], scores[late]) * (1 - (late - early) / (lags + 1))
            filling += product if late == early else product + product.T
    return np.sqrt(np.diag(bread @ filling @ bread))


def bread_of(panel: Panel, asset: int, ridge: FloatArray | float = 0.0) -> FloatArray:
    x = panel.factors[own_sessions(panel, asset)]
    x = x - x.mean(axis=0)
    return np.asarray(np.linalg.inv(x.T @ x + np.eye(x.shape[1]) * ridge))


@pytest.mark.parametrize("lags", [1, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_hac_errors_with_gaps_are_those_of_a_plain_loop(seed: int, lags: int) -> None:
    panel = pierce(make_panel(seed, assets=30), seed)
    found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, lags=lags)
    fits = fit_by_statsmodels(panel)
    for asset, fit in enumerate(fits):
        expected = hac_by_a_loop(panel, asset, fit.params[1:], bread_of(panel, asset), lags)
        assert_near(found.hac_error[asset], expected)


def test_the_loop_without_gaps_is_statsmodels() -> None:
    panel = make_panel(5, assets=5)
    for asset, fit in enumerate(fit_by_statsmodels(panel)):
        by_loop = hac_by_a_loop(panel, asset, fit.params[1:], bread_of(panel, asset), 5)
        assert_near(by_loop, errors_of([cov_hac_simple(fit, nlags=5, use_correction=False)])[0])


def test_more_lags_than_sessions() -> None:
    panel = make_panel(6, sessions=14, assets=4, styles=2)
    found = regress(panel.assets, panel.factors, min_obs=14, lags=20)
    for asset, fit in enumerate(fit_by_statsmodels(panel)):
        expected = hac_by_a_loop(panel, asset, fit.params[1:], bread_of(panel, asset), 20)
        assert_near(found.hac_error[asset], expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_shrunk_slopes_are_the_closed_form(seed: int) -> None:
    """(X'X + diag(0, s2 / tau^2, ...))^-1 X'y, one asset after the other, with s2 of statsmodels."""
    panel = pierce(make_panel(seed, assets=60), seed)
    found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, shrunk=STYLES_SHRUNK, prior_std=PRIOR_STD)
    for asset, fit in enumerate(fit_by_statsmodels(panel)):
        mine = own_sessions(panel, asset)
        x, y = panel.factors[mine], panel.assets[mine, asset]
        x, y = x - x.mean(axis=0), y - y.mean()
        bread = bread_of(panel, asset, np.where(STYLES_SHRUNK, fit.mse_resid / PRIOR_STD**2, 0.0))
        slope = bread @ (x.T @ y)
        rest = ((y - x @ slope) ** 2).sum()
        assert_near(found.slope[asset], slope)
        assert_near(found.shrunk_error[asset], np.sqrt(fit.mse_resid * np.diag(bread)))
        assert_near(found.plain_error[asset], fit.bse[1:])
        assert_near(found.r_squared[asset], 1 - rest / (y @ y))
        assert_near(found.residual_std[asset], np.sqrt(rest / (len(y) - 8)))
        if asset % 6 == 0:
            hac = hac_by_a_loop(panel, asset, slope, bread, 5)
            assert_near(found.hac_error[asset], hac)
            assert_near(found.t[asset], slope / hac)


def test_shrinkage_is_the_posterior_mean_of_normal_slopes() -> None:
    """Made-up observations of 0, one for each style, tell ordinary least squares what the prior tells ours."""
    panel = make_panel(7, assets=20)
    found = regress(panel.assets, panel.factors, min_obs=MIN_OBS, shrunk=STYLES_SHRUNK, prior_std=PRIOR_STD)
    for asset, fit in enumerate(fit_by_statsmodels(panel)):
        prior = np.eye(7)[1:] * np.sqrt(fit.mse_resid) / PRIOR_STD
        x = np.concatenate([add_constant(panel.factors), np.column_stack([np.zeros(6), prior])])
        y = np.concatenate([panel.assets[:, asset], np.zeros(6)])
        assert_near(found.slope[asset], OLS(y, x).fit().params[1:])


def test_a_session_without_a_factor_counts_for_nobody() -> None:
    panel = make_panel(8, assets=40)
    holes = panel.factors.copy()
    holes[[0, 17, 18, 251], [0, 3, 6, 2]] = np.nan
    known = ~np.isnan(holes).any(axis=1)
    found = regress(panel.assets, holes, min_obs=MIN_OBS, lags=0)
    assert_same_fits(found, fit_by_statsmodels(Panel(panel.factors[known], panel.assets[known])))


@pytest.mark.parametrize(("shrunk", "within"), [(None, 1e-11), (STYLES_SHRUNK, 1e-10)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_combination_of_factors_is_found_though_a_third_of_its_days_is_missing(
    seed: int, shrunk: BoolArray | None, within: float
) -> None:
    """And said to be exact: nothing is left to tell how sure the slopes are."""
    panel, rng = make_panel(seed, assets=1), np.random.default_rng(seed)
    slopes = rng.normal(0.0, 1.0, (7, 200))
    assets = 0.0003 + panel.factors @ slopes
    assets[rng.random(assets.shape) < 1 / 3] = np.nan
    found = regress(assets, panel.factors, min_obs=MIN_OBS, shrunk=shrunk, prior_std=PRIOR_STD)
    np.testing.assert_allclose(found.slope, slopes.T, rtol=0, atol=within)
    assert found.exact.all()
    assert np.isnan(found.t).all()
    np.testing.assert_allclose(found.r_squared, 1.0, rtol=1e-12)
    assert (found.residual_std < 1e-13).all()


def test_errors_of_a_fund_that_hugs_its_factors_are_statsmodels_with_a_prior_too() -> None:
    panel, rng = make_panel(9), np.random.default_rng(9)
    tracking = panel.factors @ rng.normal(0.3, 0.3, (7, 20)) + 1e-6 * rng.normal(size=(252, 20))
    hugging = Panel(panel.factors, tracking)
    fits = fit_by_statsmodels(hugging)
    assert max(fit.rsquared for fit in fits) < 1 - 1e-10
    found = regress(tracking, panel.factors, min_obs=MIN_OBS, shrunk=STYLES_SHRUNK, prior_std=PRIOR_STD)
    assert_relative(found.plain_error, np.array([fit.bse[1:] for fit in fits]))


def assert_relative(found: FloatArray, expected: FloatArray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=0.0)


def test_errors_of_a_fund_that_hugs_its_factors_are_statsmodels() -> None:
    panel, rng = make_panel(9), np.random.default_rng(9)
    tracking = panel.factors @ rng.normal(0.3, 0.3, (7, 20)) + 1e-6 * rng.normal(size=(252, 20))
    found = regress(tracking, panel.factors, min_obs=MIN_OBS)
    fits = fit_by_statsmodels(Panel(panel.factors, tracking))
    assert_relative(found.plain_error, np.array([fit.bse[1:] for fit in fits]))


# The factors themselves


@pytest.mark.parametrize("seed", SEEDS)
def test_inflation_is_statsmodels(seed: int) -> None:
    factors = make_panel(seed, assets=1).factors
    with_constant = add_constant(factors)
    expected = [variance_inflation_factor(with_constant, at) for at in range(1, 8)]
    found = build_basis(factors)
    assert_near(found.variance_inflation, expected)
    singular = np.linalg.svd((factors - factors.mean(axis=0)) / factors.std(axis=0), compute_uv=False)
    assert found.condition_number == pytest.approx((singular[0] / singular[-1]) ** 2, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_basis_is_the_residuals_of_statsmodels_plus_their_intercepts(seed: int) -> None:
    factors = make_panel(seed, assets=1).factors
    found = build_basis(factors)
    for style in range(1, 7):
        fit = OLS(factors[:, style], add_constant(factors[:, 0])).fit()
        assert found.market_slopes[style] == pytest.approx(fit.params[1], rel=1e-11)
        np.testing.assert_allclose(found.returns[:, style], fit.resid + fit.params[0], rtol=0, atol=1e-15)
    np.testing.assert_allclose(found.covariance, np.cov(found.returns, rowvar=False), rtol=1e-10, atol=1e-20)
    np.testing.assert_array_equal(found.returns[:, 0], factors[:, 0])


@pytest.mark.parametrize("alpha", [0.06, 0.01])
@pytest.mark.parametrize("seed", SEEDS)
def test_weighted_covariances_are_pandas(seed: int, alpha: float) -> None:
    factors = make_panel(seed, assets=1).factors
    found = correlate_factors(factors, decay=1 - alpha)
    weighted = pd.DataFrame(factors).ewm(alpha=alpha, adjust=True)
    assert_relative_to_pandas(found.covariance, weighted.cov(bias=True))
    assert_relative_to_pandas(found.correlation, weighted.corr())


@pytest.mark.parametrize("seed", SEEDS)
def test_weighted_covariances_with_lost_sessions_are_pandas(seed: int) -> None:
    """A lost session ages the others all the same."""
    factors = make_panel(seed, assets=1).factors
    lost = np.random.default_rng(seed).choice(len(factors) - 1, 30, replace=False)
    factors[lost] = np.nan
    found = correlate_factors(factors)
    weighted = pd.DataFrame(factors).ewm(alpha=0.06, adjust=True, ignore_na=False)
    assert_relative_to_pandas(found.covariance, weighted.cov(bias=True))
    factors[lost[:10], 1:] = 0.01  # but for one factor, so nobody's
    np.testing.assert_array_equal(correlate_factors(factors).covariance, found.covariance)


def assert_relative_to_pandas(found: FloatArray, blocks: pd.DataFrame) -> None:
    last = blocks.to_numpy()[-len(found) :]
    np.testing.assert_allclose(found, last, rtol=1e-10, atol=1e-17)
