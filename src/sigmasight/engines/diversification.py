"""How many independent positions a book really is."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

_HEDGED = 1e-12


@dataclass(frozen=True, slots=True)
class Diversification:
    """One book of N names; NaN where not known."""

    effective_classic: float  # 1 / w'Rw with equal weights
    effective: float  # 1 / w'Rw with signed weights, whose absolute values sum to 1; NaN where they hedge each other
    effective_by_weight: float  # 1 / HHI, whatever correlations are
    ratio_squared: float  # (sum |w| sigma / sigma of the book)^2; NaN where the book is hedged
    average_correlation: float  # over the pairs; NaN on a single name


def measure_diversification(correlation: FloatArray, weight: FloatArray, volatility: FloatArray) -> Diversification:
    """Measure a book's diversification.

    Args:
        correlation: (N, N), no NaN.
        weight: Signed exposures, (N,), of any scale.
        volatility: Of each name, (N,).

    Source:
        Choueifaty, Coignard, Toward maximum diversification (2008), for the ratio.
    """
    count = len(correlation)
    size = float(np.abs(weight).sum())
    if not count or size == 0.0:
        return Diversification(*[float("nan")] * 5)
    w = weight / size
    equal = np.full(count, 1.0 / count)
    risk, scale = w * volatility, float((np.abs(w) * volatility).sum())
    variance = float(np.einsum("i,ij,j->", risk, correlation, risk))
    signed = float(np.einsum("i,ij,j->", w, correlation, w))
    pairs = correlation[np.triu_indices(count, 1)]
    return Diversification(
        effective_classic=_inverse(float(np.einsum("i,ij,j->", equal, correlation, equal)), _HEDGED),
        effective=_inverse(signed, _HEDGED),
        effective_by_weight=1.0 / float((w**2).sum()),
        ratio_squared=scale**2 * _inverse(variance, _HEDGED * scale**2),
        average_correlation=float(pairs.mean()) if len(pairs) else float("nan"),
    )


def _inverse(value: float, least: float) -> float:
    return 1.0 / value if value >= least and value > 0.0 else float("nan")
