"""The tables of what people write around the months: edits of improvement plans, drafts of policy files.

Knows their shape; `plan_edits` and `drafts` write and read them. All are only added to.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Named, Table, TypedColumns

from pipeline.store.tables import Instant, Json, Text, metadata


class PlanEditColumns(TypedColumns):
    """One row an edit of a row of an improvement plan, in the order written. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    month: Named[str] = Column(Text)
    standard: Named[str] = Column(Text)
    agent_id: Named[str] = Column(Text)
    criterion_id: Named[str] = Column(Text)
    number: Named[int]  # which of the criterion's rows, from 0
    cause: Named[str] = Column(Text)
    actions: Named[Any] = Column(Json, nullable=False)  # [action, …]
    owner: Named[str] = Column(Text)
    due: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


class DraftColumns(TypedColumns):
    """One row a proposed policy file, with the file that it is to replace. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    kind: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    text: Named[str] = Column(Text)
    base: Named[str] = Column(Text)  # the file in force when it was proposed; empty where there was none
    why: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


class DraftEventColumns(TypedColumns):
    """One row what was said or measured of a draft, in the order written. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    draft_id: Named[int] = Column(ForeignKey("drafts.id"), index=True)
    kind: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    note: Named[str] = Column(Text)
    report: Named[Any] = Column(Json, nullable=True)  # an object, named as `Report` names it


plan_edits: Table[Any] = Table(
    "plan_edits",
    metadata,
    PlanEditColumns,
    Index("ix_plan_edits_month_standard", "month", "standard", "id"),
    sqlite_autoincrement=True,
)
drafts: Table[Any] = Table("drafts", metadata, DraftColumns, sqlite_autoincrement=True)
draft_events: Table[Any] = Table("draft_events", metadata, DraftEventColumns, sqlite_autoincrement=True)
