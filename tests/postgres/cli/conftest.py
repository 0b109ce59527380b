"""The command in this process, as its entry point runs it: starting Python again takes longer than most of its work."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from sigmasight.cli.main import run
from support.databases import environment


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command leaves."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Command]:
    """Runs `sigmasight` on a database, in an empty directory; settings are given by name."""
    monkeypatch.chdir(tmp_path)

    def run_here(url: str | None, *arguments: str, **settings: str) -> Ended:
        wanted = environment(url or "", **settings)
        for name in set(os.environ) - wanted.keys():
            monkeypatch.delenv(name)
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        if url is None:
            monkeypatch.delenv("DATABASE_URL")
        monkeypatch.setattr(sys, "argv", ["sigmasight", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        told = capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)

    yield run_here
    structlog.reset_defaults()
