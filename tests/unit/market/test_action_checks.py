from datetime import date, timedelta
from math import inf, nan

import pytest

from sigmasight.domain.instruments import Kind, Profile
from sigmasight.domain.market_data import Dividend, Split
from sigmasight.market.action_checks import ANNOUNCED_AHEAD, check_dividends, check_profiles, check_splits

TODAY = date(2026, 11, 20)
DAY = date(2026, 11, 18)
TOMORROW = date(2026, 11, 21)
ONE_DAY = timedelta(days=1)


def test_a_regular_and_a_special_dividend_of_one_day_are_added_up() -> None:
    paid = [Dividend("KO", DAY, 0.5), Dividend("KO", DAY, 1.25), Dividend("PG", DAY, 1.0)]
    taken, refused = check_dividends(paid, symbols=["KO", "PG"], today=TODAY)
    assert taken == (Dividend("KO", DAY, 1.75), Dividend("PG", DAY, 1.0))
    assert refused == ()


@pytest.mark.parametrize(
    ("paid", "why"),
    [
        (Dividend("KO", DAY, 0.0), "a dividend is a positive amount"),
        (Dividend("KO", DAY, -1.0), "a dividend is a positive amount"),
        (Dividend("KO", DAY, nan), "a dividend is a positive amount"),
        (Dividend("KO", DAY, inf), "a dividend is a positive amount"),
        (Dividend("KO", TODAY + ANNOUNCED_AHEAD + ONE_DAY, 1.0), "its day lies in the future"),
        (Dividend("KO", TOMORROW, 0.0), "a dividend is a positive amount"),
        (Dividend("XX", DAY, 1.0), "nobody asked for it"),
    ],
)
def test_a_dividend_that_cannot_be_stays_outside(paid: Dividend, why: str) -> None:
    taken, (refused,) = check_dividends([paid], symbols=["KO"], today=TODAY)
    assert taken == ()
    assert (refused.symbol, refused.day, refused.field, refused.why) == (paid.symbol, paid.ex_date, "dividend", why)


@pytest.mark.parametrize("ex_date", [TOMORROW, TODAY + timedelta(days=400)])
def test_an_announced_dividend_is_taken(ex_date: date) -> None:
    paid = Dividend("KO", ex_date, 0.5)
    assert check_dividends([paid], symbols=["KO"], today=TODAY) == ((paid,), ())


def test_a_split_told_twice_is_one_split() -> None:
    split = Split("KO", DAY, 2, 1)
    assert check_splits([split, split], symbols=["KO"], today=TODAY) == ((split,), ())


@pytest.mark.parametrize(
    ("split", "why"),
    [
        (Split("KO", DAY, 1, 1), "1 for 1 is no split"),
        (Split("KO", DAY, 0, 1), "0 for 1 is no split"),
        (Split("KO", DAY, 2, -1), "2 for -1 is no split"),
        (Split("KO", DAY, 2001, 2), "2001 for 2 is no split"),
        (Split("KO", TOMORROW, 2, 1), "its day lies in the future"),
        (Split("XX", DAY, 2, 1), "nobody asked for it"),
    ],
)
def test_a_split_that_cannot_be_stays_outside(split: Split, why: str) -> None:
    taken, (refused,) = check_splits([split], symbols=["KO"], today=TODAY)
    assert taken == ()
    assert refused.why == why


def test_of_two_different_splits_of_one_day_the_first_counts() -> None:
    first, second = Split("KO", DAY, 2, 1), Split("KO", DAY, 3, 1)
    taken, (refused,) = check_splits([first, second], symbols=["KO"], today=TODAY)
    assert taken == (first,)
    assert refused.why == "another split of the same day was taken"


def test_a_profile_loses_what_cannot_be_and_one_that_nobody_asked_for_is_left_out() -> None:
    odd = Profile("KO", Kind.STOCK, "Coca-Cola", market_cap=-1.0, dividend_yield=nan)
    good = Profile("PG", Kind.STOCK, "Procter & Gamble", market_cap=1e9, dividend_yield=0.02)
    taken = check_profiles({"KO": odd, "PG": good, "XX": odd}, symbols=["KO", "PG"])
    assert taken["PG"] == good
    assert (taken["KO"].market_cap, taken["KO"].dividend_yield) == (None, None)
    assert "XX" not in taken
