"""What a language model says of items of calls; never changed."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.append_only import keep

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and have the database itself refuse to change what is in it; rows may be erased."""
    op.create_table(
        "opinions",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("judged", sa.String(), nullable=True),
        sa.Column("quoted", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_opinions"),
    )
    op.create_index("ix_opinions_call_id", "opinions", ["call_id"])
    op.create_index("ix_opinions_criterion", "opinions", ["criterion"])
    keep("opinions", "update", key="key")
