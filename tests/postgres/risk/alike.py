"""Whether what was worked out in memory is what a night has stored."""

from dataclasses import fields

import numpy as np
import pytest

from sigmasight.domain.risk_results import Cluster, Correlations, FactorExposures, ScenarioResults, TailRisk
from sigmasight.domain.snapshots import Measures, Snapshot

RELATIVE = 1e-12
"""Instruments have other numbers in memory, so sums run in another order."""

Row = Snapshot | FactorExposures | ScenarioResults | TailRisk | Correlations | Measures | Cluster


def assert_same(found: Row, stored: Row) -> None:
    """Numbers alike, and everything that is no float the same; whose it is they cannot know alike."""
    assert type(found) is type(stored)
    for field in fields(found):
        mine, theirs = getattr(found, field.name), getattr(stored, field.name)
        where = f"{type(found).__name__}.{field.name}"
        if field.name == "clusters":
            assert len(mine) == len(theirs), where
            for one, other in zip(mine, theirs, strict=True):
                assert_same(one, other)
        elif isinstance(mine, Measures):
            assert_same(mine, theirs)
        elif isinstance(mine, float | np.ndarray):
            assert type(mine) is type(theirs), where
            assert np.shape(mine) == np.shape(theirs), where
            assert mine == pytest.approx(theirs, rel=RELATIVE, abs=0.0, nan_ok=True), where
        elif field.name != "portfolio_id":
            assert mine == theirs, where
