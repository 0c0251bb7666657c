"""Run by alembic once per migration, on the connection and in the transaction of `app.library.opening`."""

from alembic import context

from app.library.schema import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables,
    transactional_ddl=True,
)
context.run_migrations()
