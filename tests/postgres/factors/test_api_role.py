"""As PostgreSQL's role of the API: a user sees his own rows of risk alone, and his ledger can make them again."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from postgres.greeks.conftest import FRIDAY, Studio
from sigmasight.domain.books import StatementKind
from sigmasight.services.ledger import Trade, close_position, record_trade, remove_position, state_amount
from sigmasight.services.portfolios import allow_estimates
from sigmasight.store.instruments import find_instruments

from .conftest import RISK_TABLES, City

pytestmark = pytest.mark.xdist_group("factors")

SEEN = (*RISK_TABLES, "position_factor_exposures")


@pytest.mark.parametrize("table", SEEN)
def test_a_user_sees_his_own_rows_alone(city: City, table: str) -> None:
    for name in ("ab", "only Value"):
        user = city.books[name].user_id
        with city.desk.db.read(acting_as=user) as conn:
            assert set(conn.execute(text(f"SELECT user_id FROM {table}")).scalars()) == {user}
    everybody = {row["user_id"] for row in city.desk.rows(f"SELECT user_id FROM {table}")}
    assert len(everybody) > 30


@pytest.mark.parametrize("table", SEEN)
def test_who_names_no_user_sees_none(city: City, table: str) -> None:
    with city.desk.db.read() as conn:
        conn.execute(text("SET LOCAL ROLE sigmasight_api"))
        assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_the_view_tells_the_user_the_sums_that_are_stored(city: City) -> None:
    book = city.books["ab"]
    with city.desk.db.read(acting_as=book.user_id) as conn:
        rows = conn.execute(text("SELECT factor, sum(exposure) FROM position_factor_exposures GROUP BY factor")).all()
    assert dict(rows) == pytest.approx(city.exposures("ab"), rel=1e-9, abs=1e-9)


def test_the_view_shows_no_delta_that_stands_on_an_estimate_unless_estimates_are_allowed(city: City) -> None:
    rows = city.desk.rows(
        "SELECT dollar_delta, exposure, symbol FROM position_factor_exposures WHERE portfolio_id = :book",
        book=city.books["no rates"].id,
    )
    assert {row["exposure"] is None for row in rows if row["symbol"].startswith("AAA2")} == {True}
    assert {row["exposure"] is None for row in rows if not row["symbol"].startswith("AAA2")} == {False}


def test_every_change_of_a_ledger_makes_the_rows_again_as_that_role(city: City, studio: Studio) -> None:
    """A symbol that nobody held yet among them: its betas are made, and kept."""
    with studio.double(city.desk) as mine:
        book = city.books["ab"]
        user, plain = book.user_id, mine.results()
        where = (mine.valuation, user)
        changed = []
        with mine.db.read() as conn:
            known = find_instruments(conn, ["WILD", "SPY"], FRIDAY)
        for symbol in ("WILD", "SPY"):
            bought = Trade(known[symbol], Decimal(3), Decimal(100), FRIDAY)
            with mine.db.write(acting_as=user) as conn:
                position = record_trade(conn, *where, book.id, bought, today=FRIDAY)
            changed.append(mine.exposures(book).exposure[0])
        with mine.db.write(acting_as=user) as conn:
            close_position(conn, *where, position, exit_date=FRIDAY, exit_price=None, today=FRIDAY)
        changed.append(mine.exposures(book).exposure[0])
        with mine.db.write(acting_as=user) as conn:
            state_amount(conn, *where, book.id, kind=StatementKind.CASH, as_of=FRIDAY, amount=Decimal(5), today=FRIDAY)
        with mine.db.write(acting_as=user) as conn:
            allow_estimates(conn, mine.valuation, book, allowed=True)
        spy = float(3 * mine.live.close("SPY", FRIDAY))
        wild = 3 * 100 * mine.betas("WILD")["loading"][0]
        before = city.exposures("ab")["Market"]
        assert changed == pytest.approx([before + wild, before + wild + spy, before + wild])
        after = mine.results()
        for table in RISK_TABLES:
            others = [row for row in plain[table] if str(book.id) not in row]
            assert [row for row in after[table] if str(book.id) not in row] == others, table
            assert len(after[table]) == len(plain[table])


def test_a_position_that_is_removed_leaves_the_rows_of_a_book_without_it(city: City, studio: Studio) -> None:
    with studio.double(city.desk) as mine:
        book, before = city.books["ab"], mine.risk_rows()
        with mine.db.read() as conn:
            wild = find_instruments(conn, ["WILD"], FRIDAY)["WILD"]
        with mine.db.write(acting_as=book.user_id) as conn:
            bought = Trade(wild, Decimal(3), Decimal(100), FRIDAY)
            position = record_trade(conn, mine.valuation, book.user_id, book.id, bought, today=FRIDAY)
        assert mine.risk_rows() != before
        with mine.db.write(acting_as=book.user_id) as conn:
            remove_position(conn, mine.valuation, book.user_id, position)
        assert mine.risk_rows() == before
