"""A page of the reference: what a measure is, and tables of worked examples, each row of which is a test.

A table is written as it is read: a line of headings, then a line for each example; in each the inputs, the answers and
where the answers are from, parted by ``||``. An answer holds when what is computed, rounded to the digits shown, is it.
A series is written as its numbers, parted by ``, ``.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from inspect import cleandoc
from textwrap import fill

MISSING = "—"
NUMBER = re.compile(r"(-?[\d,]*\.?\d+)(?:/(\d+))?( %)?")
SOURCES = "../../../tests/spec/pages"  # as seen from a page

Row = Mapping[str, float | str]
Check = Callable[[Row], Mapping[str, float | str]]


@dataclass(frozen=True, slots=True)
class Example:
    """A row of a table, as it is written."""

    inputs: dict[str, str]
    answers: dict[str, str]
    source: str

    def wrong(self, check: Check) -> dict[str, str]:
        """The answers that are not what is computed."""
        found = check({name: read(cell) for name, cell in self.inputs.items()})
        return {
            name: f"{shown} is shown, {found[name]} is computed"
            for name, shown in self.answers.items()
            if not shows(shown, found[name])
        }


@dataclass(frozen=True, slots=True)
class Table:
    """Worked examples of one kind."""

    caption: str
    rows: str
    check: Check  # from the inputs of a row, by their headings, to its answers
    note: str = ""

    @property
    def examples(self) -> list[Example]:
        """Its rows without the headings."""
        headings, *rows = (_parts(line) for line in cleandoc(self.rows).splitlines())
        return [
            Example(
                inputs=dict(zip(headings[0], inputs, strict=True)),
                answers=dict(zip(headings[1], answers, strict=True)),
                source=source,
            )
            for inputs, answers, (source,) in rows
        ]

    def markdown(self) -> str:
        """Caption, note and table; answers in bold, numbers flush right."""
        examples = self.examples
        headings = [*examples[0].inputs, *examples[0].answers, "from"]
        cells = [[*each.inputs.values(), *each.answers.values(), each.source] for each in examples]
        numeric = [all(map(_is_number, column)) for column in zip(*cells, strict=True)]
        lines = [headings, ["---:" if right else "---" for right in numeric]]
        for each in examples:
            answers = [f"**{_typeset(cell)}**" for cell in each.answers.values()]
            lines.append([*map(_typeset, each.inputs.values()), *answers, each.source])
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return _paragraphs(f"### {self.caption}", cleandoc(self.note), table)


@dataclass(frozen=True, slots=True)
class Page:
    """One measure."""

    name: str  # of the page's file, and with underscores of the module that it is written in
    title: str
    definition: str  # one sentence, shown in the index too
    unit: str
    formula: str
    reading: str  # what the number says to who is not of the trade
    method: str
    limits: tuple[str, ...]  # what it does not say, what happens at the edges, when it is empty
    source: str
    tables: tuple[Table, ...]

    def markdown(self) -> str:
        """The page."""
        module = f"{self.name.replace('-', '_')}.py"
        return _paragraphs(
            f"<!-- Written by `make docs` from tests/spec/pages/{module}: change it there. -->",
            f"# {self.title}",
            self.definition,
            f"**Unit:** {self.unit}",
            f"```text\n{cleandoc(self.formula)}\n```",
            cleandoc(self.reading),
            "## Method",
            cleandoc(self.method),
            "## Limits",
            "\n".join(_bullet(limit) for limit in self.limits),
            "## Worked examples",
            f"Each row is a test ([{module}]({SOURCES}/{module})): what is computed, rounded to the digits\n"
            "shown, is the answer in bold. A dash is what is missing, which is never zero.",
            *(table.markdown() for table in self.tables),
            "## Source",
            cleandoc(self.source),
        )


def read(cell: str) -> float | str:
    """An input: ``10 %`` is a tenth, ``4/12`` a third, ``1,000`` a thousand, ``—`` NaN; anything else is words."""
    if cell == MISSING:
        return math.nan
    number = NUMBER.fullmatch(cell)
    if number is None:
        return cell
    value = float(number[1].replace(",", "")) / float(number[2] or 1)
    return value / 100.0 if number[3] else value


def read_series(cell: float | str) -> list[float]:
    """An input of many numbers: ``1, -1, —``; one number alone is a series too."""
    parts = [read(part) for part in cell.split(", ")] if isinstance(cell, str) else [cell]
    return [float(part) for part in parts]


def shows(shown: str, found: float | str) -> bool:
    """Whether what is shown is what was found, rounded to as many digits."""
    if isinstance(found, str):
        return shown == found
    number = NUMBER.fullmatch(shown)
    if math.isnan(found) or number is None:
        return math.isnan(found) and shown == MISSING
    digits = Decimal(number[1].replace(",", ""))
    half = Decimal((0, (5,), int(digits.as_tuple().exponent) - 1))
    return abs(Decimal(found) * (100 if number[3] else 1) - digits) <= half


def wrapped(text: str) -> str:
    """Prose that is put together of pieces, in the lines of a page."""
    return fill(" ".join(text.split()), width=113, break_long_words=False, break_on_hyphens=False)


def _parts(line: str) -> list[list[str]]:
    """The three parts of a line, each as its cells."""
    return [[cell.strip() for cell in part.split("|")] for part in line.split("||")]


def _is_number(cell: str) -> bool:
    return cell == MISSING or NUMBER.fullmatch(cell) is not None


def _typeset(cell: str) -> str:
    return cell.replace("-", "−") if all(map(_is_number, re.split("[,;] ", cell))) else cell


def _bullet(text: str) -> str:
    return "* " + cleandoc(text).replace("\n", "\n  ")


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
