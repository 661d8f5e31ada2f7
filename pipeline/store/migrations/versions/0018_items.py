"""What was said of each item of a criterion, and of a month which share of its interval is doubt."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what was judged earlier only the criterion's answer and the interval are known."""
    op.add_column("answers", sa.Column("by_item", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("months", sa.Column("heard", sa.JSON(), nullable=True))
