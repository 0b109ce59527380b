"""Asset and day as one number sort as the pair does."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.market_data import asset_day_key

PAIRS = st.lists(st.tuples(st.integers(0, 10**6), st.dates()), min_size=1)


@given(PAIRS)
def test_keys_sort_by_asset_then_day(pairs: list[tuple[int, date]]) -> None:
    assets = np.array([asset for asset, _ in pairs], dtype=np.int64)
    days = np.array([day for _, day in pairs], dtype="datetime64[D]")
    keys = asset_day_key(assets, days).tolist()
    assert [pair for _, pair in sorted(zip(keys, pairs, strict=True))] == sorted(pairs)
    assert len(set(keys)) == len(set(pairs))


def test_assets_and_days_broadcast_to_a_table() -> None:
    keys = asset_day_key(np.arange(3)[:, None], np.array(["1969-12-31", "2025-01-02"], dtype="datetime64[D]"))
    assert keys.shape == (3, 2)
    assert (np.diff(keys.ravel()) > 0).all()
