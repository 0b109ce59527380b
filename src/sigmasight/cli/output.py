"""Results go to standard output, as one JSON object or as tables for people; all else to standard error."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

console = Console(highlight=False, markup=False, emoji=False)  # names that people gave are shown as they are
errors = Console(stderr=True, highlight=False, markup=False, emoji=False)
_WIDEST = 10_000
_BETWEEN_WORDS = re.compile(r"(?<!\d) ")


def announce(text: str) -> None:
    """Tell a fact that belongs to no result, such as where the data lies."""
    errors.print(text, soft_wrap=True)


def print_json(document: Mapping[str, object]) -> None:
    """Print the one object of a --json run."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> None:
    """Print a table, never a part of a number: the first columns are text, the others numbers."""
    table = _table(title, columns, rows, text_columns)
    if _width(table) > console.width:
        table = _table(title, [_BETWEEN_WORDS.sub("\n", column) for column in columns], rows, text_columns)
        table.width = max(_width(table), console.width)
    console.print(table, crop=False)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at < text_columns else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _width(table: Table) -> int:
    return Measurement.get(console, console.options.update(width=_WIDEST), table).maximum


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
