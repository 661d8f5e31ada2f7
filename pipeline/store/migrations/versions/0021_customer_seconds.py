"""How long the customer spoke, which a standard may ask for; for calls that were heard before, from their turns."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column and fill it."""
    op.add_column("hearings", sa.Column("customer_seconds", sa.Double(), nullable=True))
    op.execute(CUSTOMER_SECONDS[op.get_context().dialect.name])


CUSTOMER_SECONDS = {
    "sqlite": """
        UPDATE hearings SET customer_seconds = coalesce((
            SELECT sum(json_extract(word.value, '$[2]') - json_extract(word.value, '$[1]'))
            FROM turns, json_each(turns.words) AS word
            WHERE turns.call_id = hearings.call_id AND turns.role = 'customer'), 0)""",
    "postgresql": """
        UPDATE hearings SET customer_seconds = coalesce((
            SELECT sum((word ->> 2)::double precision - (word ->> 1)::double precision)
            FROM turns, json_array_elements(turns.words) AS word
            WHERE turns.call_id = hearings.call_id AND turns.role = 'customer'), 0)""",
}
"""As `hearing.Quality` defines it: the lengths of the customer's words, added."""
