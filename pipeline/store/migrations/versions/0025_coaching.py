"""What people did with coaching tasks; only added to."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.append_only import keep

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and have the database itself refuse to change what is in it."""
    op.create_table(
        "coaching_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.Column("proposal", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_coaching_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_coaching_acts_agent_id", "coaching_acts", ["agent_id", "id"])
    keep("coaching_acts", "update", "delete")
