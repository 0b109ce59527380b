"""`sigmasight demo`: three portfolios, their nights, one summary; no key, no network, no server installed."""

from typing import Annotated

import typer

from sigmasight.cli.exits import FAILED
from sigmasight.cli.night import nights_with_progress, print_errors
from sigmasight.cli.output import announce, console, errors, print_json, print_table
from sigmasight.cli.snapshots import print_portfolios, shown_documents
from sigmasight.services.demo.check import check_demo
from sigmasight.services.demo.nights import Summary, missing_nights, summarize_demo
from sigmasight.services.demo.seed import PASSWORD, Seeded, remove_demo, seed_demo
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.errors import SettingError
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.passwords import hash_password
from sigmasight.wiring.settings import Settings


def run_demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the summary.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only look whether the demo is whole.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Delete the demo first, then make it anew.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a reset.")] = False,
) -> None:
    """Make the demo, or bring it up to the last completed session, and show it."""
    settings = Settings()
    configure_logs(settings)
    if settings.environment != "development":
        raise SettingError("The demo's password is public, so the demo runs only where SIGMASIGHT_ENV is development.")
    if reset and not yes:
        question = "Delete the demo's three users, their portfolios and the simulated market's prices?"
        if not typer.confirm(question, err=True):
            errors.print("Nothing was deleted.")
            raise typer.Exit(FAILED)
    with open_application(settings, announce) as application:
        if check:
            _check(application, as_json=as_json)
            return
        _make(application, reset=reset, as_json=as_json)
    if not (as_json or no_serve):
        console.print(f"\nSign in as one of the demo's users with the password {PASSWORD}.")


def _make(application: Application, *, reset: bool, as_json: bool) -> None:
    market, last = application.simulated_market(), application.last_completed
    with application.db.write() as conn:
        if reset:
            errors.print(f"Deleted {remove_demo(conn)} demo users.")
        seeded = seed_demo(conn, market, application.calendar, last, hash_password)
    with application.db.read() as conn:
        missing = missing_nights(conn, seeded, application.calendar, last)
    outcomes = nights_with_progress(application, list(missing))
    with application.db.read() as conn:
        summary = summarize_demo(conn, seeded, last)
    if as_json:
        print_json(_document(summary))
    else:
        _print(summary, seeded, nights=len(missing))
    for outcome in outcomes:
        print_errors(outcome)
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(FAILED)


def _check(application: Application, *, as_json: bool) -> None:
    with application.db.read() as conn:
        conditions = check_demo(conn, application.last_completed)
    whole = all(condition.holds for condition in conditions)
    if as_json:
        found = [{"what": c.what, "wanted": c.wanted, "found": c.found, "holds": c.holds} for c in conditions]
        print_json({"as_of": application.last_completed.isoformat(), "whole": whole, "conditions": found})
    else:
        rows = [[c.what, c.wanted, c.found, "yes" if c.holds else "NO"] for c in conditions]
        print_table(f"The demo at {application.last_completed}", ("what", "wanted", "found", "holds"), rows)
    if not whole:
        errors.print("The demo is not whole. Make it, or bring it up to date: sigmasight demo")
        raise typer.Exit(FAILED)


def _document(summary: Summary) -> dict[str, object]:
    return {
        "as_of": summary.as_of.isoformat(),
        "provider": "simulated",
        "portfolios": shown_documents(summary.portfolios),
        "jobs": _jobs(summary),
    }


def _jobs(summary: Summary) -> list[dict[str, object]]:
    jobs: dict[str, dict[str, object]] = {}
    for step in summary.steps:
        job = jobs.setdefault(step.job, {"name": step.job, "status": step.status, "seconds": 0.0})
        job["seconds"] = round(float(str(job["seconds"])) + step.seconds, 4)
        if step.status not in {"ok", job["status"]}:
            job["status"] = step.status
    return list(jobs.values())


def _print(summary: Summary, seeded: Seeded, *, nights: int) -> None:
    console.print(
        f"SigmaSight demo: simulated market, close of {summary.as_of}; brought in on {seeded.brought_in}; "
        f"{nights} nights run now.",
        soft_wrap=True,
    )
    print_portfolios(summary.portfolios)
    rows = [[str(value) for value in job.values()] for job in _jobs(summary)]
    print_table("Last night", ("job", "status", "seconds"), rows, text_columns=2)
