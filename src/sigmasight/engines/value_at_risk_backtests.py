"""Whether value at risk was broken as often, and as independently, as it should have been."""

from dataclasses import dataclass

from scipy.special import chdtrc, xlogy

from sigmasight.domain.market_data import BoolArray


@dataclass(frozen=True, slots=True)
class Backtest:
    """N forecasts of one book against what happened; likelihood ratios, and the chance of one at least as large."""

    forecasts: int
    breaks: int
    unconditional: float  # Kupiec's: as often as wanted?
    unconditional_p: float  # chi squared, 1 degree of freedom
    independent: float  # Christoffersen's: no clusters?
    independent_p: float  # 1 degree
    conditional: float  # both together
    conditional_p: float  # 2 degrees


def backtest(broken: BoolArray, level: float) -> Backtest:
    """Test a sequence of breaks, (N,), in the order of the days; ``level`` is the value at risk's, as 0.99.

    Raises:
        ValueError: If there is no day.

    Source:
        Kupiec, Techniques for verifying the accuracy of risk measurement models, J. Derivatives 3 (1995);
        Christoffersen, Evaluating interval forecasts, International Economic Review 39 (1998).
    """
    count, breaks = len(broken), int(broken.sum())
    if not count:
        raise ValueError("a backtest needs a day")
    wanted = 1.0 - level
    unconditional = _ratio(_log_likelihood(breaks, count, breaks / count), _log_likelihood(breaks, count, wanted))
    before, after = broken[:-1], broken[1:]
    calm, calm_broken = int((~before).sum()), int((~before & after).sum())
    bad, bad_broken = int(before.sum()), int((before & after).sum())
    pooled = (calm_broken + bad_broken) / max(calm + bad, 1)
    apart = _log_likelihood(calm_broken, calm, calm_broken / max(calm, 1))
    apart += _log_likelihood(bad_broken, bad, bad_broken / max(bad, 1))
    independent = _ratio(apart, _log_likelihood(calm_broken + bad_broken, calm + bad, pooled))
    both = unconditional + independent
    return Backtest(
        forecasts=count,
        breaks=breaks,
        unconditional=unconditional,
        unconditional_p=float(chdtrc(1.0, unconditional)),
        independent=independent,
        independent_p=float(chdtrc(1.0, independent)),
        conditional=both,
        conditional_p=float(chdtrc(2.0, both)),
    )


def _log_likelihood(hits: int, count: int, share: float) -> float:
    return float(xlogy(hits, share) + xlogy(count - hits, 1.0 - share))


def _ratio(free: float, bound: float) -> float:
    """Likelihood ratio; the free law is never less likely but by rounding."""
    return max(2.0 * (free - bound), 0.0)
