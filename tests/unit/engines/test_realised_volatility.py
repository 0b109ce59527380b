"""What a price has moved."""

import statistics

import numpy as np
import pytest

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.realised_volatility import realised_volatility


def path(*log_returns: float) -> FloatArray:
    return 50.0 * np.exp(np.concatenate([[0.0], np.cumsum(log_returns)]))[:, None]


def realised(closes: FloatArray, *, window_sessions: int = 63, min_obs: int = 21) -> list[float]:
    return realised_volatility(closes, window_sessions=window_sessions, min_obs=min_obs).tolist()


RETURNS = tuple(np.random.default_rng(4).normal(0.0, 0.01, 80).tolist())


def test_up_and_down_by_one_percent() -> None:
    # Deviations 0.01, -0.01, 0.01, -0.01: 4 x 0.0001 / 3 a day.
    assert realised(path(0.01, -0.01, 0.01, -0.01), min_obs=4) == pytest.approx([(252 * 0.0004 / 3) ** 0.5])


def test_sixty_three_returns_count_of_sixty_four_closes_and_of_more() -> None:
    expected = statistics.stdev(RETURNS[-63:]) * 252**0.5
    assert realised(path(*RETURNS[-63:])) == pytest.approx([expected])
    assert realised(path(*RETURNS)) == pytest.approx([expected])


def test_a_missing_close_takes_both_returns_around_it() -> None:
    closes = path(*RETURNS[:30])
    closes[10] = np.nan
    kept = RETURNS[:9] + RETURNS[11:30]
    assert realised(closes) == pytest.approx([statistics.stdev(kept) * 252**0.5])


def test_fewer_returns_than_the_minimum_say_nothing() -> None:
    closes = np.hstack([path(*RETURNS[:22]), path(*RETURNS[:22]), path(*RETURNS[:22]), np.full((23, 1), np.nan)])
    closes[0, 1] = np.nan  # 21 returns left
    closes[1, 2] = np.nan  # 20 left
    assert np.isnan(realised(closes)).tolist() == [False, False, True, True]


def test_one_return_has_no_deviation() -> None:
    assert np.isnan(realised(path(0.01), min_obs=1)).all()


def test_no_closes_say_nothing() -> None:
    assert np.isnan(realised(np.full((1, 2), 50.0))).tolist() == [True, True]
    assert np.isnan(realised(np.empty((0, 1)))).tolist() == [True]
    assert realised(np.empty((64, 0))) == []


def test_a_price_that_stands_still_has_no_volatility() -> None:
    assert realised(np.full((64, 1), 50.0)) == [0.0]
