"""What a second hearing made of doubtful openings and closings; none for calls that were heard before it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("hearings", sa.Column("looks", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
