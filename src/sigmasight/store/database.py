"""One database, its pool of connections, and the two kinds of transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from sigmasight.domain.errors import ConflictError, DatabaseError, DatabaseSetupError, ServerUnreachableError

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
        with self._explained(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            try:
                yield conn
            finally:
                conn.invalidate()  # closed for good, so that the locks go with it

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
        with self._explained(), self._engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            self._explain(error.orig if isinstance(error.orig, psycopg.Error) else None)
            raise
        except psycopg.Error as error:
            self._explain(error)
            raise

    def _explain(self, error: psycopg.Error | None) -> None:
        """Raise what an error of the server means for whoever asked; return when it means a bug.

        The classes of SQLSTATE: 08 and 57P are connections lost, 53 is a lack of disk or memory, 40 is a lost race.
        """
        state = (error.sqlstate or "08") if isinstance(error, psycopg.OperationalError) else ""
        said = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        if state.startswith(("08", "57P")):
            raise ServerUnreachableError(f"The database at {self.place} went away: {said}") from error
        if state.startswith("53"):
            raise DatabaseError(f"The database at {self.place} has no room: {said}. Nothing was saved.") from error
        if state.startswith("40"):
            raise ConflictError("Another process changed the same rows at that moment; please try again.") from error

    def _connect(self) -> psycopg.Connection:
        if self._parts() is None:
            raise ServerUnreachableError(
                "DATABASE_URL cannot be read; write it as postgresql://user:password@host:5432/name, with %-escapes "
                "for special characters in the password, or unset it to use the embedded server."
            )
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
        parts = self._parts()
        if parts is None:
            return "an address that cannot be read"
        host = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"
        return f"{host}, database {parts.get('dbname', parts.get('user', '?'))}, user {parts.get('user', '?')}"

    def _parts(self) -> dict[str, str] | None:
        """The address in its parts; None where it cannot be read, because then any part may be one of the password."""
        try:
            parts = psycopg.conninfo.conninfo_to_dict(self._url)
        except psycopg.ProgrammingError:
            return None
        ports = str(parts.get("port") or 0).split(",")
        whole = all(not port or port.isdigit() for port in ports) and "@" not in str(parts.get("host", ""))
        return {name: str(value) for name, value in parts.items()} if whole else None


def take_turn(conn: Connection, what: str) -> None:
    """Wait until no other transaction is doing the same thing, and keep others waiting until this one ends."""
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": f"sigmasight {what}"})


def _take_role(conn: Connection, user_id: UUID | None) -> None:
    if user_id is not None:
        conn.execute(text("SET LOCAL ROLE sigmasight_api"))
        conn.execute(text("SELECT set_config('sigmasight.user', :user, true)"), {"user": str(user_id)})


__all__ = ["Connection", "Database", "take_turn"]
