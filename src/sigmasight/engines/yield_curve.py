"""Continuous rates from Treasury par yields."""

import numpy as np

from sigmasight.domain.market_data import DayArray, FloatArray

TENOR_YEARS = np.array([0.25, 2.0, 10.0, 30.0])
"""Of the series in the order of TREASURY_SERIES."""


def carry_yields(days: DayArray, par_yields: FloatArray, on: DayArray, *, oldest_days: int) -> FloatArray:
    """The last yield of each series on or before given days, if it is not too old.

    Args:
        days: Ascending, shape (D,).
        par_yields: Per year, shape (D, K), NaN where a series has none that day.
        on: Shape (T,).
        oldest_days: Calendar days that a yield may be carried.

    Returns:
        Shape (T, K), NaN where there is none.
    """
    carried = np.full((len(on), par_yields.shape[1]), np.nan)
    for series in range(par_yields.shape[1]):
        known = ~np.isnan(par_yields[:, series])
        when, value = days[known], par_yields[known, series]
        if len(when):
            at = np.searchsorted(when, on, side="right") - 1
            fresh = (at >= 0) & ((on - when[at]).astype(np.int64) <= oldest_days)
            carried[fresh, series] = value[at[fresh]]
    return carried


def continuous_rates(par_yields: FloatArray, tau_years: FloatArray) -> FloatArray:
    """Continuous rates at maturities: par yields linear between the tenors that are known, flat beyond them.

    Args:
        par_yields: Per year, as fractions, one curve for each maturity, shape (N, 4), NaN where not known.
        tau_years: Maturities, shape (N,).

    Returns:
        2 ln(1 + y / 2), per year, shape (N,); NaN where no tenor is known.

    Source:
        Treasury par yields are bond-equivalent: paid twice a year (31 CFR 356, appendix B).
    """
    rates = np.full(len(tau_years), np.nan)
    patterns, which = np.unique(~np.isnan(par_yields), axis=0, return_inverse=True)
    for number, known in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == number)
        if known.any():
            rates[rows] = _linear(TENOR_YEARS[known], par_yields[np.ix_(rows, np.flatnonzero(known))], tau_years[rows])
    return np.asarray(2.0 * np.log1p(rates / 2.0))


def _linear(tenors: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    if len(tenors) == 1:
        return values[:, 0]
    right = np.clip(np.searchsorted(tenors, at), 1, len(tenors) - 1)
    share = np.clip((at - tenors[right - 1]) / (tenors[right] - tenors[right - 1]), 0.0, 1.0)
    row = np.arange(len(at))
    return np.asarray(values[row, right - 1] * (1.0 - share) + values[row, right] * share)
