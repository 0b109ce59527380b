"""Money for people: cents, half to even, missing stays missing, no negative zero."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.units import added, money, money_text

AMOUNTS = st.floats(-1e15, 1e15) | st.decimals(-(10**15), 10**15, places=6)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.125, "0.12"),
        (0.135, "0.14"),
        (2.675, "2.68"),
        (-0.125, "-0.12"),
        (-0.375, "-0.38"),
        (Decimal("0.005"), "0.00"),
        (Decimal("0.015"), "0.02"),
        (Decimal("1.0050000001"), "1.01"),
        (1234567.891, "1234567.89"),
        (1e15, "1000000000000000.00"),
        (1e-320, "0.00"),
        (3, "3.00"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (-0.004, "0.00"),
        (Decimal("-0.005"), "0.00"),
    ],
)
def test_amounts_are_rounded_to_cents_half_to_even(amount: float | Decimal, text: str) -> None:
    assert str(money(amount)) == text
    assert money_text(amount) == text


@pytest.mark.parametrize("amount", [None, float("nan"), Decimal("NaN")])
def test_what_is_missing_stays_missing(amount: float | Decimal | None) -> None:
    assert money(amount) is None
    assert money_text(amount) is None


@pytest.mark.parametrize("amount", [float("inf"), float("-inf"), Decimal("Infinity")])
def test_an_infinite_amount_is_a_mistake(amount: float | Decimal) -> None:
    with pytest.raises(ValueError, match="an amount must be finite"):
        money(amount)


@given(AMOUNTS)
def test_rounding_moves_an_amount_by_half_a_cent_at_most(amount: float | Decimal) -> None:
    rounded = money(amount)
    assert rounded is not None
    assert rounded.as_tuple().exponent == -2
    written = Decimal(repr(amount)) if isinstance(amount, float) else amount
    assert abs(Fraction(rounded) - Fraction(written)) <= Fraction(1, 200)
    assert money(rounded) == rounded


@given(AMOUNTS)
def test_a_loss_is_the_gain_with_its_sign_turned(amount: float | Decimal) -> None:
    gain, loss = money(amount), money(-amount)
    assert gain is not None
    assert loss is not None
    assert loss == -gain
    assert not (loss.is_zero() and loss.is_signed())


def test_shown_amounts_add_up_over_what_is_known() -> None:
    assert added(Decimal("1.10"), None, Decimal("-0.05")) == Decimal("1.05")
    assert added(Decimal("0.00")) == 0
    assert added(None, None) is None
    assert added() is None
