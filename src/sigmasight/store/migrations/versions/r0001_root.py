"""The root of the schema."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    sql = files("sigmasight.store.migrations.versions").joinpath("r0001_root.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(sql)
