"""What people judged, and what they heard otherwise."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.append_only import keep

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; both are only added to."""
    op.create_table(
        "person_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("scorecard", sa.String(), nullable=False),
        sa.Column("criterion_id", sa.String(), nullable=False),
        sa.Column("criterion_digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("share", sa.Double(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("denied", sa.JSON(), nullable=False),
        sa.Column("machine_outcome", sa.String(), nullable=False),
        sa.Column("machine_level", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["undoes"], ["person_answers.id"], name="fk_person_answers_undoes"),
        sa.PrimaryKeyConstraint("id", name="pk_person_answers"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_person_answers_call_id", "person_answers", ["call_id", "id"])
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("turn_index", sa.Integer(), nullable=True),
        sa.Column("span_start", sa.Double(), nullable=True),
        sa.Column("span_end", sa.Double(), nullable=True),
        sa.Column("old", sa.String(), nullable=False),
        sa.Column("new", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["undoes"], ["corrections.id"], name="fk_corrections_undoes"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_call_id", "corrections", ["call_id", "id"])
    keep("person_answers", "update", "delete")
    keep("corrections", "update", "delete")
