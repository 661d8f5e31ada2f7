"""The tables of what is learned: labels, classifiers with their stages, and phrases that cost nothing.

Knows their shape; `labels` and `registry` write and read them. All are only added to: the newest row counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, LargeBinary, Named, Table, TypedColumns

from pipeline.store.tables import Instant, Text, metadata


class LabelColumns(TypedColumns):
    """One row a judgement of a person, in the order written. The database refuses to change one.

    Rows may be taken out: they hold what was said, and personal data must be erasable.
    """

    id: Named[int] = Column(primary_key=True)
    criterion: Named[str] = Column(Text)
    holds: Named[bool]
    call_id: Named[str] = Column(Text)  # of a call that need not be in this store: labels are imported
    agent_id: Named[str | None] = Column(Text)
    span_start: Named[float]
    span_end: Named[float]
    role: Named[str] = Column(Text)
    text: Named[str] = Column(Text)
    before: Named[str] = Column(Text)
    source: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    gold: Named[bool]
    drawn: Named[bool]
    machine: Named[float | None]
    rate: Named[float]


class ClassifierColumns(TypedColumns):
    """One row a version of a classifier. The database refuses to change or delete any."""

    criterion: Named[str] = Column(Text, primary_key=True)
    version: Named[str] = Column(Text, primary_key=True)
    card: Named[str] = Column(Text)
    artifact: Named[bytes] = Column(LargeBinary)
    sha256: Named[str] = Column(Text)
    registered_at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)


class ClassifierStageColumns(TypedColumns):
    """One row a change of stage, in the order made; the last one of a version counts. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    criterion: Named[str] = Column(Text)
    version: Named[str] = Column(Text)
    stage: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)


class DemotionColumns(TypedColumns):
    """One row a term that is demoted or restored, in the order made; the last one counts. Never changed."""

    id: Named[int] = Column(primary_key=True)
    detector: Named[str] = Column(Text)
    term: Named[str] = Column(Text)
    restored: Named[bool]
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)


labels: Table[Any] = Table(
    "labels", metadata, LabelColumns, Index("ix_labels_criterion_call_id", "criterion", "call_id")
)
classifiers: Table[Any] = Table("classifiers", metadata, ClassifierColumns)
classifier_stages: Table[Any] = Table(
    "classifier_stages",
    metadata,
    ClassifierStageColumns,
    ForeignKeyConstraint(
        ["criterion", "version"],
        ["classifiers.criterion", "classifiers.version"],
        name="fk_classifier_stages_criterion_version",
    ),
    sqlite_autoincrement=True,
)
demotions: Table[Any] = Table("demotions", metadata, DemotionColumns, sqlite_autoincrement=True)
