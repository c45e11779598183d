"""Alembic's way in: the migrations run on the connection that ``claims.ledger.database`` hands."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
