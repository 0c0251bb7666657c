"""The audit log, and triggers that reject changes to the append-only tables.

Revision ID: 2
Revises: 1
"""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
APPEND_ONLY = ("predictions", "readings", "log")


def upgrade() -> None:
    """Makes the log and the triggers."""
    op.create_table(
        "log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.id"), nullable=True),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("studies_by_last_seen", "studies", ["last_seen_at"])
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are only added to'); END"
            )
