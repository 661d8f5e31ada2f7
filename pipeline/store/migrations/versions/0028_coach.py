"""Whom a coaching task is given to."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Acts of before gave no task to anybody."""
    op.add_column("coaching_acts", sa.Column("coach", sa.String(), nullable=False, server_default=""))
