"""The labels as they are kept: added, never changed; of what one person says of one stretch, the latest counts.

The time of a judgement decides, not when it arrived: an old export that is imported late changes nothing.

Knows how labels are written and read; what they mean is in `pipeline.validation.learning.labels`.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Index, Named, Select, Table, TypedColumns, func, insert, select

from pipeline.hearing.turns import Role
from pipeline.store.calls.records import PAGE
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Text, Values, metadata
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Label, Source


class LabelColumns(TypedColumns):
    """One row a judgement of a person, in the order written. The database refuses to change one.

    Rows may be taken out: they hold what was said, and personal data must be erasable.
    """

    id: Named[int] = Column(primary_key=True)
    criterion: Named[str] = Column(Text)
    holds: Named[bool]
    call_id: Named[str] = Column(Text)  # of a call that need not be in this store any more
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


labels: Table[Any] = Table(
    "labels", metadata, LabelColumns, Index("ix_labels_criterion_call_id", "criterion", "call_id")
)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels."""

    engine: Engine

    def add(self, new: Iterable[Label]) -> int:
        """The number of labels added, all or none; one that says what counts, or is older than it, is not added."""
        with writing_alone(self.engine, "labels") as connection:  # so that ids rise in the order of commitment
            return put_labels(connection, new)

    def all(self, criterion: str | None = None) -> tuple[Label, ...]:
        """The labels that count, of one criterion or all, in the order in which they were added."""
        with reading(self.engine) as connection:
            return tuple(_to_label(row) for row in connection.execute(_standing(criterion)))


STRETCH = ("criterion", "call_id", "span_start", "span_end", "by")
"""What one person can say one thing of: a later judgement with the same of these corrects the earlier one."""


def put_labels(connection: Connection, new: Iterable[Label]) -> int:
    """The number of labels added in a transaction in which nobody else writes labels; see `Labels.add`."""
    given = tuple(new)
    if not given:
        return 0
    own = {label.call_id for label in given}
    known = connection.execute(_standing(None, own if len(own) <= PAGE else None))
    standing = {_stretch(row): _to_label(row) for row in known}
    added: dict[tuple[object, ...], Values] = {}
    for label in given:
        values = _values(label)
        before = standing.get(key := tuple(values[name] for name in STRETCH))
        if before is None or (label.at >= before.at and label != before):
            added[key] = values
            standing[key] = label
    if added:
        connection.execute(insert(labels), list(added.values()))
    return len(added)


def _standing(criterion: str | None, call_ids: Set[str] | None = None) -> Select[*tuple[Any, ...]]:
    latest = (labels.c.at.desc(), labels.c.id.desc())
    place = func.row_number().over(partition_by=[labels.c[name] for name in STRETCH], order_by=latest)
    ranked = select(labels.c.id, place.label("place"))
    if criterion is not None:
        ranked = ranked.where(labels.c.criterion == criterion)
    if call_ids is not None:
        ranked = ranked.where(labels.c.call_id.in_(call_ids))
    first = ranked.subquery()
    return select(labels).where(labels.c.id.in_(select(first.c.id).where(first.c.place == 1))).order_by(labels.c.id)


def _stretch(row: AnyRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in STRETCH)


def _values(label: Label) -> Values:
    return {
        "criterion": label.criterion,
        "holds": label.holds,
        "call_id": label.call_id,
        "agent_id": label.agent_id,
        "span_start": label.span.start,
        "span_end": label.span.end,
        "role": label.role,
        "text": label.text,
        "before": label.before,
        "source": label.source,
        "by": label.by,
        "at": label.at,
        "gold": label.gold,
        "drawn": label.drawn,
        "machine": label.machine,
        "rate": label.rate,
    }


def _to_label(row: AnyRow) -> Label:
    return Label(
        criterion=row.criterion,
        holds=row.holds,
        call_id=row.call_id,
        agent_id=row.agent_id,
        span=Span(row.span_start, row.span_end),
        role=Role(row.role),
        text=row.text,
        before=row.before,
        source=Source(row.source),
        by=row.by,
        at=row.at,
        gold=row.gold,
        drawn=row.drawn,
        machine=row.machine,
        rate=row.rate,
    )
