"""What a position is called follows from the sign of its quantity and the option's right."""

import pytest

from sigmasight.domain.instruments import PositionType, Right, position_type


@pytest.mark.parametrize(
    ("is_short", "right", "name"),
    [
        (False, None, "LONG"),
        (True, None, "SHORT"),
        (False, Right.CALL, "LC"),
        (False, Right.PUT, "LP"),
        (True, Right.CALL, "SC"),
        (True, Right.PUT, "SP"),
    ],
)
def test_a_position_is_named_by_its_sign_and_right(is_short: bool, right: Right | None, name: str) -> None:  # noqa: FBT001
    assert position_type(is_short=is_short, right=right) is PositionType(name)


def test_every_name_of_a_position_is_used() -> None:
    named = {position_type(is_short=is_short, right=right) for is_short in (False, True) for right in (None, *Right)}
    assert named == set(PositionType)
