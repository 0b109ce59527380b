"""`sigmasight backfill`: the history of symbols, as far as it was never asked for."""

from datetime import date, datetime
from typing import Annotated

import typer

from sigmasight.batch.backfill import Backfilled, backfill
from sigmasight.cli.exits import FAILED
from sigmasight.cli.output import announce, print_json, print_table, progress_bar
from sigmasight.cli.session import AsJson, Document
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import normalize_ticker
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

_SHOWN = 20


def run_backfill(
    symbols: Annotated[
        str | None, typer.Option("--symbols", help="Tickers with commas between; all that is held, and the factors'.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="SIGMASIGHT_HISTORY_SESSIONS back.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last completed session.")
    ] = None,
    simulated: Annotated[bool, typer.Option("--simulated", help="Of the simulated market.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fill history: prices, dividends, splits, profiles and yields that were never asked for. Goes on where it was."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application:
        days = _days(application, first, last)
        wanted = [normalize_ticker(each) for each in (symbols or "").split(",") if each.strip()]
        market = Market.SIMULATED if simulated else Market.LIVE
        with progress_bar() as progress:
            bar = progress.add_task(f"{days[0]} to {days[1]}", total=None)
            outcome = backfill(
                application.db,
                application.night_plan(),
                market,
                days,
                wanted,
                lambda done, of: progress.update(bar, completed=done, total=of),
            )
    if as_json:
        print_json(_document(outcome))
    else:
        _print(outcome)
    if any("provider" in error for error in outcome.errors):
        raise typer.Exit(FAILED)


def _days(application: Application, first: datetime | None, last: datetime | None) -> tuple[date, date]:
    until = last.date() if last else application.last_completed
    window = application.settings.history_sessions - 1
    since = first.date() if first else application.calendar.sessions_back(until, window)
    if until < since:
        raise typer.BadParameter("--from names a later day than --to")
    return since, until


def _document(outcome: Backfilled) -> Document:
    return {
        "from": outcome.first.isoformat(),
        "to": outcome.last.isoformat(),
        "sessions": outcome.sessions,
        "symbols": outcome.symbols,
        "requests": outcome.requests,
        "refused": outcome.refused,
        "without_prices": list(outcome.without_prices),
        "errors": [dict(error) for error in outcome.errors],
    }


def _print(outcome: Backfilled) -> None:
    title = f"History from {outcome.first} to {outcome.last}, {outcome.sessions} sessions"
    row = [str(n) for n in (outcome.symbols, outcome.requests, outcome.refused, len(outcome.without_prices))]
    print_table(title, ["symbols", "requests", "rows kept aside", "without prices"], [row], text_columns=0)
    for error in outcome.errors:
        announce(", ".join(f"{key} {value}" for key, value in error.items()))
    for symbol in outcome.without_prices[:_SHOWN]:
        announce(f"no price in the range: {symbol}")
    if len(outcome.without_prices) > _SHOWN:
        announce(f"and {len(outcome.without_prices) - _SHOWN} more without a price; --json lists all")
