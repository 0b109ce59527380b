"""Several processes, threads and objects use one server; the last one stops it."""

import os
import signal
import threading

import pytest

from sigmasight.store.embedded import Server

from .conftest import START, UNTIL_TOLD, Home, answer, can_connect, end, is_alive, postmaster_pid, read_line, wait_until

FORK = """
child = os.fork()
if child == 0:
    {child}
os.waitpid(child, 0)
print(psycopg.connect(server.url).execute("SELECT 'still there'").fetchone()[0], flush=True)
"""

LIVING_CHILD = """
if (child := os.fork()) == 0:
    for stream in (0, 1, 2):
        os.close(stream)
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
"""


def test_the_last_of_three_processes_stops_the_server(home: Home) -> None:
    first, second, third = (home.run(START + UNTIL_TOLD) for _ in range(3))
    urls = {read_line(script) for script in (first, second, third)}
    assert len(urls) == 1
    url = urls.pop()
    pid = postmaster_pid(*home.data_dirs())
    end(second)
    assert answer(url, "SELECT 1") == 1
    end(first)
    assert answer(url, "SELECT 1") == 1
    end(third)
    wait_until(lambda: not is_alive(pid))


def test_six_processes_that_start_at_once_on_a_fresh_home_all_work(fresh_home: Home) -> None:
    insert = (
        "psycopg.connect(server.url, autocommit=True).execute('CREATE TABLE IF NOT EXISTS t_%s ()' % os.getpid())\n"
    )
    scripts = [fresh_home.run(START + insert + "print('done', flush=True)\n" + UNTIL_TOLD) for _ in range(6)]
    (url,) = {read_line(script) for script in scripts}
    assert [read_line(script) for script in scripts] == ["done"] * 6
    assert answer(url, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 't\\_%'") == 6
    pid = postmaster_pid(*fresh_home.data_dirs())
    for script in scripts:
        end(script)
    wait_until(lambda: not is_alive(pid))


def test_a_process_joins_the_server_of_another(home: Home) -> None:
    script = home.run(START + UNTIL_TOLD)
    url = read_line(script)
    with home.start() as server:
        assert server.took_over
        assert server.url == url
        end(script)
        assert answer(server.url, "SELECT 1") == 1
    assert not can_connect(url)


def test_threads_share_as_processes_do(home: Home) -> None:
    servers: list[Server] = []
    threads = [threading.Thread(target=lambda: servers.append(home.start())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.took_over for server in servers) == [False, True, True, True]
    for server in servers[1:]:
        server.release()
    assert answer(servers[0].url, "SELECT 1") == 1
    servers[0].release()
    assert not can_connect(servers[0].url)


def test_two_threads_that_release_one_server_release_it_once(home: Home) -> None:
    kept, released = home.start(), home.start()
    threads = [threading.Thread(target=released.release) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answer(kept.url, "SELECT 1") == 1
    kept.release()


def test_a_forked_child_that_exits_does_not_stop_the_server(home: Home) -> None:
    script = home.run(START + FORK.format(child="sys.exit()"))
    read_line(script)
    assert read_line(script) == "still there"
    end(script)


def test_a_forked_child_cannot_release_its_parents_server(home: Home) -> None:
    script = home.run(START + FORK.format(child="server.release(); sys.exit()"))
    read_line(script)
    assert read_line(script) == "still there"
    end(script)


def test_a_child_of_multiprocessing_does_not_stop_the_server(home: Home) -> None:
    work = """
import multiprocessing
context = multiprocessing.get_context("fork")
child = context.Process(target=print, args=("worked",), kwargs={"flush": True})
child.start()
child.join()
print(psycopg.connect(server.url).execute("SELECT 'still there'").fetchone()[0], flush=True)
"""
    script = home.run(START + work)
    assert [read_line(script) for _ in range(3)][1:] == ["worked", "still there"]
    end(script)


@pytest.mark.parametrize("killed", [False, True])
def test_a_forked_child_that_lives_on_does_not_keep_the_server(home: Home, *, killed: bool) -> None:
    script = home.run(START + LIVING_CHILD + UNTIL_TOLD)
    read_line(script)
    child = int(read_line(script))
    pid = postmaster_pid(*home.data_dirs())
    try:
        if killed:
            script.kill()
            home.start().release()
        else:
            end(script)
        wait_until(lambda: not is_alive(pid))
        assert is_alive(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_forked_child_may_use_the_server_for_itself(home: Home) -> None:
    own = "own = start_server(home, root_base=root_base); own.release(); sys.exit()"
    script = home.run(START + FORK.format(child=own))
    read_line(script)
    assert read_line(script) == "still there"
    end(script)


def test_a_program_that_is_started_does_not_keep_the_server(home: Home) -> None:
    spawn = """
import subprocess
streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
print(subprocess.Popen(["sleep", "60"], close_fds=False, **streams).pid, flush=True)
"""
    script = home.run(START + spawn + UNTIL_TOLD)
    read_line(script)
    sleeping = int(read_line(script))
    pid = postmaster_pid(*home.data_dirs())
    try:
        end(script)
        wait_until(lambda: not is_alive(pid))
        assert is_alive(sleeping)
    finally:
        os.kill(sleeping, signal.SIGKILL)
