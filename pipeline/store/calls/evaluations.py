"""The evaluations of calls by the machine: one row each, with its answers and findings.

Knows which judgement of a call stands, and on which lexicons and terms the judgements of a month rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, ItemAnswer, Outcome
from pipeline.findings import Finding
from pipeline.store import tables
from pipeline.store.calls.findings import finding_values, findings_by_call
from pipeline.store.calls.hearings import corrected_at
from pipeline.store.calls.records import PAGE
from pipeline.store.schema import reading
from pipeline.store.tables import STARTED_AT, AnyRow, Values, answers, calls, evaluations, findings
from pipeline.store.upsert import add, provenance
from pipeline.tally import Tally
from pipeline.timeline import Seconds


@dataclass(frozen=True, slots=True)
class LostCall:
    """A call that lost points of one criterion.

    Parameters
    ----------
    reasons : tuple of str
        Why, in Chinese.
    at : float | None
        Where to listen: the first second of the evidence; None where there is none.
    source : str
        Who answered.
    """

    call_id: str
    started_at: datetime | None
    outcome: Outcome
    level: str | None
    tally: Tally
    reasons: tuple[str, ...]
    at: Seconds | None
    source: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """An evaluation and the findings to which its answers refer."""

    evaluation: Evaluation
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Evaluations:
    """The evaluations of calls with their findings, as they were made by the machine."""

    engine: Engine

    def lexicons(self, month: str | None) -> frozenset[str]:
        """The hashes of the phrase lists behind the latest judgements of a month's calls."""
        c = evaluations.c
        latest = (
            select(func.max(c.id))
            .join(calls, calls.c.id == c.call_id)
            .where(calls.c.month == month, calls.c.judged)
        )
        query = select(c.lexicons).where(c.id.in_(latest.group_by(c.call_id))).distinct()
        with reading(self.engine) as connection:
            return frozenset(connection.scalars(query))

    def scorecards(self) -> tuple[tuple[str, int], ...]:
        """The scorecards by which calls were judged, by name, each with its last revision that was."""
        e = evaluations.c
        query = select(e.scorecard, func.max(e.revision)).group_by(e.scorecard).order_by(e.scorecard)
        with reading(self.engine) as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    def made_at(self, call_id: str) -> datetime | None:
        """The instant at which the judgement that stands for a call was made; None for a call without one."""
        e = evaluations.c
        query = (
            select(e.created_at)
            .join(calls, calls.c.id == e.call_id)
            .where(e.call_id == call_id, calls.c.judged)
            .order_by(e.id.desc())
            .limit(1)
        )
        with reading(self.engine) as connection:
            return connection.scalar(query)

    def calls_since(self, instant: datetime) -> tuple[str, ...]:
        """The calls whose last judgement was made at this instant or later, by id."""
        e = tables.evaluations.c
        last = select(func.max(e.id)).group_by(e.call_id)
        query = select(e.call_id).where(e.id.in_(last), e.created_at >= instant).order_by(e.call_id)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))

    def findings(self, call_ids: Iterable[str]) -> dict[str, tuple[Finding, ...]]:
        """The findings of the judgement that stands for each of these calls; calls without one are left out."""
        wanted = list(dict.fromkeys(call_ids))
        found: dict[str, tuple[Finding, ...]] = {}
        for start in range(0, len(wanted), PAGE):
            with reading(self.engine) as connection:
                judgements = judgements_of(connection, wanted[start : start + PAGE])
            found |= {call_id: judgement.findings for call_id, judgement in judgements.items()}
        return found

    def terms(self, month: str) -> frozenset[tuple[str, str, str]]:
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

    def losses(
        self, month: str, scorecard: tuple[str, int], agent_id: str, criterion_id: str, skip: int, limit: int
    ) -> tuple[LostCall, ...]:
        """The calls of an agent's month that lost points of a criterion, the most points first, then by id.

        Of each call the last judgement by this scorecard counts; a call that was judged by another one only is left
        out.

        Parameters
        ----------
        scorecard : (str, int)
            Its name and revision.
        """
        e, a, f = evaluations.c, answers.c, findings.c
        own = (calls.c.month == month, calls.c.agent_id == agent_id, calls.c.judged)
        last = (
            select(func.max(e.id))
            .join(calls, calls.c.id == e.call_id)
            .where(*own, e.scorecard == scorecard[0], e.revision == scorecard[1])
            .group_by(e.call_id)
        )
        query = (
            select(answers, e.call_id, STARTED_AT)
            .join(evaluations, e.id == a.evaluation_id)
            .join(calls, calls.c.id == e.call_id)
            .where(a.evaluation_id.in_(last), e.status == "evaluated", a.criterion_id == criterion_id)
            .where(a.awarded < a.possible)
            .order_by((a.possible - a.awarded).desc(), e.call_id)
            .offset(skip)
            .limit(limit)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            ids = [row.evaluation_id for row in rows]
            spans = select(f.evaluation_id, f.position, f.span_start).where(f.evaluation_id.in_(ids))
            starts = {(row.evaluation_id, row.position): row.span_start for row in connection.execute(spans)}
        return tuple(_to_lost_call(row, starts) for row in rows)


def _to_lost_call(row: AnyRow, starts: Mapping[tuple[int, int], Seconds]) -> LostCall:
    """The lost call of a row; `starts` has the first second of each finding by evaluation and position."""
    evidence = ((row.evaluation_id, position) for position in row.findings)
    return LostCall(
        call_id=row.call_id,
        started_at=row.started_at,
        outcome=Outcome(row.outcome),
        level=row.level,
        tally=Tally(row.awarded, row.possible),
        reasons=tuple(row.reasons),
        at=min((starts[key] for key in evidence if key in starts), default=None),
        source=row.source,
    )


def judgements_of(
    connection: Connection, call_ids: Sequence[str], prefer: tuple[str, int] | None = None
) -> dict[str, Judgement]:
    """The judgement that stands for each call whose last run reached one.

    It is the last one made, or, where there are some by the scorecard and revision that `prefer` names, the last of
    those. A call that failed when it was run again has none: what was judged earlier is not what is there now.
    What was judged before the call was last corrected is not preferred.
    """
    c = evaluations.c
    query = (
        select(evaluations)
        .join(calls, calls.c.id == c.call_id)
        .where(calls.c.judged, c.call_id.in_(call_ids))
        .order_by(c.id)  # in the order in which they were made: a judgement made again gets a new id
    )
    corrections = corrected_at(connection, call_ids) if prefer else {}

    def preferred(row: AnyRow) -> bool:
        fresh = row.call_id not in corrections or row.created_at >= corrections[row.call_id]
        return fresh and (row.scorecard, row.revision) == prefer

    rows = sorted(connection.execute(query).all(), key=preferred)
    standing = {row.call_id: row for row in rows}  # the last one wins
    answers_by_evaluation, keys = defaultdict[int, list[Answer]](list), [row.id for row in standing.values()]
    for row in connection.execute(
        select(answers).where(answers.c.evaluation_id.in_(keys)).order_by(answers.c.position)
    ):
        answers_by_evaluation[row.evaluation_id].append(to_answer(row))
    found = findings_by_call(connection, select(c.id, c.call_id).where(c.id.in_(keys)).subquery())
    return {
        call_id: Judgement(to_evaluation(row, answers_by_evaluation[row.id]), found.get(call_id, ()))
        for call_id, row in standing.items()
    }


def put_judgement(connection: Connection, evaluation: Evaluation, found: Sequence[Finding]) -> None:
    """Write an evaluation and its findings in place of the one by the same scorecard, revision and lexicons."""
    c = evaluations.c
    connection.execute(
        delete(evaluations).where(
            c.call_id == evaluation.call_id,
            c.scorecard == evaluation.scorecard,
            c.revision == evaluation.revision,
            c.lexicons == evaluation.lexicons,
        )
    )
    values = evaluation_values(evaluation) | provenance()
    (key,) = connection.execute(insert(evaluations).values(values).returning(c.id)).one()
    add(connection, tables.answers, answer_values(key, evaluation.answers))
    add(connection, tables.findings, finding_values(key, found))


def evaluation_values(evaluation: Evaluation) -> Values:
    """A row of `evaluations`."""
    return {
        "call_id": evaluation.call_id,
        "agent_id": evaluation.agent_id,
        "scorecard": evaluation.scorecard,
        "revision": evaluation.revision,
        "lexicons": evaluation.lexicons,
        "status": evaluation.status,
        "review": list(evaluation.review),
    }


def to_evaluation(row: AnyRow, answers: Iterable[Answer]) -> Evaluation:
    """The evaluation of a row."""
    return Evaluation(
        call_id=row.call_id,
        agent_id=row.agent_id,
        scorecard=row.scorecard,
        revision=row.revision,
        lexicons=row.lexicons,
        status=Status(row.status),
        answers=tuple(answers),
        review=tuple(row.review),
    )


def answer_values(evaluation_id: int, answers: Iterable[Answer]) -> list[Values]:
    """The rows of `answers`."""
    return [
        {
            "evaluation_id": evaluation_id,
            "position": position,
            "criterion_id": answer.criterion_id,
            "outcome": answer.outcome,
            "level": answer.level,
            "awarded": answer.tally.awarded,
            "possible": answer.tally.possible,
            "findings": list(answer.findings),
            "reasons": list(answer.reasons),
            "source": answer.source,
            "confidence": answer.confidence,
            "by_item": [astuple(item) for item in answer.items],
        }
        for position, answer in enumerate(answers)
    ]


def to_answer(row: AnyRow) -> Answer:
    """The answer of a row."""
    return Answer(
        criterion_id=row.criterion_id,
        outcome=Outcome(row.outcome),
        level=row.level,
        tally=Tally(row.awarded, row.possible),
        findings=tuple(row.findings),
        reasons=tuple(row.reasons),
        source=row.source,
        confidence=row.confidence,
        items=tuple(map(_to_item, row.by_item)),
    )


def _to_item(written: Sequence[Any]) -> ItemAnswer:
    """The answer to an item as `answer_values` writes it."""
    id, outcome, share, level, positions, reasons, source, confidence = written
    return ItemAnswer(id, Outcome(outcome), share, level, tuple(positions), tuple(reasons), source, confidence)
