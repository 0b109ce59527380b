"""What a night had to go by, read back from its tables, gives in memory what the night stored: reasons and all."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

import sigmasight as ss
from postgres.factors.conftest import RiskDesk, Tape, list_funds, risk_desk
from postgres.greeks.conftest import TUESDAY
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.market_data import Dividend
from sigmasight.domain.symbols import occ_symbol
from sigmasight.library.analysis import Analysis
from sigmasight.library.books import Position, Prices
from support.databases import DatabaseCopies

from .alike import assert_same
from .test_nights import HOLDINGS, list_all, settle

pytestmark = pytest.mark.xdist_group("risk-nights")

CLOSES = """
SELECT i.symbol, p.day, p.close AS value FROM prices p JOIN instruments i ON i.id = p.instrument_id UNION ALL
SELECT i.symbol, q.day, coalesce((q.bid + q.ask) / 2, q.last) FROM option_quotes q
JOIN instruments i ON i.id = q.instrument_id"""

DIVIDENDS = "SELECT i.symbol, d.ex_date, d.amount FROM dividends d JOIN instruments i ON i.id = d.instrument_id"


@dataclass(frozen=True, slots=True)
class Tuesday:
    """A desk after Tuesday's night, and all that this night knew of the market."""

    desk: RiskDesk
    books: Mapping[str, Portfolio]
    prices: Prices

    def analyse(self, name: str) -> Analysis:
        positions = [
            Position(occ_symbol(held) if isinstance(held, OptionTerms) else str(held), int(str(quantity)), 8)
            for held, quantity in HOLDINGS[name]
        ]
        return ss.analyze(positions, self.prices, TUESDAY, calendar=self.desk.calendar)


@pytest.fixture(scope="module")
def tuesday(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Iterator[Tuesday]:
    with ExitStack() as stack:
        desk = stack.enter_context(risk_desk(stack.enter_context(databases.copy(migrated)), calendar))
        list_funds(desk.live, tape)
        list_all(desk, tape)
        desk.live.announces = True
        desk.live.paid += [Dividend("AAA", day, 1.5) for day in (date(2026, 8, 18), date(2026, 12, 15))]
        books = settle(desk, TUESDAY)
        desk.night(TUESDAY)
        yield Tuesday(desk, books, read_back(desk))


def read_back(desk: RiskDesk) -> Prices:
    closes = columns(desk, CLOSES)
    yields = columns(desk, "SELECT series AS symbol, day, par_yield AS value FROM rates")
    days = sorted({day for column in (*closes.values(), *yields.values()) for day in column})
    return Prices(
        days=np.array(days, dtype="datetime64[D]"),
        closes={symbol: [column.get(day, np.nan) for day in days] for symbol, column in closes.items()},
        dividends=[Dividend(row["symbol"], row["ex_date"], row["amount"]) for row in desk.rows(DIVIDENDS)],
        yields={series: [column.get(day, np.nan) for day in days] for series, column in yields.items()},
        profiles=desk.live.known,
    )


def columns(desk: RiskDesk, query: str) -> dict[str, dict[date, float]]:
    found: dict[str, dict[date, float]] = defaultdict(dict)
    for row in desk.rows(query):
        found[row["symbol"]][row["day"]] = row["value"]
    return found


@pytest.mark.parametrize("name", HOLDINGS)
def test_a_book_in_memory_is_the_one_at_rest(tuesday: Tuesday, name: str) -> None:
    found, desk, book = tuesday.analyse(name), tuesday.desk, tuesday.books[name]
    assert_same(found.snapshot, desk.snapshot(book, TUESDAY))
    assert_same(found.exposures, desk.exposures(book, TUESDAY))
    assert_same(found.market_scenarios, desk.market_scenarios(book, TUESDAY))
    assert_same(found.stress, desk.stress(book, TUESDAY))
    assert_same(found.value_at_risk, desk.tails(book, TUESDAY))
    assert_same(found.correlations, desk.correlations(book, TUESDAY))


def test_the_books_lack_all_sorts_of_things(tuesday: Tuesday) -> None:
    """Else what they say of it would not be compared."""
    found = [tuesday.analyse(name) for name in HOLDINGS]
    words = {word for each in found for reason in each.snapshot.reasons.values() for word in reason.words}
    assert {"no_price", "no_history"} <= words
    assert any(each.snapshot.warnings for each in found)
    assert any(each.correlations.reasons for each in found)
    assert {left.reason for each in found for left in each.value_at_risk.not_included} >= {"no_history"}
    assert {row["model"] for row in tuesday.desk.facts().values()} == {"tree"}  # of the dividend that is announced
