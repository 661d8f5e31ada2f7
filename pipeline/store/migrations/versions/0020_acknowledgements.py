"""What agents say about their closed months, and the answers; only added to."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.append_only import keep

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and have the database itself refuse to change what is in it."""
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("closing_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledgements"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_acknowledgements_closing_id", "acknowledgements", ["closing_id", "agent_id", "id"])
    keep("acknowledgements", "update", "delete")
