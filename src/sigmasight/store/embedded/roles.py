"""The database and the two roles, made once by whoever runs the server: this package, or an operator of their own.

``sigmasight`` owns the tables and so is not bound by row-level security; the night, migrations and the command line are
it. ``sigmasight_api`` cannot log in: each request takes it with SET LOCAL ROLE and is bound by the policies. Neither is
a superuser.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg

SUPERUSER = "postgres"
OWNER_ROLE = "sigmasight"
API_ROLE = "sigmasight_api"
DATABASE = "sigmasight"


@dataclass(frozen=True, slots=True)
class _Step:
    there: LiteralString  # a query: is it as it should be?
    make: LiteralString


# The owner can become the API's role, but has no rights through it. Up to 15 only the attribute NOINHERIT could say so,
# and it would also take from the owner what the owner of a database inherits, such as the schema public. There it
# inherits, which adds nothing: the tables are its own, and policies do not bind an owner.
_GRANT = (
    "DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 "
    "THEN EXECUTE 'GRANT sigmasight_api TO sigmasight WITH INHERIT FALSE, SET TRUE'; "
    "ELSE GRANT sigmasight_api TO sigmasight; END IF; END $$"
)

_STEPS = (
    _Step(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sigmasight')",
        "CREATE ROLE sigmasight LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    ),
    _Step(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sigmasight_api')",
        "CREATE ROLE sigmasight_api NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    ),
    _Step(
        "SELECT pg_has_role('sigmasight', 'sigmasight_api', 'MEMBER')",
        _GRANT,
    ),
    _Step(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'sigmasight')",
        "CREATE DATABASE sigmasight OWNER sigmasight TEMPLATE template0 ENCODING 'UTF8'",
    ),
)

ROLE_SQL = "".join(f"{step.make};\n" for step in _STEPS)
"""What a superuser runs once on a server of their own (15 or newer), before ``\\password sigmasight``."""


def make_roles(socket_directory: Path, port: int) -> None:
    """Make whatever of the roles and the database is missing.

    Raises:
        psycopg.Error: If the server does not let the superuser in, or refuses.
    """
    with psycopg.connect(
        host=str(socket_directory), port=port, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as conn:
        for step in _STEPS:
            if conn.execute(step.there).fetchone() != (True,):
                conn.execute(step.make)
