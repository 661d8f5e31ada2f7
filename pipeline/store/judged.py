"""Rows of what was judged (evaluations, answers, findings, months) from our types and back, without loss.

Knows both shapes; asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.assessment import AgentMonth, CriterionMonth, ScoredCall
from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, Outcome, Tally
from pipeline.findings import Finding
from pipeline.store.heard import to_call, to_speed_of_answer
from pipeline.store.tables import AnyRow, Values
from pipeline.timeline import Span
from pipeline.turns import Role


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
    )


def finding_values(evaluation_id: int, findings: Iterable[Finding]) -> list[Values]:
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
        for position, finding in enumerate(findings)
    ]


def to_finding(call_id: str, row: AnyRow) -> Finding:
    """The finding of a row."""
    return Finding(
        call_id=call_id,
        detector=row.detector,
        term=row.term,
        turn_index=row.turn_index,
        role=Role(row.role),
        span=Span(row.span_start, row.span_end),
        quote=row.quote,
        value=row.value,
        confidence=row.confidence,
        detector_version=row.detector_version,
    )


def month_values(position: int, month: AgentMonth) -> Values:
    """A row of `months`."""
    return {
        "month": month.month,
        "scorecard": month.scorecard,
        "revision": month.revision,
        "position": position,
        "agent_id": month.agent_id,
        "agent_name": month.agent_name,
        "calls_evaluated": month.evaluated,
        "calls_unscorable": month.unscorable,
        "calls_failed": month.failed,
        "awarded": month.tally.awarded,
        "possible": month.tally.possible,
        "score": month.score,
        "speed_of_answer_s": month.speed_of_answer_s,
        "answered_within_three_rings": month.within_three_rings.awarded,
        "possible_within_three_rings": month.within_three_rings.possible,
        "banned_wording": month.banned_wording,
        "apologies_owed": month.apologies_owed,
        "apologies_given": month.apologies_given,
        "criteria": [_criterion(criterion) for criterion in month.criteria],
    }


def to_month(row: AnyRow) -> AgentMonth:
    """The month of a row."""
    return AgentMonth(
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        month=row.month,
        scorecard=row.scorecard,
        revision=row.revision,
        evaluated=row.calls_evaluated,
        unscorable=row.calls_unscorable,
        failed=row.calls_failed,
        criteria=tuple(_to_criterion(**criterion) for criterion in row.criteria),
        speed_of_answer_s=row.speed_of_answer_s,
        within_three_rings=Tally(row.answered_within_three_rings, row.possible_within_three_rings),
        banned_wording=row.banned_wording,
        apologies_owed=row.apologies_owed,
        apologies_given=row.apologies_given,
    )


def _criterion(criterion: CriterionMonth) -> Values:
    return {
        "criterion_id": criterion.criterion_id,
        "title": criterion.title,
        "points": criterion.points,
        "awarded": criterion.tally.awarded,
        "possible": criterion.tally.possible,
        "answered": criterion.answered,
        "not_applicable": criterion.not_applicable,
        "open": criterion.open,
    }


def _to_criterion(awarded: float, possible: float, **fields: Any) -> CriterionMonth:
    return CriterionMonth(tally=Tally(awarded, possible), **fields)


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
