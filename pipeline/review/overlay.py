"""A call as it counts: people's answers laid over the machine's judgement, which stays as it is.

Pure: nothing is kept. Both shapes of a judged call are known here: with all that was heard, and as a month adds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, ItemAnswer, Outcome, Said, answers_before_veto, evaluate
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Hearing
from pipeline.month.assessment.calls import ScoredCall
from pipeline.review.answers import PersonAnswer, counting_findings, overrides, valid_acts
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
    findings = counting_findings(result.findings, acts)
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
    """The evaluation that counts, with what is left to a person and nobody has answered.

    An answer can settle another item, or leave one open, where that asks for the first one.
    """
    now, before = _open_items(counts), _open_items(machine)
    said: list[Said] = [*machine.answers, *_items(machine.answers).values()]
    settled = {reason for each in said if each.id in people for reason in each.reasons}
    settled |= {reason for id, reasons in before.items() if id not in now for reason in reasons}
    opened = [reason for id, reasons in now.items() if id not in before for reason in reasons]
    return replace(counts, review=(*(why for why in machine.review if why not in settled), *opened))


def _open_items(evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """Why each item that nobody can make out is left to a person."""
    items = _items(evaluation.answers).values()
    return {each.id: each.reasons for each in items if each.outcome is Outcome.UNSURE and each.source == "machine"}


def _items(answers: Sequence[Answer]) -> dict[str, ItemAnswer]:
    """The items of answers, by id."""
    return {item.id: item for answer in answers for item in answer.items}


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
    return _items(answers) | {answer.id: answer for answer in answers}


def followed(machine: Mapping[str, Said], counts: CallResult, card: Scorecard) -> Iterator[str]:
    """What came out otherwise because people answered another item that it asks for, in Chinese.

    Parameters
    ----------
    machine : mapping
        As `machine_answers` gives them.
    counts : CallResult
        The call as it counts.
    """
    now = _items(counts.evaluation.answers) if counts.evaluation else {}
    for asked in card.call_criteria:
        for item in asked.items:
            others = item.rule.items() if item.rule else ()
            before, after = machine.get(item.id), now.get(item.id)
            if not others or before is None or after is None or after.source == "person":
                continue
            if before.outcome is not after.outcome:
                named = "、".join(f"“{each.title(id)}”" for id in others if (each := card.call_criterion(id)))
                moved = f"由“{before.outcome.title}”变为“{after.outcome.title}”"
                yield f"“{item.title}”取决于{named}，随人工结论{moved}"
