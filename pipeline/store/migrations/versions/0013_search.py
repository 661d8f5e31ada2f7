"""The index of what was said, filled from the turns that are there."""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any

import sqlalchemy as sa
from alembic import op

from pipeline.call import SHANGHAI
from pipeline.hearing.turns import Role
from pipeline.store.search import INSERTS, first_number, term_rows

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PAGE = 500
"""Calls whose turns are read at once."""


def upgrade() -> None:
    """Make the tables, and the trigger by which terms go with their call; then fill them."""
    op.create_table(
        "search_calls",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("num_turns", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("counted", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["hearings.call_id"], name="fk_search_calls_call_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", name="pk_search_calls"),
        sa.UniqueConstraint("first_id", name="uq_search_calls_first_id"),
    )
    own = "{0} >= OLD.first_id AND {0} < OLD.first_id + OLD.num_turns"
    if op.get_context().dialect.name == "sqlite":
        # The terms are kept beside their index: what is deleted can then be found in it.
        op.execute("CREATE VIRTUAL TABLE search_terms USING fts5(terms, detail=none, tokenize='ascii')")
        op.execute(
            "CREATE TRIGGER search_calls_forgotten AFTER DELETE ON search_calls "
            f"BEGIN DELETE FROM search_terms WHERE {own.format('rowid')}; END"
        )
        _fill()
        return
    op.execute("CREATE TABLE search_terms (id bigint PRIMARY KEY, terms tsvector NOT NULL)")
    op.execute(
        "CREATE FUNCTION callqa_forget_terms() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN DELETE FROM search_terms WHERE {own.format('id')}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_calls_forgotten AFTER DELETE ON search_calls "
        "FOR EACH ROW EXECUTE FUNCTION callqa_forget_terms()"
    )
    _fill()
    # Terms that wait to be put into the index are searched one by one: few may.
    op.execute(
        "CREATE INDEX ix_search_terms_terms ON search_terms USING gin (terms) WITH (gin_pending_list_limit = 1024)"
    )


def _fill() -> None:
    """Index every turn, by day and in it in the order of the calls."""
    connection = op.get_bind()
    calls, turns, search_calls = (
        sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
        for name in ("calls", "turns", "search_calls")
    )
    c, t = calls.c, turns.c
    heard = sa.exists().where(t.call_id == c.id)
    found = connection.execute(
        sa.select(c.id, c.agent_id, c.queue, c.ring_at, c.answered_at, c.ended_at).where(heard)
    ).all()
    instants = {row.id: row.ring_at or row.answered_at or row.ended_at for row in found}
    in_order = sorted(found, key=lambda row: (instants[row.id] is not None, instants[row.id] or 0, row.id))
    taken: dict[date | None, int] = {}
    for start in range(0, len(in_order), PAGE):
        page = in_order[start : start + PAGE]
        said: dict[str, list[tuple[Role, str]]] = {}
        query = sa.select(t.call_id, t.role, t.text).where(t.call_id.in_([row.id for row in page]))
        for row in connection.execute(query.order_by(t.call_id, t.position)):
            said.setdefault(row.call_id, []).append((Role(row.role), row.text))
        _add(connection, search_calls, page, instants, said, taken)


def _add(
    connection: sa.Connection,
    search_calls: sa.Table[Any],
    page: Sequence[Any],
    instants: dict[str, Any],
    said: dict[str, list[tuple[Role, str]]],
    taken: dict[date | None, int],
) -> None:
    rows, terms = [], []
    for call in page:
        at = instants[call.id]
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        day = at.astimezone(SHANGHAI).date() if at else None
        first, own = taken.get(day, first_number(day)), said[call.id]
        taken[day] = first + len(own)
        rows.append({"call_id": call.id, "first_id": first, "num_turns": len(own), "day": day})
        terms += term_rows(first, call, own)
    connection.execute(search_calls.insert(), rows)
    connection.execute(sa.text(INSERTS[connection.dialect.name]), terms)
