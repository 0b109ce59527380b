"""Noise: the published generator, the right moments, and nothing but name and date in it."""

import numpy as np
import pytest
from scipy import stats

from sigmasight.market.simulated.randomness import fat_normals, keyed_uniforms, normals, stream_key, uniforms

DAYS = np.arange(730_000, 750_000)


def test_bits_are_those_of_the_published_splitmix64() -> None:
    first_outputs_of_seed_1234567 = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    drawn = keyed_uniforms(np.array([1234567], dtype=np.uint64), np.arange(1, 5))
    assert np.floor(drawn * 2**52).astype(np.int64).tolist() == [bits >> 12 for bits in first_outputs_of_seed_1234567]


def test_keys_do_not_change_between_processes_and_platforms() -> None:
    assert stream_key("market") == 16834381928033827295
    assert uniforms("market", np.array([739_000])).tolist() == [0.7448089284019789]


def test_a_value_does_not_know_which_others_were_asked_for() -> None:
    shuffled = np.random.default_rng(1).permutation(DAYS)
    at = np.searchsorted(DAYS, shuffled)
    for draw in (uniforms, normals, fat_normals):
        everything = draw("some stream", DAYS)
        assert np.array_equal(draw("some stream", shuffled), everything[at])
        assert draw("some stream", DAYS[777:778]) == everything[777]


def test_streams_of_different_names_are_unrelated() -> None:
    drawn = np.array([normals(f"stream {number}", DAYS) for number in range(12)])
    correlations = np.corrcoef(drawn) - np.eye(12)
    assert np.abs(correlations).max() < 4 / np.sqrt(len(DAYS))


def test_neighbouring_days_are_unrelated() -> None:
    drawn = normals("neighbours", DAYS)
    for lag in (1, 2, 5, 7):
        assert abs(np.corrcoef(drawn[lag:], drawn[:-lag])[0, 1]) < 4 / np.sqrt(len(DAYS))


@pytest.mark.parametrize("stream", ["a", "b", "c"])
def test_distributions_are_what_they_are_called(stream: str) -> None:
    flat = uniforms(stream, DAYS)
    assert flat.min() > 0
    assert flat.max() < 1
    assert stats.kstest(flat, stats.uniform.cdf).pvalue > 0.001
    assert stats.kstest(normals(stream, DAYS), stats.norm.cdf).pvalue > 0.001
    unit_variance = np.sqrt(4 / 6)
    assert stats.kstest(fat_normals(stream, DAYS) / unit_variance, stats.t(6).cdf).pvalue > 0.001
