"""A ledger that is changed for a past day has the rows of risk of a history in which it was so from the start."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from decimal import Decimal

import pytest

from postgres.greeks.conftest import FRIDAY, THURSDAY, WEDNESDAY, Studio
from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.services.ledger import close_position, state_amount
from sigmasight.services.results import renew_results
from support.databases import DatabaseCopies

from .conftest import CALL, RISK_TABLES, SHARES, RiskDesk, Tape, list_funds, risk_desk

pytestmark = pytest.mark.xdist_group("factors")

NIGHTS = (WEDNESDAY, THURSDAY, FRIDAY)
Change = Callable[[RiskDesk, Portfolio], object]
COMPARED = (*RISK_TABLES, "snapshots", "factor_correlations")


@dataclass(frozen=True, slots=True)
class Pair:
    """The same books twice: before their three nights, and after them."""

    before: RiskDesk
    after: RiskDesk
    book: Portfolio


@pytest.fixture(scope="module")
def pair(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Iterator[Pair]:
    with ExitStack() as stack:
        before = stack.enter_context(risk_desk(stack.enter_context(databases.copy(migrated)), calendar))
        list_funds(before.live, tape)
        for seed, symbol in enumerate(("AAA", "BBB", "CCC"), start=1):
            before.live.list_share(symbol, tape.path(tape.returns(**SHARES[symbol], seed=seed)))  # type: ignore[arg-type]
        before.live.quote_at(CALL, *NIGHTS)
        before.book("beside", ("BBB", 2), on=WEDNESDAY)
        book = before.book("a", ("AAA", 7), (CALL, 1), on=WEDNESDAY)
        before.state_cash(book, 5_000, WEDNESDAY)
        after = stack.enter_context(Studio(databases).double(before))
        after.night(*NIGHTS)
        yield Pair(before, after, book)


@dataclass(frozen=True, slots=True)
class Histories:
    """What tests do with them: each works on copies of its own."""

    pair: Pair
    studio: Studio

    def always(self, change: Change) -> dict[str, list[str]]:
        """What is left where something was so from the start."""
        with self.studio.double(self.pair.before) as desk:
            change(desk, self.pair.book)
            desk.night(*NIGHTS)
            return desk.results()

    def later(self) -> AbstractContextManager[RiskDesk]:
        """A desk where all nights have been run."""
        return self.studio.double(self.pair.after)


@pytest.fixture
def histories(pair: Pair, studio: Studio) -> Histories:
    return Histories(pair, studio)


def bring_in(symbol: str, quantity: int) -> Change:
    return lambda desk, book: desk.hold(book, symbol, quantity, THURSDAY)


def renew(desk: RiskDesk, book: Portfolio) -> None:
    with desk.db.write() as conn:
        renew_results(conn, desk.valuation, book, THURSDAY)


@pytest.mark.parametrize("symbol", ["BBB", "VTV"])
def test_what_is_brought_in_later_for_thursday_was_there_on_thursday(histories: Histories, symbol: str) -> None:
    """Once a share that somebody else holds, and once a factor's fund, which nobody holds and which has its prices."""
    change = bring_in(symbol, -3)
    expected = histories.always(change)
    with histories.later() as desk:
        before = desk.results()
        change(desk, histories.pair.book)
        renew(desk, histories.pair.book)
        found = desk.results()
    for table in (*COMPARED, "instrument_betas"):
        assert found[table] == expected[table], table
    for table in RISK_TABLES:
        assert len(set(found[table]) - set(before[table])) == 2, table  # Thursday's and Friday's row of one book


def sell(desk: RiskDesk, book: Portfolio) -> None:
    (position,) = desk.rows(
        "SELECT p.id FROM positions p JOIN instruments i ON i.id = p.instrument_id WHERE i.symbol = 'AAA'"
    )
    with desk.db.write(acting_as=book.user_id) as conn:
        close_position(
            conn,
            desk.valuation,
            book.user_id,
            position["id"],
            exit_date=THURSDAY,
            exit_price=Decimal(99),
            today=FRIDAY,
        )


def state(desk: RiskDesk, book: Portfolio) -> None:
    with desk.db.write(acting_as=book.user_id) as conn:
        state_amount(
            conn,
            desk.valuation,
            book.user_id,
            book.id,
            kind=StatementKind.UNMODELLED_ASSETS,
            as_of=THURSDAY,
            amount=Decimal(1000),
            today=FRIDAY,
        )


@pytest.mark.parametrize("change", [sell, state])
def test_what_is_sold_or_stated_later_for_thursday_was_so_on_thursday(histories: Histories, change: Change) -> None:
    expected = histories.always(change)
    with histories.later() as desk:
        before = desk.results()
        change(desk, histories.pair.book)
        found = desk.results()
    for table in COMPARED:
        assert found[table] == expected[table], table
    assert found["factor_exposures"] != before["factor_exposures"]
    wednesday = [row for row in before["factor_exposures"] if WEDNESDAY.isoformat() in row]
    assert [row for row in found["factor_exposures"] if WEDNESDAY.isoformat() in row] == wednesday


def test_a_symbol_whose_history_comes_with_the_next_night_has_its_betas_on_the_days_before(
    histories: Histories,
) -> None:
    """ADR 6: a ticker imported after the night has run ends in the rows that would be there had it been known."""
    change = bring_in("CCC", 4)
    expected = histories.always(change)
    with histories.later() as desk:
        change(desk, histories.pair.book)
        renew(desk, histories.pair.book)
        desk.history_sessions += 1  # back to where Thursday's night would have begun its history
        desk.night(FRIDAY)
        found = desk.results()
    assert found["snapshots"] == expected["snapshots"]
    for table in RISK_TABLES:
        assert found[table] == expected[table], table


def test_running_thursdays_night_again_mends_it(histories: Histories) -> None:
    """ADR 10: what came late changes betas when that date's night is run again."""
    change = bring_in("CCC", 4)
    expected = histories.always(change)
    with histories.later() as desk:
        change(desk, histories.pair.book)
        renew(desk, histories.pair.book)
        desk.night(FRIDAY)
        desk.night(THURSDAY, today=FRIDAY)
        found = desk.results()
    for table in (*COMPARED, "instrument_betas"):
        assert found[table] == expected[table], table


def test_a_close_of_the_markets_fund_that_comes_late_is_in_the_betas_once_that_night_is_run_again(
    histories: Histories,
) -> None:
    pair, live = histories.pair, histories.pair.before.live
    with histories.later() as desk:
        expected = desk.results()
    try:
        live.hidden = {("bars", "SPY", THURSDAY)}
        with histories.studio.double(pair.before) as desk:
            desk.night(WEDNESDAY, THURSDAY)
            assert desk.factors(THURSDAY)["sessions"] == 251
            live.hidden = set()
            desk.night(FRIDAY)
            assert desk.factors(FRIDAY)["sessions"] == 252
            desk.night(THURSDAY, today=FRIDAY)
            found = desk.results()
    finally:
        live.hidden = set()
    for table in (*COMPARED, "instrument_betas"):
        assert found[table] == expected[table], table
