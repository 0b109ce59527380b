"""Results go to standard output, as one JSON object or as tables for people; all else to standard error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def announce(text: str) -> None:
    """Tell a fact that belongs to no result, such as where the data lies."""
    errors.print(text, soft_wrap=True, markup=False)


def print_json(document: Mapping[str, object]) -> None:
    """Print the one object of a --json run."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> None:
    """Print a table: the first columns are text, the others numbers."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at < text_columns else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error; silent where that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield progress


def amount(text: str | None) -> str:
    """An amount of money for a table, with thousands apart; what is missing says so."""
    return "n/a" if text is None else f"{float(text):,.2f}"
