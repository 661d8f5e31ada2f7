"""The query for closed months that rest on findings which are no longer trusted.

Knows which evaluation stood when a month was closed; what it staked is in `pipeline.validation.learning.affected`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select

from pipeline.month.assessment.closing import Closing
from pipeline.store import judged
from pipeline.store.closings import standing_closings
from pipeline.store.schema import reading
from pipeline.store.tables import AnyRow, answers, calls, evaluations, findings
from pipeline.validation.learning.affected import AffectedMonth, staked


class Affected:
    """The part of the store that tells whom a demotion concerns."""

    engine: Engine

    def affected_by_term(self, detector: str, term: str) -> tuple[AffectedMonth, ...]:
        """The agents of closed months whose points rest on findings of a term, by month, standard and agent."""
        return self._affected(and_(findings.c.detector == detector, findings.c.term == term))

    def affected_by_version(self, detector: str, version: str) -> tuple[AffectedMonth, ...]:
        """The same for what a version of a classifier found when it was live."""
        return self._affected(and_(findings.c.detector == detector, findings.c.detector_version == version))

    def counted_in(self, month: str) -> frozenset[tuple[str, str, str]]:
        """Detector, term and detector version of all findings behind the last judgements of a month's calls."""
        e, f = evaluations.c, findings.c
        last = (
            select(func.max(e.id))
            .join(calls, calls.c.id == e.call_id)
            .where(calls.c.month == month, calls.c.judged)
            .group_by(e.call_id)
        )
        query = select(f.detector, f.term, f.detector_version).where(f.evaluation_id.in_(last)).distinct()
        with reading(self.engine) as connection:
            return frozenset((row.detector, row.term, row.detector_version) for row in connection.execute(query))

    def _affected(self, suspect: ColumnElement[bool]) -> tuple[AffectedMonth, ...]:
        with reading(self.engine) as connection:
            closings = sorted(standing_closings(connection), key=lambda each: (each.month, each.standard))
            return tuple(row for closing in closings for row in _of_closing(connection, closing, suspect))


def _of_closing(connection: Connection, closing: Closing, suspect: ColumnElement[bool]) -> Iterator[AffectedMonth]:
    e, f = evaluations.c, findings.c
    of_month = select(calls.c.id).where(calls.c.month == closing.month)
    found = defaultdict[int, set[int]](set)
    for row in connection.execute(
        select(f.evaluation_id, f.position)
        .join(evaluations, e.id == f.evaluation_id)
        .where(e.call_id.in_(of_month), suspect)
    ):
        found[row.evaluation_id].add(row.position)
    suspected = select(e.call_id).join(findings, f.evaluation_id == e.id).where(suspect, e.call_id.in_(of_month))
    made = connection.execute(
        select(evaluations, calls.c.agent_id.label("called"))
        .join(calls, calls.c.id == e.call_id)
        .where(e.call_id.in_(suspected))
        .order_by(e.id)
    )
    by_call = defaultdict[str, list[AnyRow]](list)
    for row in made:
        by_call[row.call_id].append(row)
    stakes = defaultdict[str | None, list[tuple[float, float] | None]](list)
    for rows in by_call.values():
        stood = _stood(rows, closing)
        if stood.id not in found:
            continue
        if (stood.scorecard, stood.revision) != (closing.standard, closing.revision):
            stakes[stood.called].append(None)
            continue
        given = connection.execute(select(answers).where(answers.c.evaluation_id == stood.id))
        stake = staked([judged.to_answer(row) for row in given], found[stood.id])
        if stake is not None:
            stakes[stood.called].append(stake)
    for agent_id, own in sorted(stakes.items(), key=lambda each: each[0] or "\uffff"):
        known = [stake for stake in own if stake is not None]
        whole = len(known) == len(own)
        yield AffectedMonth(
            closing.month,
            closing.standard,
            closing.revision,
            agent_id,
            len(own),
            sum(lost for lost, _ in known) if whole else None,
            sum(points for _, points in known) if whole else None,
        )


def _stood(rows: Iterable[AnyRow], closing: Closing) -> AnyRow:
    """The evaluation on which the closing was made: by its own standard and before it, as far as there is one."""

    def rank(row: AnyRow) -> tuple[bool, bool, int]:
        made_at: datetime = row.created_at
        own = (row.scorecard, row.revision) == (closing.standard, closing.revision)
        return own, made_at <= closing.at, row.id

    return max(rows, key=rank)
