"""Tails of random books, and tests of random breaks, against scipy, numpy and a definition of another kind."""

import numpy as np
import pytest
from scipy import stats

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.engines.tail_losses import measure_normal_tails, measure_tails
from sigmasight.engines.value_at_risk_backtests import backtest

SEEDS = (1, 2, 3)
LEVELS = np.array([0.5, 0.9, 0.95, 0.975, 0.99, 0.999])
COUNTS = (1, 2, 19, 20, 21, 252, 503, 504)


def make_books(seed: int, sessions: int, books: int = 40) -> FloatArray:
    """P&L with fat tails; some in whole hundreds, so that many sessions are alike."""
    rng = np.random.default_rng(seed)
    pnl = rng.standard_t(3, (books, sessions)) * rng.uniform(10.0, 1e6, (books, 1)) + rng.normal(0.0, 50.0, (books, 1))
    pnl[::4] = 100.0 * np.round(rng.normal(0.0, 2.0, pnl[::4].shape))
    return np.asarray(pnl)


def pierce(pnl: FloatArray, seed: int) -> FloatArray:
    """Each book lacks sessions of its own, every seventh all of them."""
    rng = np.random.default_rng(seed)
    pierced = np.where(rng.random(pnl.shape) < rng.choice([0.0, 0.1, 0.5], (len(pnl), 1)), np.nan, pnl)
    pierced[::7] = np.nan
    return np.asarray(pierced)


# Historical


@pytest.mark.parametrize("sessions", COUNTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_value_at_risk_is_numpys_linear_quantile(seed: int, sessions: int) -> None:
    pnl = make_books(seed, sessions)
    found = measure_tails(pnl, LEVELS)
    np.testing.assert_allclose(found.value_at_risk, np.quantile(-pnl, LEVELS, axis=1).T, rtol=1e-10, atol=1e-8)


def mean_above(losses: FloatArray, level: float) -> float:
    """The least of a + E[(loss - a)+] / (1 - level): Rockafellar, Uryasev (2000). It lies at one of the losses."""
    candidates = np.unique(losses)
    beyond = np.maximum(losses - candidates[:, None], 0.0).mean(axis=1)
    return float((candidates + beyond / (1.0 - level)).min())


@pytest.mark.parametrize("sessions", COUNTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_expected_shortfall_is_rockafellars_and_uryasevs(seed: int, sessions: int) -> None:
    pnl = make_books(seed, sessions, books=12)
    found = measure_tails(pnl, LEVELS)
    expected = [[mean_above(-book, level) for level in LEVELS.tolist()] for book in pnl]
    np.testing.assert_allclose(found.expected_shortfall, expected, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_holes_each_book_has_its_own_quantile(seed: int) -> None:
    pnl = pierce(make_books(seed, 252), seed)
    found = measure_tails(pnl, LEVELS)
    empty = np.isnan(pnl).all(axis=1)
    assert 0 < empty.sum() < len(pnl)
    assert np.isnan(found.value_at_risk[empty]).all()
    assert np.isnan(found.expected_shortfall[empty]).all()
    expected = np.nanquantile(-pnl[~empty], LEVELS, axis=1).T
    np.testing.assert_allclose(found.value_at_risk[~empty], expected, rtol=1e-10, atol=1e-8)
    means = [[mean_above(-book[~np.isnan(book)], level) for level in LEVELS.tolist()] for book in pnl[~empty]]
    np.testing.assert_allclose(found.expected_shortfall[~empty], means, rtol=1e-9, atol=1e-8)


# Normal


@pytest.mark.parametrize("sessions", [2, 19, 252, 504])
@pytest.mark.parametrize("seed", SEEDS)
def test_normal_tails_are_scipys_quantile_and_mean_of_the_law_beyond_it(seed: int, sessions: int) -> None:
    pnl = pierce(make_books(seed, sessions), seed)
    pnl = pnl[((~np.isnan(pnl)).sum(axis=1) > 1) & (np.nanmax(pnl, axis=1, initial=0.0) != 0.0)]
    assert len(pnl) > 5
    found = measure_normal_tails(pnl, LEVELS)
    mean, deviation = -np.nanmean(pnl, axis=1)[:, None], np.nanstd(pnl, axis=1, ddof=1)[:, None]
    quantile = stats.norm.ppf(LEVELS, mean, deviation)
    beyond = stats.truncnorm.mean(stats.norm.ppf(LEVELS), np.inf, loc=mean, scale=deviation)
    np.testing.assert_allclose(found.value_at_risk, quantile, rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(found.expected_shortfall, beyond, rtol=1e-8, atol=1e-8)


# Breaks


def make_breaks(seed: int, days: int, chance: float) -> BoolArray:
    """Breaks of which each makes the next one likelier."""
    rng = np.random.default_rng(seed)
    broken = np.zeros(days, dtype=np.bool_)
    for day in range(days):
        broken[day] = rng.random() < chance + (0.2 if day and broken[day - 1] else 0.0)
    return broken


@pytest.mark.parametrize("level", [0.95, 0.975, 0.99])
@pytest.mark.parametrize(("days", "chance"), [(250, 0.05), (1_000, 0.02), (40, 0.6), (7_808, 0.011), (250, 0.0)])
@pytest.mark.parametrize("seed", SEEDS)
def test_kupiecs_test_is_scipys_likelihood_ratio_of_a_binomial(
    seed: int, days: int, chance: float, level: float
) -> None:
    broken = make_breaks(seed, days, chance)
    breaks = int(broken.sum())
    found = backtest(broken, level)
    best, wanted = (stats.binom.logpmf(breaks, days, share) for share in (breaks / days, 1.0 - level))
    assert (found.forecasts, found.breaks) == (days, breaks)
    assert found.unconditional == pytest.approx(2 * (best - wanted), rel=1e-8, abs=1e-9)
    observed, expected = [breaks, days - breaks], [days * (1.0 - level), days * level]
    divergence = stats.power_divergence(observed, expected, lambda_="log-likelihood")
    assert found.unconditional == pytest.approx(divergence.statistic, rel=1e-8, abs=1e-9)
    assert found.unconditional_p == pytest.approx(divergence.pvalue, rel=1e-8)


@pytest.mark.parametrize(("days", "chance"), [(250, 0.05), (1_000, 0.02), (40, 0.4), (7_808, 0.011)])
@pytest.mark.parametrize("seed", SEEDS)
def test_christoffersens_test_is_scipys_of_a_table_of_transitions(seed: int, days: int, chance: float) -> None:
    """Whether today's break depends on yesterday's: the G test of independence."""
    broken = make_breaks(seed, days, chance)
    table = [[int(((broken[:-1] == a) & (broken[1:] == b)).sum()) for b in (False, True)] for a in (False, True)]
    expected = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    found = backtest(broken, 0.95)
    assert found.independent == pytest.approx(expected.statistic, rel=1e-8, abs=1e-9)
    assert found.independent_p == pytest.approx(expected.pvalue, rel=1e-8)
    assert found.conditional == pytest.approx(found.unconditional + expected.statistic, rel=1e-8, abs=1e-9)
    assert found.conditional_p == pytest.approx(stats.chi2.sf(found.conditional, 2), rel=1e-10)
