"""Alembic's environment: migrates over the connection that `flask db` hands in."""

from alembic import context

from portal.db import Model
from portal.migrations.unmodelled import is_modelled

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Model.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
    include_name=is_modelled,
)
with context.begin_transaction():
    context.run_migrations()
