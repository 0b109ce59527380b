"""`sigmasight night`: run the night of one date, or of several."""

from datetime import date, datetime
from typing import Annotated

import typer

from sigmasight.batch.night import NightOutcome, run_night
from sigmasight.cli.exits import FAILED
from sigmasight.cli.output import announce, errors, print_json, print_table, progress_bar
from sigmasight.domain.errors import NotATradingDayError
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings


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
    """Run the night: market data, values, aggregation, snapshots. Running it again replaces, never doubles."""
    if as_of is not None and (first is not None or last is not None):
        raise typer.BadParameter("--as-of names one session, --from and --to several: use one of the two")
    if (first is None) != (last is None):
        raise typer.BadParameter("--from and --to belong together")
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application:
        outcomes, skipped = _run(application, _wanted(application, as_of, first, last))
    if as_json:
        print_json({"nights": [_document(outcome) for outcome in outcomes], "skipped": skipped})
    else:
        _print(outcomes)
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

            def show(job: str, done: int, total: int, task: object = inner, day: date = session) -> None:
                progress.update(task, description=f"{day} {job}", completed=done, total=total)  # type: ignore[arg-type]

            outcomes.append(run_night(application.db, plan, session, show))
            progress.remove_task(inner)
            progress.advance(bar)
    return outcomes


def _wanted(
    application: Application, as_of: datetime | None, first: datetime | None, last: datetime | None
) -> list[date]:
    if first is not None and last is not None:
        return list(application.calendar.sessions_between(first.date(), last.date()))
    return [as_of.date() if as_of is not None else application.last_completed]


def _run(application: Application, sessions: list[date]) -> tuple[list[NightOutcome], list[dict[str, str]]]:
    if not sessions:
        errors.print("No trading day lies in that range: there is nothing to run.")
        return [], []
    try:
        return nights_with_progress(application, sessions), []
    except NotATradingDayError as error:
        errors.print(str(error))
        return [], [{"as_of": sessions[0].isoformat(), "status": "skipped", "reason": str(error)}]


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


def _print(outcomes: list[NightOutcome]) -> None:
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
        columns = ("session", "status", "portfolios", "failed", "coverage", "seconds")
        print_table("Nights", columns, rows, text_columns=2)
    for outcome in outcomes:
        for error in outcome.errors:
            errors.print(f"{outcome.as_of}: " + ", ".join(f"{key} {value}" for key, value in error.items()))
