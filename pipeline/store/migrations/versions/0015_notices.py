"""What was doubtful about a recording and a call, and the stretches of a call that nobody heard.

What a machine says had the role ``unknown`` until now; it has one of its own, and ``unknown`` is left to voices of
which nobody can say whose they are.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty for what was heard earlier, and give machines their role."""
    empty = sa.text("'[]'")
    op.add_column("recordings", sa.Column("file_notices", sa.JSON(), nullable=False, server_default=empty))
    op.add_column("hearings", sa.Column("unheard", sa.JSON(), nullable=False, server_default=empty))
    op.add_column("hearings", sa.Column("notices", sa.JSON(), nullable=False, server_default=empty))
    _machines_speak()


def _machines_speak() -> None:
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE turns SET role = 'system' WHERE role = 'unknown'"))
    hearings = sa.table(
        "hearings",
        sa.column("call_id", sa.String()),
        sa.column("stretches", sa.JSON()),
        sa.column("looks", sa.JSON()),
    )
    for row in connection.execute(sa.select(hearings)).all():
        renamed = {"stretches": _renamed(row.stretches), "looks": _renamed(row.looks)}
        if renamed != {"stretches": row.stretches, "looks": row.looks}:
            mine = hearings.c.call_id == row.call_id
            connection.execute(sa.update(hearings).where(mine).values(renamed))


def _renamed(stored: object) -> object:
    """The rows with the role of machines in the first column of lists; roles are nowhere else."""
    return json.loads(json.dumps(stored).replace('["unknown", ', '["system", ')) if stored else stored
