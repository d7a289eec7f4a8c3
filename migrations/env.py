"""What alembic runs around the migrations. The caller hands over an open connection, and commits."""

from alembic import context

connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=context.config.attributes["target_metadata"],
    compare_type=True,
    compare_server_default=True,
)

with context.begin_transaction():
    context.run_migrations()
