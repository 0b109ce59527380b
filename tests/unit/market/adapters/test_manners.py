"""The bucket never lets more through than the tier allows, and the breaker leaves alone what fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.market.adapters.manners import Breaker, TokenBucket

steps = st.lists(st.tuples(st.floats(0.0, 5.0), st.sampled_from((1.0, 1.0, 2.0, 20.0))), max_size=40)


@given(steps, st.sampled_from((1.0, 5.0, 30.0)), st.sampled_from((0.1, 0.5, 3.0)))
def test_in_no_stretch_of_time_is_more_spent_than_it_allows(
    calls: list[tuple[float, float]], capacity: float, per_second: float
) -> None:
    bucket, now, spent = TokenBucket(capacity, per_second), 0.0, []
    for pause, cost in calls:
        now += pause
        now += bucket.take(cost, now)  # whoever asks waits
        spent.append((now, cost))
    for at, (begin, _) in enumerate(spent):
        for end, _ in spent[at:]:
            inside = sum(cost for when, cost in spent[at:] if when <= end)
            largest = max(cost for _, cost in spent[at:])
            assert inside <= max(capacity, largest) + largest + (end - begin) * per_second + 1e-6


def test_a_full_bucket_lets_its_capacity_through_at_once_and_then_one_by_one() -> None:
    bucket = TokenBucket(3.0, 0.5)
    assert [bucket.take(1.0, 10.0) for _ in range(5)] == [0.0, 0.0, 0.0, 2.0, 4.0]
    assert bucket.take(1.0, 100.0) == 0.0


@pytest.mark.parametrize(("capacity", "per_second"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)])
def test_a_bucket_that_lets_nothing_through_is_refused(capacity: float, per_second: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        TokenBucket(capacity, per_second)


def test_the_breaker_opens_after_so_many_failures_in_a_row_and_then_tries_one_call() -> None:
    breaker = Breaker(failures=2, seconds=60.0)
    breaker.failed(0.0)
    assert not breaker.is_open(0.0)
    breaker.succeeded()
    breaker.failed(1.0)
    assert not breaker.is_open(1.0)
    breaker.failed(2.0)
    assert (breaker.is_open(61.9), breaker.is_open(62.0)) == (True, False)
    breaker.failed(62.0)  # the one call failed: closed again for as long
    assert breaker.is_open(121.9)
    breaker.succeeded()
    assert not breaker.is_open(62.0)
