"""Value at risk and correlations over nights: the same bits in any company, renewed with the past, of whom they are."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import isnan

import numpy as np
import pytest
from sqlalchemy import text

from postgres.factors.conftest import CALL, PUT, SHARES, RiskDesk, Tape, list_funds, risk_desk
from postgres.factors.test_side_by_side import begin, make_facts, make_results
from postgres.greeks.conftest import FRIDAY, MONDAY, TUESDAY, WEDNESDAY, Studio, call, restless
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Split
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import DataQuality
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.services.ledger import close_position
from sigmasight.services.results import renew_results
from support.databases import DatabaseCopies

pytestmark = pytest.mark.xdist_group("risk-nights")

NIGHTS = (MONDAY, TUESDAY, WEDNESDAY)
TABLES = ("value_at_risk", "correlation_calculations")
LISTED = ("AAA", "BBB", "CCC", "REIT", "BOND")
YOUNG = {"Y50": 50, "Y70": 70, "Y100": 100}
"""Shares with so many returns on Tuesday."""

EXPIRING = call("AAA", 90, TUESDAY)

HOLDINGS: Mapping[str, tuple[tuple[object, object], ...]] = {
    "one": (("AAA", 300),),
    "two": (("AAA", 300), ("BBB", -200)),
    "options": (("AAA", 200), (CALL, 4), (PUT, -3)),
    "call": ((CALL, 5),),
    "mixed": (("BBB", 150), ("CCC", -250), ("BOND", 400), (PUT, 2)),
    "young": (("AAA", 300), ("Y100", 100)),
    "younger": (("AAA", 300), ("BBB", 200), ("Y70", 250)),
    "youngest": (("AAA", 300), ("BBB", 200), ("Y50", 250)),
    "settling": ((EXPIRING, 3), ("Y50", 100)),
    "hedged": (("AAA", 100), ("AAA", -100)),
    "small": (("AAA", 1), ("BBB", 1)),
    "unknown": (("AAA", 300), ("NOBODY", 100)),
    "nothing known": (("NOBODY", 100),),
    "empty": (),
}


def list_all(desk: RiskDesk, tape: Tape) -> None:
    for seed, symbol in enumerate(LISTED, start=1):
        desk.live.list_share(symbol, tape.path(tape.returns(**SHARES[symbol], seed=seed)))  # type: ignore[arg-type]
    for seed, (symbol, returns) in enumerate(YOUNG.items(), start=50):
        since = tape.days[tape.days.index(TUESDAY) - returns]
        desk.live.list_share(symbol, tape.path(tape.returns(0.9, seed=seed)), since=since)
    for contract in (CALL, PUT):
        desk.live.quote_at(contract, *NIGHTS)


@pytest.fixture
def weekly(desk: RiskDesk, tape: Tape) -> RiskDesk:
    """A desk on which correlations are made once a week, with all shares listed."""
    made = replace(desk, correlations_daily=False)
    list_all(made, tape)
    return made


def settle(desk: RiskDesk, on: date = MONDAY) -> dict[str, Portfolio]:
    return {name: desk.book(name, *held, on=on) for name, held in HOLDINGS.items()}  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Tuesday:
    """All the books before Tuesday's night and after it; tests work on copies of their own."""

    before: RiskDesk
    after: RiskDesk
    books: Mapping[str, Portfolio]

    def rows(self) -> dict[str, list[str]]:
        """What the night, which had a single shard, has left."""
        return self.after.results()


@pytest.fixture(scope="module")
def tuesday(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Iterator[Tuesday]:
    with ExitStack() as stack:
        desk = stack.enter_context(risk_desk(stack.enter_context(databases.copy(migrated)), calendar))
        before = replace(desk, correlations_daily=False)
        list_funds(before.live, tape)
        list_all(before, tape)
        books = settle(before, TUESDAY)
        after = stack.enter_context(Studio(databases).double(before))
        after.night(TUESDAY)
        yield Tuesday(before, after, books)


def test_in_one_shard_in_seven_and_in_many_the_rows_are_the_same(tuesday: Tuesday, studio: Studio) -> None:
    expected = tuesday.rows()
    assert {table: len(expected[table]) for table in TABLES} == dict.fromkeys(TABLES, len(HOLDINGS))
    for portfolios_per_shard, shards in ((2, 7), (1, len(HOLDINGS))):
        with studio.double(tuesday.before) as other:
            other.portfolios_per_shard = portfolios_per_shard
            other.night(TUESDAY)
            found = other.results()
            steps = other.rows("SELECT DISTINCT shard FROM batch_steps WHERE job = 'correlations'")
        assert len(steps) == shards
        for table, rows in expected.items():
            assert found[table] == rows, (table, shards)


@pytest.mark.parametrize("kept", ["one", "call", "options", "younger"])
def test_a_book_has_the_same_rows_alone(tuesday: Tuesday, studio: Studio, kept: str) -> None:
    expected, books = tuesday.rows(), tuesday.books
    with studio.double(tuesday.before) as alone:
        alone.execute("DELETE FROM portfolios WHERE id <> :kept", kept=books[kept].id)
        alone.night(TUESDAY)
        found = alone.results()
    for table in (*TABLES, "snapshots"):
        assert found[table] == [row for row in expected[table] if str(books[kept].id) in row], table
        assert len(found[table]) == 1


def test_a_night_run_again_replaces_its_rows_and_adds_none(tuesday: Tuesday, studio: Studio) -> None:
    expected, written = tuesday.rows(), "SELECT portfolio_id, xmin::text AS writer FROM {} ORDER BY 1"
    with studio.double(tuesday.after) as other:
        before = [other.rows(written.format(table)) for table in TABLES]
        other.night(TUESDAY)
        after = [other.rows(written.format(table)) for table in TABLES]
        assert other.results() == expected
    for once, again in zip(before, after, strict=True):
        assert [row["portfolio_id"] for row in once] == [row["portfolio_id"] for row in again]
        assert not {row["writer"] for row in once} & {row["writer"] for row in again}


@pytest.mark.parametrize(("day", "correlations"), [(TUESDAY, "ok"), (WEDNESDAY, "skipped")])
def test_a_night_that_died_after_its_shard_is_finished_without_making_it_again(
    weekly: RiskDesk, day: date, correlations: str
) -> None:
    """What is skipped is done too. An earlier night has brought the history in, so nothing comes late."""
    weekly.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    weekly.night(weekly.calendar.previous_session(day))
    run = begin(weekly, day)
    make_facts(weekly, run)
    make_results(weekly, run)
    written = "SELECT as_of, xmin::text AS writer FROM value_at_risk ORDER BY 1"
    before = weekly.rows(written)
    outcome = weekly.night(day)
    assert {job.name: job.status for job in outcome.jobs}["correlations"] == correlations
    assert (outcome.status, len(before)) == ("ok", 2)
    assert weekly.rows(written) == before


@pytest.mark.parametrize("table", TABLES)
def test_each_user_sees_his_own_rows_alone(tuesday: Tuesday, table: str) -> None:
    for name in ("two", "younger"):
        book = tuesday.books[name]
        with tuesday.after.db.read(acting_as=book.user_id) as conn:
            assert conn.execute(text(f"SELECT portfolio_id FROM {table}")).scalars().all() == [book.id]
    with tuesday.after.db.read() as conn:
        conn.execute(text("SET LOCAL ROLE sigmasight_api"))
        assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_correlations_are_made_on_tuesdays_and_value_at_risk_every_night(weekly: RiskDesk) -> None:
    book = weekly.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    weekly.night(*NIGHTS)
    days = {table: {row["as_of"] for row in weekly.rows(f"SELECT as_of FROM {table}")} for table in TABLES}
    assert days == {"value_at_risk": set(NIGHTS), "correlation_calculations": {TUESDAY}}
    assert len(weekly.snapshots(book)) == len(NIGHTS)


def test_a_setting_makes_correlations_every_night(weekly: RiskDesk) -> None:
    daily = replace(weekly, correlations_daily=True)
    book = daily.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    daily.night(*NIGHTS)
    for day in NIGHTS:
        assert set(daily.correlations(book, day).symbols) == {"AAA", "BBB"}


def test_when_tuesday_is_a_holiday_correlations_are_wednesdays(desk: RiskDesk) -> None:
    """Independence Day of 2023; Monday the 3rd is the week's first session, and has none."""
    monday, wednesday, friday = date(2023, 7, 3), date(2023, 7, 5), date(2023, 7, 7)
    weekly = replace(desk, correlations_daily=False, history_sessions=100)
    days = weekly.calendar.sessions_between(monday, date(2023, 7, 11))
    assert date(2023, 7, 4) not in days
    for at, symbol in enumerate(("AAA", "BBB"), start=20):
        weekly.live.list_share(symbol, restless(at))
    weekly.live.list_factor_funds()
    weekly.live.par_yield = 0.04
    book = weekly.book("two", ("AAA", 300), ("BBB", 200), on=monday)
    weekly.night(*days)
    assert friday in days
    assert [row["as_of"] for row in weekly.rows("SELECT as_of FROM correlation_calculations ORDER BY 1")] == [
        wednesday,
        date(2023, 7, 11),
    ]
    assert weekly.correlations(book, wednesday).sessions == 90


SYMBOLS = "SELECT symbols FROM correlation_calculations WHERE as_of = :day"


def told_later(desk: RiskDesk, book: Portfolio) -> None:
    """On Friday it is said that all BBB was bought back on Tuesday."""
    (position,) = desk.rows(
        "SELECT p.id FROM positions p JOIN instruments i ON i.id = p.instrument_id"
        " WHERE i.symbol = 'BBB' AND p.portfolio_id = :book",
        book=book.id,
    )
    with desk.db.write(acting_as=book.user_id) as conn:
        close_position(
            conn,
            desk.valuation,
            book.user_id,
            position["id"],
            exit_date=TUESDAY,
            exit_price=Decimal(99),
            today=FRIDAY,
        )


def brought_in_later(desk: RiskDesk, book: Portfolio) -> None:
    """On Friday CCC is brought in that was there since Tuesday; nobody held it."""
    desk.hold(book, "CCC", -150, TUESDAY)
    with desk.db.write() as conn:
        renew_results(conn, desk.valuation, book, TUESDAY)


@pytest.mark.parametrize("change", [told_later, brought_in_later])
def test_a_backdated_trade_renews_the_days_since_and_leaves_those_before(
    weekly: RiskDesk, studio: Studio, change: object
) -> None:
    assert callable(change)
    book = weekly.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    weekly.book("beside", ("CCC", 2))
    with studio.double(weekly) as always:
        change(always, book)
        always.night(*NIGHTS)
        expected = always.results()
    weekly.night(*NIGHTS)
    before = weekly.results()
    change(weekly, book)
    found = weekly.results()
    for table in (*TABLES, "snapshots"):
        assert found[table] == expected[table], table
    renewed = {"value_at_risk": NIGHTS[1:], "correlation_calculations": [TUESDAY]}
    for table, days in renewed.items():
        new = set(found[table]) - set(before[table])
        assert {day for row in new for day in NIGHTS if f'"as_of": "{day}"' in row} == set(days), table
        assert len(new) == len(days)
        assert all(str(book.id) in row for row in new)


def test_what_is_removed_again_leaves_the_rows_of_a_book_without_it(weekly: RiskDesk) -> None:
    book = weekly.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    weekly.night(*NIGHTS)
    before = weekly.results()
    brought_in_later(weekly, book)
    assert all(weekly.results()[table] != before[table] for table in TABLES)
    weekly.execute("DELETE FROM positions WHERE quantity = -150")
    with weekly.db.write() as conn:
        renew_results(conn, weekly.valuation, book, TUESDAY)
    assert {table: weekly.results()[table] for table in (*TABLES, "snapshots")} == {
        table: before[table] for table in (*TABLES, "snapshots")
    }


def test_a_share_of_a_hundred_sessions_is_no_part_of_value_at_risk_and_said_to_be_none(
    weekly: RiskDesk,
) -> None:
    young = weekly.book("young", ("AAA", 300), ("Y100", 100), on=TUESDAY)
    alone = weekly.book("alone", ("AAA", 300), on=TUESDAY)
    weekly.night(TUESDAY)
    found, other = weekly.tails(young, TUESDAY), weekly.tails(alone, TUESDAY)
    snapshot = weekly.snapshot(young, TUESDAY)
    worth = {symbol: weekly.live.close(symbol, TUESDAY) for symbol in ("AAA", "Y100")}
    covered = 3 * worth["AAA"] / (3 * worth["AAA"] + worth["Y100"])
    assert found.coverage == pytest.approx(covered, rel=1e-12)
    assert found.not_included == (NotIncluded("Y100", "no_history"),)
    assert found.value_at_risk == pytest.approx(other.value_at_risk, rel=1e-12)
    assert found.sessions == other.sessions
    assert snapshot.measures.value_at_risk == found.value_at_risk[1, 2]
    assert f"value at risk covers {covered:.1%} of gross" in snapshot.warnings
    assert (found.reasons, found.marks) == ({}, Reason.SHORT_HISTORY)
    assert weekly.exposures(alone, TUESDAY).marks == Reason.NONE
    assert weekly.snapshot(alone, TUESDAY).marks == Reason.SHORT_HISTORY
    correlated = weekly.correlations(young, TUESDAY)
    assert (set(correlated.symbols), correlated.sessions) == ({"AAA", "Y100"}, 90)
    assert correlated.data_quality is DataQuality.SUFFICIENT


def test_a_book_of_a_share_of_a_hundred_sessions_has_no_value_at_risk_and_says_why(weekly: RiskDesk) -> None:
    book = weekly.book("only young", ("Y100", 200), on=TUESDAY)
    weekly.night(TUESDAY)
    found, snapshot = weekly.tails(book, TUESDAY), weekly.snapshot(book, TUESDAY)
    assert np.isnan([found.value_at_risk, found.expected_shortfall]).all()
    assert (found.reasons, found.coverage, found.sessions) == ({"value_at_risk": Reason.NO_HISTORY}, 0.0, 0)
    assert isnan(snapshot.measures.value_at_risk)
    assert snapshot.reasons["value_at_risk"] is Reason.NO_HISTORY
    assert not any("value at risk" in warning for warning in snapshot.warnings)
    correlated = weekly.correlations(book, TUESDAY)
    assert (correlated.symbols, correlated.data_quality) == (("Y100",), DataQuality.INSUFFICIENT)
    assert correlated.reasons == {"average_correlation": Reason.NOT_MODELLED}  # of one name


def test_names_of_few_sessions_limit_correlations_and_those_of_fewer_are_left_out(weekly: RiskDesk) -> None:
    limited = weekly.book("limited", ("AAA", 300), ("BBB", 200), ("Y70", 250), on=TUESDAY)
    left_out = weekly.book("left out", ("AAA", 300), ("BBB", 200), ("Y50", 250), on=TUESDAY)
    without = weekly.book("without", ("AAA", 300), ("BBB", 200), on=TUESDAY)
    weekly.night(TUESDAY)
    found = {each.name: weekly.correlations(each, TUESDAY) for each in (limited, left_out, without)}
    assert {name: (set(each.symbols), each.sessions) for name, each in found.items()} == {
        "limited": ({"AAA", "BBB", "Y70"}, 70),
        "left out": ({"AAA", "BBB"}, 90),
        "without": ({"AAA", "BBB"}, 90),
    }
    assert {name: (each.data_quality, each.marks) for name, each in found.items()} == {
        "limited": (DataQuality.LIMITED, Reason.SHORT_HISTORY),
        "left out": (DataQuality.LIMITED, Reason.NONE),
        "without": (DataQuality.SUFFICIENT, Reason.NONE),
    }
    assert found["left out"].not_included == (NotIncluded("Y50", "no_history"),)
    assert found["left out"].average_correlation == found["without"].average_correlation
    assert found["left out"].coverage < found["without"].coverage == 1.0


def test_a_split_changes_neither(weekly: RiskDesk, tape: Tape) -> None:
    """Two new shares for one on Tuesday; held since Monday."""
    twin, after = tape.path(tape.returns(**SHARES["CCC"], seed=3)), TUESDAY.toordinal()  # type: ignore[arg-type]
    weekly.live.list_share("HALF", lambda day: twin(day) / 2 if day >= after else twin(day))
    weekly.live.done.append(Split("HALF", TUESDAY, 2, 1))
    books = {symbol: weekly.book(symbol, (symbol, 300), ("AAA", 200)) for symbol in ("CCC", "HALF")}
    weekly.night(MONDAY, TUESDAY)
    for day in (MONDAY, TUESDAY):
        whole, halved = (weekly.tails(books[symbol], day) for symbol in ("CCC", "HALF"))
        assert halved.value_at_risk == pytest.approx(whole.value_at_risk, rel=1e-9)
        assert halved.expected_shortfall == pytest.approx(whole.expected_shortfall, rel=1e-9)
    one, other = (weekly.correlations(books[symbol], TUESDAY) for symbol in ("CCC", "HALF"))
    assert other.average_correlation == pytest.approx(one.average_correlation, rel=1e-9)
    assert other.exposure == pytest.approx(one.exposure, rel=1e-9)


def test_a_close_that_comes_late_is_in_value_at_risk_and_correlations_of_the_nights_since(
    weekly: RiskDesk, studio: Studio
) -> None:
    """One of the window, from before anything was held."""
    weekly.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    gap = weekly.calendar.sessions_back(MONDAY, 2)
    with studio.double(weekly) as always:
        always.night(*NIGHTS)
        expected = always.results()
    weekly.live.hidden = {("bars", "BBB", gap)}
    weekly.night(MONDAY, TUESDAY)
    before = weekly.results()
    weekly.live.hidden = set()
    weekly.night(WEDNESDAY)
    found = weekly.results()
    for table in (*TABLES, "snapshots"):
        assert found[table] == expected[table], table
    for table in TABLES:
        assert not set(before[table]) & set(found[table]), table


def test_what_a_setting_has_made_is_renewed_when_the_setting_is_gone(weekly: RiskDesk) -> None:
    """Wednesday's row stands for Wednesday's holdings, whatever made it."""
    book = weekly.book("two", *HOLDINGS["two"])  # type: ignore[arg-type]
    daily = replace(weekly, correlations_daily=True)
    daily.night(*NIGHTS)
    told_later(weekly, book)
    assert weekly.correlations(book, TUESDAY).symbols == ("AAA",)
    assert [row["symbols"] for row in weekly.rows(SYMBOLS, day=WEDNESDAY)] in ([], [["AAA"]])
