"""Where P&L came from on days on which things happen: trades, a dividend, a split, an expiry, a missing price."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isnan

import pytest

from postgres.factors.conftest import SHARES, RiskDesk, Tape, list_funds, risk_desk
from postgres.greeks.conftest import MONDAY, TUESDAY, WEDNESDAY, call, put
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Dividend, Split
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.domain.symbols import occ_symbol
from sigmasight.risk.attribution import GREEK_LINES
from sigmasight.services.attribution import OVERLAP, Attribution, By, attribute_profit
from sigmasight.services.ledger import Trade, close_position, record_trade
from sigmasight.store.instruments import find_instruments
from support.databases import DatabaseCopies

pytestmark = pytest.mark.xdist_group("risk-nights")

DAYS = (MONDAY, TUESDAY, WEDNESDAY)
SOLD_AT, BOUGHT_AT, PAID = 99.0, 101.0, 2.5
EXPIRING, LIVING = call("BBB", 90, TUESDAY), put("BBB", 105)
HELD = {"AAA": 100, "BBB": -50, "CCC": 40, "HALF": 30, occ_symbol(EXPIRING): 2, occ_symbol(LIVING): -3}


@dataclass(frozen=True, slots=True)
class Eventful:
    """A desk after three nights, in whose second one all things happen."""

    desk: RiskDesk
    book: Portfolio

    def close(self, symbol: str, day: date) -> float:
        return self.desk.live.close(symbol, day)

    def explain(self, by: By, day: date) -> Attribution:
        with self.desk.db.read() as conn:
            return attribute_profit(conn, self.desk.valuation, self.book.user_id, self.book.id, day, by)

    def pnl(self, day: date) -> float:
        return self.desk.snapshot(self.book, day).measures.daily_pnl

    def mid(self, day: date) -> float:
        bid, ask, _ = self.desk.live.board[LIVING][day]
        return (bid + ask) / 2


@pytest.fixture(scope="module")
def eventful(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Iterator[Eventful]:
    with ExitStack() as stack:
        desk = stack.enter_context(risk_desk(stack.enter_context(databases.copy(migrated)), calendar))
        list_funds(desk.live, tape)
        for seed, symbol in enumerate(("AAA", "BBB", "CCC"), start=1):
            desk.live.list_share(symbol, tape.path(tape.returns(**SHARES[symbol], seed=seed)))  # type: ignore[arg-type]
        whole, after = tape.path(tape.returns(1.1, seed=9)), TUESDAY.toordinal()
        desk.live.list_share("HALF", lambda day: whole(day) / 2 if day >= after else whole(day))
        desk.live.done.append(Split("HALF", TUESDAY, 2, 1))
        desk.live.paid.append(Dividend("CCC", TUESDAY, PAID))
        desk.live.quote_at(LIVING, *DAYS)
        desk.live.quote_at(EXPIRING, MONDAY)
        book = desk.book("a", ("NOBODY", 7), on=MONDAY)
        sold = desk.hold(book, "AAA", HELD["AAA"], MONDAY, "Core", "Growth")
        for symbol in ("BBB", "CCC", "HALF"):
            desk.hold(book, symbol, HELD[symbol], MONDAY, *(["Core"] if symbol == "CCC" else []))
        for terms in (EXPIRING, LIVING):
            desk.hold(book, terms, HELD[occ_symbol(terms)], MONDAY)
        desk.state_cash(book, 100_000, MONDAY)
        desk.night(MONDAY)
        sell_and_buy(desk, book, sold)
        desk.night(TUESDAY, WEDNESDAY)
        yield Eventful(desk, book)


def sell_and_buy(desk: RiskDesk, book: Portfolio, sold: object) -> None:
    """On Tuesday all AAA is sold, and something bought that nobody held."""
    with desk.db.read() as conn:
        known = find_instruments(conn, ["VTV"], TUESDAY)
    bought = Trade(known["VTV"], Decimal(60), Decimal(str(BOUGHT_AT)), TUESDAY)
    with desk.db.write(acting_as=book.user_id) as conn:
        record_trade(conn, desk.valuation, book.user_id, book.id, bought, today=TUESDAY)
        close_position(
            conn,
            desk.valuation,
            book.user_id,
            sold,  # type: ignore[arg-type]
            exit_date=TUESDAY,
            exit_price=Decimal(str(SOLD_AT)),
            today=TUESDAY,
        )


def parts(found: Attribution) -> dict[str, float]:
    return {line.name: line.pnl for line in found.lines}


def known_sum(values: Mapping[str, float]) -> float:
    return sum(each for each in values.values() if not isnan(each))


def on_tuesday(eventful: Eventful) -> dict[str, float]:
    """P&L by position, worked out by hand."""
    close, spot = eventful.close, eventful.close("BBB", TUESDAY)
    bid, ask, _ = eventful.desk.live.board[EXPIRING][MONDAY]
    return {
        "AAA": 100 * (SOLD_AT - close("AAA", MONDAY)),
        "BBB": -50 * (spot - close("BBB", MONDAY)),
        "CCC": 40 * (close("CCC", TUESDAY) - close("CCC", MONDAY) + PAID),
        "HALF": 30 * (2 * close("HALF", TUESDAY) - close("HALF", MONDAY)),
        "VTV": 60 * (close("VTV", TUESDAY) - BOUGHT_AT),
        occ_symbol(EXPIRING): 200 * (max(spot - 90, 0.0) - (bid + ask) / 2),
        occ_symbol(LIVING): -300 * (eventful.mid(TUESDAY) - eventful.mid(MONDAY)),
    }


@pytest.mark.parametrize("day", [TUESDAY, WEDNESDAY])
@pytest.mark.parametrize("by", By)
def test_what_is_known_adds_up_to_the_pnl_of_the_snapshot(eventful: Eventful, by: By, day: date) -> None:
    found = eventful.explain(by, day)
    assert found.pnl == pytest.approx(eventful.pnl(day), rel=1e-12)
    assert known_sum(parts(found)) == pytest.approx(found.pnl, abs=1e-6)
    assert found.not_included == (NotIncluded("NOBODY", "no_price"),)
    assert abs(found.pnl) > 10.0


def test_each_position_has_what_it_earned_by_hand(eventful: Eventful) -> None:
    found = parts(eventful.explain(By.POSITION, TUESDAY))
    assert isnan(found.pop("NOBODY"))
    assert found == pytest.approx(on_tuesday(eventful), abs=1e-6)


def test_tags_count_what_carries_several_once_in_all(eventful: Eventful) -> None:
    earned, found = on_tuesday(eventful), parts(eventful.explain(By.TAG, TUESDAY))
    untagged = sum(pnl for symbol, pnl in earned.items() if symbol not in {"AAA", "CCC"})
    assert found == pytest.approx(
        {
            "": untagged,
            "Core": earned["AAA"] + earned["CCC"],
            "Growth": earned["AAA"],
            OVERLAP: -earned["AAA"],
        },
        abs=1e-6,
    )


def test_what_was_traded_and_what_was_paid_are_lines_of_their_own(eventful: Eventful) -> None:
    earned, found = on_tuesday(eventful), parts(eventful.explain(By.GREEK, TUESDAY))
    assert tuple(found) == GREEK_LINES
    assert found["trades"] == pytest.approx(earned["AAA"] + earned["VTV"], abs=1e-6)
    assert found["dividends"] == pytest.approx(40 * PAID, abs=1e-9)


def test_a_split_is_no_move_of_the_spot(eventful: Eventful) -> None:
    """Without options the lines would be these."""
    earned, found = on_tuesday(eventful), eventful.explain(By.GREEK, TUESDAY)
    of_options = {part: sum(each.parts[at].pnl for each in found.options) for at, part in enumerate(GREEK_LINES)}
    shares = earned["BBB"] + earned["CCC"] - 40 * PAID + earned["HALF"]
    assert parts(found)["delta"] - of_options["delta"] == pytest.approx(shares, abs=1e-6)


def test_an_option_on_the_day_of_its_expiry_says_what_its_greeks_said_the_day_before(eventful: Eventful) -> None:
    """Its volatility and rate are no more, so what they did is not known, and part of what is left over."""
    fact = eventful.desk.fact(EXPIRING, MONDAY)
    found = {each.symbol: each for each in eventful.explain(By.GREEK, TUESDAY).options}[occ_symbol(EXPIRING)]
    lines = {part.name: part.pnl for part in found.parts}
    moved = eventful.close("BBB", TUESDAY) - eventful.close("BBB", MONDAY)
    assert lines["delta"] == pytest.approx(200 * fact["delta"] * moved, rel=1e-9)
    assert lines["gamma"] == pytest.approx(100 * fact["gamma"] * moved**2, rel=1e-9, abs=1e-12)
    assert lines["theta"] == pytest.approx(200 * fact["theta_per_day"], rel=1e-9)
    assert known_sum(lines) == pytest.approx(found.pnl, abs=1e-6)
    assert found.pnl == pytest.approx(on_tuesday(eventful)[found.symbol], abs=1e-6)


def test_what_has_expired_earns_nothing_when_it_is_settled(eventful: Eventful) -> None:
    found = {each.symbol: each for each in eventful.explain(By.GREEK, WEDNESDAY).options}
    settled = found[occ_symbol(EXPIRING)]
    assert settled.pnl == pytest.approx(0.0, abs=1e-9)
    assert {name: value for name, value in parts_of(settled).items() if value} == {}
    living = parts_of(found[occ_symbol(LIVING)])
    assert known_sum(living) == pytest.approx(-300 * (eventful.mid(WEDNESDAY) - eventful.mid(TUESDAY)), abs=1e-6)


def parts_of(option: object) -> dict[str, float]:
    return {part.name: part.pnl for part in option.parts}  # type: ignore[attr-defined]


def test_factors_take_the_exposures_of_the_close_before(eventful: Eventful) -> None:
    """What was bought in the session has none; what was sold had."""
    found = parts(eventful.explain(By.FACTOR, TUESDAY))
    exposure = eventful.desk.exposures(eventful.book, MONDAY)
    market = exposure.exposure[0] * (eventful.close("SPY", TUESDAY) / eventful.close("SPY", MONDAY) - 1.0)
    assert found["Market"] == pytest.approx(market, rel=1e-9)
    assert set(found) == {*exposure.factors, "specific"}
