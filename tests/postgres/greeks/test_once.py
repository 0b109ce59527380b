"""Facts are made once for a contract and night, and the same whoever asks, whenever, and however often."""

from decimal import Decimal

import pytest

from sigmasight.batch.greeks_job import compute_greeks
from sigmasight.domain.errors import SigmaSightError
from sigmasight.domain.market_data import Dividend, Market, Split
from sigmasight.domain.symbols import occ_symbol
from sigmasight.services.ledger import Trade, record_trade
from sigmasight.store.instruments import find_instruments
from sigmasight.store.prices import save_dividends
from sigmasight.store.runs import StepRecord, open_run, save_step

from .conftest import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, Desk, Studio, call, put

CALL, PUT = call("AAA"), put("AAA", 90)
WRITTEN = """
SELECT i.symbol, f.as_of, f.xmin::text AS writer FROM option_analytics f JOIN instruments i ON i.id = f.instrument_id"""


def listed(desk: Desk) -> None:
    desk.live.list_share("AAA")
    desk.live.quote_at(CALL, *WEEK)
    desk.live.quote_at(PUT, *WEEK)


def test_one_row_for_a_contract_and_night_whoever_holds_it(desk: Desk) -> None:
    listed(desk)
    books = [desk.book(name, (CALL, quantity)) for name, quantity in (("a", 1), ("b", -4), ("c", 2.5))]
    desk.night(MONDAY, TUESDAY)
    assert set(desk.facts()) == {(occ_symbol(CALL), MONDAY), (occ_symbol(CALL), TUESDAY)}
    for book, quantity in zip(books, (1, -4, 2.5), strict=True):
        (row,) = desk.view(book, TUESDAY)
        assert row["delta"] == pytest.approx(100 * quantity * desk.fact(CALL, TUESDAY)["delta"])


def test_a_night_run_again_leaves_the_same_bits(desk: Desk) -> None:
    listed(desk)
    desk.book("a", (CALL, 1), (PUT, -2), ("AAA", 7))
    desk.night(MONDAY, TUESDAY)
    before = desk.results()
    desk.night(TUESDAY, TUESDAY)
    desk.night(MONDAY, today=TUESDAY)
    assert desk.results() == before


def test_a_trade_recorded_later_ends_as_if_it_had_been_there_from_the_start(desk: Desk, studio: Studio) -> None:
    listed(desk)
    book = desk.book("a", ("AAA", 7), (CALL, 1))
    with studio.double(desk) as other:
        other.hold(book, PUT, -2, TUESDAY)
        other.night(*WEEK)
        expected = other.results()
    desk.night(*WEEK)
    made = {(row["symbol"], row["as_of"]): row["writer"] for row in desk.rows(WRITTEN)}
    desk.hold(book, PUT, -2, TUESDAY)
    from sigmasight.services.results import renew_results

    desk.live.calendar.next_session(FRIDAY)
    with desk.db.write() as conn:
        renew_results(conn, desk.valuation, book, TUESDAY)
    after = {(row["symbol"], row["as_of"]): row["writer"] for row in desk.rows(WRITTEN)}
    assert {key: after[key] for key in made} == made
    assert set(after) - set(made) == {(occ_symbol(PUT), day) for day in WEEK[1:]}
    assert len(desk.results()["snapshots"]) == len(expected["snapshots"])


def test_a_fenced_run_writes_no_facts(desk: Desk) -> None:
    listed(desk)
    desk.book("a", (CALL, 1))
    desk.night(MONDAY)
    before = desk.results()
    with desk.db.write() as conn:
        old = open_run(conn, MONDAY, holder="a process that is taken for dead", shards=1)
    with desk.db.write() as conn:
        open_run(conn, MONDAY, holder="another", shards=1)
    with pytest.raises(SigmaSightError):
        compute_greeks(desk.db, desk.valuation, old, [Market.LIVE])
    assert desk.results() == before


def test_a_takeover_does_not_price_again(desk: Desk) -> None:
    listed(desk)
    desk.live.list_factor_funds()
    desk.book("a", (CALL, 1))
    desk.night(MONDAY)
    with desk.db.write() as conn:
        dead = open_run(conn, MONDAY, holder="a process that died", shards=1)
        save_step(conn, dead, StepRecord("market-data", 0, "ok", 0.0, {}, 1.0, ()))
    compute_greeks(desk.db, desk.valuation, dead, [Market.LIVE])
    written = desk.rows(WRITTEN)
    assert desk.night(MONDAY).status == "ok"
    assert desk.rows(WRITTEN) == written


LATE = {
    "quote": ("quotes", occ_symbol(CALL)),
    "close": ("bars", "AAA"),
    "split": ("splits", "AAA"),
    "dividend": ("dividends", "AAA"),
}


@pytest.mark.parametrize("what", LATE)
def test_data_that_come_late_end_as_if_they_had_been_known(desk: Desk, studio: Studio, what: str) -> None:
    desk.live.list_share("AAA", lambda day: 50.0 if what == "split" and day >= WEDNESDAY.toordinal() else 100.0)
    desk.live.quote_at(CALL, *WEEK)
    if what == "split":
        desk.live.done.append(Split("AAA", WEDNESDAY, 2, 1))
    if what == "dividend":
        desk.live.paid.append(Dividend("AAA", WEDNESDAY, 1.5))
    book = desk.book("a", (CALL, 2), ("AAA", 7), on=TUESDAY)
    with studio.double(desk) as other:
        other.night(TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
        expected = other.results()
    kind, symbol = LATE[what]
    desk.live.hidden = {(kind, symbol, WEDNESDAY)}
    desk.night(TUESDAY, WEDNESDAY, THURSDAY)
    desk.live.hidden = set()
    desk.night(FRIDAY)
    found = desk.results()
    assert found["option_analytics"] == expected["option_analytics"]
    assert found["view"] == expected["view"]
    assert found["snapshots"] == expected["snapshots"]
    assert len(desk.snapshots(book)) == 4


def test_an_announced_dividend_counts_from_the_day_of_its_announcement(desk: Desk) -> None:
    listed(desk)
    desk.book("a", (CALL, 1))
    desk.night(MONDAY, TUESDAY)
    before = desk.fact(CALL, TUESDAY)
    with desk.db.write() as conn:
        ids = find_instruments(conn, ["AAA"], WEDNESDAY)
        coming = Dividend("AAA", FRIDAY.replace(month=12), 2.0)
        save_dividends(conn, Market.LIVE, [(ids["AAA"], coming)], "test", known_on=WEDNESDAY)
    desk.night(WEDNESDAY, THURSDAY)
    for day in (WEDNESDAY, THURSDAY):
        fact = desk.fact(CALL, day)
        assert (fact["model"], fact["dividend_source"], fact["volatility_source"]) == ("tree", "dated", "quote")
        assert fact["volatility"] > 0.3
    desk.night(TUESDAY, today=THURSDAY)
    assert desk.fact(CALL, TUESDAY) == before
    assert before["dividend_source"] == "trailing"


def test_a_user_who_records_a_trade_in_an_option_finds_it_in_the_next_night(desk: Desk) -> None:
    listed(desk)
    book = desk.book("a", (CALL, 1))
    desk.night(MONDAY)
    with desk.db.write() as conn:
        (contract,) = find_instruments(conn, [occ_symbol(CALL)], TUESDAY).values()
        record_trade(
            conn, desk.valuation, book.user_id, book.id, Trade(contract, Decimal(3), Decimal(8), TUESDAY), today=TUESDAY
        )
    desk.night(TUESDAY)
    assert [row["quantity"] for row in desk.view(book, TUESDAY)] == [1, 3]
