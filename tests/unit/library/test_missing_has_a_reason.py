"""A number is missing if and only if a blocking reason says why: every measure of every engine, on random books."""

from collections.abc import Mapping

import numpy as np
from hypothesis import HealthCheck, given, settings

from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import Correlations, FactorExposures, ScenarioResults
from sigmasight.domain.snapshots import MEASURES
from sigmasight.risk.correlations import FILTERED_OUT

from .random_books import RandomBook, random_books

CORRELATED = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration"),
)


def assert_explained(missing: Mapping[str, bool], reasons: Mapping[str, Reason]) -> None:
    """The same names are missing and have reasons, each of them blocking."""
    assert {name for name, gone in missing.items() if gone} == set(reasons)
    assert all(reason & BLOCKING for reason in reasons.values())


def missing_exposures(found: FactorExposures) -> dict[str, bool]:
    known = ~np.isnan(found.exposure)
    usable = ~np.isnan(found.risk_share)
    if usable.any():
        assert not np.isnan(found.specific_share)
        assert (usable | np.isnan(found.exposure))[known].all()
    return {
        **{name: not there for name, there in zip(found.factors, known.tolist(), strict=True)},
        "beta": bool(np.isnan(found.beta[known]).any()),
        "risk_share": not usable.any(),
        "specific_share": bool(np.isnan(found.specific_share)),
        "volatility": bool(np.isnan(found.volatility)),
    }


def missing_scenarios(found: ScenarioResults) -> dict[str, bool]:
    gone = np.isnan(found.direct) | np.isnan(found.correlated)
    return dict(zip(found.scenarios, gone.tolist(), strict=True))


def missing_correlations(found: Correlations) -> dict[str, bool]:
    assert all(left.reason == FILTERED_OUT or Reason[left.reason.split(",")[0].upper()] for left in found.not_included)
    return {name: bool(np.isnan(getattr(found, name))) for name in CORRELATED}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random_books())
def test_a_number_is_missing_if_and_only_if_a_blocking_reason_says_why(book: RandomBook) -> None:
    found = book.analyze()
    measures = {name: bool(np.isnan(getattr(found.measures, name))) for name in MEASURES}
    assert_explained(measures, found.snapshot.reasons)
    assert_explained(missing_exposures(found.exposures), found.exposures.reasons)
    for scenarios in (found.market_scenarios, found.stress):
        assert_explained(missing_scenarios(scenarios), scenarios.reasons)
    tails = found.value_at_risk
    numbers = np.concatenate([tails.value_at_risk, tails.expected_shortfall])
    assert_explained({"value_at_risk": bool(np.isnan(numbers).any())}, tails.reasons)
    assert np.isnan(numbers).all() or not np.isnan(numbers).any()
    assert_explained(missing_correlations(found.correlations), found.correlations.reasons)
    for each in found.positions:
        tail_missing = np.isnan(each.value_at_risk)
        if np.isnan(each.exposure) or np.isnan(each.dollar_delta):
            assert each.reasons & BLOCKING, each
        if not tail_missing and not np.isnan(found.measures.value_at_risk):
            assert not np.isnan(each.expected_shortfall)
        if not each.reasons & BLOCKING and not np.isnan(found.measures.value_at_risk):
            assert not tail_missing
    for coverage in (found.coverage, found.exposures.coverage, tails.coverage, found.correlations.coverage):
        assert 0.0 <= coverage <= 1.0
    parts = np.array([each.value_at_risk for each in found.positions])
    if not np.isnan(found.measures.value_at_risk):
        scale = np.abs(np.nan_to_num(parts)).sum()
        assert abs(np.nansum(parts) - found.measures.value_at_risk) <= 1e-12 * max(scale, 1.0)
