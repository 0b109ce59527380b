"""The server's settings, written into its data directory rather than handed over at each start.

A command line would have to survive two shells; a file keeps spaces and quotes, and an operator can read it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from sigmasight.store.embedded.account import Account
from sigmasight.store.embedded.files import write_whole

PORT = 5432  # only names the socket: every cluster has a directory of its own for it

# For a laptop that has other things to do. Written once, with the data directory; change them with ALTER SYSTEM.
TUNING: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",  # compiling costs more than it gains in queries of milliseconds
    # The engines use the cores, and a container's 64 MB of /dev/shm is too little for parallel queries.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    "log_checkpoints": "off",
    "cluster_name": "sigmasight",
}

# What this package relies on, written at each start. The names of the days make seven files, each begun anew when its
# day comes; a server that never runs over midnight never does that, so the start drops files that have grown.
RELIED_ON: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}

# Whoever reaches the socket is let in, as any role: the directory of the socket is 0700, so that is the account that
# owns the data, or root, and both could as well read the files. There is no line for hosts: the server listens on none.
_ACCESS = "local all all trust\n"


def write_first_settings(data_dir: Path, account: Account | None) -> None:
    """Complete a data directory that initdb has just made."""
    write_whole(data_dir / "pg_hba.conf", _ACCESS.encode(), account)
    write_whole(data_dir / "postgresql.auto.conf", _lines(TUNING), account)


def write_settings(data_dir: Path, socket_directory: Path, account: Account | None) -> None:
    """Set what this package relies on; leave alone what was set with ALTER SYSTEM beside."""
    settings = {**RELIED_ON, "unix_socket_directories": _listed(socket_directory)}
    path = data_dir / "postgresql.auto.conf"
    there = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in there if os.fsdecode(line.partition(b"=")[0].strip()) not in settings]
    write_whole(path, b"".join(kept) + _lines(settings), account)


def _lines(settings: Mapping[str, str]) -> bytes:
    return os.fsencode("".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items()))


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _listed(directory: Path) -> str:
    """Write a path as a list of one: the setting takes several, separated by commas, so the path has its own quotes."""
    return '"' + str(directory).replace('"', '""') + '"'
