"""Books of shares worked by hand, the numbers in the comments."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from sigmasight.domain.reasons import Reason
from support.agreement import assert_agrees
from support.books import (
    OPENED,
    DividendOn,
    SplitOn,
    World,
    april,
    cash,
    closes,
    holding,
    other_assets,
    portfolio,
    stock,
    weekdays,
    world_of,
)
from support.evenings import snapshots_of

ABC, XYZ = stock(1, "ABC"), stock(2, "XYZ")
BOOK = portfolio()


def test_a_short_that_rises_loses_money_and_pays_the_dividend() -> None:
    # 100 sold short at 50.00 on the 2nd: cash 10,000 + 5,000 = 15,000, exposure -5,000, NAV 10,000.
    # On the 3rd it closes at 52.00 and pays 0.50: -100 x 2.00 - 100 x 0.50 = -250.
    # Cash 15,000 - 50 = 14,950, exposure -5,200, NAV 9,750; -250 / 10,000 = -2.5 %.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 10_000),
            holding(BOOK, ABC, -100, entry_price=50, held_from=april(2)),
            DividendOn(1, april(3), Decimal("0.5")),
            instruments=(ABC,),
            prices=closes(ABC, {april(2): 50, april(3): 52}),
        )
    )
    sold, risen = days[april(2)].measures, days[april(3)].measures
    assert (sold.cash, sold.net, sold.short, sold.nav, sold.daily_pnl) == (15_000, -5_000, -5_000, 10_000, 0)
    assert (risen.daily_pnl, risen.dividends, risen.flows) == (-250, -50, 0)
    assert (risen.cash, risen.net, risen.gross, risen.nav) == (14_950, -5_200, 5_200, 9_750)
    assert risen.daily_return == pytest.approx(-0.025, abs=1e-15)
    assert risen.unrealised_pnl == -200
    assert days[april(3)].short_positions == 1


def test_a_dollar_neutral_book_has_gross_but_no_net_exposure() -> None:
    # Long 100 x 50.00, short 50 x 100.00, brought in beside 20,000 of cash: the NAV is the cash.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 20_000),
            holding(BOOK, ABC, 100, entry_price=40, held_from=OPENED, brought_in=True),
            holding(BOOK, XYZ, -50, entry_price=90, held_from=OPENED, brought_in=True),
            instruments=(ABC, XYZ),
            prices=closes(ABC, {OPENED: 50}) | closes(XYZ, {OPENED: 100}),
        )
    )
    now = days[OPENED].measures
    assert (now.long, now.short, now.gross, now.net) == (5_000, -5_000, 10_000, 0)
    assert (now.market_value, now.nav, now.leverage) == (10_000, 20_000, 0.5)
    assert (now.hhi, now.effective_positions, now.top_3, now.top_10) == (0.5, 2, 1, 1)
    # Entered as a flow, 0 net: all that flowed is the cash. What was gained before is unrealised: 1,000 - 500.
    assert (now.daily_pnl, now.flows, now.unrealised_pnl) == (0, 20_000, 500)


def test_a_split_is_no_profit() -> None:
    # 100 shares at 60.00 become 200, which close at 31.00: 200 x (31 - 30) = 200. Cost stays 100 x 55.
    days = snapshots_of(
        world_of(
            BOOK,
            holding(BOOK, ABC, 100, entry_price=55, held_from=april(2), brought_in=True),
            SplitOn(1, april(3), new=2),
            instruments=(ABC,),
            prices=closes(ABC, {april(2): 60, april(3): 31}),
        )
    )
    assert (days[april(3)].measures.net, days[april(3)].measures.daily_pnl) == (6_200, 200)
    assert days[april(3)].measures.unrealised_pnl == 700
    # On the 4th there is no price: the old one, on the new basis already, is used and marked.
    assert (days[april(4)].measures.net, days[april(4)].marks) == (6_200, Reason.STALE_PRICE)


def test_a_price_from_before_a_split_is_carried_over_it() -> None:
    # 10 shares at 60.00 split 3 for 2: 15 shares, and the price of before counts 40.00.
    days = snapshots_of(
        world_of(
            BOOK,
            holding(BOOK, ABC, 10, entry_price=60, held_from=april(2), brought_in=True),
            SplitOn(1, april(3), new=3, old=2),
            instruments=(ABC,),
            prices=closes(ABC, {april(2): 60}),
        )
    )
    assert (days[april(3)].measures.net, days[april(3)].measures.daily_pnl) == (600, 0)


def test_who_holds_over_the_ex_date_gets_the_dividend_and_nobody_else() -> None:
    # 0.25 a share, ex on the 3rd. Held before: 40 x 0.25 = 10. Sold on the ex-date: 20 x 0.25 = 5.
    # Bought on the ex-date, or sold the day before: nothing.
    records = (
        holding(BOOK, ABC, 40, entry_price=10, held_from=april(2), label="held"),
        holding(BOOK, ABC, 20, entry_price=10, held_from=april(1), exit_date=april(3), exit_price=10, label="sold"),
        holding(BOOK, ABC, 80, entry_price=10, held_from=april(3), label="bought"),
        holding(BOOK, ABC, 160, entry_price=10, held_from=april(1), exit_date=april(2), exit_price=10, label="left"),
    )
    days = snapshots_of(
        world_of(
            BOOK,
            *records,
            cash(BOOK, OPENED, 0),
            DividendOn(1, april(3), Decimal("0.25")),
            instruments=(ABC,),
            prices=closes(ABC, {april(day): 10 for day in (1, 2, 3, 4)}),
        )
    )
    assert [days[april(day)].measures.dividends for day in (2, 3, 4)] == [0, 15, 0]
    assert [days[april(day)].measures.daily_pnl for day in (2, 3, 4)] == [0, 15, 0]
    # What was bought on the 1st is in that day's statement; then 160 x 10 - 400, then + 200 - 800 + 15.
    assert [days[april(day)].measures.cash for day in (1, 2, 3)] == [0, 1_200, 615]


def test_what_is_taken_out_leaves_as_a_flow_with_its_last_profit() -> None:
    # 10 shares from 100.00 to 104.00: P&L 40, then 1,040 leave; the NAV falls by 1,000.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 500),
            holding(BOOK, ABC, 10, entry_price=90, held_from=april(2), brought_in=True, exit_date=april(3)),
            instruments=(ABC,),
            prices=closes(ABC, {april(2): 100, april(3): 104}),
        )
    )
    before, after = days[april(2)].measures, days[april(3)].measures
    assert (before.nav, before.flows, before.daily_pnl) == (1_500, 1_000, 0)
    assert (after.nav, after.flows, after.daily_pnl, after.cash) == (500, -1_040, 40, 500)
    # 40 / (1,500 - 1,040)
    assert after.daily_return == pytest.approx(40 / 460, abs=1e-15)


@pytest.mark.parametrize(("exit_price", "dividend"), [(None, 10), (12, 0)])
def test_what_is_taken_out_on_a_saturday_gets_the_dividend_of_sunday_and_what_is_sold_then_does_not(
    exit_price: float | None, dividend: int
) -> None:
    # Taken out: it leaves at Monday's close, and was held at Friday's: 40 x 0.25. Sold: it left on the Saturday.
    lot = holding(
        BOOK, ABC, 40, entry_price=10, held_from=april(2), brought_in=True, exit_date=april(5), exit_price=exit_price
    )
    world = world_of(
        BOOK,
        cash(BOOK, OPENED, 0),
        lot,
        DividendOn(1, april(6), Decimal("0.25")),
        instruments=(ABC,),
        prices=closes(ABC, {april(2): 10, april(3): 10, april(4): 10, april(7): 12}),
    )
    days = snapshots_of(world)
    monday, sold = days[april(7)], 0 if exit_price is None else 480
    assert (days[april(4)].positions, monday.positions) == (1, 0)
    # P&L 40 x (12 - 10) and the dividend; what is taken out flows out at Monday's close of 12.00: 480.
    assert (monday.measures.dividends, monday.measures.daily_pnl) == (dividend, 80 + dividend)
    assert (monday.measures.cash, monday.measures.flows) == (sold + dividend, sold - 480)
    assert_agrees(world)


def test_a_trade_within_one_session_is_profit_from_price_to_price() -> None:
    # 10 bought at 20.00 and sold at 23.00 on one day, though there never was a close: 30.
    # 5 brought in and sold at 30.00 on one day: their 150 flow in as cash, and are no profit.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 1_000),
            holding(BOOK, ABC, 10, entry_price=20, held_from=april(2), exit_date=april(2), exit_price=23),
            holding(
                BOOK, XYZ, 5, entry_price=9, held_from=april(2), brought_in=True, exit_date=april(2), exit_price=30
            ),
            instruments=(ABC, XYZ),
            prices={},
        )
    )
    now = days[april(2)].measures
    assert (now.daily_pnl, now.flows, now.nav, now.coverage_change) == (30, 150, 1_180, 0)


def test_a_weekend_belongs_to_monday() -> None:
    # Bought on Saturday the 5th at 20.00: held at Monday's close of 21.00. A statement of Sunday contains it.
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, OPENED, 1_000),
            cash(BOOK, april(6), 900),
            holding(BOOK, ABC, 10, entry_price=20, held_from=april(5)),
            instruments=(ABC,),
            prices=closes(ABC, {april(4): 19, april(7): 21}),
        )
    )
    friday, monday = days[april(4)], days[april(7)]
    assert (friday.positions, friday.measures.nav) == (0, 1_000)
    # Derived cash was 1,000 - 200 = 800; stated are 900: 100 flowed in.
    assert (monday.measures.daily_pnl, monday.measures.flows, monday.measures.cash) == (10, 100, 900)
    assert monday.measures.nav == 1_110


def test_of_two_statements_of_one_day_the_last_one_counts_and_contains_the_trades_of_its_day() -> None:
    days = snapshots_of(
        world_of(
            BOOK,
            cash(BOOK, april(3), 700),
            cash(BOOK, april(3), 600),
            cash(BOOK, april(2), 9_000),
            other_assets(BOOK, april(3), 5_000),
            holding(BOOK, ABC, 10, entry_price=30, held_from=april(3)),
            instruments=(ABC,),
            prices=closes(ABC, {april(3): 30}),
        )
    )
    now = days[april(3)].measures
    # 600 + 5,000 + 300. Flows: 600 - (9,000 - 300) + 5,000.
    assert (now.cash, now.unmodelled_assets, now.nav) == (600, 5_000, 5_900)
    assert (now.flows, now.daily_pnl) == (-3_100, 0)


def test_several_lots_of_a_share_are_one_name_in_concentration() -> None:
    # ABC 30 x 10 + 20 x 10 = 500, XYZ 500: two names of one half each.
    lots = (
        holding(BOOK, ABC, 30, entry_price=10, held_from=OPENED, label="first"),
        holding(BOOK, ABC, 20, entry_price=10, held_from=OPENED, label="second"),
        holding(BOOK, XYZ, -50, entry_price=10, held_from=OPENED),
    )
    prices = closes(ABC, {OPENED: 10}) | closes(XYZ, {OPENED: 10})
    now = snapshots_of(world_of(BOOK, *lots, instruments=(ABC, XYZ), prices=prices))[OPENED]
    assert (now.measures.hhi, now.measures.effective_positions, now.positions) == (0.5, 2, 3)


def half_year() -> World:
    """10 shares over the first half of 2025: 100.00 and 0.50 more each session, 0.80 in dividends a quarter."""
    calendar = weekdays(date(2025, 1, 1), date(2025, 6, 30))
    opened = calendar.sessions[1]
    book = portfolio(opened_on=opened)
    return world_of(
        book,
        cash(book, opened, 200),
        holding(book, ABC, 10, entry_price=95, held_from=opened, brought_in=True),
        DividendOn(1, date(2025, 3, 10), Decimal("0.8")),
        DividendOn(1, date(2025, 6, 9), Decimal("0.8")),
        instruments=(ABC,),
        prices=closes(ABC, {day: 100 + at / 2 for at, day in enumerate(calendar.sessions[1:])}),
        calendar=calendar,
    )


def test_half_a_year_of_a_tiny_book() -> None:
    # 1 January to 30 June 2025 has 129 weekdays; the first one has no session before it, so 128 are valued, 127 of them
    # after the day it came in: 127 x 10 x 0.50 = 635, and twice 10 x 0.80 = 16 in dividends. In came 1,000 + 200.
    days = list(snapshots_of(half_year()).values())
    assert len(days) == 128
    assert {day.measures.daily_pnl for day in days} == {0.0, 5.0, 13.0}
    assert (days[0].measures.flows, sum(day.measures.flows for day in days)) == (1_200, 1_200)
    last = days[-1].measures
    assert last.cumulative_pnl == pytest.approx(651, abs=1e-9)
    assert last.nav == pytest.approx(1_851, abs=1e-9)
    assert last.unrealised_pnl == pytest.approx(685, abs=1e-9)  # 10 x (163.50 - 95.00)
    growth = np.prod([1 + day.measures.daily_return for day in days])
    assert growth == pytest.approx(1_851 / 1_200, rel=1e-12)  # no flows after the first day: returns chain


def test_the_slow_ledger_agrees_on_half_a_year() -> None:
    assert_agrees(half_year())
