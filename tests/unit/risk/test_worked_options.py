"""Books with options worked by hand, the numbers in the comments."""

from datetime import date

import pytest

from sigmasight.domain.instruments import Right
from sigmasight.domain.reasons import Reason
from support.books import (
    GOOD_FRIDAY,
    OPENED,
    SplitOn,
    april,
    cash,
    closes,
    holding,
    option,
    portfolio,
    stock,
    world_of,
)
from support.evenings import snapshots_of

ABC, XYZ = stock(1, "ABC"), stock(2, "XYZ")
BOOK = portfolio()


def test_two_hundred_contracts_count_a_hundred_shares_each() -> None:
    # 200 contracts x 100 shares x 1.50 = 30,000; notional at 40.00: 200 x 100 x 40 = 800,000.
    call = option(7, ABC, right=Right.CALL, strike=45, expiry=april(25))
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, date(2025, 3, 31), 50_000),
            holding(BOOK, call, 200, entry_price=1.25, held_from=OPENED),
            instruments=(ABC, call),
            prices=closes(ABC, {OPENED: 40}) | closes(call, {OPENED: 1.5}),
        )
    )
    now = days[OPENED]
    # Bought at 1.25: cash 50,000 - 25,000; P&L 200 x 100 x 0.25 = 5,000.
    assert (now.measures.cash, now.measures.option_exposure, now.measures.stock_exposure) == (25_000, 30_000, 0)
    assert (now.measures.notional, now.measures.daily_pnl, now.measures.nav) == (800_000, 5_000, 55_000)
    assert (now.option_positions, now.coverage, now.delta_coverage) == (1, 1, 0)
    assert now.reasons["delta_adjusted_exposure"] == now.reasons["hhi"] == Reason.NO_VOLATILITY
    assert [(left.symbol, left.reason) for left in now.not_included] == [("O7", "no_volatility")]


@pytest.mark.parametrize(
    ("right", "strike", "contracts", "paid"),
    [
        (Right.CALL, 50, 2, 1_600),  # in the money: 2 x 100 x (58 - 50)
        (Right.CALL, 50, -2, -1_600),
        (Right.CALL, 60, 2, 0),  # out of the money: nothing is due
        (Right.PUT, 60, -3, -600),  # 3 x 100 x (60 - 58)
        (Right.PUT, 60, 3, 600),
        (Right.PUT, 55, -3, 0),
    ],
)
def test_an_option_is_settled_at_its_intrinsic_value_in_the_session_after_expiry(
    right: Right, strike: int, contracts: int, paid: int
) -> None:
    contract = option(7, ABC, right=right, strike=strike, expiry=april(4))  # a Friday
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 10_000),
            holding(BOOK, contract, contracts, entry_price=5, held_from=OPENED, brought_in=True),
            instruments=(ABC, contract),
            # Neither its own quote on the last day nor the fall on the Monday after matters.
            prices=closes(ABC, {april(3): 57, april(4): 58, april(7): 30})
            | closes(contract, {april(3): 6, april(4): 9.1}),
        )
    )
    before, last, after = days[april(3)], days[april(4)], days[april(7)]
    assert (last.measures.net, last.measures.cash) == (paid, 10_000)
    assert last.measures.daily_pnl == paid - before.measures.net == paid - contracts * 600
    assert (last.marks, last.warnings, last.not_included) == (Reason.EXPIRED, ("expired: O7",), ())
    assert (after.measures.cash, after.measures.nav, after.positions) == (10_000 + paid, 10_000 + paid, 0)
    assert (after.measures.daily_pnl, after.measures.flows) == (0, 0)


def test_an_option_that_expires_on_good_friday_is_worth_what_thursdays_close_says() -> None:
    # Call struck at 50: on Monday worth 55 - 50 = 5 by Thursday's close, whatever the share does on Monday;
    # paid on Tuesday.
    call = option(7, ABC, right=Right.CALL, strike=50, expiry=GOOD_FRIDAY)
    days = snapshots_of(
        world_of(
            BOOK,
            holding(BOOK, call, 1, entry_price=4, held_from=april(16), brought_in=True),
            instruments=(ABC, call),
            prices=closes(ABC, {april(17): 55, april(21): 80}) | closes(call, {april(16): 4, april(17): 6}),
        )
    )
    assert GOOD_FRIDAY not in days
    assert (days[april(17)].measures.net, days[april(17)].marks) == (600, Reason.NONE)
    assert (days[april(21)].measures.net, days[april(21)].marks) == (500, Reason.EXPIRED)
    assert (days[april(21)].measures.daily_pnl, days[april(21)].measures.cash) == (-100, 0)
    assert (days[april(22)].measures.cash, days[april(22)].measures.daily_pnl) == (500, 0)


def test_a_strike_follows_whole_splits_and_the_contracts_multiply() -> None:
    # 3 calls struck at 90, split 3 for 1 on the 3rd: 9 calls struck at 30. On the 4th 34 - 30 = 4: 9 x 100 x 4.
    call = option(7, ABC, right=Right.CALL, strike=90, expiry=april(4))
    days = snapshots_of(
        world_of(
            BOOK,
            holding(BOOK, call, 3, entry_price=6, held_from=april(2), brought_in=True),
            SplitOn(1, april(3), new=3),
            instruments=(ABC, call),
            prices=closes(ABC, {april(2): 93, april(3): 33, april(4): 34}) | closes(call, {april(2): 6, april(3): 4.5}),
        )
    )
    # 3 x 100 x 6 = 1,800; 9 x 100 x 4.5 = 4,050; 3,600.
    assert [days[april(day)].measures.net for day in (2, 3, 4)] == [1_800, 4_050, 3_600]
    assert [days[april(day)].measures.daily_pnl for day in (2, 3, 4)] == [0, 2_250, -450]
    assert (days[april(7)].measures.cash, days[april(7)].measures.daily_pnl) == (3_600, 0)


def test_an_option_whose_share_has_no_price_stays_open() -> None:
    call = option(7, ABC, right=Right.CALL, strike=50, expiry=april(4))
    book = world_of(
        BOOK,
        cash(BOOK, OPENED, 1_000),
        holding(BOOK, call, 1, entry_price=4, held_from=OPENED, brought_in=True),
        instruments=(ABC, call),
        prices=closes(call, {april(1): 4, april(3): 5}),
    )
    days = snapshots_of(book)
    for day in (april(4), april(7), april(30)):
        assert (days[day].positions, days[day].measures.nav, days[day].coverage) == (1, 1_000, 0)
        assert [(left.symbol, left.reason) for left in days[day].not_included] == [("O7", "no_price")]
        assert days[day].marks == Reason.EXPIRED
    assert days[april(4)].measures.coverage_change == -500


def test_an_option_on_a_share_that_split_three_for_two_is_not_modelled() -> None:
    call = option(7, ABC, right=Right.CALL, strike=50, expiry=april(25))
    book = world_of(
        BOOK,
        cash(BOOK, OPENED, 1_000),
        holding(BOOK, call, 1, entry_price=4, held_from=OPENED, brought_in=True),
        SplitOn(1, april(3), new=3, old=2),
        instruments=(ABC, call),
        prices=closes(ABC, {april(day): 52 for day in (1, 2, 3, 4)})
        | closes(call, {april(d): 4 for d in (1, 2, 3, 4)}),
    )
    days = snapshots_of(book)
    assert days[april(2)].measures.net == 400
    assert [(left.symbol, left.reason) for left in days[april(2)].not_included] == [("O7", "no_volatility")]
    now = days[april(3)]
    assert [(left.symbol, left.reason) for left in now.not_included] == [("O7", "not_modelled")]
    assert now.reasons["net"] == now.reasons["daily_pnl"] == now.reasons["delta"] == Reason.NOT_MODELLED
    assert (now.measures.coverage_change, now.measures.nav) == (-400, 1_000)
