"""Noise that depends on a name and a date only.

A counter-based generator: each value is a hash of (stream name, date), so no value knows which other values were asked
for, in which order, or in which process. Generators with a state, and numpy's, whose streams may change between
releases, cannot promise that.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sigmasight.domain.market_data import FloatArray, IntArray

KeyArray = NDArray[np.uint64]

_EDITION = "sigmasight simulated market, edition 930"
"""Part of every stream's name: chosen among several so that the years around the anchor look ordinary."""

_WEYL = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-52


def stream_key(stream: str) -> int:
    """The 64-bit key of a stream, the same in every process and on every platform."""
    return int.from_bytes(blake2b(f"{_EDITION}/{stream}".encode(), digest_size=8).digest(), "little")


def keyed_uniforms(keys: KeyArray, ordinals: IntArray) -> FloatArray:
    """Uniform numbers strictly between 0 and 1, one per (key, date ordinal); the arrays broadcast.

    Source:
        Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators (SplitMix64), at position ``ordinal``.
    """
    state = keys + ordinals.astype(np.uint64) * _WEYL
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    state ^= state >> np.uint64(31)
    # 52 bits and a half are exact in a float, so the ends 0 and 1 are never reached.
    return np.asarray(((state >> np.uint64(12)).astype(np.float64) + 0.5) * _UNIT)


def uniforms(stream: str, ordinals: IntArray) -> FloatArray:
    """Uniform numbers of a stream, one per date ordinal, strictly between 0 and 1."""
    return keyed_uniforms(np.array([stream_key(stream)], dtype=np.uint64), ordinals)


def normals(stream: str, ordinals: IntArray) -> FloatArray:
    """Standard normal numbers of a stream, one per date ordinal."""
    return np.asarray(ndtri(uniforms(stream, ordinals)))


def fat_normals(stream: str, ordinals: IntArray) -> FloatArray:
    """Student's t with 6 degrees of freedom, scaled to variance 1, one per date ordinal.

    A normal over the root of a chi-square; one with 6 degrees of freedom is twice the sum of three exponentials.
    """
    exponentials = sum(-np.log(uniforms(f"{stream}/chi{part}", ordinals)) for part in range(3))
    return np.asarray(normals(stream, ordinals) * np.sqrt(2.0 / exponentials))
