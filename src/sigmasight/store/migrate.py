"""Bring the schema to the version that this code needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.store.embedded import ROLE_SQL

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x5193A


def migrate(conn: Connection) -> None:
    """Apply the migrations that are missing, in the caller's transaction; several processes take turns.

    Raises:
        DatabaseSetupError: If the roles are missing or the schema is newer than this code.
    """
    _require_roles(conn)
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(conn).get_current_revision()
    if present == scripts.get_current_head():
        return
    _require_known(scripts, present)
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


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


def _require_known(scripts: ScriptDirectory, present: str | None) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseSetupError(
            f"The database's schema is at version {present}, which this SigmaSight does not know: "
            "it was made by a newer one. Install that version again, or use another database."
        )
