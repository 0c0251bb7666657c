"""Comments of readings, and when their image came to the screen; zones of a reading may be not assessable.

Revision ID: 4
Revises: 3
"""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Adds the columns; readings and drafts of before have no comment, and no known time of display."""
    op.add_column("readings", sa.Column("comment", sa.Text, nullable=False, server_default=""))
    op.add_column("readings", sa.Column("displayed_at", sa.Text, nullable=True))
    op.add_column("drafts", sa.Column("comment", sa.Text, nullable=False, server_default=""))
