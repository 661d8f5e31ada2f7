"""The suspicions that people affirm."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Acts of before affirmed nothing."""
    affirmed = sa.Column("affirmed", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    op.add_column("person_answers", affirmed)
