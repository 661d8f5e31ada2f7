"""What reviewers left standing of a call, counted when its review is finished; earlier reviews are not."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

DRAWN = ("month", "codes", "status", "queue", "team", "scorecard", "edits", "characters")


def upgrade() -> None:
    """Make the columns, and the index by which a month's drawn calls are read without their rows."""
    op.add_column("worklist", sa.Column("edits", sa.Integer(), nullable=True))
    op.add_column("worklist", sa.Column("characters", sa.Integer(), nullable=True))
    op.create_index("ix_worklist_drawn", "worklist", list(DRAWN))
