"""Which nights the demo still lacks, and what it shows when they are done."""

from dataclasses import dataclass
from datetime import date

from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.demo.seed import Seeded
from sigmasight.store.database import Connection
from sigmasight.store.runs import StepRecord, last_run, nights_done, steps_of
from sigmasight.store.snapshots import days_from, load_snapshots


@dataclass(frozen=True, slots=True)
class Summary:
    """The demo at its last night."""

    as_of: date
    portfolios: tuple[tuple[Portfolio, Snapshot], ...]
    steps: tuple[StepRecord, ...]


def missing_nights(conn: Connection, seeded: Seeded, calendar: TradingCalendar, last: date) -> tuple[date, ...]:
    """Sessions since the demo was brought in without a finished night, or without a snapshot of each portfolio."""
    sessions = calendar.sessions_between(seeded.brought_in, last)
    present = days_from(conn, [portfolio.id for portfolio in seeded.portfolios], seeded.brought_in)
    finished = nights_done(conn, seeded.brought_in, last)
    whole = finished.intersection(*(present.get(portfolio.id, ()) for portfolio in seeded.portfolios))
    return tuple(session for session in sessions if session not in whole)


def summarize_demo(conn: Connection, seeded: Seeded, as_of: date) -> Summary:
    """The demo's snapshots of a session, and how its night went."""
    found = [
        (portfolio, snapshot)
        for portfolio in seeded.portfolios
        for snapshot in load_snapshots(conn, portfolio.id, as_of, as_of)
    ]
    run = last_run(conn, as_of)
    return Summary(as_of, tuple(found), steps_of(conn, run.id) if run else ())
