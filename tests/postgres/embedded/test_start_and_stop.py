"""One process: start, use, stop, start again."""

import os
import stat
from pathlib import Path

import psycopg
import pytest

from sigmasight.domain.errors import DatabaseError, ServerStartError
from sigmasight.store.embedded import start_server
from sigmasight.store.embedded.cluster import find_cluster

from .conftest import (
    START,
    Home,
    OrdinaryUser,
    answer,
    can_connect,
    end,
    is_alive,
    postmaster_pid,
    socket_directory,
    wait_until,
)

VERSION_15 = Path("/usr/lib/postgresql/15/bin")


def test_the_url_is_enough_to_work_as_the_owner_of_an_utf8_database(fresh_home: Home) -> None:
    with fresh_home.start() as server:
        assert server.url.startswith("postgresql://sigmasight@/sigmasight?host=/")
        assert answer(server.url, "SELECT concat_ws(' ', current_user, current_database())") == "sigmasight sigmasight"
        assert (
            answer(
                server.url, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
            )
            == "UTF8"
        )
        assert answer(server.url, "SELECT lower('ÄÉ')") == "äé"
        with psycopg.connect(server.url) as conn:
            conn.execute("CREATE TABLE of_mine (i int)")


def test_the_data_directory_is_named_by_the_major_version(fresh_home: Home) -> None:
    with fresh_home.start() as server:
        assert server.data_dir == fresh_home.base / f"pgdata-{server.version}"
        assert (server.data_dir / "PG_VERSION").read_text().strip() == str(server.version)
        assert not server.took_over


def test_data_survive_a_stop(home: Home) -> None:
    with home.start() as server, psycopg.connect(server.url) as conn:
        conn.execute("CREATE TABLE survives_a_stop AS SELECT 42 AS n")
        conn.commit()
    with home.start() as server:
        assert answer(server.url, "SELECT n FROM survives_a_stop") == 42


def test_after_release_nothing_runs_and_the_socket_is_gone(home: Home) -> None:
    server = home.start()
    pid, socket = postmaster_pid(server.data_dir), socket_directory(server.url)
    assert is_alive(pid)
    assert socket.is_dir()
    server.release()
    wait_until(lambda: not is_alive(pid))
    assert not socket.exists()
    assert not can_connect(server.url)


def test_release_twice_is_release_once(home: Home) -> None:
    first, second = home.start(), home.start()
    first.release()
    first.release()
    assert can_connect(second.url)
    second.release()
    assert not can_connect(second.url)


def test_a_process_that_ends_leaves_nothing_running(home: Home) -> None:
    script = home.run(START + "print(server.data_dir)")
    end(script)
    (data_dir,) = home.data_dirs()
    assert not (data_dir / "postmaster.pid").exists()


def test_a_process_that_fails_leaves_nothing_running(home: Home) -> None:
    script = home.run(START + "raise KeyboardInterrupt")
    script.communicate()
    (data_dir,) = home.data_dirs()
    assert not (data_dir / "postmaster.pid").exists()


def test_the_socket_is_private_and_the_server_listens_nowhere_else(home: Home) -> None:
    with home.start() as server:
        directory = socket_directory(server.url)
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert directory.stat().st_uid == server.data_dir.stat().st_uid
        assert answer(server.url, "SHOW listen_addresses") == ""
        assert (server.data_dir / "pg_hba.conf").read_text() == "local all all trust\n"


def test_two_homes_are_two_databases(fresh_home: Home) -> None:
    with fresh_home.start() as one, start_server(fresh_home.place / "other", root_base=fresh_home.root_base) as other:
        with psycopg.connect(one.url) as conn:
            conn.execute("CREATE TABLE in_one ()")
        assert one.data_dir != other.data_dir
        assert socket_directory(one.url) != socket_directory(other.url)
        assert answer(other.url, "SELECT to_regclass('in_one')") is None


ODD = "a $HOME of 'quotes\" and `häuser`-資產"


@pytest.mark.parametrize(
    ("name", "temporary_name"),
    [(ODD, ODD), ("long-" * 40, "long-" * 40), ("plain", "with, a comma")],
    ids=["odd", "long", "comma"],
)
def test_home_and_directory_for_temporary_files_may_have_any_path(
    ordinary_user: OrdinaryUser, name: str, temporary_name: str
) -> None:
    home, temporary = ordinary_user.place / name / "data", ordinary_user.place / "temporary" / temporary_name
    temporary.mkdir(parents=True)
    os.chown(temporary, ordinary_user.place.stat().st_uid, -1)
    code = START + "print(server.data_dir); print(psycopg.connect(server.url).execute('SELECT 1').fetchone()[0])"
    variables = {"TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"}
    url, data_dir, one = ordinary_user.run(code, home, variables=variables).splitlines()
    assert one == "1"
    assert Path(data_dir).parent == home
    assert len(os.fsencode(socket_directory(url) / ".s.PGSQL.5432")) < 107
    assert not socket_directory(url).exists()
    assert list(temporary.iterdir()) == []


def test_a_directory_that_is_no_database_is_left_alone(fresh_home: Home) -> None:
    base = find_cluster(fresh_home.path, None, fresh_home.root_base).base
    (base / "pgdata-18").mkdir()
    with fresh_home.start() as server:
        assert answer(server.url, "SELECT 1") == 1
    (base / "pgdata-18" / "PG_VERSION").unlink()
    with pytest.raises(ServerStartError, match="pgdata-18 holds files, but no PostgreSQL database"):
        fresh_home.start()
    assert (base / "pgdata-18" / "base").is_dir()


def test_a_server_that_does_not_start_says_why(fresh_home: Home) -> None:
    with fresh_home.start() as server:
        configuration = server.data_dir / "postgresql.conf"
    before = configuration.read_text()
    configuration.write_text("fsyncc = on\n")
    with pytest.raises(ServerStartError, match=r'unrecognized configuration parameter "fsyncc"'):
        fresh_home.start()
    configuration.write_text("shared_preload_libraries = 'not_there'\n")
    with pytest.raises(ServerStartError, match=r'could not access file "not_there"'):
        fresh_home.start()
    configuration.write_text(before)
    with fresh_home.start() as server:
        assert answer(server.url, "SELECT 1") == 1


def test_a_release_that_fails_says_why(fresh_home: Home) -> None:
    server = fresh_home.start()
    lock = server.data_dir.with_name("pgdata-18.lock")
    lock.unlink()
    lock.mkdir()
    with pytest.raises(DatabaseError, match=r"could not be released: .*Is a directory"):
        server.release()
    assert can_connect(server.url)
    lock.rmdir()
    server.release()
    assert not can_connect(server.url)


def test_settings_are_those_of_a_laptop(home: Home) -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "shared_buffers": "128MB",
        "max_connections": "100",
        "jit": "off",
        "TimeZone": "UTC",
        "data_checksums": "on",
        "logging_collector": "on",
    }
    with home.start() as server:
        assert {name: answer(server.url, f"SHOW {name}") for name in expected} == expected


def test_what_an_operator_sets_stays_set(fresh_home: Home) -> None:
    with fresh_home.start() as server:
        superuser = server.url.replace("//sigmasight@", "//postgres@")
        with psycopg.connect(superuser, autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET work_mem = '12MB'")
            conn.execute("ALTER SYSTEM SET jit = on")
    with fresh_home.start() as server:
        assert answer(server.url, "SHOW work_mem") == "12MB"
        assert answer(server.url, "SHOW jit") == "on"


def test_a_log_that_has_grown_is_begun_anew(home: Home) -> None:
    with home.start() as server:
        (log,) = (server.data_dir / "log").glob("*.log")
    small = log.with_name("server-small.log")
    small.write_text("kept")
    with log.open("a") as stream:
        stream.write("x" * 2_000_000)
    with home.start():
        assert log.stat().st_size < 100_000
        assert small.read_text() == "kept"


@pytest.mark.parametrize(("name", "mode"), [("sigmasight-12345678", 0o777), ("other", 0o700), ("", 0o755)])
def test_a_socket_directory_is_only_used_if_it_is_private_and_ours(home: Home, name: str, mode: int) -> None:
    with home.start() as server:
        note = server.data_dir.with_name(f"{server.data_dir.name}.socket")
        owner = server.data_dir.stat()
    theirs = home.place / name
    theirs.mkdir(mode, exist_ok=True)
    theirs.chmod(mode)
    if name:
        os.chown(theirs, owner.st_uid, owner.st_gid)
    note.write_bytes(os.fsencode(theirs) if name else b"")
    before = sorted(theirs.iterdir())
    with home.start() as server:
        assert socket_directory(server.url) != theirs
        assert answer(server.url, "SELECT 1") == 1
    assert sorted(theirs.iterdir()) == before


@pytest.mark.skipif(not VERSION_15.is_dir(), reason="PostgreSQL 15 is not on this machine")
def test_postgresql_15_serves_as_well(fresh_home: Home) -> None:
    with fresh_home.start(binaries=VERSION_15) as server:
        assert server.version == 15
        assert server.data_dir.name == "pgdata-15"
        assert answer(server.url, "SHOW server_version_num").startswith("15")
        assert answer(server.url, "SHOW data_checksums") == "on"
        pid = postmaster_pid(server.data_dir)
    wait_until(lambda: not is_alive(pid))
