"""What was said of each item of a criterion, beside the answer to the criterion."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was judged earlier only the criterion's answer is known."""
    op.add_column("answers", sa.Column("by_item", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
