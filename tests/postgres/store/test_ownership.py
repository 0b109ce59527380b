"""Nobody sees or changes another's rows: PostgreSQL itself says no, whatever the query forgets."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from postgres.store.builders import FRIDAY, betas_of, fact_of, factor_set_of
from postgres.store.conftest import Estate, Neighbours
from sigmasight.domain.market_data import Market
from sigmasight.domain.options import OptionFacts
from sigmasight.store.bulk import add_missing_rows, copy_rows
from sigmasight.store.factor_facts import (
    add_betas,
    add_factor_set,
    forget_betas,
    load_factor_set,
    save_betas,
    save_factor_set,
)
from sigmasight.store.instruments import add_alias, add_unknown
from sigmasight.store.option_facts import add_option_facts, save_option_facts
from sigmasight.store.tables import instruments, metadata, positions, stress_test_scenarios, tags, users

HIDDEN = {"sessions", "api_keys"}
"""What signs users in; the API's role sees none of it, not even the user's own."""

OWNED = {name for name, table in metadata.tables.items() if "user_id" in table.c} - HIDDEN
APPENDED = {"statements", "imports", "audit_log"}
"""Rows that nobody changes once they are written."""

EDITED = OWNED - APPENDED
MARKET = ("prices", "dividends", "splits", "rates", "option_quotes", "asked_ranges", "refused_rows")
COMMON = (
    *MARKET,
    *("instruments", "trading_calendar", "trading_sessions", "factor_definitions", "factor_proxies"),
    *("batch_runs", "batch_steps", "option_analytics", "factor_correlations", "instrument_betas"),
)
DENIED = "permission denied"
NOT_YOURS = "row-level security policy"


def _table(name: str) -> Table:
    return metadata.tables[name]


def _count(conn: Connection, table: Table, owner: Estate) -> int:
    query = select(func.count()).select_from(table).where(table.c.user_id == owner.user.id)
    return conn.execute(query).scalar_one()


def _row_of(neighbours: Neighbours, table: Table, owner: Estate) -> dict[str, object]:
    """A row as it could be inserted again: what the database itself makes is left out."""
    given = [c for c in table.c if c.computed is None and c.identity is None]
    with neighbours.db.read() as conn:
        row = conn.execute(select(*given).where(table.c.user_id == owner.user.id)).first()
    assert row is not None
    return dict(row._mapping)


@pytest.mark.parametrize("name", sorted(OWNED))
def test_a_stranger_sees_nothing_and_the_owner_his_own(neighbours: Neighbours, name: str) -> None:
    with neighbours.db.read() as conn:
        assert _count(conn, _table(name), neighbours.bob) == 1
    with neighbours.db.read(acting_as=neighbours.alice.user.id) as conn:
        assert _count(conn, _table(name), neighbours.bob) == 0
        assert _count(conn, _table(name), neighbours.alice) == 1


@pytest.mark.parametrize("name", sorted(OWNED))
def test_who_names_no_user_sees_nothing(neighbours: Neighbours, name: str) -> None:
    with neighbours.db.read() as conn:
        conn.execute(text("SET LOCAL ROLE sigmasight_api"))
        owned = _table(name).c.user_id.is_not(None)
        assert conn.execute(select(func.count()).select_from(_table(name)).where(owned)).scalar_one() == 0


@pytest.mark.parametrize("name", sorted(EDITED))
def test_a_stranger_can_change_nothing(neighbours: Neighbours, name: str) -> None:
    table = _table(name)
    theirs = table.c.user_id == neighbours.bob.user.id
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        assert conn.execute(update(table).where(theirs).values(user_id=table.c.user_id)).rowcount == 0
        assert conn.execute(delete(table).where(theirs)).rowcount == 0
        conn.rollback()


@pytest.mark.parametrize("name", sorted(APPENDED))
@pytest.mark.parametrize("change", [update, delete])
def test_what_is_appended_cannot_be_changed_by_its_owner_either(
    neighbours: Neighbours, name: str, change: object
) -> None:
    table = _table(name)
    statement = delete(table) if change is delete else update(table).values(user_id=table.c.user_id)
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(statement)


@pytest.mark.parametrize("name", sorted(OWNED))
def test_nobody_can_write_a_row_for_somebody_else(neighbours: Neighbours, name: str) -> None:
    row = _row_of(neighbours, _table(name), neighbours.bob)
    with (
        pytest.raises(ProgrammingError, match=NOT_YOURS),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(insert(_table(name)).values(row))


@pytest.mark.parametrize("name", sorted(EDITED))
def test_nobody_can_give_a_row_away(neighbours: Neighbours, name: str) -> None:
    table = _table(name)
    with (
        pytest.raises(ProgrammingError, match=NOT_YOURS),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(update(table).values(user_id=neighbours.bob.user.id))


@pytest.mark.parametrize("name", sorted(EDITED - {"portfolio_settings", "position_tags"}))
def test_an_owner_changes_his_own(neighbours: Neighbours, name: str) -> None:
    table = _table(name)
    column = next(table.c[word] for word in ("notes", "method", "name") if word in table.c)
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        assert conn.execute(update(table).values({column.name: "mine"})).rowcount == 1
        conn.rollback()


def test_an_owner_deletes_his_portfolio_with_all_that_is_in_it(neighbours: Neighbours) -> None:
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        assert conn.execute(delete(_table("portfolios"))).rowcount == 1
        assert _count(conn, _table("statements"), neighbours.alice) == 0
        conn.rollback()


def test_users_see_only_themselves_and_change_nothing_of_it(neighbours: Neighbours) -> None:
    with neighbours.db.read(acting_as=neighbours.alice.user.id) as conn:
        assert conn.execute(select(users.c.email)).scalars().all() == ["alice@example.com"]
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(update(users).values(role="admin"))


def test_shipped_scenarios_are_everybodys_and_own_ones_private(neighbours: Neighbours) -> None:
    with neighbours.db.read(acting_as=neighbours.alice.user.id) as conn:
        owners = set(conn.execute(select(stress_test_scenarios.c.user_id)).scalars())
    assert owners == {None, neighbours.alice.user.id}


def test_a_shipped_scenario_cannot_be_changed_or_made_by_a_user(neighbours: Neighbours) -> None:
    shipped = stress_test_scenarios.c.user_id.is_(None)
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        changed = conn.execute(update(stress_test_scenarios).where(shipped).values(name="mine"))
        assert changed.rowcount == 0
        assert conn.execute(delete(stress_test_scenarios).where(shipped)).rowcount == 0
    row = _row_of(neighbours, stress_test_scenarios, neighbours.alice) | {"user_id": None, "id": "new"}
    with (
        pytest.raises(ProgrammingError, match=NOT_YOURS),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(insert(stress_test_scenarios).values(row))


@pytest.mark.parametrize("name", COMMON)
def test_what_is_everybodys_is_not_for_users_to_change(neighbours: Neighbours, name: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(delete(_table(name)))


@pytest.mark.parametrize("name", MARKET)
def test_users_bring_in_no_market_data(neighbours: Neighbours, name: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(insert(_table(name)).from_select(["market"], select(text("'live'"))))


def test_users_add_facts_of_options_and_change_none(neighbours: Neighbours) -> None:
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        assert add_option_facts(conn, Market.LIVE, fact_of(neighbours.share, FRIDAY)) == 1
        assert add_option_facts(conn, Market.LIVE, fact_of(neighbours.share, FRIDAY, spot=1.0)) == 0
        conn.rollback()
    for change in (save_option_facts, _raise_prices):
        with (
            pytest.raises(ProgrammingError, match=DENIED),
            neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
        ):
            change(conn, Market.LIVE, fact_of(neighbours.share, FRIDAY))


def test_users_add_factors_and_betas_and_change_none(neighbours: Neighbours) -> None:
    """What a request misses is made and kept; a night alone makes it anew."""
    share = neighbours.share
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        add_factor_set(conn, Market.LIVE, factor_set_of(FRIDAY))
        add_factor_set(conn, Market.LIVE, factor_set_of(FRIDAY, sessions=99))
        kept = load_factor_set(conn, Market.LIVE, FRIDAY)
        assert kept is not None
        assert kept.sessions == 252
        assert add_betas(conn, Market.LIVE, FRIDAY, betas_of(share)) == 1
        assert add_betas(conn, Market.LIVE, FRIDAY, betas_of(share, n_obs=99)) == 0
        conn.rollback()
    changes = (
        lambda conn: save_factor_set(conn, Market.LIVE, factor_set_of(FRIDAY)),
        lambda conn: save_betas(conn, Market.LIVE, FRIDAY, betas_of(share)),
        lambda conn: forget_betas(conn, Market.LIVE, FRIDAY),
        lambda conn: conn.execute(update(_table("instrument_betas")).values(n_obs=1)),
        lambda conn: conn.execute(update(_table("factor_correlations")).values(sessions=1)),
    )
    for change in changes:
        with (
            pytest.raises(ProgrammingError, match=DENIED),
            neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
        ):
            change(conn)


def _raise_prices(conn: Connection, market: Market, _: OptionFacts) -> None:
    table = _table("option_analytics")
    conn.execute(update(table).where(table.c.market == market).values(price=table.c.price + 1))


def test_users_give_no_instrument_another_name(neighbours: Neighbours) -> None:
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        add_alias(conn, source="user", symbol="BBB", instrument_id=neighbours.share, valid_from=FRIDAY)


def test_users_add_a_ticker_that_nobody_knows_and_change_none(neighbours: Neighbours) -> None:
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        assert set(add_unknown(conn, ["AAA", "NEW"])) == {"AAA", "NEW"}
        conn.rollback()
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(update(instruments).values(name="mine"))


def test_copying_straight_into_owned_tables_is_refused_to_users(neighbours: Neighbours) -> None:
    with (
        pytest.raises(Exception, match="COPY FROM not supported with row-level security"),
        neighbours.db.write(acting_as=neighbours.alice.user.id) as conn,
    ):
        copy_rows(conn, tags, ("user_id", "name"), [(neighbours.alice.user.id, "New")])


def test_users_add_many_rows_by_way_of_a_temporary_table(neighbours: Neighbours) -> None:
    columns = ("id", "user_id", "name", "kind")
    rows = [(UUID(int=n), neighbours.alice.user.id, f"tag {n}", "regular") for n in range(3)]
    with neighbours.db.write(acting_as=neighbours.alice.user.id) as conn:
        assert add_missing_rows(conn, tags, columns, rows) == len(rows)
        conn.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO positions"
            " (portfolio_id, user_id, instrument_id, quantity, entry_price, entry_date, recorded_on)"
            " SELECT '{theirs.book.id}', '{mine.user.id}', instrument_id, 1, 1, '2026-11-20', '2026-11-20' FROM prices"
        ),
        (
            "INSERT INTO statements (portfolio_id, user_id, kind, as_of, amount)"
            " VALUES ('{theirs.book.id}', '{mine.user.id}', 'cash', '2026-11-20', 1)"
        ),
        (
            "INSERT INTO imports (portfolio_id, user_id, file_name, sha256, rows_read, rows_taken, rows_known,"
            " rows_refused) VALUES ('{theirs.book.id}', '{mine.user.id}', 'f', 'x', 0, 0, 0, 0)"
        ),
        "INSERT INTO position_tags VALUES ('{mine.position}', '{theirs.tag}', '{mine.user.id}')",
        "INSERT INTO position_tags VALUES ('{theirs.position}', '{mine.tag}', '{mine.user.id}')",
        "UPDATE positions SET portfolio_id = '{theirs.book.id}' WHERE id = '{mine.position}'",
        "UPDATE portfolio_snapshots SET portfolio_id = '{theirs.book.id}', as_of = '2026-11-19'",
        "UPDATE factor_exposures SET portfolio_id = '{theirs.book.id}', as_of = '2026-11-19'",
        "UPDATE market_risk_scenarios SET portfolio_id = '{theirs.book.id}', as_of = '2026-11-19'",
        "UPDATE stress_test_results SET portfolio_id = '{theirs.book.id}', as_of = '2026-11-19'",
        "UPDATE value_at_risk SET portfolio_id = '{theirs.book.id}', as_of = '2026-11-19'",
        "UPDATE correlation_calculations SET portfolio_id = '{theirs.book.id}', as_of = '2026-11-19'",
        "UPDATE positions SET import_id = '{theirs.import_id}' WHERE id = '{mine.position}'",
    ],
)
@pytest.mark.parametrize("acting", [True, False])
def test_a_row_never_points_into_anothers_estate(neighbours: Neighbours, statement: str, *, acting: bool) -> None:
    mine, theirs = neighbours.alice, neighbours.bob
    filled = statement.format(mine=mine, theirs=theirs)
    if not acting and "WHERE" not in filled and "UPDATE" in filled:
        filled += f" WHERE user_id = '{mine.user.id}'"
    with (
        neighbours.db.write(acting_as=mine.user.id if acting else None) as conn,
        pytest.raises(IntegrityError, match="foreign key"),
    ):
        conn.exec_driver_sql(filled)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT errors FROM batch_steps",
        "SELECT errors FROM batch_runs",
        "SELECT subject FROM asked_ranges",
        "SELECT id FROM sessions",
        "SELECT session_id FROM refresh_tokens",
        "SELECT key_hash FROM api_keys",
        "SELECT subject FROM login_failures",
        "SELECT provider FROM provider_usage",
        "SELECT password_hash FROM users",
    ],
)
def test_what_nights_and_logins_know_is_not_for_users(neighbours: Neighbours, query: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=DENIED),
        neighbours.db.read(acting_as=neighbours.alice.user.id) as conn,
    ):
        conn.execute(text(query))


def test_the_tests_look_at_a_table_with_rows(neighbours: Neighbours) -> None:
    with neighbours.db.read() as conn:
        found = conn.execute(select(positions.c.held_from).where(positions.c.user_id == neighbours.bob.user.id))
        assert found.scalar_one() < FRIDAY
