"""Run a migration's SQL file."""

from importlib.resources import files

from alembic import op


def run_file(name: str) -> None:
    """Run the statements of a file beside the versions, in the migration's transaction."""
    sql = files("sigmasight.store.migrations.versions").joinpath(name).read_text("utf-8")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - a bound connection has one
    driver.execute(sql)  # many statements at once, and no placeholders: the driver's own call takes both
