"""The nights, each with how its calls ended and what was doubtful about the material."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; of nights that were run earlier nothing is known."""
    op.create_table(
        "nights",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statuses", sa.JSON(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_nights"),
    )
    op.create_index("ix_nights_at", "nights", ["at"])
