"""One database, its pool of connections, and the two kinds of transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from sigmasight.domain.errors import DatabaseSetupError, ServerUnreachableError

OLDEST_SERVER = 15
_PLAIN = "postgresql://"


class Database:
    """Opens transactions on one PostgreSQL database; only the caller's ``with`` ends them."""

    def __init__(self, url: str, *, pool_size: int = 5, connect_seconds: int = 10) -> None:
        """Remember where the database is; nothing is opened yet.

        Args:
            url: A libpq address such as ``postgresql://user:password@host:5432/name``.
            pool_size: Connections kept open.
            connect_seconds: How long to wait for the server to answer.
        """
        self._url = url.replace("postgresql+psycopg://", _PLAIN, 1)
        self._connect_seconds = connect_seconds
        self._engine = create_engine("postgresql+psycopg://", creator=self._connect, pool_size=pool_size)

    @contextmanager
    def read(self, *, acting_as: UUID | None = None) -> Iterator[Connection]:
        """A transaction that PostgreSQL itself keeps from writing, on one unchanging state of the data."""
        with self._begin() as conn:
            conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            _take_role(conn, acting_as)
            yield conn

    @contextmanager
    def write(self, *, acting_as: UUID | None = None) -> Iterator[Connection]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        with self._begin() as conn:
            _take_role(conn, acting_as)
            yield conn

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what lives as long as it does: advisory locks."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            yield conn
            conn.invalidate()

    def require_usable(self) -> None:
        """Connect once and look at the server's version.

        Raises:
            ServerUnreachableError: If nothing usable answers.
            DatabaseSetupError: If the server is too old.
        """
        with self.read() as conn:
            number = int(conn.execute(text("SHOW server_version_num")).scalar_one())
        if number < OLDEST_SERVER * 10_000:
            raise DatabaseSetupError(
                f"The database server is PostgreSQL {number // 10_000}; SigmaSight needs {OLDEST_SERVER} or newer."
            )

    def close(self) -> None:
        """Close the pool's connections."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as conn, conn.begin():
                yield conn
        except OperationalError as error:
            raise ServerUnreachableError(f"The database at {self.place} failed: {str(error.orig).strip()}") from error

    def _connect(self) -> psycopg.Connection:
        try:
            return psycopg.connect(self._url, connect_timeout=self._connect_seconds, application_name="sigmasight")
        except psycopg.Error as error:
            raise ServerUnreachableError(
                f"No database answers at {self.place}: {str(error).strip()}\n"
                "Check DATABASE_URL (postgresql://user:password@host:5432/name) and that the server runs; "
                "unset it to use the embedded server."
            ) from error

    @property
    def place(self) -> str:
        """The database's address without its password."""
        try:
            parts = psycopg.conninfo.conninfo_to_dict(self._url)
        except psycopg.ProgrammingError:
            return "the address in DATABASE_URL, which cannot be read"
        host = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"
        return f"{host}, database {parts.get('dbname', parts.get('user', '?'))}, user {parts.get('user', '?')}"


def _take_role(conn: Connection, user_id: UUID | None) -> None:
    if user_id is not None:
        conn.execute(text("SET LOCAL ROLE sigmasight_api"))
        conn.execute(text("SELECT set_config('sigmasight.user', :user, true)"), {"user": str(user_id)})


__all__ = ["Connection", "Database"]
