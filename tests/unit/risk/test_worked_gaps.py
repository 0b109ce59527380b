"""Books of which something is missing, worked by hand, the numbers in the comments."""

from decimal import Decimal

import numpy as np
import pytest

from sigmasight.domain.reasons import Reason
from support.books import (
    OPENED,
    DividendOn,
    april,
    cash,
    closes,
    holding,
    portfolio,
    stock,
    world_of,
)
from support.evenings import snapshots_of

ABC, XYZ = stock(1, "ABC"), stock(2, "XYZ")
BOOK = portfolio()


def test_a_close_of_five_sessions_ago_is_used_and_one_of_six_is_not() -> None:
    # ABC's last close is of Wednesday the 2nd; the 9th is 5 sessions later, the 10th 6. Weights: 10 x 50 = 500 of
    # ABC by its last known price, 300 of XYZ: coverage 300 / 800.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 100),
            holding(BOOK, ABC, 10, entry_price=44, held_from=OPENED, brought_in=True),
            holding(BOOK, XYZ, 10, entry_price=44, held_from=OPENED, brought_in=True),
            instruments=(ABC, XYZ),
            prices=closes(ABC, {april(1): 50, april(2): 50})
            | closes(XYZ, {april(day): 30 for day in (1, 2, 3, 4, 7, 8, 9, 10, 11)}),
        )
    )
    fifth, sixth, seventh = days[april(9)], days[april(10)], days[april(11)]
    assert (fifth.measures.net, fifth.coverage, fifth.marks) == (800, 1, Reason.STALE_PRICE)
    assert fifth.warnings == ("stale_price: ABC",)
    assert (sixth.measures.net, sixth.coverage, sixth.marks) == (300, 0.375, Reason.NONE)
    assert [(left.symbol, left.reason) for left in sixth.not_included] == [("ABC", "no_price")]
    assert (sixth.measures.daily_pnl, sixth.measures.coverage_change, sixth.measures.nav) == (0, -500, 400)
    assert (seventh.measures.coverage_change, seventh.measures.nav) == (0, 400)


def test_a_position_that_never_had_a_price_is_weighed_by_its_entry_price() -> None:
    # 10 x 44 = 440 not known beside 300: coverage 300 / 740. Bought with cash: its cost is a change of coverage.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 1_000),
            holding(BOOK, ABC, 10, entry_price=44, held_from=april(2)),
            holding(BOOK, XYZ, 10, entry_price=30, held_from=april(2)),
            instruments=(ABC, XYZ),
            prices=closes(XYZ, {april(2): 30}),
        )
    )
    now = days[april(2)]
    assert now.coverage == pytest.approx(300 / 740, abs=1e-15)
    assert (now.measures.nav, now.measures.coverage_change, now.measures.flows) == (560, -440, 0)


def test_a_book_of_which_nothing_is_known_says_so() -> None:
    book = world_of(BOOK, holding(BOOK, ABC, 10, entry_price=44, held_from=OPENED), instruments=(ABC,), prices={})
    now = snapshots_of(book)[OPENED]
    for name in ("nav", "gross", "net", "daily_pnl", "cumulative_pnl", "daily_return", "leverage", "hhi", "top_3"):
        assert np.isnan(getattr(now.measures, name))
        assert now.reasons[name] == Reason.NO_PRICE
    assert (now.measures.cash, now.coverage, now.positions) == (-440, 0, 1)


def test_an_empty_book_has_exposures_of_zero_whole_coverage_and_a_warning() -> None:
    book = world_of(BOOK, cash(BOOK, OPENED, 1_000), instruments=(), prices={})
    now = snapshots_of(book)[april(2)]
    assert (now.measures.gross, now.measures.net, now.measures.notional, now.measures.hhi) == (0, 0, 0, 0)
    assert (now.coverage, now.delta_coverage, now.positions, now.warnings) == (1, 1, 0, ("empty",))
    assert (now.measures.nav, now.measures.leverage, now.measures.daily_return) == (1_000, 0, 0)


@pytest.mark.parametrize("stated", [-500, -600])
def test_a_nav_that_is_not_positive_has_no_leverage_and_no_return(stated: int) -> None:
    # 10 x 50 = 500 against a debt of 500 or 600.
    book = world_of(
        BOOK,
        cash(BOOK, OPENED, stated),
        holding(BOOK, ABC, 10, entry_price=50, held_from=OPENED, brought_in=True),
        instruments=(ABC,),
        prices=closes(ABC, {april(1): 50, april(2): 50}),
    )
    now = snapshots_of(book)[april(2)]
    assert (now.measures.nav, now.measures.gross, now.measures.daily_pnl) == (500 + stated, 500, 0)
    for name in ("leverage", "daily_return"):
        assert np.isnan(getattr(now.measures, name))
        assert now.reasons[name] == Reason.NAV_NOT_POSITIVE


def test_what_is_not_in_dollars_is_kept_apart_and_never_touches_cash() -> None:
    # 10 bought at 30 Canadian dollars: neither its price, its cost nor its dividend is converted or counted.
    foreign = stock(1, "CNQ", currency="CAD")
    book = world_of(
        BOOK,
        cash(BOOK, OPENED, 1_000),
        holding(BOOK, foreign, 10, entry_price=30, held_from=april(2), exit_date=april(4), exit_price=35),
        holding(BOOK, XYZ, 10, entry_price=30, held_from=april(2), brought_in=True),
        DividendOn(1, april(3), Decimal(1)),
        instruments=(foreign, XYZ),
        prices=closes(foreign, {april(day): 31 for day in (2, 3, 4)})
        | closes(XYZ, {april(day): 10 for day in (2, 3, 4)}),
    )
    days = snapshots_of(book)
    assert [days[april(day)].measures.cash for day in (2, 3, 4)] == [1_000] * 3
    assert [days[april(day)].measures.nav for day in (2, 3, 4)] == [1_100] * 3
    assert [days[april(day)].coverage for day in (2, 3, 4)] == [0.25, 0.25, 1]  # 100 / (100 + 300)
    assert days[april(3)].measures.dividends == 0
