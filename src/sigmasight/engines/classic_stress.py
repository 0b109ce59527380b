"""Stress tests as the textbook has them: exposures to single factors times shocks, and times their correlations."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray

LARGEST_LOSS = 0.99


@dataclass(frozen=True, slots=True)
class ClassicStress:
    """B portfolios under S scenarios, USD."""

    direct: FloatArray  # (B, S) no loss above 99 % of the value
    correlated: FloatArray  # (B, S)
    direct_raw: FloatArray  # (B, S) not clipped
    correlated_raw: FloatArray  # (B, S)


def stress_classically(
    exposure: FloatArray, shocks: FloatArray, correlation: FloatArray, value: FloatArray
) -> ClassicStress:
    """Direct: exposure x shock; correlated: every factor moves by correlation x the shock of each shocked one.

    Args:
        exposure: To each factor by its own univariate beta, USD, (B, K).
        shocks: (S, K), 0 where a scenario leaves a factor alone.
        correlation: Capped, (K, K).
        value: Of each portfolio, USD, (B,); where it is not above 0 nothing is clipped.
    """
    direct = np.einsum("bk,sk->bs", exposure, shocks)
    correlated = np.einsum("bk,sk->bs", exposure, np.einsum("sk,kl->sl", shocks, correlation))
    floor = np.where(value > 0.0, -LARGEST_LOSS * value, -np.inf)[:, None]
    return ClassicStress(np.maximum(direct, floor), np.maximum(correlated, floor), direct, correlated)
