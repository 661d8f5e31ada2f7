"""Rows of what was judged (evaluations, answers, findings) from our types and back, without loss.

Knows both shapes; asks the database nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import String, cast

from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.month.assessment.calls import ScoredCall
from pipeline.store.heard import to_call, to_recording, to_speed_of_answer
from pipeline.store.tables import AnyRow, Values, findings
from pipeline.tally import Tally
from pipeline.timeline import Span

ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Judgement:
    """An evaluation and the findings to which its answers refer."""

    evaluation: Evaluation
    findings: tuple[Finding, ...]


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
    )


def finding_values(evaluation_id: int, found: Iterable[Finding]) -> list[Values]:
    """The rows of `findings`."""
    return [
        {
            "evaluation_id": evaluation_id,
            "position": position,
            "detector": finding.detector,
            "term": finding.term,
            "turn_index": finding.turn_index,
            "role": finding.role,
            "span_start": finding.span.start,
            "span_end": finding.span.end,
            "quote": finding.quote,
            "value": finding.value,
            "confidence": finding.confidence,
            "detector_version": finding.detector_version,
        }
        for position, finding in enumerate(found)
    ]


FINDING = [
    findings.c.detector,
    findings.c.term,
    findings.c.turn_index,
    findings.c.role,
    findings.c.span_start,
    findings.c.span_end,
    findings.c.quote,
    cast(findings.c.value, String),
    findings.c.confidence,
    findings.c.detector_version,
]
"""The columns that `to_finding` takes, in this order. A month has a million: asking each by name costs double."""

_value = lru_cache(maxsize=65_536)(json.loads)  # a number or a text, and mostly one of the phrases of the lexicons


def to_finding(
    call_id: str,
    detector: str,
    term: str,
    turn_index: int | None,
    role: str,
    start: float,
    end: float,
    quote: str,
    value: str | None,
    confidence: float,
    version: str,
) -> Finding:
    """The finding of the columns in `FINDING`."""
    return Finding(
        call_id,
        detector,
        term,
        turn_index,
        ROLES[role],
        Span(start, end),
        quote,
        None if value is None else _value(value),
        confidence,
        version,
    )


def to_scored_call(row: AnyRow, judgement: Judgement | None) -> ScoredCall:
    """The call of a row of calls, recordings and hearings, as it was judged."""
    status = judgement.evaluation.status if judgement else Status(row.status)
    return ScoredCall(
        call=to_call(row),
        status=status,
        reason="" if status is Status.EVALUATED else row.reason,
        problem="" if status is Status.EVALUATED else row.problem,
        evaluation=judgement.evaluation if judgement else None,
        findings=judgement.findings if judgement else (),
        speed_of_answer=to_speed_of_answer(row),
        duration=row.duration,
    )


def to_result(row: AnyRow, hearing: Hearing | None, judgement: Judgement | None) -> CallResult:
    """How the call of a row of calls, recordings and hearings ended; None for one that was not heard or judged."""
    return CallResult(
        call=to_call(row),
        status=Status(row.status),
        stage=row.stage,
        reason=row.reason,
        problem=row.problem,
        fingerprint=row.fingerprint,
        uri=row.uri,
        recording=to_recording(row) if row.recording_id else None,
        hearing=hearing,
        findings=judgement.findings if judgement else (),
        evaluation=judgement.evaluation if judgement else None,
    )
