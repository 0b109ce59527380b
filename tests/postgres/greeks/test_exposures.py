"""Split lines tell notional and delta-adjusted exposure by tag, underlying, sector and kind."""

from uuid import UUID

import pytest

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotATradingDayError, NotFoundError
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.domain.symbols import occ_symbol
from sigmasight.services.exposures import ExposureLine, Grouping, split_exposures, tagged_exposure

from .conftest import FRIDAY, MONDAY, SATURDAY, THURSDAY, Desk, call, put

CALL, PUT, UNQUOTED = call("AAA"), put("AAA", 95), call("BBB", 50)
SPOT_A, SPOT_B = 100.0, 50.0


@pytest.fixture
def book(desk: Desk) -> Portfolio:
    """Shares of two sectors and options on them, one of which has neither quote nor estimate."""
    desk.live.list_share("AAA", lambda _: SPOT_A, sector="Energy")
    desk.live.list_share("BBB", lambda _: SPOT_B, sector="Utilities")
    for each in (CALL, PUT):
        desk.live.quote_at(each, FRIDAY)
    made = desk.book("a", on=FRIDAY)
    for symbol, quantity, tags in (
        ("AAA", 30, ("Core", "Energy bets")),
        (CALL, -2, ("Covered",)),
        (PUT, 1, ("Covered", "core")),
        ("BBB", -10, ()),
        (UNQUOTED, 4, ("Hope",)),
    ):
        desk.hold(made, symbol, quantity, FRIDAY, *tags)
    desk.night(FRIDAY)
    return made


def lines(desk: Desk, book: Portfolio, by: Grouping) -> dict[str, ExposureLine]:
    with desk.db.read() as conn:
        found = split_exposures(conn, desk.valuation, book.user_id, book.id, FRIDAY, by)
    return {line.group: line for line in found}


def dollars(desk: Desk) -> dict[str, float]:
    """Delta-adjusted exposure of each position."""
    return {
        "AAA": 30 * SPOT_A,
        "BBB": -10 * SPOT_B,
        "call": -200 * SPOT_A * desk.fact(CALL)["delta"],
        "put": 100 * SPOT_A * desk.fact(PUT)["delta"],
    }


def test_by_underlying_options_stand_with_their_share(desk: Desk, book: Portfolio) -> None:
    found, delta = lines(desk, book, Grouping.UNDERLYING), dollars(desk)
    assert set(found) == {"AAA", "BBB"}
    assert found["AAA"].notional == pytest.approx((30 - 200 + 100) * SPOT_A)
    assert found["AAA"].delta_adjusted == pytest.approx(delta["AAA"] + delta["call"] + delta["put"])
    assert (found["AAA"].delta_coverage, found["AAA"].not_included) == (1.0, ())
    assert found["BBB"].notional == pytest.approx((-10 + 400) * SPOT_B)
    assert found["BBB"].delta_adjusted == delta["BBB"]
    assert found["BBB"].not_included == (NotIncluded(occ_symbol(UNQUOTED), "no_price,no_volatility"),)
    # what has no price weighs with what was paid: 4 contracts at 8
    assert found["BBB"].delta_coverage == pytest.approx(500 / (500 + 4 * 100 * 8))


def test_by_sector_an_option_has_that_of_its_share(desk: Desk, book: Portfolio) -> None:
    by_share = lines(desk, book, Grouping.UNDERLYING)
    found = lines(desk, book, Grouping.SECTOR)
    assert set(found) == {"Energy", "Utilities"}
    for sector, symbol in (("Energy", "AAA"), ("Utilities", "BBB")):
        assert found[sector].delta_adjusted == by_share[symbol].delta_adjusted
        assert found[sector].notional == by_share[symbol].notional


def test_by_kind_shares_have_their_exposure_as_notional_and_delta(desk: Desk, book: Portfolio) -> None:
    found, delta = lines(desk, book, Grouping.KIND), dollars(desk)
    assert set(found) == {"stock", "option"}
    assert found["stock"].notional == found["stock"].delta_adjusted == found["stock"].net == 2500.0
    assert found["option"].delta_adjusted == pytest.approx(delta["call"] + delta["put"])
    assert found["option"].notional == pytest.approx((-200 + 100) * SPOT_A + 400 * SPOT_B)
    assert 0 < found["option"].delta_coverage < 1
    assert found["option"].coverage == found["option"].delta_coverage
    whole = desk.snapshot(book).measures
    assert sum(line.delta_adjusted for line in found.values()) == pytest.approx(whole.delta_adjusted_exposure)
    assert sum(line.notional for line in found.values()) == pytest.approx(whole.notional)


def test_by_tag_a_position_counts_fully_in_each_of_its_tags(desk: Desk, book: Portfolio) -> None:
    found, delta = lines(desk, book, Grouping.TAG), dollars(desk)
    assert set(found) == {"Core", "Energy bets", "Covered", "Hope", ""}
    assert found["Core"].delta_adjusted == pytest.approx(delta["AAA"] + delta["put"])
    assert found["Covered"].delta_adjusted == pytest.approx(delta["call"] + delta["put"])
    assert found["Energy bets"].notional == 3000.0
    assert found[""].delta_adjusted == delta["BBB"]
    hope = found["Hope"]
    assert hope.delta_adjusted != hope.delta_adjusted
    assert (hope.positions, hope.delta_coverage, hope.notional) == (1, 0.0, 400 * SPOT_B)


def test_of_several_tags_any_is_or_and_all_is_and(desk: Desk, book: Portfolio) -> None:
    delta = dollars(desk)
    where = (desk.valuation, book.user_id, book.id, FRIDAY)
    with desk.db.read() as conn:
        either = tagged_exposure(conn, *where, tags=["CORE", "Covered"], every=False)
        both = tagged_exposure(conn, *where, tags=["CORE", "Covered"], every=True)
        none = tagged_exposure(conn, *where, tags=["Core", "Unheard of"], every=True)
    assert either.delta_adjusted == pytest.approx(delta["AAA"] + delta["call"] + delta["put"])
    assert both.delta_adjusted == pytest.approx(delta["put"])
    assert both.notional == pytest.approx(100 * SPOT_A)
    assert (none.positions, none.delta_adjusted) == (0, 0.0)


@pytest.mark.parametrize("by", Grouping)
def test_a_strangers_portfolio_is_not_found(desk: Desk, book: Portfolio, by: Grouping) -> None:
    other = desk.book("other", ("AAA", 1), on=FRIDAY)
    for stranger in (other.user_id, UUID(int=0)):
        with desk.db.read() as conn, pytest.raises(NotFoundError):
            split_exposures(conn, desk.valuation, stranger, book.id, FRIDAY, by)
    with desk.db.read() as conn, pytest.raises(NotFoundError):
        tagged_exposure(conn, desk.valuation, other.user_id, book.id, FRIDAY, tags=["Core"], every=False)


def test_the_day_is_a_session(desk: Desk, book: Portfolio) -> None:
    with desk.db.read() as conn, pytest.raises(NotATradingDayError):
        split_exposures(conn, desk.valuation, book.user_id, book.id, SATURDAY, Grouping.KIND)


def test_before_a_position_was_brought_in_there_is_no_line(desk: Desk, book: Portfolio) -> None:
    with desk.db.read() as conn:
        assert split_exposures(conn, desk.valuation, book.user_id, book.id, THURSDAY, Grouping.KIND) == ()


def test_an_expired_option_has_a_notional_and_no_delta(desk: Desk) -> None:
    desk.live.list_share("AAA", lambda _: SPOT_A)
    contract = call("AAA", 90, FRIDAY)
    book = desk.book("expiring", (contract, 1), on=MONDAY)
    desk.night(MONDAY, FRIDAY)
    (line,) = lines(desk, book, Grouping.UNDERLYING).values()
    assert (line.net, line.notional, line.delta_adjusted, line.delta_coverage) == (1000.0, 10000.0, 0.0, 1.0)
