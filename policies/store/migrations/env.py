"""Alembic's way in: migrations run on the connection that ``policies.store.database`` hands."""

from alembic import context

from policies.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    target_metadata=METADATA,
)
with context.begin_transaction():
    context.run_migrations()
