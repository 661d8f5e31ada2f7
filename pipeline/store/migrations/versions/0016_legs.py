"""The legs of a call, and what tells one line that gave no call from another."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty for earlier calls."""
    op.add_column("calls", sa.Column("legs", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("calls", sa.Column("row", sa.String(), nullable=False, server_default=sa.text("''")))
