"""First tables: recordings, transcripts, calls as heard, evaluations, months."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "diarizations",
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "model", "settings", name="pk_diarizations"),
    )
    op.create_table(
        "months",
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("scorecard", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_name", sa.String(), nullable=True),
        sa.Column("calls_evaluated", sa.Integer(), nullable=False),
        sa.Column("calls_unscorable", sa.Integer(), nullable=False),
        sa.Column("calls_failed", sa.Integer(), nullable=False),
        sa.Column("awarded", sa.Double(), nullable=False),
        sa.Column("possible", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("speed_of_answer_s", sa.Double(), nullable=True),
        sa.Column("answered_within_three_rings", sa.Double(), nullable=False),
        sa.Column("possible_within_three_rings", sa.Double(), nullable=False),
        sa.Column("banned_wording", sa.Integer(), nullable=False),
        sa.Column("apologies_owed", sa.Integer(), nullable=False),
        sa.Column("apologies_given", sa.Integer(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("month", "scorecard", "revision", "position", name="pk_months"),
    )
    op.create_index("ix_months_agent_id", "months", ["agent_id"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sampling_rate", sa.Integer(), nullable=False),
        sa.Column("num_channels", sa.Integer(), nullable=False),
        sa.Column("num_samples", sa.Integer(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_table(
        "transcripts",
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("speech", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "model", "settings", name="pk_transcripts"),
    )
    op.create_table(
        "calls",
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_name", sa.String(), nullable=True),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=True),
        sa.Column("ring_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recording_name", sa.String(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=True),
        sa.Column("agent_channel", sa.Integer(), nullable=True),
        sa.Column("hangup_by", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=True),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("recording_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_calls_recording_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_agent_id", "calls", ["agent_id"], unique=False)
    op.create_index("ix_calls_month", "calls", ["month"], unique=False)
    op.create_index("ix_calls_recording_id", "calls", ["recording_id"], unique=False)
    op.create_table(
        "evaluations",
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("scorecard", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("lexicons", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("review", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_evaluations_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations"),
        sa.UniqueConstraint(
            "call_id",
            "scorecard",
            "revision",
            "lexicons",
            name="uq_evaluations_call_id_scorecard_revision_lexicons",
        ),
    )
    op.create_table(
        "hearings",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("bursts", sa.JSON(), nullable=False),
        sa.Column("ring_by_record", sa.Double(), nullable=True),
        sa.Column("ring_by_audio", sa.Double(), nullable=True),
        sa.Column("rings", sa.Integer(), nullable=True),
        sa.Column("speech_seconds", sa.Double(), nullable=False),
        sa.Column("transcribed_seconds", sa.Double(), nullable=False),
        sa.Column("word_confidence", sa.Double(), nullable=False),
        sa.Column("role_confidence", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_hearings_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name="pk_hearings"),
    )
    op.create_table(
        "answers",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("awarded", sa.Double(), nullable=False),
        sa.Column("possible", sa.Double(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name="fk_answers_evaluation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "position", name="pk_answers"),
    )
    op.create_table(
        "findings",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("turn_index", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("span_start", sa.Double(), nullable=False),
        sa.Column("span_end", sa.Double(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("detector_version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name="fk_findings_evaluation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "position", name="pk_findings"),
    )
    op.create_table(
        "turns",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("span_start", sa.Double(), nullable=False),
        sa.Column("span_end", sa.Double(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["hearings.call_id"], name="fk_turns_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "position", name="pk_turns"),
    )
