"""`sigmasight night`: run the night of one date, or of several."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.progress import TaskID

from sigmasight.batch.night import NightOutcome, run_night
from sigmasight.cli.exits import FAILED
from sigmasight.cli.output import announce, print_json, print_table, progress_bar
from sigmasight.cli.snapshots import print_portfolios, shown_documents
from sigmasight.domain.books import Portfolio
from sigmasight.domain.snapshots import Snapshot
from sigmasight.store.people import all_portfolios
from sigmasight.store.snapshots import load_snapshots
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

SHOWN_PORTFOLIOS = 20
SHOWN_ERRORS = 20


def run_nights(
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The session; the last completed one.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First session of several.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last session of several.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the night: from market data to Greeks, factors, scenarios and snapshots. Again replaces, never doubles."""
    if as_of is not None and (first is not None or last is not None):
        raise typer.BadParameter("--as-of names one session, --from and --to several: use one of the two")
    if (first is None) != (last is None):
        raise typer.BadParameter("--from and --to belong together")
    if first is not None and last is not None and last < first:
        raise typer.BadParameter("--from names a later day than --to")
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application:
        sessions, skipped = _wanted(application, as_of, first, last)
        outcomes = nights_with_progress(application, sessions)
        shown = _latest(application, outcomes)
    if as_json:
        nights = [_document(outcome) for outcome in outcomes]
        print_json({"nights": nights, "portfolios": shown_documents(shown), "skipped": skipped})
    else:
        _print(outcomes, skipped)
        print_portfolios(shown)
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(FAILED)


def nights_with_progress(application: Application, sessions: list[date]) -> list[NightOutcome]:
    """Run the nights of some sessions in order, with a bar on standard error."""
    plan = application.night_plan()
    outcomes = []
    with progress_bar() as progress:
        bar = progress.add_task("nights", total=len(sessions))
        for session in sessions:
            inner = progress.add_task(f"{session}", total=None)

            def show(job: str, done: int, total: int, task: TaskID = inner, day: date = session) -> None:
                progress.update(task, description=f"{day} {job}", completed=done, total=total)

            outcomes.append(run_night(application.db, plan, session, show))
            progress.remove_task(inner)
            progress.advance(bar)
    return outcomes


def _wanted(
    application: Application, as_of: datetime | None, first: datetime | None, last: datetime | None
) -> tuple[list[date], list[dict[str, str]]]:
    """The sessions to run, and what was asked for but cannot be."""
    calendar, completed = application.calendar, application.last_completed
    if first is not None and last is not None:
        asked = list(calendar.sessions_between(first.date(), last.date()))
        nothing = [] if asked else [_skip(first.date(), f"no trading day lies between it and {last.date()}")]
    else:
        day = as_of.date() if as_of is not None else completed
        asked = [day] if calendar.is_trading_day(day) else []
        nothing = [] if asked else [_skip(day, "it is no trading day of the New York Stock Exchange")]
    open_still = f"its session has not closed yet; the last completed one is {completed}"
    return [d for d in asked if d <= completed], nothing + [_skip(d, open_still) for d in asked if d > completed]


def _skip(day: date, reason: str) -> dict[str, str]:
    return {"as_of": day.isoformat(), "status": "skipped", "reason": reason}


def _latest(application: Application, outcomes: list[NightOutcome]) -> list[tuple[Portfolio, Snapshot | None]]:
    """The first portfolios with their snapshots of the last night that was run."""
    if not outcomes:
        return []
    as_of = outcomes[-1].as_of
    with application.db.read() as conn:
        listed = [portfolio for _, portfolio in all_portfolios(conn)][:SHOWN_PORTFOLIOS]
        found = [(portfolio, load_snapshots(conn, portfolio.id, as_of, as_of)) for portfolio in listed]
    return [(portfolio, made[0] if made else None) for portfolio, made in found]


def _document(outcome: NightOutcome) -> dict[str, object]:
    return {
        "as_of": outcome.as_of.isoformat(),
        "status": outcome.status,
        "portfolios": outcome.portfolios,
        "failed_portfolios": outcome.failed_portfolios,
        "coverage": outcome.coverage,
        "jobs": [{"name": job.name, "status": job.status, "seconds": round(job.seconds, 4)} for job in outcome.jobs],
        "errors": [dict(error) for error in outcome.errors],
    }


def _print(outcomes: list[NightOutcome], skipped: list[dict[str, str]]) -> None:
    rows = [
        [
            outcome.as_of.isoformat(),
            outcome.status,
            str(outcome.portfolios),
            str(outcome.failed_portfolios),
            f"{outcome.coverage:.1%}",
            f"{sum(job.seconds for job in outcome.jobs):.2f}",
        ]
        for outcome in outcomes
    ]
    if rows:
        columns = ("session", "status", "portfolios", "failed", "priced", "seconds")
        print_table("Nights", columns, rows, text_columns=2)
    for outcome in outcomes:
        print_errors(outcome)
    for skip in skipped:
        announce(f"{skip['as_of']} skipped: {skip['reason']}.")


def print_errors(outcome: NightOutcome) -> None:
    """Tell what a night could not do, one line each."""
    for error in outcome.errors[:SHOWN_ERRORS]:
        announce(f"{outcome.as_of}: " + ", ".join(f"{key} {value}" for key, value in error.items()))
    if len(outcome.errors) > SHOWN_ERRORS:
        announce(f"{outcome.as_of}: and {len(outcome.errors) - SHOWN_ERRORS} more; --json lists all")
