"""The reference pages of the measures: every worked example holds, and what is on disk is what the specs say."""

from pathlib import Path

import pytest

from spec.contents import FOLDER, PAGES, documents
from spec.page import MISSING, Check, Example, Page, read, shows

EXAMPLES = [
    pytest.param(example, table.check, id=f"{page.name}: {table.caption}, {number}")
    for page in PAGES
    for table in page.tables
    for number, example in enumerate(table.examples, start=1)
]


@pytest.mark.parametrize(("example", "check"), EXAMPLES)
def test_the_worked_example_holds(example: Example, check: Check) -> None:
    assert example.wrong(check) == {}, f"{example.inputs} ({example.source})"


@pytest.mark.parametrize("name", documents())
def test_the_page_is_what_its_spec_says(name: str) -> None:
    page = FOLDER / name
    text = page.read_text("utf-8") if page.exists() else ""
    assert text == documents()[name], "run `make docs`"


@pytest.mark.parametrize("name", documents())
def test_no_sum_that_goes_on_in_the_next_line_becomes_a_list(name: str) -> None:
    assert not [line for line in documents()[name].splitlines() if line.startswith("+ ")]


def test_no_page_is_without_a_spec() -> None:
    assert {page.name for page in FOLDER.iterdir()} == set(documents()), "run `make docs`"


def test_every_spec_is_in_the_contents() -> None:
    modules = {path.stem for path in (Path(__file__).parent / "pages").glob("*.py")}
    assert modules == {page.name.replace("-", "_") for page in PAGES}


def test_every_worked_example_says_where_its_answers_are_from() -> None:
    tables = [table for page in PAGES for table in page.tables]
    assert all(example.answers and example.source for table in tables for example in table.examples)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_is_complete(page: Page) -> None:
    assert [name for name in page.__slots__ if not getattr(page, name)] == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [("-1,250.5", -1250.5), ("4/12", 1 / 3), ("2.5 %", 0.025), (".5", 0.5), ("European call", "European call")],
)
def test_a_cell_is_read_as_people_write_it(cell: str, value: float | str) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("shown", "found"),
    [("4.76", 4.7594), ("-0.81", -0.8149), ("23.5 %", 0.23451), ("-10,400", -10400.2), ("0.00", -0.0), ("ok", "ok")],
)
def test_an_answer_holds_to_the_digits_shown(shown: str, found: float | str) -> None:
    assert shows(shown, found)


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("4.76", 4.7651),
        ("0.81", -0.81),
        ("23.5 %", 23.5),
        ("0", float("nan")),
        (MISSING, 0.0),
        ("ok", "expired"),
        ("ok", float("nan")),
    ],
)
def test_another_answer_is_noticed(shown: str, found: float | str) -> None:
    assert not shows(shown, found)


def test_what_is_missing_is_shown_as_missing() -> None:
    assert shows(MISSING, float("nan"))
