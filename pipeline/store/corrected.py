"""What people heard otherwise, as it is read: the table, and the corrections that stand for a call.

Knows rows; how a correction is written is in `corrections`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Named,
    Select,
    Table,
    TypedColumns,
    func,
    select,
)

from pipeline.hearing.corrections import Correction, CorrectionKind, by_call_corrected
from pipeline.store.tables import AnyRow, Instant, Text, calls, metadata
from pipeline.timeline import Span


class CorrectionColumns(TypedColumns):
    """One row an act of a person about what was heard. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    call_id: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    turn_index: Named[int | None]
    span_start: Named[float | None]
    span_end: Named[float | None]
    old: Named[str] = Column(Text)
    new: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    undoes: Named[int | None] = Column(ForeignKey("corrections.id"))


corrections: Table[Any] = Table(
    "corrections",
    metadata,
    CorrectionColumns,
    Index("ix_corrections_call_id", "call_id", "id"),
    sqlite_autoincrement=True,
)


def corrections_of(connection: Connection, call_ids: Sequence[str]) -> dict[str, tuple[Correction, ...]]:
    """The corrections that stand for each of these calls that has some."""
    return _standing_where(connection, corrections.c.call_id.in_(call_ids))


def corrections_of_agent(
    connection: Connection, month: str | None, agent_id: str | None
) -> dict[str, tuple[Correction, ...]]:
    """The same for the calls of one agent in a month."""
    own = select(calls.c.id).where(calls.c.month == month, calls.c.agent_id == agent_id)
    return _standing_where(connection, corrections.c.call_id.in_(own))


def corrected_at(connection: Connection, call_ids: Sequence[str]) -> dict[str, datetime]:
    """When each of these calls that ever was corrected was so last, by an undoing too."""
    c = corrections.c
    query = select(c.call_id, func.max(c.id).label("id")).where(c.call_id.in_(call_ids)).group_by(c.call_id)
    last = query.subquery()
    rows = connection.execute(select(c.call_id, c.at).join(last, last.c.id == c.id))
    return {row.call_id: row.at for row in rows}


def _standing_where(connection: Connection, chosen: ColumnElement[bool]) -> dict[str, tuple[Correction, ...]]:
    return by_call_corrected(map(to_correction, connection.execute(ordered().where(chosen))))


def ordered() -> Select[*tuple[Any, ...]]:
    """All corrections, in the order made."""
    return select(corrections).order_by(corrections.c.id)


def to_correction(row: AnyRow) -> Correction:
    """The correction of a row."""
    return Correction(
        id=row.id,
        call_id=row.call_id,
        kind=CorrectionKind(row.kind),
        turn_index=row.turn_index,
        span=None if row.span_start is None else Span(row.span_start, row.span_end),
        old=row.old,
        new=row.new,
        reason=row.reason,
        by=row.by,
        at=row.at,
        undoes=row.undoes,
    )
