"""What counts of a call: the machine's judgement with what people said of it laid over; the machine's own stays.

Pure: nothing is kept. A month does the same for all its calls (`assessment.replay`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.answers import PersonAnswer, in_force, without_denied
from pipeline.call import Status
from pipeline.evaluation import Answer, answers_alone, evaluate
from pipeline.result import CallResult
from pipeline.scorecard import Scorecard


def counted(result: CallResult, card: Scorecard, counting: Sequence[PersonAnswer]) -> CallResult:
    """The call as it counts; unchanged where nobody said anything of it, or nothing of it can count.

    Parameters
    ----------
    result : CallResult
        As the machine judged it by this card.
    counting : sequence of PersonAnswer
        What counts now of all that people said of the call, by whatever scorecard.
    """
    machine = result.evaluation
    if not counting or machine is None or result.hearing is None or result.status is not Status.EVALUATED:
        return result
    people = in_force(counting, card)
    findings = without_denied(result.findings, counting)
    evaluation = evaluate(result.hearing, findings, card, machine.lexicons, people)
    settled = {reason for answer in machine.answers if answer.criterion_id in people for reason in answer.reasons}
    review = tuple(why for why in machine.review if why not in settled)
    return replace(result, findings=findings, evaluation=replace(evaluation, review=review))


def machine_alone(result: CallResult, card: Scorecard) -> dict[str, Answer]:
    """What the machine says of each item for itself, before an auto-fail takes the call; empty if it says nothing.

    Evidence is given as positions in the findings of the result.
    """
    if result.hearing is None or result.status is not Status.EVALUATED:
        return {}
    return {a.criterion_id: a for a in answers_alone(result.hearing, result.findings, card)}
