"""What makes the simulated market look like one: fat tails, storms, distinct factors, bonds that fear yields, a VIX."""

from datetime import date

import numpy as np
import pytest

from sigmasight.domain.market_data import FloatArray
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.market.simulated.universe import GICS_SECTORS, universe

FACTORS = ["SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV"]
ALWAYS = (date(2020, 1, 1), date(2032, 12, 31))
WINDOW = 520
WINDOWS_END = [date(2022, 3, 1), date(2024, 1, 31), date(2026, 6, 30), date(2026, 11, 20), date(2027, 11, 19)]


def returns(market: SimulatedMarket, symbol: str) -> FloatArray:
    adjusted = market.daily_bars([symbol], *ALWAYS)[symbol].adjusted_close
    return np.asarray(adjusted[1:] / adjusted[:-1] - 1)


def yield_changes(market: SimulatedMarket, series: str) -> FloatArray:
    return np.asarray(np.diff(market.yields([series], *ALWAYS)[series].values))


def autocorrelations(values: FloatArray, lags: int) -> FloatArray:
    centred = values - values.mean()
    products = [float(centred[lag:] @ centred[:-lag]) for lag in range(1, lags + 1)]
    return np.array(products) / float(centred @ centred)


def slopes(outcome: FloatArray, *causes: FloatArray) -> FloatArray:
    """Least squares with an intercept: one slope per cause."""
    design = np.column_stack([np.ones_like(outcome), *causes])
    return np.asarray(np.linalg.lstsq(design, outcome)[0][1:])


@pytest.mark.parametrize("end", WINDOWS_END)
def test_factor_funds_are_distinct_in_every_window(market: SimulatedMarket, end: date) -> None:
    days = market.daily_bars(["SPY"], *ALWAYS)["SPY"].days
    last = int(np.searchsorted(days, np.datetime64(end)))
    window = np.array([returns(market, symbol)[last - WINDOW : last] for symbol in FACTORS])
    correlations = np.corrcoef(window)
    assert correlations[0, 1:].min() >= 0.6
    assert correlations[0, 1:].max() <= 0.97
    assert (correlations - np.eye(len(FACTORS))).max() < 0.98


def test_broad_funds_are_nearly_the_market(market: SimulatedMarket) -> None:
    spy = returns(market, "SPY")
    assert np.corrcoef(spy, returns(market, "VTI"))[0, 1] > 0.99
    assert np.corrcoef(spy, returns(market, "VFIAX"))[0, 1] > 0.99
    assert 0.9 < np.corrcoef(spy, returns(market, "QQQ"))[0, 1] < 0.98


def test_the_market_has_its_volatility_and_fat_tails(market: SimulatedMarket) -> None:
    spy = returns(market, "SPY")
    assert 0.13 < spy.std() * np.sqrt(252) < 0.19
    centred = spy - spy.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 - 3 > 1
    assert np.abs(spy).max() < 0.15


def test_storms_cluster_and_directions_do_not(market: SimulatedMarket) -> None:
    spy = returns(market, "SPY")
    lags, sessions = 10, len(spy)
    of_squares = autocorrelations(spy**2, lags)
    of_returns = autocorrelations(spy, lags)
    assert of_squares.min() > 1.96 / np.sqrt(sessions)
    chi_squared_of_ten_at_1_in_1000 = 29.6
    assert sessions * (of_squares**2).sum() > 3 * chi_squared_of_ten_at_1_in_1000
    squares = (spy - spy.mean()) ** 2
    robust = [np.sqrt((squares[lag:] @ squares[:-lag]) / squares.sum() ** 2) for lag in range(1, lags + 1)]
    assert ((of_returns / np.array(robust)) ** 2).sum() < chi_squared_of_ten_at_1_in_1000


@pytest.mark.parametrize(
    ("symbol", "lowest", "highest"),
    [
        ("TSLA", 1.4, 2.3),
        ("NVDA", 1.4, 2.2),
        ("AMD", 1.3, 2.1),
        ("AAPL", 0.9, 1.5),
        ("JPM", 0.8, 1.4),
        ("XOM", 0.5, 1.1),
        ("JNJ", 0.35, 0.75),
        ("PG", 0.3, 0.75),
        ("GLD", -0.2, 0.3),
        ("BND", -0.1, 0.1),
    ],
)
def test_loadings_on_the_market_are_plausible(
    market: SimulatedMarket, symbol: str, lowest: float, highest: float
) -> None:
    (beta,) = slopes(returns(market, symbol), returns(market, "SPY"))
    assert lowest < beta < highest


def test_each_style_fund_loads_on_its_own_style(market: SimulatedMarket) -> None:
    spy = returns(market, "SPY")
    residuals = {name: returns(market, name) - slopes(returns(market, name), spy)[0] * spy for name in FACTORS[1:]}
    for stock, style, sign in [("JPM", "VTV", 1), ("SHOP", "VUG", 1), ("NVDA", "MTUM", 1), ("AAPL", "QUAL", 1)]:
        loads = slopes(returns(market, stock), spy, *residuals.values())
        assert sign * loads[1 + list(residuals).index(style)] > 0.1
    for stock, style in [("PTON", "SLY"), ("JNJ", "USMV"), ("PG", "USMV")]:
        loads = slopes(returns(market, stock), spy, *residuals.values())
        assert loads[1 + list(residuals).index(style)] > 0.2


def test_shares_of_a_sector_move_together_beyond_the_market(market: SimulatedMarket) -> None:
    spy = returns(market, "SPY")
    shares = [name for name, listing in universe().items() if listing.kind == "stock" and name not in ("V", "MA")]
    residuals = np.array([returns(market, name) - slopes(returns(market, name), spy)[0] * spy for name in shares])
    correlations = np.corrcoef(residuals)
    sectors = np.array([universe()[name].sector for name in shares])
    same = (sectors[:, None] == sectors) & ~np.eye(len(shares), dtype=bool)
    assert set(sectors) == GICS_SECTORS
    assert correlations[same].mean() > 0.1
    assert abs(correlations[sectors[:, None] != sectors].mean()) < 0.08


@pytest.mark.parametrize(
    ("symbol", "series", "shortest", "longest"),
    [
        ("BND", "DGS10", 4, 8),
        ("FXNAX", "DGS10", 4, 8),
        ("AGG", "DGS10", 4, 8),
        ("IEF", "DGS10", 6, 8.5),
        ("TLT", "DGS30", 14, 18),
        ("SHY", "DGS2", 1.4, 2.2),
        ("VNQ", "DGS10", 2, 6),
    ],
)
def test_bonds_lose_their_duration_when_yields_rise(
    market: SimulatedMarket, symbol: str, series: str, shortest: float, longest: float
) -> None:
    slope, _ = slopes(returns(market, symbol), yield_changes(market, series), returns(market, "SPY"))
    assert -longest < slope < -shortest


def test_long_bonds_lose_more_than_all_bonds_when_the_ten_year_yield_rises(market: SimulatedMarket) -> None:
    change = yield_changes(market, "DGS10")
    assert slopes(returns(market, "TLT"), change)[0] < 1.5 * slopes(returns(market, "BND"), change)[0] < 0


def test_yields_move_as_yields_do(market: SimulatedMarket) -> None:
    changes = {series: yield_changes(market, series) for series in ("DGS3MO", "DGS2", "DGS10", "DGS30")}
    assert 0.0004 < changes["DGS10"].std() < 0.0008
    assert changes["DGS3MO"].std() < changes["DGS10"].std()
    assert np.corrcoef(changes["DGS10"], changes["DGS30"])[0, 1] > 0.85
    assert 0.6 < np.corrcoef(changes["DGS10"], changes["DGS2"])[0, 1] < 0.95


def test_the_vix_rises_when_the_market_falls(market: SimulatedMarket) -> None:
    vix = market.daily_bars(["VIX"], *ALWAYS)["VIX"].close
    spy = returns(market, "SPY")
    change = np.diff(np.log(vix))
    assert np.corrcoef(change, spy)[0, 1] < -0.5
    worst = np.argsort(spy)[:50]
    assert (change[worst] > 0).mean() > 0.95
    assert change[worst].mean() > 0.05


def test_the_vix_is_plausible_returns_to_its_mean_and_foresees_storms(market: SimulatedMarket) -> None:
    vix = market.daily_bars(["VIX"], *ALWAYS)["VIX"].close
    assert vix.min() >= 10
    assert vix.max() <= 80
    assert 15 < vix.mean() < 23
    assert vix.max() > 35
    assert autocorrelations(vix, 250)[249] < 0.3 < autocorrelations(vix, 1)[0]
    spy = returns(market, "SPY")
    month = 21
    to_come = np.array([spy[at : at + month].std() for at in range(len(spy) - month)])
    assert np.corrcoef(vix[: len(to_come)], to_come)[0, 1] > 0.4
