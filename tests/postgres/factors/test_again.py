"""The same inputs give the same rows to the last bit: once or twice, in one shard or in many, alone or among others."""

from contextlib import closing
from dataclasses import replace

import pytest

from postgres.greeks.conftest import FRIDAY, Studio
from sigmasight.store.database import Database
from support.databases import DatabaseCopies

from .conftest import RISK_TABLES, City, RiskDesk, Settled

pytestmark = pytest.mark.xdist_group("factors")


def test_a_night_run_again_leaves_the_same_rows(city: City, studio: Studio) -> None:
    with studio.double(city.desk) as again:
        before = again.results()
        again.night(FRIDAY)
        assert again.results() == before
    assert {table: len(rows) for table, rows in before.items() if table in TABLES} == dict.fromkeys(
        TABLES, len(city.books)
    )


TABLES = (*RISK_TABLES, "snapshots")


@pytest.mark.parametrize("portfolios_per_shard", [1, 7])
def test_in_however_many_shards_the_rows_are_the_same(
    databases: DatabaseCopies, settled: Settled, city: City, portfolios_per_shard: int
) -> None:
    """Shards of one portfolio each, and seven shards."""
    desk, books = settled
    shards = len(books) if portfolios_per_shard == 1 else 7
    with databases.copy("city") as url, closing(Database(url)) as database:
        other = replace(desk, db=database, url=url, portfolios_per_shard=portfolios_per_shard)
        other.night(FRIDAY)
        steps = other.rows("SELECT DISTINCT shard FROM batch_steps WHERE job = 'snapshots'")
        found = other.results()
    assert len(steps) == shards
    expected = city.desk.results()
    for table, rows in expected.items():
        assert found[table] == rows, table


def test_a_book_has_the_same_rows_alone_and_among_all_the_others(
    databases: DatabaseCopies, settled: Settled, city: City
) -> None:
    """Whoever holds what beside it, and whatever scenarios others have."""
    desk, books = settled
    kept = books["ab"]
    with databases.copy("city") as url, closing(Database(url)) as database:
        alone: RiskDesk = replace(desk, db=database, url=url)
        alone.execute("DELETE FROM portfolios WHERE id <> :kept", kept=kept.id)
        alone.night(FRIDAY)
        found = alone.results()
    expected = city.desk.results()
    for table in TABLES:
        assert found[table] == [row for row in expected[table] if str(kept.id) in row], table
    assert len(found["factor_exposures"]) == 1
    assert set(found["instrument_betas"]) < set(expected["instrument_betas"])
    assert set(found["factor_correlations"]) <= set(expected["factor_correlations"])
