"""Stored findings judged by another scorecard, in memory: no audio, no model, nothing saved."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.call import Status
from pipeline.evaluation import Answer, evaluate
from pipeline.evaluation.gate import refusal
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.month.assessment.calls import ScoredCall
from pipeline.review.answers import PersonAnswer, counting_findings, overrides, valid_acts
from pipeline.scorecard import Scorecard


def replay(
    hearing: Hearing,
    findings: Sequence[Finding],
    scorecard: Scorecard,
    lexicons: str = "",
    acts: Sequence[PersonAnswer] = (),
) -> ScoredCall:
    """A call as this scorecard would have judged it.

    Parameters
    ----------
    hearing : Hearing
        Without turns, as the store gives it.
    lexicons : str
        Hash of the lexicons that found the findings.
    acts : sequence of PersonAnswer
        What counts of all that people said of the call: what they deny is left out and what they affirm
        counts for every scorecard, what they answered stands for the scorecard that they were asked by.
    """
    kept, people = counting_findings(findings, acts), valid_acts(acts, scorecard)
    evaluation = evaluate(hearing, kept, scorecard, lexicons, overrides(people))
    judged = evaluation.status is Status.EVALUATED
    reason, problem = ("", "") if judged else refusal(hearing, scorecard.quality)
    machine: tuple[Answer, ...] = ()
    if people:
        by_machine = evaluate(hearing, findings, scorecard, lexicons).answers
        answered = {each.criterion.id for each in scorecard.call_criteria if people.keys() & set(each.ids)}
        machine = tuple(answer for answer in by_machine if answer.criterion_id in answered)
    return ScoredCall(
        call=hearing.call,
        status=evaluation.status,
        reason=reason,
        problem=problem,
        evaluation=evaluation,
        findings=kept,
        speed_of_answer=hearing.speed_of_answer,
        duration=hearing.recording.duration,
        machine=machine,
    )
