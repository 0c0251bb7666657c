"""Measurements on images; each change of a reader's is a row.

Revision ID: 3
Revises: 2
"""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Makes the table and its triggers."""
    op.create_table(
        "annotations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.id"), nullable=False, index=True),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
    )
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER annotations_refuse_{change.lower()} BEFORE {change} ON annotations "
            "BEGIN SELECT RAISE(ABORT, 'annotations are only added to'); END"
        )
