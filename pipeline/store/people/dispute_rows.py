"""The tables of disputes and of their history, and their rows from our types and back.

Knows shapes only; `disputes` asks and writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Named, Table, TypedColumns

from pipeline.evaluation import Outcome
from pipeline.review.disputes.dispute import Dispute, DisputeEvent, DisputeState, Ruling
from pipeline.review.disputes.moves import Move
from pipeline.review.disputes.subject import Subject
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, metadata
from pipeline.tally import Tally


class DisputeColumns(TypedColumns):
    """One row a dispute as it stands; what led there is in `dispute_events`."""

    id: Named[int] = Column(primary_key=True)
    call_id: Named[str] = Column(Text)
    scorecard: Named[str] = Column(Text)
    revision: Named[int]
    criterion_id: Named[str] = Column(Text)
    agent_id: Named[str] = Column(Text)
    team: Named[str | None] = Column(Text)  # by the roster, on the call's day
    month: Named[str | None] = Column(Text)
    outcome: Named[str] = Column(Text)  # the answer that is contested
    level: Named[str | None] = Column(Text)
    awarded: Named[float]
    possible: Named[float]
    seen_at: Named[datetime] = Column(Instant)
    answered_by: Named[str | None] = Column(Text)
    answered_at: Named[datetime | None] = Column(Instant)
    state: Named[str] = Column(Text)
    pending: Named[bool]
    round: Named[int]
    raised_by: Named[str] = Column(Text)
    raised_at: Named[datetime] = Column(Instant)
    reason: Named[str] = Column(Text)
    due_at: Named[datetime | None] = Column(Instant)
    assignee: Named[str | None] = Column(Text)
    barred: Named[Any] = Column(Json, nullable=False)  # [account, …]
    ruled_at: Named[datetime | None] = Column(Instant)
    version: Named[int]


class DisputeEventColumns(TypedColumns):
    """One row an act of a dispute, in the order made. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    dispute_id: Named[int] = Column(ForeignKey("disputes.id"), index=True)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    round: Named[int]
    reason: Named[str] = Column(Text)
    words: Named[str] = Column(Text)
    assignee: Named[str | None] = Column(Text)
    outcome: Named[str | None] = Column(Text)  # what an upheld one puts in place
    level: Named[str | None] = Column(Text)
    answer_id: Named[int | None]  # of `person_answers`
    final: Named[bool]
    effect: Named[Any] = Column(Json, nullable=True)  # what the decider was shown of month and grade


disputes: Table[Any] = Table(
    "disputes",
    metadata,
    DisputeColumns,
    Index("ix_disputes_item", "call_id", "scorecard", "criterion_id"),
    Index("ix_disputes_due", "pending", "due_at"),
    Index("ix_disputes_ruled", "pending", "ruled_at", "id"),
    Index("ix_disputes_team", "team", "pending", "due_at"),
    Index("ix_disputes_agent", "agent_id", "pending", "due_at"),
    Index("ix_disputes_month", "month", "scorecard", "pending"),
    sqlite_autoincrement=True,
)
dispute_events: Table[Any] = Table("dispute_events", metadata, DisputeEventColumns, sqlite_autoincrement=True)


def dispute_values(dispute: Dispute) -> Values:
    """A row of `disputes`, but for the id, which the store gives."""
    c = dispute.subject
    return {
        "call_id": c.call_id,
        "scorecard": c.scorecard,
        "revision": c.revision,
        "criterion_id": c.criterion_id,
        "agent_id": c.agent_id,
        "team": c.team,
        "month": c.month,
        "outcome": c.outcome,
        "level": c.level,
        "awarded": c.tally.awarded,
        "possible": c.tally.possible,
        "seen_at": c.seen_at,
        "answered_by": c.answered_by,
        "answered_at": c.answered_at,
        "state": dispute.state,
        "pending": dispute.pending,
        "round": dispute.round,
        "raised_by": dispute.raised_by,
        "raised_at": dispute.raised_at,
        "reason": dispute.reason,
        "due_at": dispute.due_at,
        "assignee": dispute.assignee,
        "barred": sorted(dispute.barred),
        "ruled_at": dispute.ruled_at,
        "version": dispute.version,
    }


def to_dispute(row: AnyRow) -> Dispute:
    """The dispute of a row."""
    return Dispute(
        id=row.id,
        subject=Subject(
            call_id=row.call_id,
            scorecard=row.scorecard,
            revision=row.revision,
            criterion_id=row.criterion_id,
            agent_id=row.agent_id,
            team=row.team,
            month=row.month,
            outcome=Outcome(row.outcome),
            level=row.level,
            tally=Tally(row.awarded, row.possible),
            seen_at=row.seen_at,
            answered_by=row.answered_by,
            answered_at=row.answered_at,
        ),
        state=DisputeState(row.state),
        round=row.round,
        raised_by=row.raised_by,
        raised_at=row.raised_at,
        reason=row.reason,
        due_at=row.due_at,
        assignee=row.assignee,
        barred=frozenset(row.barred),
        ruled_at=row.ruled_at,
        version=row.version,
    )


def raising_values(dispute: Dispute, words: str) -> Values:
    """The event with which a round begins; `dispute` is what it led to."""
    return {
        "dispute_id": dispute.id,
        "at": dispute.raised_at,
        "by": dispute.raised_by,
        "state": dispute.state,
        "round": dispute.round,
        "reason": dispute.reason,
        "words": words.strip(),
        "final": False,
    }


def event_values(after: Dispute, move: Move, answer_id: int | None, effect: object) -> Values:
    """The event of a move; `after` is what it led to."""
    ruling = move.ruling if move.state is DisputeState.UPHELD else None
    return {
        "dispute_id": after.id,
        "at": move.at,
        "by": move.by.id,
        "state": move.state,
        "round": after.round,
        "reason": "",
        "words": move.words.strip(),
        "assignee": after.assignee,
        "outcome": ruling.outcome if ruling else None,
        "level": ruling.level if ruling else None,
        "answer_id": answer_id,
        "final": after.final,
        "effect": effect,
    }


def to_event(row: AnyRow) -> DisputeEvent:
    """The event of a row."""
    return DisputeEvent(
        id=row.id,
        dispute_id=row.dispute_id,
        at=row.at,
        by=row.by,
        state=DisputeState(row.state),
        round=row.round,
        reason=row.reason,
        words=row.words,
        assignee=row.assignee,
        ruling=Ruling(Outcome(row.outcome), row.level) if row.outcome else None,
        final=row.final,
        effect=tuple(row.effect or ()),
    )
