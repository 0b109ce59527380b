"""Alembic's entry: runs the migrations on the connection that the caller opened, in the caller's transaction."""

from alembic import context

from sigmasight.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
