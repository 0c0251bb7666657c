"""Run by alembic, once per migration; the connection comes from `app.library.opening`, in a transaction of its own."""

from alembic import context

from app.library.schema import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables,
    transactional_ddl=True,
)
context.run_migrations()
