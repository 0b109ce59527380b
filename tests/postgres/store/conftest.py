"""Two users with everything that a user can own, in a database that no test changes for good."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import nan
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert

from postgres.store.builders import FRIDAY, MONDAY, column, new_book, new_share, new_user
from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import (
    Cluster,
    Correlations,
    DataQuality,
    FactorExposures,
    ScenarioResults,
    TailRisk,
)
from sigmasight.domain.snapshots import MEASURES, METHOD, Measures, NotIncluded, Snapshot
from sigmasight.store.database import Database
from sigmasight.store.idempotency import KeptAnswer, Write, keep_answer
from sigmasight.store.import_previews import add_preview
from sigmasight.store.people import User, add_statement, ensure_tags
from sigmasight.store.positions import ImportRecord, NewPosition, add_import, add_positions
from sigmasight.store.reference import write_audit
from sigmasight.store.risk_results import (
    replace_correlations,
    replace_exposures,
    replace_market_scenarios,
    replace_stress,
    replace_tails,
)
from sigmasight.store.snapshots import replace_snapshots
from sigmasight.store.tables import stress_test_scenarios
from support.databases import DatabaseCopies

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Estate:
    """What one user has."""

    user: User
    book: Portfolio
    position: UUID
    tag: UUID
    import_id: UUID


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A database with two users."""

    db: Database
    share: int
    alice: Estate
    bob: Estate


@pytest.fixture(scope="module")
def neighbours(databases: DatabaseCopies, migrated: str) -> Iterator[Neighbours]:
    """Alice and Bob, each with a row in every table of what users own."""
    with databases.copy(migrated) as url, closing(Database(url)) as db:
        with db.write() as conn:
            share = new_share(conn, "AAA", {FRIDAY: 10.0})
            alice, bob = _settle(conn, "alice", share), _settle(conn, "bob", share)
            owners = (None, alice.user, bob.user)
            conn.execute(insert(stress_test_scenarios), [_scenario(owner) for owner in owners])
        yield Neighbours(db, share, alice, bob)


@pytest.fixture
def snapshot(conn: Connection) -> Snapshot:
    """A snapshot of a portfolio of its own, with a different number in every measure."""
    book = new_book(conn, new_user(conn, "carol"))
    return full_snapshot(book)


def full_snapshot(book: Portfolio) -> Snapshot:
    return Snapshot(
        portfolio_id=book.id,
        as_of=FRIDAY,
        method=METHOD,
        measures=Measures(**{name: at + 1 / 3 for at, name in enumerate(MEASURES)}),
        positions=1,
        long_positions=1,
        short_positions=0,
        option_positions=0,
        coverage=1.0,
        delta_coverage=0.5,
        reasons={},
        marks=Reason.NONE,
        not_included=(),
        warnings=(),
    )


def full_exposures(book: Portfolio) -> FactorExposures:
    """Factor exposures with a different number in every column, and one that is missing."""
    return FactorExposures(
        portfolio_id=book.id,
        as_of=FRIDAY,
        method=Method.DEFAULT,
        factors=("Market", "Low Volatility"),
        exposure=column(1000.25, nan),
        beta=column(1 / 3, nan),
        risk_share=column(0.75, nan),
        specific_share=0.25,
        volatility=12.5,
        coverage=0.875,
        reasons={"Low Volatility": Reason.NO_HISTORY},
        marks=Reason.SHORT_HISTORY,
        not_included=(NotIncluded("BBB", "no_price,no_history"),),
    )


def full_results(book: Portfolio) -> ScenarioResults:
    """Scenario results with a different number in every column, and one that is missing."""
    return ScenarioResults(
        portfolio_id=book.id,
        as_of=FRIDAY,
        method=Method.DEFAULT,
        scenarios=("market_up_10", "ir_up_100bp"),
        direct=column(100.125, nan),
        correlated=column(1 / 3, nan),
        coverage=column(0.875, 0.0),
        reasons={"ir_up_100bp": Reason.NO_RATE},
        marks=Reason.STALE_PRICE | Reason.SIMULATED,
        not_included=(NotIncluded("BBB", "no_price"),),
    )


def full_tails(book: Portfolio) -> TailRisk:
    """Value at risk with a different number in every place, and one that is missing."""
    return TailRisk(
        portfolio_id=book.id,
        as_of=FRIDAY,
        method=Method.DEFAULT,
        value_at_risk=column(*(at + 1 / 3 for at in range(8)), nan).reshape(3, 3),
        expected_shortfall=column(*(at + 2 / 3 for at in range(8)), nan).reshape(3, 3),
        sessions=300,
        coverage=0.875,
        reasons={"value_at_risk": Reason.NO_HISTORY},
        marks=Reason.SHORT_HISTORY,
        not_included=(NotIncluded("BBB", "no_history"),),
    )


def full_correlations(book: Portfolio) -> Correlations:
    """Correlations with a different number in every column, one that is missing, and two clusters."""
    return Correlations(
        portfolio_id=book.id,
        as_of=FRIDAY,
        method=Method.DEFAULT,
        symbols=("CCC", "AAA", "DDD", "BBB"),
        exposure=column(-250.5, 1000.25, 30.0, 400.125),
        sessions=80,
        window_sessions=90,
        average_correlation=-1 / 3,
        effective_positions=nan,
        effective_positions_classic=2.5,
        effective_positions_by_weight=2.25,
        diversification_ratio_squared=1.75,
        concentration=0.875,
        clusters=(
            Cluster("Core", ("AAA", "CCC"), gross_weight=0.75, net_weight=1 / 7, average_correlation=0.8),
            Cluster("BBB lookalikes", ("BBB", "DDD"), gross_weight=0.125, net_weight=-0.1, average_correlation=0.9),
        ),
        data_quality=DataQuality.LIMITED,
        coverage=0.75,
        reasons={"effective_positions": Reason.FULLY_HEDGED},
        marks=Reason.SHORT_HISTORY | Reason.SIMULATED,
        not_included=(NotIncluded("EEE", "no_history"), NotIncluded("FFF", "filtered_out")),
    )


def _settle(conn: Connection, name: str, share: int) -> Estate:
    user = new_user(conn, name)
    book = new_book(conn, user, f"Book of {name}")
    add_statement(conn, book, StatementKind.CASH, MONDAY, Decimal(1000))
    tags = ensure_tags(conn, user.id, ["Core"])
    record = ImportRecord("book.csv", "0" * 64, rows_read=1, rows_taken=1, rows_known=0, rows_refused=0)
    import_id = add_import(conn, book, record)
    new = NewPosition(share, Decimal(5), Decimal(9), MONDAY, ("Core",))
    (position,) = add_positions(conn, book, [new], recorded_on=MONDAY, tag_ids=tags, imported=True, import_id=import_id)
    replace_snapshots(conn, [book], [full_snapshot(book)])
    replace_exposures(conn, [book], [full_exposures(book)])
    replace_market_scenarios(conn, [book], [full_results(book)])
    replace_stress(conn, [book], [full_results(book)])
    replace_tails(conn, [book], [full_tails(book)])
    replace_correlations(conn, [book], [full_correlations(book)])
    write_audit(conn, user_id=user.id, portfolio_id=book.id, action="positions imported", detail={})
    add_preview(conn, book, name="book.csv", content=b"x", lots=False, now=NOW)
    keep_answer(conn, user.id, KeptAnswer(Write("key", "POST", "/tags", b"x"), 201, {}, None), NOW)
    return Estate(user, book, position, tags["Core"], import_id)


def _scenario(owner: User | None) -> dict[str, object]:
    return {
        "user_id": owner.id if owner else None,
        "id": "fall",
        "name": "Fall",
        "category": "market",
        "severity": "mild",
        "shocks": [{"factor": "Market", "size": -0.1}],
    }
