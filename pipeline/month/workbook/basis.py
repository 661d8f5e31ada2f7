"""评分依据 made from calls: how many were judged, which lost points, and where to listen.

Knows answers and places; nothing of cells. Every sentence is made from counts and answers, none by a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipeline.call import Status
from pipeline.evaluation import VETO, Answer, Outcome
from pipeline.month.assessment import CriterionMonth, ScoredCall
from pipeline.month.workbook.wording import reason, without_points
from pipeline.scorecard import Criterion, Scorecard
from pipeline.tally import shown
from pipeline.timeline import place

AnswerInCall: TypeAlias = tuple[ScoredCall, Answer]
"""A call and its answer to the criterion in question."""

ASIDE = {
    Outcome.NOT_APPLICABLE: "不适用",
    Outcome.UNSURE: "听不清待复核",
    Outcome.NEEDS_FEED: "缺外部数据",
    Outcome.NEEDS_PERSON: "待人工",
}
"""Answers that carry no points, in the order in which they are told."""
SHOWN = 3  # calls named in one sentence; the others are in the list of calls


def answers_to(criterion_id: str, calls: Iterable[ScoredCall]) -> tuple[AnswerInCall, ...]:
    """The answers to a criterion, each with its call.

    Examples
    --------
    >>> answers_to("KF01-4", [])
    ()
    """
    return tuple((scored, a) for scored in calls for a in scored.answers if a.criterion_id == criterion_id)


def basis(criterion: Criterion, month: CriterionMonth, answers: Sequence[AnswerInCall]) -> str:
    """The sentence behind the points of one criterion: the month's own, or made from the answers of the calls.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> criterion = find_scorecard("kf01").criterion("KF01-4")
    >>> basis(criterion, CriterionMonth(criterion.id, criterion.title, 15, NOTHING, 0, 0, 0), [])
    '本月没有已评通话，本项不计分。'
    """
    if month.sentence:
        note = f"（{criterion.note}）；本项不计分，也不按零分计" if criterion.note else "；本项不计分，也不按零分计"
        return f"{month.sentence.rstrip('。')}{'' if without_points(month) is None else note}。"
    if not answers:
        return _without_calls(month)
    aside = _set_aside(answers)
    full = [(scored, answer) for scored, answer in answers if answer.outcome.decided]
    if month.earned is None and not full:
        open_ = [answer for _, answer in answers if answer.outcome in ASIDE]
        why = next((reason.rstrip("。") for answer in open_ for reason in answer.reasons), "")
        return f"本月 {aside}{f'（{why}）' if why else ''}；本项不计分，也不按零分计。"
    short = [(scored, answer) for scored, answer in full if falls_short(answer)]
    lost = [(scored, answer) for scored, answer in short if not answer.reasons or VETO not in answer.reasons[0]]
    vetoed = [scored.call.id for scored, answer in short if answer.reasons and VETO in answer.reasons[0]]
    sentence = f"本月 {len(full)} 通评分，{_verdict(criterion, len(full) - len(vetoed), len(lost))}"
    if lost:
        named = "、".join(_name_call(scored, answer, len(criterion.parts) > 1) for scored, answer in lost[:SHOWN])
        sentence += f"：{named}{f' 等 {len(lost)} 通，见通话明细' if len(lost) > SHOWN else ''}"
    if vetoed:
        named = "、".join(vetoed[:SHOWN])
        sentence += f"；另有 {len(vetoed)} 通因{VETO}不得分：{named}{' 等' if len(vetoed) > SHOWN else ''}"
    if month.earned is not None:
        sentence += f"；得 {shown(month.earned)}/{shown(month.points)} 分"
    exempt = month.not_applicable - sum(a.outcome is Outcome.NOT_APPLICABLE for _, a in answers)
    aside = "、".join(filter(None, [aside, f"上述通话中有 {exempt} 通豁免" if exempt > 0 else ""]))
    return sentence + (f"（另 {aside}，不计入）。" if aside else "。")


def _without_calls(month: CriterionMonth) -> str:
    """The sentence where no call can be named: there was none, or they have been judged otherwise since."""
    if not month.answered + month.not_applicable + month.open:
        return "本月没有已评通话，本项不计分。"
    had = "本项不计分" if month.earned is None else f"得 {shown(month.earned)}/{shown(month.points)} 分"
    return f"{had}；成绩算出以后通话有改判或增补，所依据的通话从略。"


def falls_short(answer: Answer) -> bool:
    """Whether an answer lost points, or counts against a value of the month.

    Examples
    --------
    >>> from pipeline.tally import NOTHING, Tally
    >>> def answer(outcome, tally):
    ...     return Answer("KF01-4", outcome, None, tally, (), ())
    >>> [falls_short(answer(Outcome.PARTLY_MET, Tally(6, 15))), falls_short(answer(Outcome.NOT_MET, NOTHING))]
    [True, True]
    >>> falls_short(answer(Outcome.MET, Tally(15, 15)))
    False
    """
    if answer.tally.possible:
        return answer.tally.awarded < answer.tally.possible
    return answer.outcome in (Outcome.NOT_MET, Outcome.PARTLY_MET)


def part_met(item_id: str, answers: Sequence[AnswerInCall]) -> tuple[int, int]:
    """The number of calls in which an item was met in full, and of those in which it was decided."""
    own = [said for _, answer in answers if (said := answer.item(item_id)) and said.source != "suggestion"]
    shares = [said.share for said in own if said.share is not None]
    return sum(share == 1.0 for share in shares), len(shares)


def _set_aside(answers: Sequence[AnswerInCall]) -> str:
    """The calls that carry no points, counted by why, in Chinese; empty when all carry points."""
    outcomes = [answer.outcome for _, answer in answers]
    counts = ((outcomes.count(outcome), word) for outcome, word in ASIDE.items())
    return "、".join(f"{count} 通{word}" for count, word in counts if count)


def _verdict(criterion: Criterion, judged: int, lost: int) -> str:
    """The calls that did and did not do it, counted in the words of the rule."""
    if not lost:
        return "全部符合"
    rule = criterion.parts[0].rule if len(criterion.parts) == 1 else None
    told = rule.sentence if rule else "满分 {kept} 通、失分 {lost} 通"
    return told.format(judged=judged, lost=lost, kept=judged - lost)


def _name_call(scored: ScoredCall, answer: Answer, with_reasons: bool) -> str:
    """The call and the first place to listen, if there is one; of a criterion of several parts, the reasons."""
    place = next(iter(places_of(scored, answer)), "")
    reasons = _sentence(answer) if with_reasons else ""
    named = scored.call.id if place in reasons else f"{scored.call.id} {place}"
    return f"{named}（{reasons}）" if reasons else named


def _sentence(answer: Answer) -> str:
    return "；".join(reason.rstrip("。") for reason in answer.reasons)


def places_of(scored: ScoredCall, answer: Answer) -> tuple[str, ...]:
    """The places to listen for an answer, in the order of time.

    Examples
    --------
    >>> from pipeline.call import Call, Direction
    >>> from pipeline.findings import Finding
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.tally import Tally
    >>> from pipeline.timeline import Span
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> found = Finding("C1", "banned_wording", "不归我管", 0, Role.AGENT, Span(65, 66), "", None, 0.9, "1")
    >>> answer = Answer("KF01-4", Outcome.NOT_MET, "不符合", Tally(0, 15), (0,), ())
    >>> places_of(ScoredCall(call, Status.EVALUATED, "", "", None, (found,), None, None), answer)
    ('01:05',)
    """
    starts = sorted(scored.findings[position].span.start for position in answer.findings)
    return tuple(dict.fromkeys(place(start) for start in starts))


def losses(scored: ScoredCall, scorecard: Scorecard) -> str:
    """失分原因: a line for each criterion that fell short in a call, with level, reasons and where to listen.

    Examples
    --------
    >>> from pipeline.call import Call, Direction
    >>> from pipeline.scorecard import find_scorecard
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> failed = ScoredCall(call, Status.FAILED, "no_recording", "没有这通电话的录音", None, (), None, None)
    >>> losses(failed, find_scorecard("kf01"))
    '缺录音：没有这通电话的录音'
    """
    answers = {answer.criterion_id: answer for answer in scored.answers}
    lines = []
    for criterion in scorecard.chosen:
        answer = answers.get(criterion.id)
        if answer is None or not falls_short(answer):
            continue
        why = _sentence(answer)
        places = "、".join(place for place in places_of(scored, answer) if place not in why)
        lines.append(f"{_lost(criterion, answer)}：{why}" + (f"（听 {places}）" if places else ""))
    if scored.status is Status.EVALUATED and scored.evaluation:
        lines += [f"请复核：{why}" for why in scored.evaluation.review]
    else:
        lines.append(f"{reason(scored)}：{scored.problem}")
    return "\n".join(lines) or ("全部符合" if any(c.scoring for c in scorecard.chosen) else "无失分")


def _lost(criterion: Criterion, answer: Answer) -> str:
    """The loss of one criterion in one call, in Chinese."""
    if not answer.tally.possible:
        return f"{criterion.title}（计入月度数值）"
    lost = f"{criterion.title} −{shown(answer.tally.possible - answer.tally.awarded)}"
    return f"{lost}（{answer.level}）" if answer.level else lost
