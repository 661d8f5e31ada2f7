"""What counts of a call: the machine's judgement with what people said of it laid over; the machine's own stays.

Pure: nothing is kept. Both shapes of a judged call are known here: with all that was heard, and as a month adds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, answers_alone, evaluate
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Hearing
from pipeline.month.assessment.calls import ScoredCall
from pipeline.review.answers import PersonAnswer, in_force, overrides, without_denied
from pipeline.review.replay import replayed
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
    evaluation = evaluate(result.hearing, findings, card, machine.lexicons, overrides(people))
    answered = (answer for answer in machine.answers if answer.criterion_id in people)
    return replace(result, findings=findings, evaluation=_unsettled(evaluation, machine, answered))


def counted_in_month(
    scored: ScoredCall, hearing: Hearing, card: Scorecard, counting: Sequence[PersonAnswer]
) -> ScoredCall:
    """The same of a call as a month adds it.

    Parameters
    ----------
    hearing : Hearing
        Without turns, as the store gives it.
    """
    if scored.evaluation is None:
        return scored
    again = replayed(hearing, scored.findings, card, scored.evaluation.lexicons, counting)
    if again.evaluation is None:
        return again
    return replace(again, evaluation=_unsettled(again.evaluation, scored.evaluation, again.machine))


def _unsettled(counts: Evaluation, machine: Evaluation, answered: Iterable[Answer]) -> Evaluation:
    """What counts, with what the machine left to a person but for what people have answered."""
    settled = {reason for answer in answered for reason in answer.reasons}
    return replace(counts, review=tuple(why for why in machine.review if why not in settled))


def machine_alone(result: CallResult, card: Scorecard) -> dict[str, Answer]:
    """What the machine says of each item for itself, before an auto-fail takes the call; empty if it says nothing.

    Evidence is given as positions in the findings of the result.
    """
    if result.hearing is None or result.status is not Status.EVALUATED:
        return {}
    return {a.criterion_id: a for a in answers_alone(result.hearing, result.findings, card)}
