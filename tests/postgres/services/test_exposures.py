"""Exposures by tag, underlying, sector and kind: they add up, and say what they lack."""

from datetime import date
from math import isnan, nan
from uuid import UUID

import pytest

from postgres.services.conftest import RISING, Desk
from postgres.store.builders import FRIDAY, MONDAY, SATURDAY, THURSDAY, call, new_share, quotes_of
from sigmasight.domain.errors import NotATradingDayError, NotFoundError
from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import Market
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.services.exposures import UNTAGGED, ExposureLine, Grouping, split_exposures, tagged_exposure
from sigmasight.store.instruments import add_unknown, save_options
from sigmasight.store.positions import write_exit
from sigmasight.store.prices import save_quotes

OPTION = "AAA261218C00100000"


@pytest.fixture
def varied(desk: Desk) -> Desk:
    """On Friday: AAA 10 x 14 (Core, Tech), its call 2 x 100 x 1.5 (Tech), BBB -5 x 20 (Core), CCC fund 1 x 30."""
    conn = desk.conn
    aaa = new_share(conn, "AAA", RISING, sector="Information Technology")
    bbb = new_share(conn, "BBB", {FRIDAY: 20.0}, sector="Energy")
    ccc = new_share(conn, "CCC", {FRIDAY: 30.0}, kind=Kind.ETF)
    (option,) = save_options(conn, [call("AAA")], MONDAY).values()
    save_quotes(conn, Market.LIVE, {option: quotes_of(call("AAA"), [(FRIDAY, 1.0, 2.0, nan)])}, "test")
    desk.bring_in(aaa, 10, MONDAY, tags=("Core", "Tech"))
    desk.bring_in(option, 2, MONDAY, tags=("Tech",))
    desk.bring_in(bbb, -5, MONDAY, tags=("Core",))
    desk.bring_in(ccc, 1, MONDAY)
    return desk


def _split(desk: Desk, by: Grouping, *, on: date = FRIDAY) -> dict[str, ExposureLine]:
    lines = split_exposures(desk.conn, desk.valuation, desk.owner, desk.book.id, on, by)
    assert [line.gross for line in lines] == sorted((line.gross for line in lines), reverse=True)
    return {line.group: line for line in lines}


def _tagged(desk: Desk, *tags: str, every: bool = False) -> ExposureLine:
    return tagged_exposure(desk.conn, desk.valuation, desk.owner, desk.book.id, FRIDAY, tags=tags, every=every)


def _net(lines: dict[str, ExposureLine]) -> dict[str, float]:
    return {group: line.net for group, line in lines.items()}


def test_by_underlying_an_option_stands_with_its_share(varied: Desk) -> None:
    lines = _split(varied, Grouping.UNDERLYING)
    assert _net(lines) == {"AAA": 440.0, "BBB": -100.0, "CCC": 30.0}
    # Notional (10 + 200) x 14. The call has a price this market has no Treasury yields: only the share has a delta.
    assert lines["AAA"] == ExposureLine(
        "AAA",
        positions=2,
        gross=440.0,
        net=440.0,
        long=440.0,
        short=0.0,
        notional=2_940.0,
        delta_adjusted=140.0,
        coverage=1.0,
        delta_coverage=140 / 440,
        not_included=(NotIncluded(OPTION, "no_rate"),),
    )
    assert (lines["BBB"].short, lines["BBB"].long, lines["BBB"].gross) == (-100.0, 0.0, 100.0)


def test_by_sector_an_option_stands_with_its_underlying_and_the_rest_is_unclassified(varied: Desk) -> None:
    assert _net(_split(varied, Grouping.SECTOR)) == {
        "Information Technology": 440.0,
        "Energy": -100.0,
        "unclassified": 30.0,
    }


def test_by_kind_an_option_stands_for_itself(varied: Desk) -> None:
    assert _net(_split(varied, Grouping.KIND)) == {"option": 300.0, "stock": 40.0, "etf": 30.0}


def test_by_tag_a_position_counts_fully_in_each_of_its_tags(varied: Desk) -> None:
    lines = _split(varied, Grouping.TAG)
    assert _net(lines) == {"Tech": 440.0, "Core": 40.0, UNTAGGED: 30.0}
    assert {group: line.positions for group, line in lines.items()} == {"Tech": 2, "Core": 2, UNTAGGED: 1}


@pytest.mark.parametrize("by", [Grouping.UNDERLYING, Grouping.SECTOR, Grouping.KIND])
def test_groups_that_do_not_overlap_add_up_to_the_portfolio(varied: Desk, by: Grouping) -> None:
    (snapshot,) = varied.make_snapshots(FRIDAY)
    lines = _split(varied, by).values()
    for name in ("gross", "net", "long", "short"):
        assert sum(getattr(line, name) for line in lines) == pytest.approx(getattr(snapshot.measures, name))
    assert sum(line.positions for line in lines) == snapshot.positions


def test_any_of_some_tags_counts_a_position_once(varied: Desk) -> None:
    line = _tagged(varied, "core", "TECH")
    assert (line.group, line.positions, line.net) == ("core or TECH", 3, 340.0)


def test_every_one_of_some_tags_is_what_carries_them_all(varied: Desk) -> None:
    line = _tagged(varied, "Core", "Tech", every=True)
    assert (line.group, line.positions, line.net) == ("Core and Tech", 1, 140.0)
    assert _tagged(varied, "Core", "core", every=True).positions == 2


@pytest.mark.parametrize("every", [True, False])
def test_a_tag_that_nothing_carries_gives_an_empty_line(varied: Desk, *, every: bool) -> None:
    line = _tagged(varied, "None", every=every)
    assert (line.positions, line.gross, line.net, line.coverage) == (0, 0.0, 0.0, 1.0)
    assert _tagged(varied, "Core", "None", every=every).positions == (0 if every else 2)


@pytest.mark.parametrize("every", [True, False])
def test_no_tags_are_no_question(varied: Desk, *, every: bool) -> None:
    with pytest.raises(ValueError, match="at least one tag is needed"):
        _tagged(varied, every=every)


def test_exposures_are_those_of_a_session(varied: Desk) -> None:
    with pytest.raises(NotATradingDayError, match="2026-11-21 is no trading day"):
        _split(varied, Grouping.KIND, on=SATURDAY)


def test_a_tag_may_be_called_untagged(varied: Desk) -> None:
    share = new_share(varied.conn, "DDD", {FRIDAY: 1.0})
    varied.bring_in(share, 7, MONDAY, tags=("untagged",))
    assert _net(_split(varied, Grouping.TAG)) == {"Tech": 440.0, "Core": 40.0, UNTAGGED: 30.0, "untagged": 7.0}


def test_what_has_no_price_is_listed_and_lowers_the_coverage(varied: Desk) -> None:
    (unknown,) = add_unknown(varied.conn, ["NEW"]).values()
    varied.bring_in(unknown, 10, MONDAY, tags=("Core",))
    varied.bring_in(unknown, 5, MONDAY, tags=("Core",))
    core = _split(varied, Grouping.TAG)["Core"]
    assert core.not_included == (NotIncluded("NEW", "no_price"),)
    assert core.net == 40.0
    assert core.coverage == pytest.approx(240 / (240 + 15 * 8))
    alone = _split(varied, Grouping.UNDERLYING)["NEW"]
    assert isnan(alone.gross)
    assert (alone.positions, alone.coverage) == (2, 0.0)


def test_what_is_closed_or_not_yet_held_is_left_out(varied: Desk) -> None:
    share = new_share(varied.conn, "DDD", RISING)
    closed = varied.bring_in(share, 1, MONDAY, tags=("Old",))
    write_exit(varied.conn, closed, exit_date=THURSDAY, exit_price=None)
    varied.bring_in(share, 1, FRIDAY, tags=("New",))
    assert set(_split(varied, Grouping.TAG)) == {"Core", "Tech", UNTAGGED, "New"}
    thursday = split_exposures(
        varied.conn, varied.valuation, varied.owner, varied.book.id, THURSDAY, Grouping.UNDERLYING
    )
    assert "DDD" not in {line.group for line in thursday}
    assert "New" not in _split(varied, Grouping.TAG, on=THURSDAY)


def test_an_empty_portfolio_has_no_lines(desk: Desk) -> None:
    for by in Grouping:
        assert _split(desk, by) == {}
    assert _tagged(desk, "Core").positions == 0


def test_nobody_sees_a_strangers_exposures(varied: Desk, stranger: UUID) -> None:
    with pytest.raises(NotFoundError, match=f"no portfolio {varied.book.id}"):
        split_exposures(varied.conn, varied.valuation, stranger, varied.book.id, FRIDAY, Grouping.TAG)
    with pytest.raises(NotFoundError, match=f"no portfolio {varied.book.id}"):
        tagged_exposure(varied.conn, varied.valuation, stranger, varied.book.id, FRIDAY, tags=("Core",), every=False)
