"""Whole random books, session by session, against the same definitions worked in fractions."""

from hypothesis import given, settings

from support.agreement import assert_agrees
from support.books import World
from support.strategies import worlds


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_every_position_step_and_snapshot_of_random_books_is_what_the_slow_ledger_says(world: World) -> None:
    assert_agrees(world)
