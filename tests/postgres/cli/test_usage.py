"""The command line itself: version, help, what is asked for wrongly."""

import subprocess

import pytest

import sigmasight
from support.databases import COMMAND

from .conftest import Command

NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"


def test_the_version_is_the_packages(command: Command) -> None:
    ended = command(NOWHERE, "--version")
    assert (ended.code, ended.out, ended.err) == (0, f"sigmasight {sigmasight.__version__}\n", "")


def test_the_installed_command_tells_its_version_without_any_setting() -> None:
    ended = subprocess.run([str(COMMAND), "--version"], capture_output=True, text=True, check=False, env={})
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"sigmasight {sigmasight.__version__}\n", "")


def test_help_lists_the_commands(command: Command) -> None:
    ended = command(NOWHERE, "--help")
    assert ended.code == 0
    assert all(name in ended.out for name in ("demo", "import", "night", "--version"))


@pytest.mark.parametrize("name", ["demo", "import", "night"])
def test_every_command_has_help(command: Command, name: str) -> None:
    ended = command(NOWHERE, name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "--json" in ended.out


def test_without_a_command_the_help_is_shown(command: Command) -> None:
    ended = command(NOWHERE)
    assert ended.code in {0, 2}
    assert "Usage: " in ended.out + ended.err


WRONG = {
    "no such command": ("nights",),
    "no such option": ("night", "--when", "2026-11-20"),
    "no date": ("night", "--as-of", "yesterday"),
    "one date and a range": ("night", "--as-of", "2026-11-20", "--from", "2026-11-19", "--to", "2026-11-20"),
    "half a range": ("night", "--from", "2026-11-19"),
    "the other half": ("night", "--to", "2026-11-19"),
    "no file": ("import", "--portfolio", "x"),
    "no portfolio": ("import", "positions.csv"),
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_what_is_asked_for_wrongly_is_refused_before_a_database_is_looked_for(
    command: Command, arguments: tuple[str, ...]
) -> None:
    ended = command(NOWHERE, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err
    assert "Usage: " in ended.err


def test_a_range_that_ends_before_it_begins_is_not_taken_for_an_empty_one(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "night", "--from", "2026-11-20", "--to", "2026-11-19")
    assert ended.code == 2
    assert "--from" in ended.err
