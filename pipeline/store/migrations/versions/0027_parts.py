"""Where in a recording that several agents share the part of a call's agent is."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; earlier calls were heard as a whole."""
    op.add_column("hearings", sa.Column("part_start", sa.Double(), nullable=True))
    op.add_column("hearings", sa.Column("part_end", sa.Double(), nullable=True))
