"""Stored findings judged by another standard, in memory: no audio, no model, nothing saved."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.assessment.calls import ScoredCall
from pipeline.call import Status
from pipeline.evaluation import evaluate
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.scorecard import Scorecard


def replayed(hearing: Hearing, findings: Sequence[Finding], scorecard: Scorecard, lexicons: str = "") -> ScoredCall:
    """A call as this scorecard would have judged it.

    Parameters
    ----------
    hearing : Hearing
        Without turns, as the store gives it.
    lexicons : str
        Hash of the phrase lists that found the findings.
    """
    evaluation = evaluate(hearing, findings, scorecard, lexicons)
    judged = evaluation.status is Status.EVALUATED
    return ScoredCall(
        call=hearing.call,
        status=evaluation.status,
        reason="" if judged else "poor_transcript",
        problem="" if judged else "；".join(evaluation.review),
        evaluation=evaluation,
        findings=tuple(findings),
        speed_of_answer=hearing.speed_of_answer,
        duration=hearing.recording.duration,
    )
