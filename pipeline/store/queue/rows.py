"""The tables of the queue and of saved filters, and their rows from our types and back.

Knows shapes only; `queue` and `places` ask and write.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, ForeignKey, Index, Named, Table, TypedColumns, UniqueConstraint

from pipeline.review.urgency import Code, Reason, codes
from pipeline.review.worklist import Progress, Stream, WorklistRow
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, metadata


class WorklistColumns(TypedColumns):
    """One row a call that a person could review. What it says of the call is taken from the newest judgement."""

    call_id: Named[str] = Column(Text, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Named[str | None] = Column(Text)
    agent_name: Named[str | None] = Column(Text)
    team: Named[str | None] = Column(Text)  # by the roster, on the day
    queue: Named[str | None] = Column(Text)
    scorecard: Named[str | None] = Column(Text)
    month: Named[str | None] = Column(Text)
    day: Named[date | None] = Column(Date)  # in Asia/Shanghai
    at: Named[datetime] = Column(Instant)
    duration: Named[float | None]
    score: Named[float | None]
    risk: Named[float]
    stream: Named[int]  # 0 by risk, 1 by lot
    position: Named[float]  # the larger, the earlier in its stream
    codes: Named[int]  # the kinds of the reasons, a bit each
    reasons: Named[Any] = Column(Json, nullable=False)  # [[code, sentence, weight], …]
    status: Named[str] = Column(Text)
    assignee: Named[str | None] = Column(Text)
    taken_at: Named[datetime | None] = Column(Instant)
    done_by: Named[str | None] = Column(Text)
    done_at: Named[datetime | None] = Column(Instant)
    due_at: Named[datetime | None] = Column(Instant)
    edits: Named[int | None]  # between what was heard and what was left standing when the review was finished
    characters: Named[int | None]  # spoken, of what was left standing


class WorklistCriterionColumns(TypedColumns):
    """One row a criterion of a listed call that was not plainly met: what the queue is searched for."""

    call_id: Named[str] = Column(Text, ForeignKey("worklist.call_id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Named[str] = Column(Text, primary_key=True)
    outcome: Named[str] = Column(Text)


class SavedFilterColumns(TypedColumns):
    """One row a filter that somebody keeps under a name, as the query string of the page."""

    id: Named[int] = Column(primary_key=True)
    account_id: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    query: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)


ORDER = ("stream", "position", "at", "call_id")
"""How the queue is read, from the end."""
FILTERED = ("day", "score", "codes", "agent_id", "team", "assignee")
"""What rows are filtered by: it stands in the indexes too, so that those left out are never read."""
DRAWN = ("month", "codes", "status", "queue", "team", "scorecard", "edits", "characters")
"""All that is asked of the random draw, so that no row is read for it."""
worklist: Table[Any] = Table(
    "worklist",
    metadata,
    WorklistColumns,
    Index("ix_worklist_order", "status", *ORDER, *FILTERED),
    Index("ix_worklist_any_status", *ORDER, "status", *FILTERED),
    Index("ix_worklist_team_order", "team", "status", *ORDER, "agent_id"),
    Index("ix_worklist_agent_order", "agent_id", "status", *ORDER),
    Index("ix_worklist_agent_month", "agent_id", "month"),
    Index("ix_worklist_assignee", "assignee", "status"),
    Index("ix_worklist_done", "done_by", "done_at"),
    Index("ix_worklist_drawn", *DRAWN),
)
worklist_criteria: Table[Any] = Table(
    "worklist_criteria",
    metadata,
    WorklistCriterionColumns,
    Index("ix_worklist_criteria_found", "criterion_id", "outcome", "call_id"),
)
saved_filters: Table[Any] = Table(
    "saved_filters", metadata, SavedFilterColumns, UniqueConstraint("account_id", "name")
)


def reason_lists(reasons: Iterable[Reason]) -> list[list[Any]]:
    """The reasons as they are kept.

    Examples
    --------
    >>> reason_lists([Reason(Code.SAMPLED, "抽样：三月", 0.0)])
    [[<Code.SAMPLED: 'sampled'>, '抽样：三月', 0.0]]
    """
    return [[reason.code, reason.sentence, reason.weight] for reason in reasons]


def to_reasons(stored: Any) -> tuple[Reason, ...]:
    """The reasons that were kept."""
    return tuple(Reason(Code(code), sentence, weight) for code, sentence, weight in stored)


def row_values(row: WorklistRow, position: float) -> Values:
    """The columns of `worklist` that tell of the call and why it is there; who reviews it is left as it is."""
    return {
        "call_id": row.call_id,
        "agent_id": row.agent_id,
        "agent_name": row.agent_name,
        "team": row.team,
        "queue": row.queue,
        "month": row.month,
        "day": row.day,
        "at": row.at,
        "duration": row.duration,
        "score": row.score,
        "scorecard": row.scorecard,
    } | place_values(row, position)


def place_values(row: WorklistRow, position: float) -> Values:
    """The columns of `worklist` that tell why it is there and where it stands."""
    return {
        "risk": row.risk,
        "stream": int(row.stream),
        "position": position,
        "codes": codes(row.reasons),
        "reasons": reason_lists(row.reasons),
    }


def to_row(row: AnyRow) -> WorklistRow:
    """The listed call of a row."""
    return WorklistRow(
        call_id=row.call_id,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        team=row.team,
        queue=row.queue,
        month=row.month,
        day=row.day,
        at=row.at,
        duration=row.duration,
        score=row.score,
        risk=row.risk,
        stream=Stream(row.stream),
        reasons=to_reasons(row.reasons),
        status=Progress(row.status),
        assignee=row.assignee,
        taken_at=row.taken_at,
        done_by=row.done_by,
        done_at=row.done_at,
        due_at=row.due_at,
        scorecard=row.scorecard,
    )
