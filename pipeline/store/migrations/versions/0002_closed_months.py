"""Months belong to a closing; plans and the ledger; how sure an answer is; how long the agent spoke."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; what was kept as a month becomes a trial, since nobody signed it."""
    op.add_column("answers", sa.Column("confidence", sa.Double(), server_default=sa.text("0.5"), nullable=False))
    op.add_column("hearings", sa.Column("agent_seconds", sa.Double(), server_default=sa.text("0"), nullable=False))
    op.execute(AGENT_SECONDS[op.get_context().dialect.name])
    op.drop_index("ix_calls_month", "calls")
    op.create_index("ix_calls_month_id", "calls", ["month", "id"])
    op.create_index("ix_calls_month_agent_id", "calls", ["month", "agent_id", "id"])
    old = _take_old_months()
    _create_tables()
    _give_to_trials(old)
    for statement in KEPT_FOR_EVER[op.get_context().dialect.name]:
        op.execute(statement)


AGENT_SECONDS = {
    "sqlite": """
        UPDATE hearings SET agent_seconds = coalesce((
            SELECT sum(json_extract(word.value, '$[2]') - json_extract(word.value, '$[1]'))
            FROM turns, json_each(turns.words) AS word
            WHERE turns.call_id = hearings.call_id AND turns.role = 'agent'), 0)""",
    "postgresql": """
        UPDATE hearings SET agent_seconds = coalesce((
            SELECT sum((word ->> 2)::double precision - (word ->> 1)::double precision)
            FROM turns, json_array_elements(turns.words) AS word
            WHERE turns.call_id = hearings.call_id AND turns.role = 'agent'), 0)""",
}
"""As `hearing.Quality` defines it: the lengths of the agent's words, added."""

KEPT_FOR_EVER = {
    "sqlite": [
        """CREATE TRIGGER closings_kept_on_update BEFORE UPDATE ON closings WHEN OLD.state <> 'trial'
           BEGIN SELECT RAISE(ABORT, 'a closing is kept as it is'); END""",
        """CREATE TRIGGER closings_kept_on_delete BEFORE DELETE ON closings WHEN OLD.state <> 'trial'
           BEGIN SELECT RAISE(ABORT, 'a closing is kept as it is'); END""",
        """CREATE TRIGGER months_kept_on_update BEFORE UPDATE ON months
           WHEN (SELECT state FROM closings WHERE id = OLD.closing_id) <> 'trial'
           BEGIN SELECT RAISE(ABORT, 'the months of a closing are kept as they are'); END""",
        """CREATE TRIGGER months_kept_on_delete BEFORE DELETE ON months
           WHEN (SELECT state FROM closings WHERE id = OLD.closing_id) <> 'trial'
           BEGIN SELECT RAISE(ABORT, 'the months of a closing are kept as they are'); END""",
        """CREATE TRIGGER ledger_kept_on_update BEFORE UPDATE ON ledger
           BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
        """CREATE TRIGGER ledger_kept_on_delete BEFORE DELETE ON ledger
           BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
        # REPLACE deletes without asking the trigger above.
        """CREATE TRIGGER ledger_kept_on_replace BEFORE INSERT ON ledger
           WHEN EXISTS (SELECT 1 FROM ledger WHERE id = NEW.id)
           BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION callqa_keep() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION '% is kept as it is: append-only', TG_TABLE_NAME; END $$""",
        """CREATE FUNCTION callqa_keep_closed() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               IF (SELECT state FROM closings WHERE id = OLD.closing_id) <> 'trial' THEN
                   RAISE EXCEPTION 'the months of a closing are kept as they are';
               END IF;
               IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
               RETURN NEW;
           END $$""",
        """CREATE TRIGGER closings_kept BEFORE UPDATE OR DELETE ON closings
           FOR EACH ROW WHEN (OLD.state <> 'trial') EXECUTE FUNCTION callqa_keep()""",
        """CREATE TRIGGER months_kept BEFORE UPDATE OR DELETE ON months
           FOR EACH ROW EXECUTE FUNCTION callqa_keep_closed()""",
        """CREATE TRIGGER ledger_kept BEFORE UPDATE OR DELETE ON ledger
           FOR EACH ROW EXECUTE FUNCTION callqa_keep()""",
        """CREATE TRIGGER ledger_kept_on_truncate BEFORE TRUNCATE ON ledger
           FOR EACH STATEMENT EXECUTE FUNCTION callqa_keep()""",
    ],
}
"""What decides people's pay cannot be changed by anybody's SQL either; a trial can."""


def _take_old_months() -> list[dict[str, Any]]:
    """Every row of `months`, which is then gone."""
    connection = op.get_bind()
    old = sa.Table("months", sa.MetaData(), autoload_with=connection)
    c = old.c
    query = sa.select(old).order_by(c.month, c.scorecard, c.revision, c.position)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    op.drop_table("months")
    return rows


def _create_tables() -> None:
    op.create_table(
        "closings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feeds", sa.JSON(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_closings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_closings_month", "closings", ["month"])
    op.create_table(
        "months",
        sa.Column("closing_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_name", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("calls_evaluated", sa.Integer(), nullable=False),
        sa.Column("calls_unscorable", sa.Integer(), nullable=False),
        sa.Column("calls_failed", sa.Integer(), nullable=False),
        sa.Column("awarded", sa.Double(), nullable=False),
        sa.Column("possible", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("score_low", sa.Double(), nullable=True),
        sa.Column("score_high", sa.Double(), nullable=True),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("undecided", sa.String(), nullable=False),
        sa.Column("vetoed", sa.String(), nullable=False),
        sa.Column("qualitative", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("speed_of_answer_s", sa.Double(), nullable=True),
        sa.Column("answered_within_three_rings", sa.Double(), nullable=False),
        sa.Column("possible_within_three_rings", sa.Double(), nullable=False),
        sa.Column("banned_wording", sa.Integer(), nullable=False),
        sa.Column("apologies_owed", sa.Integer(), nullable=False),
        sa.Column("apologies_given", sa.Integer(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["closing_id"], ["closings.id"], name="fk_months_closing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("closing_id", "position", name="pk_months"),
    )
    op.create_index("ix_months_agent_id", "months", ["agent_id"])
    op.create_table(
        "plans",
        sa.Column("closing_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["closing_id"], ["closings.id"], name="fk_plans_closing_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("closing_id", "position", name="pk_plans"),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        sa.Column("consequence_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["about"], ["ledger.id"], name="fk_ledger_about"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index("ix_ledger_standard", "ledger", ["standard"])


NOT_KEPT_BEFORE = {"origins": [], "value": None, "counted": [0.0, 0.0], "sentence": "", "drawn": []}
"""Of a criterion. Its interval is all that is possible: nothing is known of its doubt."""


def _give_to_trials(old: list[dict[str, Any]]) -> None:
    """One trial for each month, scorecard and revision, by whom is not known, with the rows that it had."""
    closings, months = (
        sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
        for name in ("closings", "months")
    )
    of: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for row in old:
        of.setdefault((row.pop("month"), row.pop("scorecard"), row.pop("revision")), []).append(row)
    # In the order in which they were made: the last one is shown.
    for (month, standard, number), rows in sorted(of.items(), key=lambda each: each[1][-1]["created_at"]):
        trial = {
            "month": month,
            "standard": standard,
            "revision": number,
            "digest": "",
            "state": "trial",
            "by": "",
            "reason": "",
            "at": max(row["created_at"] for row in rows),
            "feeds": [],
            "notices": [],
            "code_version": rows[-1]["code_version"],
        }
        key = op.get_bind().execute(closings.insert().values(trial).returning(closings.c.id)).scalar_one()
        for row in rows:
            del row["code_version"], row["created_at"]
            criteria = [NOT_KEPT_BEFORE | {"low": 0.0, "high": c["possible"]} | c for c in row["criteria"]]
            new = {"closing_id": key, "undecided": "", "vetoed": "", "criteria": criteria}
            op.get_bind().execute(months.insert().values(row | new))
