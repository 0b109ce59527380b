"""Reasons as columns of words; each combination is spelled once."""

from collections.abc import Iterable
from functools import cache

from sigmasight.domain.reasons import Reason, reason_from_words


@cache
def reason_words(code: int) -> list[str]:
    """Flags as the words that are stored."""
    return list(Reason(code).words)


def reason_code(words: Iterable[str]) -> int:
    """Stored words as flags."""
    return _code(tuple(words))


@cache
def _code(words: tuple[str, ...]) -> int:
    return int(reason_from_words(words))
