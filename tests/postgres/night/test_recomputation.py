"""A snapshot is a cache: thrown away and made again from ledger and prices it is the same, to the last bit."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from sigmasight.domain.books import Portfolio
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.results import make_results
from sigmasight.services.valuation import Days
from sigmasight.store.database import Database

from .conftest import LAST, Nights, everybodys, remade, told


def made_again(conn: Connection, nights: Nights, books: tuple[Portfolio, ...], wanted: Days) -> list[dict[str, object]]:
    return in_order(remade(conn, nights.valuation, books, wanted))


def in_order(snapshots: Sequence[Snapshot]) -> list[dict[str, object]]:
    return [told(each) for each in sorted(snapshots, key=lambda each: (each.portfolio_id, each.as_of))]


def test_each_day_made_again_on_the_day_before_is_what_is_stored(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.read() as conn:
        stored = in_order(everybodys(conn))
        made = [
            each
            for day in nights.sessions()
            for each in made_again(conn, nights, books, {book.id: [day] for book in books})
        ]
    assert len(stored) == 183
    assert sorted(made, key=lambda each: (each["portfolio_id"], each["as_of"])) == stored


def test_all_days_made_again_from_nothing_in_one_walk_are_what_is_stored(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        stored = in_order(everybodys(conn))
        conn.execute(text("DELETE FROM portfolio_snapshots"))
        made = made_again(conn, nights, books, {book.id: nights.sessions() for book in books})
        conn.rollback()
    assert made == stored


def test_each_portfolio_made_again_alone_from_nothing_is_what_is_stored(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        stored = in_order(everybodys(conn))
        conn.execute(text("DELETE FROM portfolio_snapshots"))
        alone = [made_again(conn, nights, (book,), {book.id: nights.sessions()}) for book in books]
        conn.rollback()
    assert sorted((each for made in alone for each in made), key=stored.index) == stored


def test_the_last_day_alone_made_again_from_nothing_is_what_is_stored(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        stored = in_order(everybodys(conn, LAST, LAST))
        for table in ("portfolio_snapshots", "factor_exposures", "value_at_risk"):
            conn.execute(text(f"DELETE FROM {table}"))
        made = in_order(make_results(conn, nights.valuation, books, {book.id: [LAST] for book in books}).snapshots)
        conn.rollback()
    assert len(stored) == 3
    assert made == stored


def test_a_night_of_the_last_day_without_those_before_it_saves_the_same_row(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        stored = in_order(everybodys(conn, LAST, LAST))
        conn.execute(text("DELETE FROM portfolio_snapshots"))
    (outcome,) = nights.run(demo_db, LAST)
    with demo_db.read() as conn:
        assert in_order(everybodys(conn)) == stored
    assert outcome.status == "ok"
    assert len(stored) == len(books)
