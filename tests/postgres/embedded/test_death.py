"""Processes that are killed: SigmaSight's, the server's, at the worst moment."""

import contextlib
import os
import signal
import subprocess
import threading

import psycopg
import pytest

from sigmasight.store.embedded.cluster import find_cluster
from sigmasight.store.embedded.postmaster import stop

from .conftest import (
    START,
    UNTIL_TOLD,
    Home,
    answer,
    end,
    is_alive,
    postmaster_pid,
    read_line,
    wait_until,
)

WITHOUT_WAITING = "start_server(home, root_base=root_base)\n"


def half_made(home: Home) -> list[str]:
    return [path.name for path in home.place.rglob("pgdata-*.new-*")]


def initdb_is_at_work(home: Home) -> bool:
    return any((path / "base").is_dir() for path in home.place.rglob("pgdata-*.new-*"))


def test_the_server_of_a_killed_process_is_taken_over_and_stopped(home: Home) -> None:
    script = home.run(START + UNTIL_TOLD)
    url = read_line(script)
    pid = postmaster_pid(*home.data_dirs())
    script.kill()
    script.wait()
    assert answer(url, "SELECT 1") == 1
    with home.start() as server:
        assert server.took_over
        assert postmaster_pid(server.data_dir) == pid
        assert answer(server.url, "SELECT 1") == 1
    wait_until(lambda: not is_alive(pid))


def test_after_the_postmaster_is_killed_the_next_start_recovers_the_data(home: Home) -> None:
    with home.start() as first:
        with psycopg.connect(first.url) as conn:
            conn.execute("CREATE TABLE recovered AS SELECT generate_series(1, 10000) AS n")
        os.kill(postmaster_pid(first.data_dir), signal.SIGKILL)
        with home.start() as second:
            assert not second.took_over
            assert answer(second.url, "SELECT count(*) FROM recovered") == 10_000
            pid = postmaster_pid(second.data_dir)
    wait_until(lambda: not is_alive(pid))


def test_a_start_waits_for_what_a_killed_postmaster_has_left(home: Home) -> None:
    """A backend that computes notices only at the end of its query that its server is dead."""
    with home.start() as first:
        busy = psycopg.connect(first.url)
        backend = busy.info.backend_pid
        query = "SELECT sum(i) FROM generate_series(1, 8000000) AS i"
        thread = threading.Thread(target=lambda: run_whatever_comes(busy, query))
        thread.start()
        wait_until(
            lambda: answer(first.url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT sum%'") == 1
        )
        os.kill(postmaster_pid(first.data_dir), signal.SIGKILL)
        assert is_alive(backend)
        with home.start() as second:
            assert not is_alive(backend)
            assert answer(second.url, "SELECT 1") == 1
        thread.join()
        busy.close()


def run_whatever_comes(conn: psycopg.Connection, query: str) -> None:
    """The answer may still arrive, or the connection end first."""
    with contextlib.suppress(psycopg.OperationalError):
        conn.execute(query.encode())


def test_a_server_that_cannot_write_everything_out_is_stopped_all_the_same(home: Home) -> None:
    server = home.start()
    with psycopg.connect(server.url) as conn:
        conn.execute("CREATE TABLE not_written_out AS SELECT generate_series(1, 10000) AS n")
    pid = postmaster_pid(server.data_dir)
    superuser = server.url.replace("//sigmasight@", "//postgres@")
    checkpointer = answer(superuser, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    assert isinstance(checkpointer, int)
    os.kill(checkpointer, signal.SIGSTOP)
    stop(find_cluster(home.path, None, home.root_base), fast_seconds=1)
    wait_until(lambda: not is_alive(pid))
    server.release()
    with home.start() as again:
        assert answer(again.url, "SELECT count(*) FROM not_written_out") == 10_000


def test_release_after_the_postmaster_was_killed_is_quiet(home: Home) -> None:
    server = home.start()
    os.kill(postmaster_pid(server.data_dir), signal.SIGKILL)
    server.release()
    with home.start() as again:
        assert answer(again.url, "SELECT 1") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_process_stops_the_server_and_the_process_dies_of_it(home: Home, number: int) -> None:
    script = home.run(START + UNTIL_TOLD)
    read_line(script)
    pid = postmaster_pid(*home.data_dirs())
    script.send_signal(number)
    assert script.wait() == -number
    wait_until(lambda: not is_alive(pid))


def test_sigterm_releases_what_all_threads_hold(home: Home) -> None:
    more = """
threads = [threading.Thread(target=start_server, args=(home,), kwargs={"root_base": root_base}) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("started", flush=True)
"""
    script = home.run(START + more + UNTIL_TOLD)
    assert [read_line(script), read_line(script)][1] == "started"
    pid = postmaster_pid(*home.data_dirs())
    script.terminate()
    assert script.wait() == -signal.SIGTERM
    wait_until(lambda: not is_alive(pid))


def test_sigterm_while_the_data_directory_is_made_leaves_nothing_behind(fresh_home: Home) -> None:
    script = fresh_home.run(WITHOUT_WAITING + UNTIL_TOLD)
    wait_until(lambda: initdb_is_at_work(fresh_home))
    script.terminate()
    assert script.wait() == -signal.SIGTERM
    assert half_made(fresh_home) == []
    assert list(fresh_home.place.rglob("postmaster.pid")) == []


def test_sigterm_is_left_to_a_process_that_answers_it_itself(home: Home) -> None:
    own = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
    script = home.run(own + START + UNTIL_TOLD)
    read_line(script)
    pid = postmaster_pid(*home.data_dirs())
    script.terminate()
    assert script.wait() == 3
    wait_until(lambda: not is_alive(pid))


def test_sigterm_is_as_before_when_nothing_is_held(home: Home) -> None:
    check = "server.release(); print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, flush=True)"
    script = home.run(START + check)
    read_line(script)
    assert read_line(script) == "True"
    end(script)


def test_sigterm_of_a_forked_child_is_the_childs_alone(home: Home) -> None:
    fork = """
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGTERM)
    os._exit(0)
print(os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM)
print(psycopg.connect(server.url).execute("SELECT 'still there'").fetchone()[0], flush=True)
"""
    script = home.run(START + fork)
    assert [read_line(script) for _ in range(3)][1:] == ["True", "still there"]
    end(script)


def test_ctrl_c_leaves_nothing_running(home: Home) -> None:
    script = home.run(START + UNTIL_TOLD)
    read_line(script)
    pid = postmaster_pid(*home.data_dirs())
    script.send_signal(signal.SIGINT)
    script.wait()
    wait_until(lambda: not is_alive(pid))


def test_ctrl_c_while_the_data_directory_is_made_leaves_nothing_behind(fresh_home: Home) -> None:
    script = fresh_home.run(WITHOUT_WAITING + UNTIL_TOLD)
    wait_until(lambda: initdb_is_at_work(fresh_home))
    script.send_signal(signal.SIGINT)
    script.wait()
    assert list(fresh_home.place.rglob("postmaster.pid")) == []
    with fresh_home.start() as server:
        assert answer(server.url, "SELECT 1") == 1


def test_a_data_directory_that_a_killed_process_has_half_made_is_made_again(fresh_home: Home) -> None:
    script = fresh_home.run(WITHOUT_WAITING + UNTIL_TOLD)
    wait_until(lambda: initdb_is_at_work(fresh_home))
    script.kill()
    script.wait()
    with fresh_home.start() as server:
        assert not server.took_over
        assert answer(server.url, "SELECT 1") == 1
    wait_until(lambda: not others_initdb_runs(fresh_home))
    with fresh_home.start() as server:
        assert answer(server.url, "SELECT 1") == 1
        assert half_made(fresh_home) == []


def others_initdb_runs(home: Home) -> bool:
    listed = subprocess.run(["ps", "-eo", "command="], capture_output=True, text=True, check=True)  # noqa: S607
    return any(str(home.place) in line and "initdb" in line for line in listed.stdout.splitlines())


def test_a_process_killed_while_the_server_starts_does_not_hinder_the_next(home: Home) -> None:
    with home.start() as server:
        data_dir = server.data_dir
    script = home.run(WITHOUT_WAITING + UNTIL_TOLD)
    wait_until((data_dir / "postmaster.pid").exists)
    script.kill()
    script.wait()
    with home.start() as server:
        assert answer(server.url, "SELECT 1") == 1
    assert not (data_dir / "postmaster.pid").exists()
