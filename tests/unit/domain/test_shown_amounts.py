"""What is shown adds up, to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.snapshots import ShownExposures

amounts = st.floats(0.0, 1e9, allow_nan=False)


@given(above=amounts, below=amounts)
def test_gross_and_net_are_the_sums_of_what_is_shown(above: float, below: float) -> None:
    shown = ShownExposures.of(above, -below)
    assert shown.long is not None
    assert shown.short is not None
    assert (shown.gross, shown.net) == (shown.long - shown.short, shown.long + shown.short)


def test_it_is_not_the_rounding_of_the_sum() -> None:
    assert ShownExposures.of(0.004, -0.004) == ShownExposures(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    assert ShownExposures.of(0.015, -0.025).gross == Decimal("0.04")


@pytest.mark.parametrize(("long", "short"), [(float("nan"), -1.0), (1.0, float("nan"))])
def test_where_a_side_is_not_known_the_gross_is_not(long: float, short: float) -> None:
    shown = ShownExposures.of(long, short)
    assert shown.gross is None
    assert shown.net == (shown.long or shown.short)
