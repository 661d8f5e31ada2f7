"""The other columns of a call's record, and whose line went dead first by the tone at the end of the recording."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nothing of either is known of earlier calls."""
    op.add_column("calls", sa.Column("parameters", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("hearings", sa.Column("hung_up", sa.String(), nullable=True))
