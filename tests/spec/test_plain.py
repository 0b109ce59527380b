"""The worked examples hold by plain arithmetic too, which shares no code with SigmaSight."""

import ast
from pathlib import Path

import pytest

from spec import (
    correlation_answers,
    option_tail_answers,
    performance_answers,
    plain_correlations,
    plain_options,
    plain_performance,
    plain_profit,
    plain_tails,
    profit_answers,
    tail_answers,
)
from spec.contents import PAGES
from spec.page import MISSING, NUMBER, Check, Example, Table, read, shows

PAIRS = (
    (tail_answers, plain_tails),
    (option_tail_answers, plain_options),
    (correlation_answers, plain_correlations),
    (performance_answers, plain_performance),
    (profit_answers, plain_profit),
)
"""Modules of answers, and of the same answers in plain Python."""

OTHERWISE = {option_tail_answers.measured}
"""Held against pricing every state directly, by SigmaSight itself."""

PLAIN: dict[Check, Check] = {
    check: getattr(plain, name)
    for answers, plain in PAIRS
    for name, check in vars(answers).items()
    if callable(check) and getattr(check, "__module__", "") == answers.__name__ and hasattr(plain, name)
}
TABLES = [
    (page.name, table)
    for page in PAGES
    for table in page.tables
    if table.check.__module__ in {answers.__name__ for answers, _ in PAIRS} and table.check not in OTHERWISE
]
EXAMPLES = [
    pytest.param(example, table.check, id=f"{name}: {table.caption}, {number}")
    for name, table in TABLES
    for number, example in enumerate(table.examples, start=1)
]


@pytest.mark.parametrize(("example", "check"), EXAMPLES)
def test_plain_arithmetic_says_the_same(example: Example, check: Check) -> None:
    found = PLAIN[check]({name: read(cell) for name, cell in example.inputs.items()})
    told = {name: cell for name, cell in example.answers.items() if name in found or _is_number(cell)}
    assert told
    assert {name: found.get(name) for name, cell in told.items() if not shows(cell, found[name])} == {}, example.answers


@pytest.mark.parametrize(("_", "table"), TABLES, ids=lambda each: each.caption if isinstance(each, Table) else each)
def test_every_table_has_plain_arithmetic(_: str, table: Table) -> None:
    assert table.check in PLAIN


@pytest.mark.parametrize("plain", [plain for _, plain in PAIRS], ids=lambda plain: plain.__name__)
def test_plain_arithmetic_knows_nothing_of_sigmasight(plain: object) -> None:
    path = Path(str(vars(plain)["__file__"]))
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    imported = {node.module or "" for node in tree if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.split(".")[0] in {"sigmasight", "numpy", "scipy", "support"}]


def _is_number(cell: str) -> bool:
    return cell == MISSING or NUMBER.fullmatch(cell) is not None
