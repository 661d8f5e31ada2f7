"""A call judged with agent and customer swapped: where the roles are in doubt, whether it matters.

Pure: the call is judged again with its roles swapped, both judgements are compared. Who decides the roles is
`roles`; how a call is judged is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.call import Status
from pipeline.evaluation.answer import Answer, Outcome
from pipeline.evaluation.evaluation import Evaluation, role_doubt
from pipeline.hearing import Hearing
from pipeline.notices import NoticeKind
from pipeline.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Dependence:
    """A criterion whose answer hangs on who is the agent.

    Parameters
    ----------
    title : str
        The criterion's.
    as_judged, if_swapped : Answer
        The answer, and what it would be with agent and customer swapped.
    """

    title: str
    as_judged: Answer
    if_swapped: Answer

    def __str__(self) -> str:
        one, other = self.as_judged, self.if_swapped
        if one.tally == other.tally:
            return f"{self.title}由{one.outcome.title}变{other.outcome.title}"
        return f"{self.title}由 {_points(one)}变 {_points(other)}"


def _points(answer: Answer) -> str:
    if answer.outcome is Outcome.NOT_APPLICABLE:
        return "不适用"
    return f"{answer.tally.awarded:g} 分"


def dependences(judged: Evaluation, other: Evaluation, scorecard: Scorecard) -> tuple[Dependence, ...]:
    """The criteria that two judgements of one call, the second with its roles swapped, answer differently.

    Points and outcomes count, not how sure they are. Empty as well where the swapped call cannot be scored.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.evaluation import evaluate
    >>> card = find_scorecard("kf01")
    >>> judged = evaluate(hearing_of(["坐席：您好请讲"]), (), card, "")
    >>> dependences(judged, judged, card)
    ()
    """
    answers = {answer.criterion_id: answer for answer in other.answers}
    return tuple(
        Dependence(scorecard.criterion(answer.criterion_id).title, answer, answers[answer.criterion_id])
        for answer in judged.answers
        if answer.criterion_id in answers and _differs(answer, answers[answer.criterion_id])
    )


def _differs(one: Answer, other: Answer) -> bool:
    return one.outcome is not other.outcome or one.tally != other.tally


def in_doubt(hearing: Hearing, scorecard: Scorecard) -> bool:
    """Whether agent and customer may be the other way round: hardly probable, or contradicted by a strong sign.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> in_doubt(hearing_of(["坐席：您好请讲"]), find_scorecard("kf01"))
    False
    """
    contradicted = any(notice.kind is NoticeKind.ROLES_CONTRADICT for notice in hearing.notices)
    return contradicted or hearing.quality.role_confidence < scorecard.review_below


def with_role_effect(
    hearing: Hearing,
    judged: Evaluation,
    scorecard: Scorecard,
    judge: Callable[[Hearing], Evaluation],
    why: Sequence[str] = (),
) -> Evaluation:
    """The evaluation, its doubt of the roles replaced by what hangs on them.

    A call whose roles are sure, or that could not be scored, stays as it is. Where nothing hangs on the roles, no
    person needs to look; unless their signs contradict each other, for then the record may be wrong.

    Parameters
    ----------
    judge : callable
        The evaluation of a hearing, by the rules that gave `judged`.
    why : sequence of str
        In Chinese, the evidence for the roles as they were decided.
    """
    confidence = hearing.quality.role_confidence
    if not in_doubt(hearing, scorecard) or judged.status is not Status.EVALUATED:
        return judged
    other = judge(hearing.swapped())
    doubt = role_doubt(hearing.quality)
    rest = tuple(line for line in judged.review if line != doubt)
    reasons = f"（依据：{'，'.join(why)}）" if why else ""
    if other.status is Status.UNSCORABLE:
        hangs = "本通将不可评"
    elif depends := dependences(judged, other, scorecard):
        hangs = "、".join(map(str, depends))
    else:
        return replace(judged, review=rest)
    unsure = confidence < scorecard.review_below
    told = f"坐席与客户的区分把握只有 {confidence:.0%}" if unsure else "坐席与客户的区分有互相矛盾的依据"
    line = f"{told}{reasons}：若对调，{hangs}，请人工核对角色"
    return replace(judged, review=(line, *rest))
