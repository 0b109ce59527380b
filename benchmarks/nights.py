"""Whole nights with the database: the demo's, and those of generated portfolios, by job, with memory and bytes."""

import resource
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import text

from benchmarks.measure import Measured, median_seconds
from sigmasight.batch.night import NightOutcome, run_night
from sigmasight.domain.books import Portfolio
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.simulated import SimulatedMarket, listed_strike_nearest, standard_expiry_nearest
from sigmasight.market.simulated.universe import universe
from sigmasight.services.demo.seed import seed_demo
from sigmasight.store.database import Connection
from sigmasight.store.instruments import find_instruments, save_options, save_profiles
from sigmasight.store.people import add_portfolio, add_user
from sigmasight.store.positions import NewPosition, add_positions
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.passwords import hash_password
from sigmasight.wiring.settings import Settings

SESSION = date(2026, 11, 17)
"""A Tuesday, on which correlations are made too."""

_PORTFOLIOS, _POSITIONS, _CONTRACTS_EACH = 100, 50, 10
_ROOTS = ("SPY", "QQQ", "IWM", "AAPL", "MSFT", "NVDA", "TSLA", "META", "AMZN", "GOOGL")
_RESULTS = (
    *("portfolio_snapshots", "factor_exposures", "market_risk_scenarios", "stress_test_results"),
    *("value_at_risk", "correlation_calculations"),
)


def measure_nights() -> Iterator[Measured]:
    """The demo's night, then that of a hundred portfolios in a database of its own."""
    with fresh_application() as application:
        yield _demo_night(application)
    with fresh_application() as application:
        yield from _generated_nights(application)


@contextmanager
def fresh_application() -> Iterator[Application]:
    """An application on a fresh embedded database, whose clock stands after the session."""
    with tempfile.TemporaryDirectory(prefix="sigmasight-bench-") as home:
        Path(home).chmod(0o755)
        settings = Settings.model_validate(
            {"SIGMASIGHT_HOME": Path(home) / "home", "SIGMASIGHT_NOW": f"{SESSION}T22:00:00+00:00"}
        )
        with open_application(settings, lambda _: None) as application:
            yield application


def _demo_night(application: Application) -> Measured:
    market = application.simulated_market()
    with application.db.write() as conn:
        seeded = seed_demo(conn, market, application.calendar, SESSION, hash_password)
    plan = application.night_plan(market)
    for session in application.calendar.sessions_between(seeded.brought_in, SESSION):
        run_night(application.db, plan, session, lambda *_: None)
    taken = median_seconds(lambda: run_night(application.db, plan, SESSION, lambda *_: None))
    return Measured("whole night of the three demo portfolios, prices there", taken, "-", "-", "under 2 s")


def _generated_nights(application: Application) -> Iterator[Measured]:
    market = application.simulated_market()
    with application.db.write() as conn:
        generate_portfolios(conn, application, market, _PORTFOLIOS, _POSITIONS)
    plan = application.night_plan(market)
    before = application.calendar.previous_session(SESSION)
    run_night(application.db, plan, before, lambda *_: None)
    run_night(application.db, plan, SESSION, lambda *_: None)
    outcome: list[NightOutcome] = []
    taken = median_seconds(lambda: outcome.append(run_night(application.db, plan, SESSION, lambda *_: None)))
    jobs = ", ".join(f"{job.name} {job.seconds:.2f}" for job in outcome[-1].jobs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = f"whole night of {_PORTFOLIOS} portfolios x {_POSITIONS} positions, a fifth of them options, prices there"
    yield Measured(what, taken, f"seconds by job: {jobs}", f"{peak:.0f} MB at most", "under 6 s")
    with application.db.read() as conn:
        sizes = {table: _bytes_each(conn, table) for table in _RESULTS}
    listed = ", ".join(f"{table} {size:,.0f}" for table, size in sizes.items())
    yield Measured(
        f"bytes of a portfolio-night: {listed}", None, "-", f"{sum(sizes.values()):,.0f} bytes", "under 8 kB"
    )


def generate_portfolios(
    conn: Connection, application: Application, market: SimulatedMarket, portfolios: int, positions: int
) -> None:
    """Portfolios of the simulated market's names, popular ones oftener, long and short, a fifth of them options."""
    random = np.random.default_rng(11)
    opened = application.calendar.sessions_back(SESSION, 5)
    symbols = [symbol for symbol in sorted(universe()) if symbol != "VIX"]
    save_profiles(conn, market.profiles([*symbols, "VIX"]), market.name)
    contracts = _contracts(application, market, opened)
    save_options(conn, contracts, opened)
    names = [*symbols, *map(occ_symbol, contracts)]
    ids = find_instruments(conn, names, opened)
    shares, options = [ids[each] for each in symbols], [ids[occ_symbol(each)] for each in contracts]
    popular = 1.0 / np.arange(1, len(shares) + 1)
    user = add_user(conn, email="bench@example.org", name="Bench", password_hash="none")  # noqa: S106
    for at in range(portfolios):
        book = add_portfolio(conn, user_id=user.id, name=f"Book {at}", market=Market.SIMULATED, opened_on=opened)
        held = [
            *random.choice(shares, positions - positions // 5, p=popular / popular.sum()).tolist(),
            *random.choice(options, positions // 5).tolist(),
        ]
        _add(conn, book, held, random, opened)


def _contracts(application: Application, market: SimulatedMarket, day: date) -> Sequence[OptionTerms]:
    bars = market.daily_bars(_ROOTS, day, day)
    contracts = []
    for root in _ROOTS:
        expiry = standard_expiry_nearest(root, day + timedelta(days=90), application.calendar)
        for share in np.linspace(0.85, 1.15, _CONTRACTS_EACH):
            right = Right.CALL if share > 1.0 else Right.PUT
            strike = listed_strike_nearest(root, float(bars[root].close[0]) * float(share))
            contracts.append(OptionTerms(root, expiry, right, strike))
    return list(dict.fromkeys(contracts))


def _add(conn: Connection, book: Portfolio, held: list[int], random: np.random.Generator, day: date) -> None:
    quantity = random.integers(1, 500, len(held)) * random.choice([1, 1, 1, -1], len(held))
    none: dict[str, UUID] = {}
    new = [NewPosition(each, Decimal(int(q)), Decimal(100), day, ()) for each, q in zip(held, quantity, strict=True)]
    add_positions(conn, book, new, recorded_on=day, tag_ids=none, imported=True)


def _bytes_each(conn: Connection, table: str) -> float:
    size, rows = conn.execute(
        text(f"SELECT sum(pg_column_size(t.*)), count(*) FROM {table} t")  # noqa: S608 - a name of ours
    ).one()
    return float(size or 0) / max(int(rows), 1)
