"""Who sounds when and how loud, and where music plays; NULL for calls that were heard before it was measured."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("hearings", sa.Column("stretches", sa.JSON(), nullable=True))
    op.add_column("hearings", sa.Column("music", sa.JSON(), nullable=True))
