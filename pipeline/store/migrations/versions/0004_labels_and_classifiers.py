"""Labels, classifiers with their stages, and terms that were demoted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; what is in them is only added to."""
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("span_start", sa.Double(), nullable=False),
        sa.Column("span_end", sa.Double(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gold", sa.Boolean(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("machine", sa.Double(), nullable=True),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_labels"),
    )
    op.create_index("ix_labels_criterion_call_id", "labels", ["criterion", "call_id"])
    op.create_table(
        "classifiers",
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("artifact", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("criterion", "version", name="pk_classifiers"),
    )
    op.create_table(
        "classifier_stages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["criterion", "version"],
            ["classifiers.criterion", "classifiers.version"],
            name="fk_classifier_stages_criterion_version",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_classifier_stages"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "demotions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("restored", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_demotions"),
        sqlite_autoincrement=True,
    )
    kept = _kept_by_sqlite if op.get_context().dialect.name == "sqlite" else _kept_by_postgresql
    kept("labels", "update")
    for table in ("classifiers", "classifier_stages", "demotions"):
        kept(table, "update", "delete")


def _kept_by_sqlite(table: str, *never: str) -> None:
    for event in never:
        op.execute(
            f"CREATE TRIGGER {table}_kept_on_{event} BEFORE {event.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    key = "criterion = NEW.criterion AND version = NEW.version" if table == "classifiers" else "id = NEW.id"
    op.execute(  # REPLACE deletes without asking the triggers above
        f"CREATE TRIGGER {table}_kept_on_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _kept_by_postgresql(table: str, *never: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE {' OR '.join(never).upper()} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION callqa_keep()"
    )
    if "delete" in never:
        op.execute(
            f"CREATE TRIGGER {table}_kept_on_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION callqa_keep()"
        )
