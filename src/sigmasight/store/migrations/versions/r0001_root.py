"""The root of the schema."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    sql = files("sigmasight.store.migrations.versions").joinpath("r0001_root.sql").read_text("utf-8")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - a bound connection has one
    driver.execute(sql)  # many statements at once, and no placeholders: the driver's own call takes both
