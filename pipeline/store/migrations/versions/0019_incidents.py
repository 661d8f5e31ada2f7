"""What happened in an agent's calls that a consequence asks for, kept with the month."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for earlier months."""
    op.add_column("months", sa.Column("incidents", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
