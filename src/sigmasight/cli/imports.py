"""`sigmasight import`: a file of positions into a portfolio, every row with its verdict."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sigmasight.cli.exits import IMPORT_REFUSED
from sigmasight.cli.files import read_file
from sigmasight.cli.output import announce, console, print_json, print_table
from sigmasight.domain.books import Portfolio
from sigmasight.domain.market_data import Market
from sigmasight.intake.csv_table import MAX_BYTES
from sigmasight.intake.verdicts import Verdict
from sigmasight.services.imports import Fate, Preview, PreviewRow, commit_import, preview_import
from sigmasight.services.portfolios import allow_estimates, find_or_make_portfolio, find_portfolio
from sigmasight.store.positions import ImportRecord
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

_SHOWN_ISSUES = 50
_COUNTED = ("rows read", "taken", "in the book already", "refused")


def run_import(
    file: Annotated[Path, typer.Argument(help="A CSV with ticker, quantity, entry_price, entry_date and tags.")],
    portfolio: Annotated[str, typer.Option("--portfolio", help="The portfolio's name.")],
    user: Annotated[str | None, typer.Option("--user", help="Its owner's e-mail, if several have that name.")] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the portfolio if it is not there (needs --user).")
    ] = False,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="With --create: value it by the simulated market.")
    ] = False,
    lots: Annotated[
        bool, typer.Option("--lots", help="The file lists tax lots: a ticker may repeat on one date.")
    ] = False,
    only_good: Annotated[
        bool, typer.Option("--only-good", help="Take the good rows although others have errors.")
    ] = False,
    estimates: Annotated[
        bool | None,
        typer.Option(
            "--estimates/--no-estimates",
            help="Let volatilities that no option tells be estimated in this portfolio, marked as such.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the verdicts; save nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import positions: all rows, or with --only-good the good ones, or nothing. The same file twice adds nothing."""
    settings = Settings()
    configure_logs(settings)
    content = read_file(file, max_bytes=MAX_BYTES)
    with open_application(settings, announce) as application, application.db.write() as conn:
        if create:
            market = Market.SIMULATED if simulated else Market.LIVE
            target = find_or_make_portfolio(conn, portfolio, email=user, market=market, today=application.today)
        else:
            hint = "Make it with --create --user E-MAIL."
            target = find_portfolio(conn, portfolio, email=user, hint=hint)
        preview = preview_import(conn, target, file_name=file.name, content=content, today=application.today, lots=lots)
        if dry_run:
            conn.rollback()
            _show_preview(preview, only_good=only_good, as_json=as_json)
            return
        _show_issues(preview)
        if estimates is not None:
            target = allow_estimates(conn, application.valuation, target, allowed=estimates)
        record = commit_import(
            conn, application.valuation, target, preview, today=application.today, only_good=only_good
        )
    _report(record, preview, target, valued_from=_first_values(application), as_json=as_json)


def _show_preview(preview: Preview, *, only_good: bool, as_json: bool) -> None:
    if as_json:
        print_json({"file": preview.file_name, "committed": False, **_document(preview)})
    else:
        _show_issues(preview)
        counts = [str(len(preview.rows)), *(str(preview.count(fate)) for fate in Fate)]
        print_table(f"{preview.file_name}: nothing was saved", _COUNTED, [counts], text_columns=0)
    refused = preview.count(Fate.REFUSE)
    if refused == len(preview.rows) or (refused and not only_good):
        raise typer.Exit(IMPORT_REFUSED)


def _show_issues(preview: Preview) -> None:
    issues = [issue for row in preview.rows for issue in row.verdict.issues]
    for issue in issues[:_SHOWN_ISSUES]:
        place = f"line {issue.line}" + (f", {issue.column}" if issue.column else "")
        announce(f"{place}: {issue.severity}: {issue.message}")
    if len(issues) > _SHOWN_ISSUES:
        announce(f"and {len(issues) - _SHOWN_ISSUES} more; --json lists all")


def _first_values(application: Application) -> date:
    """The first session at whose close what is brought in today is valued."""
    calendar, today = application.calendar, application.today
    return today if calendar.is_trading_day(today) else calendar.next_session(today)


def _report(record: ImportRecord, preview: Preview, portfolio: Portfolio, *, valued_from: date, as_json: bool) -> None:
    if as_json:
        document = {"file": record.file_name, "portfolio": portfolio.name, "committed": True}
        print_json({**document, "valued_from": valued_from.isoformat(), **_document(preview)})
        return
    rows = [[str(record.rows_read), str(record.rows_taken), str(record.rows_known), str(record.rows_refused)]]
    print_table(f"{record.file_name} into {portfolio.name}", _COUNTED, rows, text_columns=0)
    if record.rows_taken:
        console.print(f"They are valued from the close of {valued_from} on: sigmasight night")


def _document(preview: Preview) -> dict[str, object]:
    totals = preview.parsed.totals
    return {
        "sha256": preview.sha256,
        "encoding": preview.parsed.encoding,
        "delimiter": preview.parsed.delimiter,
        "columns": {column.name: column.meaning for column in preview.parsed.columns},
        "ignored_columns": list(preview.parsed.ignored),
        "totals": {
            "rows": totals.rows,
            "ok": totals.ok,
            "warnings": totals.warnings,
            "errors": totals.errors,
            "taken": preview.count(Fate.TAKE),
            "known": preview.count(Fate.KNOWN),
        },
        "rows": [_row(row) for row in preview.rows],
    }


def _row(row: PreviewRow) -> dict[str, object]:
    position = row.verdict.position
    return {
        "line": row.verdict.line,
        "verdict": str(Verdict(row.verdict.verdict)),
        "fate": str(row.fate),
        "ticker": position.symbol if position else None,
        "quantity": str(position.quantity) if position else None,
        "issues": [
            {"line": i.line, "column": i.column, "value": i.value, "message": i.message, "severity": str(i.severity)}
            for i in row.verdict.issues
        ],
    }
