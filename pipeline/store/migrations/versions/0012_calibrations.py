"""Calibrations: what was dealt to whom, what was answered, and when it was closed."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.append_only import keep

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; all of them are only added to."""
    op.create_table(
        "calibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scorecard", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scales", sa.JSON(), nullable=False),
        sa.Column("drawing", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calibrations"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "calibration_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("machine", sa.JSON(), nullable=False),
        _of_calibration("calibration_calls"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration_calls"),
    )
    op.create_index("ix_calibration_calls_calibration_id", "calibration_calls", ["calibration_id"])
    op.create_index("ix_calibration_calls_call_id", "calibration_calls", ["call_id"])
    op.create_table(
        "calibration_reviewers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        _of_calibration("calibration_reviewers"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_calibration_reviewers_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration_reviewers"),
    )
    op.create_index("ix_calibration_reviewers_calibration_id", "calibration_reviewers", ["calibration_id"])
    op.create_index("ix_calibration_reviewers_account_id", "calibration_reviewers", ["account_id"])
    op.create_table(
        "calibration_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("heard_at", sa.Double(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_calibration("calibration_answers"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration_answers"),
    )
    op.create_index("ix_calibration_answers_calibration_id_by", "calibration_answers", ["calibration_id", "by"])
    op.create_table(
        "calibration_closings",
        sa.Column("calibration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.String(), nullable=False),
        _of_calibration("calibration_closings"),
        sa.PrimaryKeyConstraint("calibration_id", name="pk_calibration_closings"),
    )
    for table in ("calibrations", "calibration_calls", "calibration_reviewers", "calibration_answers"):
        keep(table, "update", "delete")
    keep("calibration_closings", "update", "delete", key="calibration_id")


def _of_calibration(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["calibration_id"], ["calibrations.id"], name=f"fk_{table}_calibration_id")
