"""One call judged by one scorecard: an answer to each criterion, with points and the reason for each point lost.

Knows findings and rules; never audio. What is missing is decided here, not in the detectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.call import Status
from pipeline.evaluation.answer import Answer, Outcome, Override
from pipeline.evaluation.criterion import answer_criteria
from pipeline.evaluation.gate import refusal
from pipeline.findings import Finding
from pipeline.hearing import Hearing, Quality
from pipeline.hearing.doubts import REVIEWED
from pipeline.scorecard import Scorecard
from pipeline.scorecard.rules import Case
from pipeline.tally import Tally

VETO = "一票否决"
"""The word that reasons begin with where an auto-fail criterion left nothing of a call."""


HANDED_OVER = "话单显示有几位坐席接听，录音只有一段，分不出哪些话是本坐席说的，请人工核对；未做到的各项核对后才计"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One call judged by one revision of one scorecard.

    `lexicons` is the hash of the lexicons in force. `review` names, in Chinese, why a person should look.
    An unscorable call has no answers.
    """

    call_id: str
    agent_id: str | None
    scorecard: str
    revision: int
    lexicons: str
    status: Status
    answers: tuple[Answer, ...]
    review: tuple[str, ...] = ()

    @property
    def tally(self) -> Tally:
        """Points over all answers, with those that people gave on this call."""
        return Tally.sum(answer.tally + answer.given for answer in self.answers)

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100; None when none were."""
        share = self.tally.share
        return None if share is None else 100 * share


def evaluate(
    hearing: Hearing,
    findings: Sequence[Finding],
    scorecard: Scorecard,
    lexicons: str,
    overrides: Mapping[str, Override] | None = None,
) -> Evaluation:
    """The call judged by the scorecard; an answer to each of its chosen criteria.

    Parameters
    ----------
    hearing : Hearing
        The turns are not looked at, so a hearing without them will do.
    findings : sequence of Finding
        All findings of the call that nobody denies; answers refer to their positions.
    lexicons : str
        Hash of the lexicons that found them.
    overrides : mapping | None
        What people decided, by item or criterion.

    Raises
    ------
    ValueError
        If a person answered what a call is not asked.

    Note
    ----
    A rule that something must be absent would pass on an empty transcript; a call that was not heard well enough
    (`scorecard.quality`) is unscorable and gets no points either way, whatever people answered.

    A rule that cannot be decided (`Outcome.UNSURE`) gives no points either way: its weight leaves the criterion,
    and the call goes to review.

    An auto-fail criterion (一票否决) that is not met leaves nothing of the call: every answer loses its points, and
    says why. A person's answer to it takes the call, or gives it back.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> call = hearing_of(["坐席：您好请讲"])
    >>> [a.outcome.title for a in evaluate(call, (), find_scorecard("kf01"), "").answers[2:4]]
    ['不适用', '部分符合']
    """
    _, problem = refusal(hearing, scorecard.quality)
    poor = (problem,) if problem else ()
    answers: tuple[Answer, ...] = ()
    doubts: tuple[str, ...] = ()
    if not poor:
        answers, doubts = _before_veto(hearing, findings, scorecard, overrides or {})
        answers = _after_veto(answers, scorecard)
    return Evaluation(
        call_id=hearing.call.id,
        agent_id=hearing.call.agent_id,
        scorecard=scorecard.name,
        revision=scorecard.revision,
        lexicons=lexicons,
        status=Status.UNSCORABLE if poor else Status.EVALUATED,
        answers=answers,
        review=poor or (*_review(hearing, scorecard), *doubts),
    )


def answers_before_veto(
    hearing: Hearing,
    findings: Sequence[Finding],
    scorecard: Scorecard,
    overrides: Mapping[str, Override] | None = None,
) -> tuple[Answer, ...]:
    """The answer to each chosen criterion for itself, before an auto-fail takes the call; see `evaluate`.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> answers_before_veto(hearing_of(["坐席：您好请讲"]), (), card)[7].reasons
    ('询问其他需要，或推介便民服务：未听到询问其他需要；也未听到主动推荐',)
    """
    return _before_veto(hearing, findings, scorecard, overrides or {})[0]


def _before_veto(
    hearing: Hearing, findings: Sequence[Finding], scorecard: Scorecard, overrides: Mapping[str, Override]
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """The answers before an auto-fail, and why some are left to a person."""
    asked = {each for question in scorecard.call_criteria for each in question.ids}
    if foreign := sorted(set(overrides) - asked):
        raise ValueError(f"{scorecard.name} asks no {', '.join(foreign)}: a person's answer to it counts nowhere")
    case = Case.of(hearing, findings, scorecard.titles)
    answers = answer_criteria(case, scorecard, overrides)
    unsure = (
        reason
        for answer in answers
        if answer.criterion_id not in overrides
        for item in answer.items
        if item.outcome is Outcome.UNSURE and item.source == "machine"
        for reason in item.reasons
    )
    return answers, tuple(unsure)


def _after_veto(answers: tuple[Answer, ...], scorecard: Scorecard) -> tuple[Answer, ...]:
    """The answers as the first auto-fail criterion that is not met leaves them."""
    for question, answer in zip(scorecard.call_criteria, answers, strict=True):
        on_call = question.criterion.by_call or answer.source == "person"
        if question.criterion.auto_fail and on_call and answer.outcome is Outcome.NOT_MET:
            why = f"{VETO}：{question.criterion.title}"
            return tuple(a if a is answer else _voided(a, why, answer.confidence, scorecard) for a in answers)
    return answers


def _voided(answer: Answer, why: str, confidence: float, scorecard: Scorecard) -> Answer:
    """The answer without its points, as sure as the veto is."""
    if not any((answer.tally.possible, answer.tally.awarded, answer.given.possible, answer.given.awarded)):
        return answer
    return replace(
        answer,
        outcome=Outcome.NOT_MET,
        level=scorecard.levels[-1][0] if answer.level else None,
        tally=Tally(0.0, answer.tally.possible),
        given=Tally(0.0, answer.given.possible),
        reasons=(why, *answer.reasons),
        confidence=confidence,
    )


def _review(hearing: Hearing, scorecard: Scorecard) -> tuple[str, ...]:
    doubt = (role_doubt(hearing.quality),) if hearing.quality.role_confidence < scorecard.review_below else ()
    told = tuple(notice.problem for notice in hearing.notices if notice.kind in REVIEWED)
    return (*doubt, *told, *((HANDED_OVER,) if hearing.undivided else ()))


def role_doubt(quality: Quality) -> str:
    """The sentence that asks a person to check who is the agent; `counterfactual` says what hangs on it.

    Examples
    --------
    >>> from pipeline.hearing import Quality
    >>> role_doubt(Quality(40.0, 39.0, 0.9, 0.62, 20.0))
    '坐席与客户的区分把握只有 62%，请人工核对角色'
    """
    return f"坐席与客户的区分把握只有 {quality.role_confidence:.0%}，请人工核对角色"
