"""`sigmasight providers`: whom the live market's data come from, what that costs, and whether they agree."""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from math import isfinite
from typing import Annotated

import typer

from sigmasight.cli.data_quality import quarantined_document, quarantined_line
from sigmasight.cli.output import announce, print_json, print_table
from sigmasight.cli.session import AsJson, Document, fixed, percent, rounded
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import normalize_ticker
from sigmasight.domain.usage import Usage
from sigmasight.market.meters import grown
from sigmasight.services.aliases import name_alias
from sigmasight.services.market_sources import KINDS, Sources
from sigmasight.services.provider_comparison import Compared, compare_prices
from sigmasight.services.provider_plan import NIGHTS_A_MONTH, Spending, plan_spending, session_due
from sigmasight.services.quarantine import confirm_close
from sigmasight.store.provider_usage import add_usage, usage_between
from sigmasight.store.quarantine import load_quarantined
from sigmasight.store.runs import NightCoverage, nightly_coverage
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False)
_PLACES = 8
Simulated = Annotated[bool, typer.Option("--simulated", help="Of the simulated market.")]


@app.command("status")
def run_status(as_json: AsJson = False) -> None:
    """Show who is asked for what, in which order, and what was spent today and this month."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application:
        sources, today = _sources(application), application.today
        with application.db.read() as conn:
            spent = {
                "today": usage_between(conn, today, today),
                "month": usage_between(conn, today.replace(day=1), today),
            }
    routes = {kind: [provider.name for provider in getattr(sources, kind)] for kind in KINDS}
    if as_json:
        usage = {span: {name: _usage(each) for name, each in found.items()} for span, found in spent.items()}
        print_json({"today": today.isoformat(), "asked_in_order": routes, "usage": usage})
        return
    print_table("Who is asked, in this order", ["data", "providers"], _route_rows(routes), text_columns=2)
    rows = [_usage_row(span, name, each) for span, found in spent.items() for name, each in sorted(found.items())]
    if rows:
        columns = ["span", "provider", "calls", "errors", "bytes", "credits", "USD"]
        print_table(f"Spent up to {today}, New York", columns, rows, text_columns=2)
    _advise(sources)


@app.command("plan")
def run_plan(as_json: AsJson = False) -> None:
    """Show what the next night will ask of each provider, and a month of nights: calls, credits, minutes, USD."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application:
        sources = _sources(application)
        with application.db.write() as conn:
            as_of = session_due(conn, application.valuation, application.last_completed)
            plan = plan_spending(
                conn, application.valuation, sources, as_of, history_sessions=settings.history_sessions
            )
    if as_json:
        spans = {"tonight": plan.tonight, "month": plan.month}
        print_json(
            {"as_of": plan.as_of.isoformat()} | {span: list(map(_spending, all_)) for span, all_ in spans.items()}
        )
        return
    columns = ["provider", "data", "requests", "calls", "credits", "minutes", "USD"]
    spans = {f"The night of {plan.as_of}": plan.tonight, f"A month, {NIGHTS_A_MONTH} nights from it on": plan.month}
    for title, spendings in spans.items():
        if spendings:
            print_table(title, columns, list(map(_spending_row, spendings)), text_columns=2)
    _advise(sources)


@app.command("compare")
def run_compare(
    symbols: Annotated[str, typer.Option("--symbols", help="Tickers with commas between.")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The last completed session.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last completed session.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask all providers of prices for the same closes and put the answers side by side; only the calls are kept."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application:
        until = last.date() if last else application.last_completed
        since = first.date() if first else until
        if until < since:
            raise typer.BadParameter("--from names a later day than --to")
        sources = _sources(application)
        found = compare_prices(sources, _tickers(symbols), since, until)
        with application.db.write() as conn:
            add_usage(conn, application.today, grown(sources.meters))
    for provider, said in found.failures:
        announce(f"{provider}: {said}")
    if as_json:
        print_json(_comparison(found))
    elif as_csv:
        _print_csv(found)
    else:
        _print_comparison(found, since, until)
    _advise(sources)


@app.command("coverage")
def run_coverage(
    sessions: Annotated[int, typer.Option("--sessions", min=1, max=1000, help="How many of the last sessions.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show of the last nights what share of the held instruments had a price, and who failed."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.read() as conn:
        last = application.last_completed
        nights = nightly_coverage(conn, application.calendar.sessions_back(last, sessions - 1), last)
    if as_json:
        print_json({"nights": [_night(each) for each in nights]})
        return
    columns = ["session", "status", "priced", "of", "coverage", "kept aside", "failed providers"]
    print_table("Market data of the last nights", columns, [_night_row(each) for each in nights], text_columns=2)


@app.command("refused")
def run_refused(
    symbols: Annotated[str | None, typer.Option("--symbols", help="Tickers with commas between; all.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    simulated: Simulated = False,
    as_json: AsJson = False,
) -> None:
    """Show what vendors told that was not taken, and why, newest first."""
    settings = Settings()
    configure_logs(settings)
    market = Market.SIMULATED if simulated else Market.LIVE
    with open_application(settings, announce) as application, application.db.read() as conn:
        rows = load_quarantined(conn, market, symbols=_tickers(symbols) if symbols else None, limit=limit)
    if as_json:
        print_json({"kept_aside": [quarantined_document(row) for row in rows]})
        return
    for row in rows:
        announce(quarantined_line(row))
    announce(f"{len(rows)} kept aside in the {market} market")


@app.command("confirm")
def run_confirm(
    symbol: Annotated[str, typer.Argument(help="The ticker.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day of the close that jumped.")],
    why: Annotated[str, typer.Option("--why", help="Why it is right; kept with the confirmation.")],
    simulated: Simulated = False,
) -> None:
    """Let a close in that jumped without a split; the next night or backfill asks for it again."""
    settings = Settings()
    configure_logs(settings)
    market = Market.SIMULATED if simulated else Market.LIVE
    with open_application(settings, announce) as application, application.db.write() as conn:
        confirm_close(conn, market, normalize_ticker(symbol), day.date(), why)
    announce(f"{normalize_ticker(symbol)} {day.date()}: confirmed; the next night or backfill asks for it again")


@app.command("alias")
def run_alias(
    alias: Annotated[str, typer.Argument(help="The other name, such as FB.")],
    symbol: Annotated[str, typer.Argument(help="The symbol it means, such as META.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The day on which it means it no more.")
    ] = None,
) -> None:
    """Let a ticker in files mean another one's instrument. It may be another company's later: say until when."""
    settings = Settings()
    configure_logs(settings)
    named = normalize_ticker(alias), normalize_ticker(symbol)
    with open_application(settings, announce) as application, application.db.write() as conn:
        name_alias(conn, *named, valid_from=first.date(), valid_to=last.date() if last else None)
    announce(f"{named[0]} means {named[1]} from {first.date()}" + (f" until {last.date()}" if last else " on"))


def _sources(application: Application) -> Sources:
    return application.night_plan().sources[Market.LIVE]


def _tickers(text: str) -> list[str]:
    return [normalize_ticker(each) for each in text.split(",") if each.strip()]


def _night(each: NightCoverage) -> Document:
    return {
        "as_of": each.as_of.isoformat(),
        "status": each.status,
        "held": each.held,
        "priced": each.priced,
        "coverage": each.coverage,
        "kept_aside": each.refused,
        "failed_providers": list(each.failed),
    }


def _night_row(each: NightCoverage) -> list[str]:
    counts = [str(each.priced), str(each.held), percent(each.coverage), str(each.refused)]
    return [each.as_of.isoformat(), each.status, *counts, ", ".join(each.failed) or "none"]


def _advise(sources: Sources) -> None:
    if not sources.prices:
        announce(sources.advice)


def _route_rows(routes: dict[str, list[str]]) -> list[list[str]]:
    return [[kind, ", ".join(names) or "nobody"] for kind, names in routes.items()]


def _usage(each: Usage) -> Document:
    return {
        "calls": each.calls,
        "errors": each.errors,
        "bytes": each.bytes,
        "credits": each.credits,
        "usd": rounded(each.cost, _PLACES),
    }


def _usage_row(span: str, name: str, each: Usage) -> list[str]:
    counts = [f"{each.calls:,}", f"{each.errors:,}", f"{each.bytes:,}", f"{each.credits:,.0f}"]
    return [span, name, *counts, fixed(each.cost, 2)]


def _spending(each: Spending) -> Document:
    return {
        "provider": each.provider,
        "data": each.kind,
        "requests": each.requests,
        "calls": each.calls,
        "credits": each.credits,
        "minutes": rounded(each.minutes, 2),
        "usd": rounded(each.cost, _PLACES),
    }


def _spending_row(each: Spending) -> list[str]:
    counts = [f"{each.requests:,}", f"{each.calls:,}", f"{each.credits:,.0f}"]
    return [each.provider, each.kind, *counts, fixed(each.minutes, 1), fixed(each.cost, 2)]


def _comparison(found: Compared) -> Document:
    return {
        "providers": list(found.providers),
        "rows": [
            {
                "symbol": row.symbol,
                "day": row.day.isoformat(),
                "closes": {
                    name: rounded(close, _PLACES) for name, close in zip(found.providers, row.closes, strict=True)
                },
                "spread": rounded(row.spread, _PLACES),
            }
            for row in found.rows
        ],
        "failures": [{"provider": provider, "reason": said} for provider, said in found.failures],
    }


def _print_csv(found: Compared) -> None:
    lines = csv.writer(sys.stdout, lineterminator="\n")
    lines.writerow(["symbol", "day", *found.providers, "spread"])
    for row in found.rows:
        lines.writerow([row.symbol, row.day.isoformat(), *map(_cell, (*row.closes, row.spread))])


def _print_comparison(found: Compared, first: date, last: date) -> None:
    columns = ["symbol", "day", *found.providers, "apart"]
    rows = [[row.symbol, row.day.isoformat(), *_closes(row.closes), _apart(row.spread)] for row in found.rows]
    print_table(f"Closes from {first} to {last}, USD", columns, rows, text_columns=2)


def _closes(closes: Sequence[float]) -> Iterable[str]:
    return (fixed(close, 4) for close in closes)


def _apart(spread: float) -> str:
    return f"{spread:.3%}" if isfinite(spread) else "n/a"


def _cell(value: float) -> float | str:
    found = rounded(value, _PLACES)
    return "" if found is None else found
