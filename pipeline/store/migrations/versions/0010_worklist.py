"""The queue of calls to review, sampling plans and saved filters; older calls are listed when the desk opens."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ORDER = ["stream", "position", "at", "call_id"]
FILTERED = ["day", "score", "codes", "agent_id", "team", "assignee"]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "worklist",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_name", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("scorecard", sa.String(), nullable=True),
        sa.Column("month", sa.String(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("risk", sa.Double(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("position", sa.Double(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_worklist_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name="pk_worklist"),
    )
    op.create_index("ix_worklist_order", "worklist", ["status", *ORDER, *FILTERED])
    op.create_index("ix_worklist_any_status", "worklist", [*ORDER, "status", *FILTERED])
    op.create_index("ix_worklist_team_order", "worklist", ["team", "status", *ORDER, "agent_id"])
    op.create_index("ix_worklist_agent_order", "worklist", ["agent_id", "status", *ORDER])
    op.create_index("ix_worklist_agent_month", "worklist", ["agent_id", "month"])
    op.create_index("ix_worklist_assignee", "worklist", ["assignee", "status"])
    op.create_index("ix_worklist_done", "worklist", ["done_by", "done_at"])
    op.create_table(
        "worklist_criteria",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("criterion_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["worklist.call_id"], name="fk_worklist_criteria_call_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "criterion_id", name="pk_worklist_criteria"),
    )
    op.create_index("ix_worklist_criteria_found", "worklist_criteria", ["criterion_id", "outcome", "call_id"])
    op.create_table(
        "sampling_plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("percent", sa.Double(), nullable=True),
        sa.Column("per_agent", sa.Integer(), nullable=True),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_by", sa.String(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sampling_plans"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "worklist_draws",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["sampling_plans.id"], name="fk_worklist_draws_plan_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["worklist.call_id"], name="fk_worklist_draws_call_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", "call_id", name="pk_worklist_draws"),
    )
    op.create_index("ix_worklist_draws_call_id", "worklist_draws", ["call_id"])
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filters"),
        sa.UniqueConstraint("account_id", "name", name="uq_saved_filters_account_id_name"),
    )
