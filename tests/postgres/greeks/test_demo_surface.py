"""The demo's vendor prices by a tree of its own, with skew: what we make of its quotes leads back to its prices."""

from contextlib import closing
from decimal import Decimal

import numpy as np
import psycopg
import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.market.simulated.volatility import SMILES, total_variance, vix_forward
from sigmasight.store.database import Database
from support.databases import DatabaseCopies, run_command
from support.processes import nobody_else_is_connected, started_night, wait_until
from support.results import snapshot_rows

from .conftest import Fact, rows_of

QUARTER_OF_A_CENT = 0.0025
LAST = "2026-11-20"
FACTS = """
SELECT f.*, u.symbol AS underlying, i.expiry, i.strike, i.option_right, v.close AS vix FROM option_analytics f
JOIN instruments i ON i.id = f.instrument_id JOIN instruments u ON u.id = i.underlying_id
JOIN prices v ON v.market = f.market AND v.day = f.as_of
JOIN instruments w ON w.id = v.instrument_id AND w.symbol = 'VIX'"""
WRITTEN = "SELECT instrument_id, as_of, xmin::text AS writer, delta FROM option_analytics ORDER BY 2, 1"
STEPS = "SELECT job FROM batch_steps s JOIN batch_runs r ON r.id = s.run_id WHERE r.status = 'running' ORDER BY 1"


@pytest.fixture(scope="module")
def facts(databases: DatabaseCopies, with_demo: str) -> list[Fact]:
    """All facts of the demo; nobody may stay connected to what others copy."""
    with closing(Database(databases.url_of(with_demo))) as database:
        return rows_of(database, FACTS)


def terms_of(fact: Fact) -> OptionTerms:
    return OptionTerms(fact["underlying"], fact["expiry"], Right(fact["option_right"]), Decimal(fact["strike"]))


def test_the_price_that_our_model_gives_is_the_vendors_own_to_a_quarter_of_a_cent(
    facts: list[Fact], trading_days: TradingCalendar
) -> None:
    market = SimulatedMarket(trading_days)
    days = sorted({fact["as_of"] for fact in facts})
    assert len(days) == 61
    for day in days:
        mine = [fact for fact in facts if fact["as_of"] == day]
        assert len(mine) == 8
        theirs = market.model_prices([terms_of(fact) for fact in mine], day)
        assert np.array([fact["price"] for fact in mine]) == pytest.approx(theirs, abs=QUARTER_OF_A_CENT + 1e-9)


def test_the_forward_of_the_vix_is_the_vendors(facts: list[Fact]) -> None:
    """Implied by two quotes, each within a quarter of a cent."""
    for fact in facts:
        if fact["underlying"] == "VIX":
            theirs = vix_forward(np.array([fact["spot"]]), np.array([fact["tau_years"]]))[0]
            assert fact["forward"] == pytest.approx(theirs, abs=2.1 * QUARTER_OF_A_CENT)


def test_volatilities_lie_on_the_vendors_surface(facts: list[Fact]) -> None:
    """At the money it is known in closed form; away from it the skew leans as the vendor says."""
    nearness = []
    for fact in facts:
        smile, tau = SMILES[fact["underlying"]], fact["tau_years"]
        variance = total_variance([smile], np.array([fact["vix"]]), np.array([tau]))[0]
        at_the_money, place = np.sqrt(variance / tau), np.log(float(fact["strike"]) / fact["forward"])
        ratio = fact["volatility"] / at_the_money
        nearness.append(abs(ratio - 1) if abs(place) < 0.02 else 0.0)
        leaning = np.sign(-smile.skew * place)
        if abs(place) > 0.1 and fact["underlying"] != "TSLA":  # its wings outweigh its skew
            assert leaning * (ratio - 1) > 0, (fact["underlying"], fact["as_of"], place, ratio)
        assert 0.6 < ratio < 1.5
    assert 0 < max(nearness) < 0.05


def test_a_night_killed_between_greeks_and_snapshots_does_not_make_its_greeks_again(
    databases: DatabaseCopies, with_demo: str
) -> None:
    with databases.copy(with_demo) as url:
        before = snapshot_rows(url)
        with started_night(url, "--as-of", LAST) as process, psycopg.connect(url) as blocker:
            blocker.execute("LOCK TABLE portfolio_snapshots IN SHARE MODE")
            wait_until(lambda: waits_for_snapshots(url))
            process.kill()
            process.wait()
        wait_until(lambda: nobody_else_is_connected(url))
        with closing(Database(url)) as database:
            written, steps = rows_of(database, WRITTEN), rows_of(database, STEPS)
            assert [step["job"] for step in steps] == ["factors", "greeks", "market-data"]
            finished = run_command(url, "night", "--as-of", LAST)
            assert finished.returncode == 0, finished.stderr
            assert rows_of(database, WRITTEN) == written
        assert snapshot_rows(url) == before


def waits_for_snapshots(url: str) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'portfolio_snapshots'::regclass"
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchone() != (0,)
