"""Bring the schema to the version that this code needs."""

from pathlib import Path

from sqlalchemy import Connection, text

from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.store.database import take_turn
from sigmasight.store.embedded import ROLE_SQL

HEAD = "0008"
"""The version of the schema that this code needs; the last migration's."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(conn: Connection) -> None:
    """Apply the migrations that are missing, in the caller's transaction; several processes take turns.

    Raises:
        DatabaseSetupError: If the roles are missing or the schema is newer than this code.
    """
    if level_of(conn) == HEAD:
        return
    _require_roles(conn)
    take_turn(conn, "migrations")
    present = level_of(conn)
    if present != HEAD:
        _upgrade(conn, present)


def level_of(conn: Connection) -> str | None:
    """The version of the schema; None where there is none."""
    if conn.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def _upgrade(conn: Connection, present: str | None) -> None:
    """Run the missing migrations; Alembic takes half a second to import, so only here."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseSetupError(
            f"The database's schema is at version {present}, which this SigmaSight does not know: "
            "it was made by a newer one. Install that version again, or use another database."
        )
    config.attributes["connection"] = conn
    command.upgrade(config, HEAD)


def _require_roles(conn: Connection) -> None:
    found = conn.execute(
        text("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'sigmasight_api'")
    ).scalar()
    if found:
        return
    missing = (
        "The role sigmasight_api does not exist" if found is None else "This user may not take the role sigmasight_api"
    )
    raise DatabaseSetupError(f"{missing}. Have the database's administrator run once:\n{ROLE_SQL}")
