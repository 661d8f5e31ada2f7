"""The files of the scorecards with which months are computed; of those that were computed earlier none is known."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.append_only import keep

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; nothing in it is ever changed."""
    op.create_table(
        "scorecards",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_scorecards"),
    )
    op.create_index("ix_scorecards_name", "scorecards", ["name", "revision"])
    keep("scorecards", "update", "delete", key="digest")
