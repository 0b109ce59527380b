"""What the linters do not see: each rule finds nothing in the sources, and finds the offence it is for."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sigmasight"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
BROAD = {"Exception", "BaseException"}
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime", "clock_gettime"},
}
STOPWATCHES = {"time": {"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "thread_time"}}
ENVIRONMENT = {"os": {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}}
SQL = re.compile(
    r"\b(SELECT\b[\s\S]*\bFROM|INSERT INTO|DELETE FROM|UPDATE\b[\s\S]*\bSET|COPY\b[\s\S]*\b(FROM|TO)|TRUNCATE"
    r"|(CREATE|ALTER|DROP) (TEMPORARY )?(TABLE|ROLE|DATABASE|INDEX|VIEW|SCHEMA|POLICY)|SET (LOCAL )?ROLE)\b"
)


def broad_excepts(tree: ast.Module) -> Iterator[int]:
    """Handlers of every exception that never raise."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            raises = any(isinstance(inner, ast.Raise) for statement in node.body for inner in ast.walk(statement))
            if not raises:
                yield node.lineno


def suppressed(tree: ast.Module) -> Iterator[int]:
    """``contextlib.suppress`` of every exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func).endswith("suppress") and any(map(_is_broad, node.args)):
            yield node.lineno


def clocks(tree: ast.Module) -> Iterator[int]:
    """Readings of the machine's clock."""
    return _members(tree, CLOCKS)


def stopwatches(tree: ast.Module) -> Iterator[int]:
    """Readings of a clock that tells how long something took, and nothing else."""
    return _members(tree, STOPWATCHES)


def environment(tree: ast.Module) -> Iterator[int]:
    """Readings of the environment."""
    return _members(tree, ENVIRONMENT)


def prints(tree: ast.Module) -> Iterator[int]:
    """Calls of ``print``."""
    return (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "print")


def sql(tree: ast.Module) -> Iterator[int]:
    """Strings with a statement of SQL in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            yield node.lineno


def long_functions(tree: ast.Module) -> Iterator[int]:
    """Functions that do not fit on a screen; what their docstrings explain does not count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            explained = ast.get_docstring(node, clean=False) or ""
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines - len(explained.splitlines()) > LONGEST_FUNCTION:
                yield node.lineno


def missing_docstring(tree: ast.Module) -> Iterator[int]:
    """A module that does not say what it is for."""
    if not ast.get_docstring(tree):
        yield 1


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, and where it may be."""

    find: Callable[[ast.Module], Iterator[int]]
    offences: tuple[str, ...]
    allowed_in: tuple[str, ...] = ()  # rooms, as paths below the package


RULES = (
    Rule(
        broad_excepts,
        (
            "try:\n    f()\nexcept Exception:\n    g()",
            "try:\n    f()\nexcept:\n    pass",
            "try:\n    f()\nexcept (ValueError, BaseException):\n    pass",
        ),
    ),
    Rule(suppressed, ("import contextlib\nwith contextlib.suppress(Exception):\n    f()",)),
    Rule(
        clocks,
        (
            "datetime.now(UTC)",
            "datetime.datetime.utcnow()",
            "date.today()",
            "clock = time.time",
            "from time import time",
            "from time import strftime as stamp",
        ),
        allowed_in=("wiring",),
    ),
    Rule(
        stopwatches,
        ("time.perf_counter()", "from time import monotonic"),
        allowed_in=("api", "batch", "store/embedded", "wiring"),
    ),
    Rule(environment, ("os.environ['X']", "os.getenv('X')", "from os import environ"), allowed_in=("wiring",)),
    Rule(prints, ("print('x')",)),
    Rule(
        sql,
        (
            "text('SELECT 1 FROM a')",
            "q = f'''DELETE FROM {table}'''",
            "q = 'UPDATE a\\n SET b = 1'",
            "q = 'CREATE TEMPORARY TABLE a ()'",
        ),
        allowed_in=("store",),
    ),
    Rule(long_functions, ("def f():\n" + "    x = 1\n" * LONGEST_FUNCTION,)),
    Rule(missing_docstring, ("x = 1",)),
)


def _members(tree: ast.Module, forbidden: dict[str, set[str]]) -> Iterator[int]:
    """Where one of some members of modules or classes is named or imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in forbidden.get(_name(node.value).rpartition(".")[2], ()):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & forbidden.get(
            node.module or "", set()
        ):
            yield node.lineno


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_is_broad, caught.elts))
    return caught is None or _name(caught) in BROAD


def _name(node: ast.expr) -> str:
    """A dotted name; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_in(path: Path, rooms: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(SOURCE / room) for room in rooms)


def _rule_name(rule: Rule) -> str:
    return rule.find.__name__


@pytest.mark.parametrize("rule", RULES, ids=_rule_name)
def test_the_sources_keep_the_rule(rule: Rule) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in MODULES
        if not _is_in(path, rule.allowed_in)
        for line in rule.find(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("rule", "offence"),
    [pytest.param(rule, offence, id=_rule_name(rule)) for rule in RULES for offence in rule.offences],
)
def test_the_rule_finds_its_offence(rule: Rule, offence: str) -> None:
    assert list(rule.find(ast.parse(offence)))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.allowed_in], ids=_rule_name)
def test_what_is_allowed_somewhere_is_done_there_or_nowhere(rule: Rule) -> None:
    assert all((SOURCE / room).is_dir() for room in rule.allowed_in)
    assert (
        any(list(rule.find(ast.parse(path.read_text("utf-8")))) for path in MODULES if _is_in(path, rule.allowed_in))
        or rule.find is environment
    )  # settings are read by pydantic


@pytest.mark.parametrize(
    "fine",
    [
        "try:\n    f()\nexcept Exception:\n    raise",
        "try:\n    f()\nexcept ValueError:\n    pass",
        "func.now()",
        "datetime.combine(day, closing)",
        "console.print('x')",
        "message = 'select a portfolio from the list, or update it'",
        '"""What it is for."""',
    ],
)
def test_what_only_looks_like_an_offence_is_none(fine: str) -> None:
    tree = ast.parse(fine)
    assert [_rule_name(rule) for rule in RULES if rule.find is not missing_docstring and list(rule.find(tree))] == []


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}
    assert len(lengths) > 50


def test_the_rooms_import_only_downwards() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    judged = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", judged.stdout)


def test_every_room_has_its_place_in_the_picture() -> None:
    picture = (ROOT / "pyproject.toml").read_text("utf-8")
    layers = re.search(r"layers = \[(.*?)\]", picture, re.DOTALL)
    assert layers is not None
    placed = set(re.findall(r"\w+", layers[1]))
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms <= placed
