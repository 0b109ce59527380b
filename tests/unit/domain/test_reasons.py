"""Reasons combine, travel as words, and either block a number or not."""

from functools import reduce
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.reasons import BLOCKING, Reason, reason_from_words

# SPEC 1, "Missing is not zero".
BLOCKING_WORDS = "no_price no_history no_volatility no_rate not_modelled nav_not_positive exact_fit fully_hedged"
INFORMING_WORDS = "stale_price short_history estimated expired capped intraday simulated"


def test_the_words_are_those_of_the_specification() -> None:
    assert BLOCKING.words == tuple(BLOCKING_WORDS.split(" "))
    assert (~BLOCKING).words == tuple(INFORMING_WORDS.split(" "))


def test_no_reason_has_no_words() -> None:
    assert Reason.NONE.words == ()
    assert reason_from_words([]) is Reason.NONE
    assert not Reason.NONE


def test_reasons_combine_whatever_their_order() -> None:
    assert (Reason.NO_PRICE | Reason.STALE_PRICE).words == ("stale_price", "no_price")
    assert reason_from_words(["no_price", "stale_price", "no_price"]) == Reason.STALE_PRICE | Reason.NO_PRICE


@given(st.frozensets(st.sampled_from(list(Reason))))
def test_words_and_reasons_are_the_same(reasons: frozenset[Reason]) -> None:
    combined = reduce(or_, reasons, Reason.NONE)
    assert reason_from_words(combined.words) == combined
    assert len(combined.words) == len(reasons)


@pytest.mark.parametrize("word", ["", "no price", "unknown"])
def test_a_word_that_is_no_reason_is_an_error(word: str) -> None:
    with pytest.raises(KeyError):
        reason_from_words([word])
