"""Snapshots at rest: every field comes back."""

from dataclasses import fields, replace
from datetime import date
from math import isnan, nan

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from postgres.store.builders import FRIDAY, MONDAY, SATURDAY, THURSDAY, new_book, new_user
from postgres.store.conftest import Neighbours, full_snapshot
from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import MEASURES, Measures, NotIncluded, Snapshot
from sigmasight.store.people import find_portfolios
from sigmasight.store.snapshots import days_from, last_before, load_snapshots, replace_snapshots
from sigmasight.store.tables import portfolio_snapshots
from sigmasight.store.tables.books import SNAPSHOT_NUMBERS


def _save(conn: Connection, *made: Snapshot) -> None:
    replace_snapshots(conn, find_portfolios(conn, "Book"), made)


def _missing(snapshot: Snapshot, *names: str) -> Snapshot:
    measures = replace(snapshot.measures, **dict.fromkeys(names, nan))
    return replace(snapshot, measures=measures, reasons=dict.fromkeys(names, Reason.NO_PRICE | Reason.NO_RATE))


def test_the_table_has_a_column_for_every_measure() -> None:
    assert SNAPSHOT_NUMBERS == MEASURES
    assert {field.name for field in fields(Snapshot)} - {"measures"} <= set(portfolio_snapshots.c.keys())


def test_every_field_of_a_snapshot_comes_back(conn: Connection, snapshot: Snapshot) -> None:
    full = replace(
        snapshot,
        positions=4,
        long_positions=3,
        short_positions=1,
        option_positions=2,
        coverage=0.25,
        delta_coverage=1 / 3,
        marks=Reason.SIMULATED | Reason.STALE_PRICE,
        not_included=(NotIncluded("AAA", "no_price"), NotIncluded("É", "not_modelled,no_price")),
        warnings=("stale_price: AAA", 'a "quoted", {braced} one'),
    )
    _save(conn, full)
    assert load_snapshots(conn, snapshot.portfolio_id, FRIDAY, FRIDAY) == (full,)


@pytest.mark.parametrize("name", MEASURES)
def test_a_missing_measure_is_null_at_rest_and_comes_back_with_its_reason(
    conn: Connection, snapshot: Snapshot, name: str
) -> None:
    without = _missing(snapshot, name)
    _save(conn, without)
    assert conn.execute(select(portfolio_snapshots.c[name])).scalar_one() is None
    (found,) = load_snapshots(conn, snapshot.portfolio_id, FRIDAY, FRIDAY)
    assert isnan(getattr(found.measures, name))
    assert found.reasons == without.reasons
    assert replace(found, measures=snapshot.measures, reasons={}) == snapshot


def test_infinity_is_no_number_to_keep(conn: Connection, snapshot: Snapshot) -> None:
    measures = Measures(**dict.fromkeys(MEASURES, float("inf")))
    with pytest.raises(Exception, match="check constraint") as caught:
        _save(conn, replace(snapshot, measures=measures))
    assert isinstance(caught.value, IntegrityError) or type(caught.value).__name__ == "CheckViolation"


def test_making_a_snapshot_again_replaces_that_day_only(conn: Connection, snapshot: Snapshot) -> None:
    before, again = replace(snapshot, as_of=THURSDAY), replace(snapshot, coverage=0.5)
    _save(conn, before, snapshot)
    _save(conn, again)
    assert load_snapshots(conn, snapshot.portfolio_id, MONDAY, SATURDAY) == (before, again)
    assert load_snapshots(conn, snapshot.portfolio_id, MONDAY, THURSDAY) == (before,)
    _save(conn)
    assert len(load_snapshots(conn, snapshot.portfolio_id, MONDAY, SATURDAY)) == 2


def test_another_portfolios_snapshots_stay(conn: Connection, snapshot: Snapshot) -> None:
    other = full_snapshot(new_book(conn, new_user(conn, "dave"), "Book"))
    _save(conn, snapshot, other)
    _save(conn, replace(snapshot, coverage=0.5))
    assert load_snapshots(conn, other.portfolio_id, FRIDAY, FRIDAY) == (other,)


def test_the_last_snapshot_before_a_day_gives_its_cumulative_profit(conn: Connection, snapshot: Snapshot) -> None:
    other = full_snapshot(new_book(conn, new_user(conn, "dave"), "Book"))
    monday = _missing(replace(snapshot, as_of=MONDAY), "cumulative_pnl")
    _save(conn, monday, replace(snapshot, as_of=THURSDAY), snapshot, replace(other, as_of=MONDAY))
    ids = [snapshot.portfolio_id, other.portfolio_id]
    cumulative = snapshot.measures.cumulative_pnl
    assert last_before(conn, ids, FRIDAY) == {ids[0]: (THURSDAY, cumulative), ids[1]: (MONDAY, cumulative)}
    assert last_before(conn, ids, THURSDAY) == {ids[0]: (MONDAY, None), ids[1]: (MONDAY, cumulative)}
    assert last_before(conn, ids, MONDAY) == {}


def test_the_days_with_a_snapshot_are_told_from_a_day_on(conn: Connection, snapshot: Snapshot) -> None:
    _save(conn, *(replace(snapshot, as_of=day) for day in (FRIDAY, MONDAY, THURSDAY)))
    assert days_from(conn, [snapshot.portfolio_id], THURSDAY) == {snapshot.portfolio_id: (THURSDAY, FRIDAY)}
    assert days_from(conn, [snapshot.portfolio_id], SATURDAY) == {}
    assert load_snapshots(conn, snapshot.portfolio_id, date(2020, 1, 1), date(2020, 1, 2)) == ()


def test_a_user_can_have_his_own_snapshots_made_again(neighbours: Neighbours) -> None:
    book = neighbours.alice.book
    with neighbours.db.write(acting_as=book.user_id) as conn:
        replace_snapshots(conn, [book], [replace(full_snapshot(book), coverage=0.5)])
        (found,) = load_snapshots(conn, book.id, FRIDAY, FRIDAY)
        conn.rollback()
    assert found.coverage == 0.5
