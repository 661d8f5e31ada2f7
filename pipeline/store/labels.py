"""The labels as they are kept: added, never changed; of what one person says of one stretch, the newest counts.

Knows how labels are written and read; what they mean is in `pipeline.validation.learning.labels`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select

from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.store import tables
from pipeline.store.learning import labels as kept
from pipeline.store.queries import PAGE, judgements_of
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Values
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Label, Source


class Labels:
    """The part of the store that keeps labels."""

    engine: Engine

    def add_labels(self, labels: Iterable[Label]) -> int:
        """How many labels were added, all of them or none; one that says what already counts is not added again."""
        with writing_alone(self.engine, "labels") as connection:  # so that ids rise in the order of commitment
            return put_labels(connection, labels)

    def labels(self, criterion: str | None = None) -> tuple[Label, ...]:
        """The labels that count, of one criterion or all, in the order in which they were added."""
        with reading(self.engine) as connection:
            return tuple(_to_label(row) for row in connection.execute(_standing(criterion)))

    def recordings_of(self, call_ids: Iterable[str]) -> Mapping[str, str]:
        """Where the recordings of these calls lie, by call id; calls without one are left out."""
        wanted = set(call_ids)
        query = select(tables.calls.c.id, tables.calls.c.uri).where(tables.calls.c.uri.is_not(None))
        with reading(self.engine) as connection:
            return {row.id: row.uri for row in connection.execute(query) if row.id in wanted}

    def findings_of(self, call_ids: Iterable[str]) -> dict[str, tuple[Finding, ...]]:
        """The findings of the judgement that stands for each of these calls; calls without one are left out."""
        wanted = list(dict.fromkeys(call_ids))
        found: dict[str, tuple[Finding, ...]] = {}
        for start in range(0, len(wanted), PAGE):
            with reading(self.engine) as connection:
                judgements = judgements_of(connection, wanted[start : start + PAGE])
            found |= {call_id: judgement.findings for call_id, judgement in judgements.items()}
        return found

    def judged_since(self, instant: datetime) -> tuple[str, ...]:
        """The calls whose last judgement was made at this instant or later, by id."""
        e = tables.evaluations.c
        last = select(func.max(e.id)).group_by(e.call_id)
        query = select(e.call_id).where(e.id.in_(last), e.created_at >= instant).order_by(e.call_id)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))


STRETCH = ("criterion", "call_id", "span_start", "span_end", "by")
"""What one person can say one thing of: a later row with the same of these corrects the earlier one."""


def put_labels(connection: Connection, labels: Iterable[Label]) -> int:
    """How many labels were added in a transaction in which nobody else writes labels; see `Labels.add_labels`."""
    given = tuple(labels)
    if not given:
        return 0
    own = {label.call_id for label in given}
    known = {_stretch(row): row for row in connection.execute(_standing(None, own if len(own) <= PAGE else None))}
    added: list[Values] = []
    for label in given:
        values = _values(label)
        before = known.get(key := tuple(values[name] for name in STRETCH))
        if before is None or _to_label(before) != label:
            added.append(values)
            known.pop(key, None)
    if added:
        connection.execute(insert(kept), added)
    return len(added)


def _standing(criterion: str | None, call_ids: Set[str] | None = None) -> Select[*tuple[Any, ...]]:
    last = select(func.max(kept.c.id)).group_by(*(kept.c[name] for name in STRETCH))
    if criterion is not None:
        last = last.where(kept.c.criterion == criterion)
    if call_ids is not None:
        last = last.where(kept.c.call_id.in_(call_ids))
    return select(kept).where(kept.c.id.in_(last)).order_by(kept.c.id)


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
