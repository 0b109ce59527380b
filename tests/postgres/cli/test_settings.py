"""Settings come from the environment and `.env`; a wrong one is named, and `.env.example` lists all of them."""

import shutil
from pathlib import Path

import pytest

from sigmasight.wiring.settings import NAMES, Settings
from support.processes import server_files

from .conftest import Command

EXAMPLE = Path(__file__).parents[3] / ".env.example"
SATURDAY = ("night", "--as-of", "2026-11-21")

WRONG = {
    "SIGMASIGHT_STALE_SESSIONS": "abc",
    "SIGMASIGHT_HISTORY_SESSIONS": "1",
    "SIGMASIGHT_PORTFOLIOS_PER_SHARD": "0",
    "SIGMASIGHT_DATABASE_POOL_SIZE": "-1",
    "SIGMASIGHT_DATABASE_CONNECT_SECONDS": "soon",
    "SIGMASIGHT_NOW": "foo",
    "SIGMASIGHT_ENV": "prod",
    "LOG_LEVEL": "LOUD",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items(), ids=WRONG.keys())
def test_a_wrong_setting_is_named_in_one_message(command: Command, url: str, name: str, value: str) -> None:
    ended = command(url, *SATURDAY, **{name: value})
    assert (ended.code, ended.out) == (6, "")
    assert ended.err.count("Error: ") == 1
    assert name in ended.err
    assert "Traceback" not in ended.err


def test_all_wrong_settings_are_told_at_once(command: Command, url: str) -> None:
    ended = command(url, *SATURDAY, SIGMASIGHT_STALE_SESSIONS="abc", LOG_LEVEL="LOUD")
    assert ended.code == 6
    assert {name for name in NAMES if name in ended.err} == {"SIGMASIGHT_STALE_SESSIONS", "LOG_LEVEL"}


def test_the_clock_stands_still_in_development_only(command: Command, url: str) -> None:
    ended = command(url, *SATURDAY, SIGMASIGHT_ENV="production")
    assert ended.code == 6
    assert "SIGMASIGHT_NOW" in ended.err


def test_binaries_that_are_none_are_named(command: Command, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ended = command(None, "night", SIGMASIGHT_HOME=str(home), SIGMASIGHT_POSTGRES_BINARIES=str(tmp_path))
    shutil.rmtree(server_files(home) or home)
    assert (ended.code, ended.out) == (4, "")
    assert "is no bin directory of PostgreSQL" in ended.err


def test_the_file_env_in_the_directory_of_the_caller_is_read(command: Command, url: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={url}\nSIGMASIGHT_STALE_SESSIONS=abc\n", encoding="utf-8")
    refused = command(None, *SATURDAY)
    assert refused.code == 6
    assert "SIGMASIGHT_STALE_SESSIONS" in refused.err
    (tmp_path / ".env").write_text(f"DATABASE_URL='{url}'\nSOMEBODY_ELSES=1\n", encoding="utf-8")
    read = command(None, *SATURDAY)
    assert read.code == 0, read.err
    assert "database copy_" in read.err


def test_the_environment_wins_over_the_file(command: Command, url: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://nobody@127.0.0.1:1/nowhere\n", encoding="utf-8")
    assert command(None, *SATURDAY).code == 4
    assert command(url, *SATURDAY).code == 0


def test_the_example_lists_every_setting_once_and_nothing_else() -> None:
    assert sorted(example()) == sorted(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_the_example_as_it_is_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = Settings()
    (tmp_path / ".env").write_bytes(EXAMPLE.read_bytes())
    assert Settings() == defaults


def test_every_setting_in_the_example_is_explained() -> None:
    explained = False
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            explained = True
        elif line:
            assert explained, line
        else:
            explained = False


def example() -> list[str]:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
