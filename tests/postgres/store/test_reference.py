"""Factor definitions and the audit log at rest."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select, update

from postgres.store.builders import FRIDAY, new_user
from sigmasight.domain.factors import FACTORS, FactorDefinition, FactorProxy
from sigmasight.store.reference import (
    add_factors,
    load_factors,
    proxies_between,
    write_audit,
)
from sigmasight.store.tables import audit_log, factor_definitions, factor_proxies

CHANGED = date(2026, 1, 1)


@pytest.fixture
def conn(conn: Connection) -> Connection:
    """A database in which no factor is defined yet."""
    conn.execute(delete(factor_proxies))
    conn.execute(delete(factor_definitions))
    return conn


def test_the_factors_come_back_as_they_are_defined(conn: Connection) -> None:
    add_factors(conn, FACTORS)
    add_factors(conn, FACTORS)
    assert load_factors(conn) == FACTORS


def test_what_an_operator_changed_of_a_factor_stays(conn: Connection) -> None:
    add_factors(conn, FACTORS)
    conn.execute(update(factor_definitions).where(factor_definitions.c.name == "Size").values(active=False))
    conn.execute(update(factor_proxies).where(factor_proxies.c.factor == "Value").values(symbol="IWD"))
    add_factors(conn, FACTORS)
    found = {factor.name: factor for factor in load_factors(conn)}
    assert not found["Size"].active
    assert found["Value"].proxies[0].symbol == "IWD"


def test_the_proxies_of_a_day_are_those_of_the_active_factors_in_order(conn: Connection) -> None:
    add_factors(conn, FACTORS)
    assert proxies_between(conn, FRIDAY, FRIDAY) == ("SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV")
    conn.execute(update(factor_definitions).where(factor_definitions.c.name == "Growth").values(active=False))
    assert "VUG" not in proxies_between(conn, FRIDAY, FRIDAY)


def test_a_proxy_stands_for_its_factor_until_the_next_one_does(conn: Connection) -> None:
    proxies = (FactorProxy("SLY", date(2005, 1, 1), CHANGED), FactorProxy("IWM", CHANGED))
    small = FactorDefinition("Size", 1, active=True, proxies=proxies)
    conn.execute(delete(factor_proxies))
    conn.execute(delete(factor_definitions))
    add_factors(conn, [small])
    assert load_factors(conn) == (small,)
    before, too_early = CHANGED - timedelta(days=1), date(2004, 12, 31)
    assert proxies_between(conn, before, before) == ("SLY",)
    assert proxies_between(conn, CHANGED, CHANGED) == ("IWM",)
    assert proxies_between(conn, before, CHANGED) == ("SLY", "IWM")
    assert proxies_between(conn, too_early, too_early) == ()


def test_the_audit_log_says_who_changed_what(conn: Connection) -> None:
    alice = new_user(conn)
    write_audit(conn, user_id=alice.id, portfolio_id=UUID(int=1), action="closed", detail={"price": None, "n": 2})
    write_audit(conn, user_id=None, portfolio_id=None, action="migrated", detail={})
    rows = conn.execute(select(audit_log).order_by(audit_log.c.id)).all()
    assert [(row.user_id, row.portfolio_id, row.action, row.detail) for row in rows] == [
        (alice.id, UUID(int=1), "closed", {"price": None, "n": 2}),
        (None, None, "migrated", {}),
    ]
    assert all(row.at is not None for row in rows)
