"""A call as it counts: people's answers laid over the machine's judgement, which stays as it is.

Pure: nothing is kept. Both shapes of a judged call are known here: with all that was heard, and as a month adds it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.call import Status
from pipeline.evaluation import Evaluation, Said, answers_before_veto, evaluate
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Hearing
from pipeline.month.assessment.calls import ScoredCall
from pipeline.review.answers import PersonAnswer, drop_denials, overrides, valid_acts
from pipeline.review.replay import replay
from pipeline.scorecard import Scorecard


def overlay(result: CallResult, card: Scorecard, acts: Sequence[PersonAnswer]) -> CallResult:
    """The call as it counts; unchanged where nobody said anything of it, or nothing of it can count.

    Parameters
    ----------
    result : CallResult
        As the machine judged it by this card.
    acts : sequence of PersonAnswer
        What counts now of all that people said of the call, by whatever scorecard.
    """
    machine = result.evaluation
    if not acts or machine is None or result.hearing is None or result.status is not Status.EVALUATED:
        return result
    people = valid_acts(acts, card)
    findings = drop_denials(result.findings, acts)
    evaluation = evaluate(result.hearing, findings, card, machine.lexicons, overrides(people))
    return replace(result, findings=findings, evaluation=_unsettled(evaluation, machine, people))


def overlay_month(
    scored: ScoredCall, hearing: Hearing, card: Scorecard, acts: Sequence[PersonAnswer]
) -> ScoredCall:
    """The same of a call as a month adds it.

    Parameters
    ----------
    hearing : Hearing
        Without turns, as the store gives it.
    """
    if scored.evaluation is None:
        return scored
    again = replay(hearing, scored.findings, card, scored.evaluation.lexicons, acts)
    if again.evaluation is None:
        return again
    people = valid_acts(acts, card)
    return replace(again, evaluation=_unsettled(again.evaluation, scored.evaluation, people))


def _unsettled(counts: Evaluation, machine: Evaluation, people: Collection[str]) -> Evaluation:
    """The evaluation that counts, with what the machine left to a person and nobody has answered."""
    said: list[Said] = [*machine.answers]
    said += [item for answer in machine.answers for item in answer.items]
    settled = {reason for each in said if each.id in people for reason in each.reasons}
    return replace(counts, review=tuple(why for why in machine.review if why not in settled))


def machine_answers(result: CallResult, card: Scorecard) -> dict[str, Said]:
    """The machine's answer to each criterion and item before an auto-fail takes the call; empty for none.

    Evidence is given as positions in the findings of the result.

    Examples
    --------
    >>> from pipeline.call import Call, Direction
    >>> from pipeline.scorecard import find_scorecard
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> machine_answers(CallResult(call, Status.UNSCORABLE, "evaluate", "no_speech", ""), find_scorecard("kf01"))
    {}
    """
    if result.hearing is None or result.status is not Status.EVALUATED:
        return {}
    answers = answers_before_veto(result.hearing, result.findings, card)
    items = {item.id: item for answer in answers for item in answer.items}
    return items | {answer.id: answer for answer in answers}
