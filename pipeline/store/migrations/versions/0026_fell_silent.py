"""Whose line went dead while the other party still spoke, and from when."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing of it is known of earlier calls."""
    op.add_column("hearings", sa.Column("fell_silent", sa.JSON(), nullable=True))
