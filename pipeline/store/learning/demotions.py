"""The terms that are demoted or restored, and the closed months that rest on a term or a version.

Knows which evaluation stood when a month was closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Named, Table, TypedColumns, and_, insert, select

from pipeline.errors import StoreError
from pipeline.month.assessment.closing import Closing
from pipeline.store.calls.evaluations import to_answer
from pipeline.store.learning.classifiers import check_named
from pipeline.store.months.months import standing_closings
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Text, Values, answers, calls, evaluations, findings, metadata
from pipeline.validation.learning.registry import GATE, Demotion, Term
from pipeline.validation.learning.stakes import MonthAtStake, points_at_stake


class DemotionColumns(TypedColumns):
    """One row a term that is demoted or restored, in the order made; the last one counts. Never changed."""

    id: Named[int] = Column(primary_key=True)
    detector: Named[str] = Column(Text)
    term: Named[str] = Column(Text)
    restored: Named[bool]
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)


demotions: Table[Any] = Table("demotions", metadata, DemotionColumns, sqlite_autoincrement=True)


@dataclass(frozen=True, slots=True)
class Demotions:
    """The terms that are demoted or restored, and the months that rest on them."""

    engine: Engine

    def add(self, detector: str, term: str, by: str, reason: str) -> bool:
        """Whether the term was demoted now; False when it was already."""
        return self._turn(detector, term, by, reason, restored=False)

    def restore(self, detector: str, term: str, by: str, reason: str) -> bool:
        """Whether the term was given its weight back now; False when it was not demoted.

        Raises
        ------
        StoreError
            If no person is named.
        """
        if by == GATE:
            raise StoreError(f"{detector}/{term}: a person must restore it, not the gate: --by NAME")
        return self._turn(detector, term, by, reason, restored=True)

    def terms(self) -> frozenset[Term]:
        """The detectors and terms that cost nothing now."""
        standing = {(each.detector, each.term): each for each in self.history()}
        return frozenset(term for term, last in standing.items() if not last.restored)

    def history(self) -> tuple[Demotion, ...]:
        """Every demotion and restoration, in the order made."""
        with reading(self.engine) as connection:
            return _demotions(connection)

    def affected_by_term(self, detector: str, term: str) -> tuple[MonthAtStake, ...]:
        """The agents of closed months whose points rest on findings of a term, by month, scorecard and agent."""
        return self._affected(and_(findings.c.detector == detector, findings.c.term == term))

    def affected_by_version(self, detector: str, version: str) -> tuple[MonthAtStake, ...]:
        """The agents of closed months whose points rest on findings of a version of a classifier."""
        return self._affected(and_(findings.c.detector == detector, findings.c.detector_version == version))

    def _affected(self, suspect: ColumnElement[bool]) -> tuple[MonthAtStake, ...]:
        with reading(self.engine) as connection:
            closings = sorted(standing_closings(connection), key=lambda each: (each.month, each.standard))
            return tuple(row for closing in closings for row in _of_closing(connection, closing, suspect))

    def _turn(self, detector: str, term: str, by: str, reason: str, *, restored: bool) -> bool:
        check_named(by)
        with writing_alone(self.engine, "demotions") as connection:
            last = [each for each in _demotions(connection) if (each.detector, each.term) == (detector, term)][-1:]
            if restored is (not last or last[0].restored):
                return False
            values: Values = {"detector": detector, "term": term, "restored": restored}
            values |= {"at": datetime.now(UTC), "by": by, "reason": reason}
            connection.execute(insert(demotions), values)
            return True


def _demotions(connection: Connection) -> tuple[Demotion, ...]:
    query = select(demotions).order_by(demotions.c.id)
    return tuple(
        Demotion(row.detector, row.term, row.restored, row.at, row.by, row.reason)
        for row in connection.execute(query)
    )


def _of_closing(connection: Connection, closing: Closing, suspect: ColumnElement[bool]) -> Iterator[MonthAtStake]:
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
        rows_of_answers = connection.execute(select(answers).where(answers.c.evaluation_id == stood.id))
        stake = points_at_stake([to_answer(row) for row in rows_of_answers], found[stood.id])
        if stake is not None:
            stakes[stood.called].append(stake)
    for agent_id, own in sorted(stakes.items(), key=lambda each: each[0] or "\uffff"):
        sums = [stake for stake in own if stake is not None]
        whole = len(sums) == len(own)
        yield MonthAtStake(
            closing.month,
            closing.standard,
            closing.revision,
            agent_id,
            len(own),
            sum(lost for lost, _ in sums) if whole else None,
            sum(points for _, points in sums) if whole else None,
        )


def _stood(rows: Iterable[AnyRow], closing: Closing) -> AnyRow:
    """The evaluation on which the closing was made: by its own standard and before it, as far as there is one."""

    def rank(row: AnyRow) -> tuple[bool, bool, int]:
        made_at: datetime = row.created_at
        own = (row.scorecard, row.revision) == (closing.standard, closing.revision)
        return own, made_at <= closing.at, row.id

    return max(rows, key=rank)
