"""`sigmasight import`: a file of positions into a portfolio, every row with its verdict."""

from pathlib import Path
from typing import Annotated

import typer

from sigmasight.cli.output import announce, console, errors, print_json, print_table
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import ImportRefusedError
from sigmasight.domain.market_data import Market
from sigmasight.intake.csv_table import MAX_BYTES
from sigmasight.intake.verdicts import Verdict
from sigmasight.services.imports import Fate, Preview, PreviewRow, commit_import, preview_import
from sigmasight.services.portfolios import find_or_make_portfolio, find_portfolio
from sigmasight.store.positions import ImportRecord
from sigmasight.wiring.application import open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

_SHOWN_ROWS = 50


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the verdicts; save nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import positions: all rows, or with --only-good the good ones, or nothing. The same file twice adds nothing."""
    settings = Settings()
    configure_logs(settings)
    content = _read(file)
    with open_application(settings, announce) as application, application.db.write() as conn:
        if create:
            market = Market.SIMULATED if simulated else Market.LIVE
            target = find_or_make_portfolio(conn, portfolio, email=user, market=market, today=application.today)
        else:
            target = find_portfolio(conn, portfolio, email=user)
        preview = preview_import(conn, target, file_name=file.name, content=content, today=application.today, lots=lots)
        _show(preview, as_json=as_json and dry_run)
        if dry_run:
            conn.rollback()
            return
        record = commit_import(
            conn, application.valuation, target, preview, today=application.today, only_good=only_good
        )
    _report(record, preview, target, as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ImportRefusedError(f"{file} cannot be read: {error.strerror}.") from error


def _show(preview: Preview, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": preview.file_name, "committed": False, **_document(preview)})
        return
    noted = [row for row in preview.rows if row.verdict.issues][:_SHOWN_ROWS]
    for row in noted:
        for issue in row.verdict.issues:
            place = f"line {issue.line}" + (f", {issue.column}" if issue.column else "")
            errors.print(f"{place}: {issue.severity}: {issue.message}", markup=False, soft_wrap=True)


def _report(record: ImportRecord, preview: Preview, portfolio: Portfolio, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": record.file_name, "portfolio": portfolio.name, "committed": True, **_document(preview)})
        return
    rows = [[str(record.rows_read), str(record.rows_taken), str(record.rows_known), str(record.rows_refused)]]
    columns = ("rows read", "taken", "in the book already", "refused")
    print_table(f"{record.file_name} into {portfolio.name}", columns, rows, text_columns=0)
    if record.rows_taken:
        console.print("Their values come with the next night: sigmasight night")


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
