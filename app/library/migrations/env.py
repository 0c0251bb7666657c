"""Run by alembic, once per migration; the connection comes from `app.library.opening`, in a transaction of its own."""

from alembic import context

from app.library.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
