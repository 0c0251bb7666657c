"""Images, predictions, readings and drafts.

Revision ID: 1
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
APPLICATION_ID = 0x42534E76


def upgrade() -> None:
    """Makes the first tables."""
    op.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    op.create_table(
        "properties",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "studies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("identifier", sa.Text, nullable=False, unique=True),
        sa.Column("patient_key", sa.Text, nullable=False, index=True),
        sa.Column("study_date", sa.Text, nullable=False),
        sa.Column("study_time", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("searched", sa.Text, nullable=False),
        sa.Column("thumbnail", sa.LargeBinary, nullable=False),
        sa.Column("first_seen_at", sa.Text, nullable=False),
        sa.Column("last_seen_at", sa.Text, nullable=False),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.id"), nullable=False, index=True),
        sa.Column("model_name", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("model_sha256", sa.Text, nullable=False),
        sa.Column("attention", sa.Text, nullable=False),
        sa.Column("score", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("probabilities", sa.JSON, nullable=False),
        sa.Column("expected_total", sa.Float, nullable=False),
        sa.Column("mask_area_fraction", sa.Float, nullable=False),
        sa.Column("quality", sa.JSON, nullable=False),
        sa.Column("alignment", sa.JSON, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("seconds", sa.JSON, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("software_version", sa.Text, nullable=False),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("score", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("saved_at", sa.Text, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.UniqueConstraint("study_id", "reader", "saved_at", "score"),
    )
    op.create_table(
        "drafts",
        sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.id"), primary_key=True),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("zones", sa.JSON, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
    )
