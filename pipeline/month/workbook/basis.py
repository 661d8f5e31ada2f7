"""评分依据 made from calls: how many were judged, which lost points, and where to listen.

Knows answers and places; nothing of cells. Every sentence is made from counts and answers, none by a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipeline.call import Direction, Status
from pipeline.evaluation import VETO, Answer, Outcome
from pipeline.evaluation.verdict import PLEASE_LISTEN
from pipeline.month.assessment import CriterionMonth, ScoredCall
from pipeline.month.workbook.wording import points, reason, without_points
from pipeline.scorecard import CONDITION, Criterion, Part, Rule, Scorecard
from pipeline.timeline import place

Judged: TypeAlias = tuple[ScoredCall, Answer]
"""A call and its answer to the criterion in question."""

DECIDED = (Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET)
ASIDE = {
    Outcome.NOT_APPLICABLE: "不适用",
    Outcome.UNSURE: "听不清待复核",
    Outcome.NEEDS_FEED: "缺外部数据",
    Outcome.NEEDS_PERSON: "待人工",
}
"""Answers that carry no points, in the order in which they are told."""
VERDICTS = {
    "heard": "应说 {judged} 通、未听到或未说全 {lost} 通",
    "absent": "不应出现而出现 {lost} 通",
    "duty": "应做到 {judged} 通、未做到 {lost} 通",
    "condition": "符合 {kept} 通、不符合 {lost} 通",
    "rings": "按时接听 {kept} 通、超时 {lost} 通",
    "hangup": "客户先收线 {kept} 通、坐席先收线 {lost} 通",
}
SHOWN = 3  # calls named in one sentence; the others are in the list of calls


def judged(criterion_id: str, calls: Iterable[ScoredCall]) -> tuple[Judged, ...]:
    """The calls in which a criterion was answered, each with its answer."""
    return tuple((scored, a) for scored in calls for a in scored.answers if a.criterion_id == criterion_id)


def basis(criterion: Criterion, month: CriterionMonth, answers: Sequence[Judged]) -> str:
    """The sentence behind one criterion's points: the month's own, or made from the answers of the calls."""
    if month.sentence:
        note = f"（{criterion.note}）；本项不计分，也不按零分计" if criterion.note else "；本项不计分，也不按零分计"
        return f"{month.sentence.rstrip('。')}{'' if without_points(month) is None else note}。"
    if not answers:
        return "本月没有已评通话，本项不计分。"
    aside = _set_aside(answers)
    full = [(scored, answer) for scored, answer in answers if answer.outcome in DECIDED]
    if month.earned is None and not full:
        open_ = [answer for _, answer in answers if answer.outcome in ASIDE]
        why = next((reason.rstrip("。") for answer in open_ for reason in answer.reasons), "")
        return f"本月 {aside}{f'（{why}）' if why else ''}；本项不计分，也不按零分计。"
    short = [(scored, answer) for scored, answer in full if falls_short(answer)]
    lost = [(scored, answer) for scored, answer in short if not answer.reasons or VETO not in answer.reasons[0]]
    vetoed = [scored.call.id for scored, answer in short if answer.reasons and VETO in answer.reasons[0]]
    sentence = f"本月 {len(full)} 通评分，{_verdict(criterion, len(full) - len(vetoed), len(lost))}"
    if lost:
        named = "、".join(_named(scored, answer, len(criterion.parts) > 1) for scored, answer in lost[:SHOWN])
        sentence += f"：{named}{f' 等 {len(lost)} 通，见通话明细' if len(lost) > SHOWN else ''}"
    if vetoed:
        named = "、".join(vetoed[:SHOWN])
        sentence += f"；另有 {len(vetoed)} 通因{VETO}不得分：{named}{' 等' if len(vetoed) > SHOWN else ''}"
    if month.earned is not None:
        sentence += f"；得 {points(month.earned)}/{points(month.points)} 分"
    exempt = month.not_applicable - sum(a.outcome is Outcome.NOT_APPLICABLE for _, a in answers)
    aside = "、".join(filter(None, [aside, f"上述通话中有 {exempt} 通豁免" if exempt > 0 else ""]))
    return sentence + (f"（另 {aside}，不计入）。" if aside else "。")


def falls_short(answer: Answer) -> bool:
    """Whether something was not met: points were lost, or it counts against a value of the month."""
    if answer.tally.possible:
        return answer.tally.awarded < answer.tally.possible
    return answer.outcome in (Outcome.NOT_MET, Outcome.PARTLY_MET)


def part_met(part: Part, answers: Sequence[Judged]) -> tuple[int, int]:
    """In how many calls a sub-item with a rule was met in full, and in how many it was asked."""
    if part.rule is None:
        return 0, 0
    own = [
        [reason for reason in a.reasons if reason.startswith(f"{part.title}：")]
        for scored, a in answers
        if a.outcome in DECIDED and applies(part.rule, scored)
    ]
    made_out = [reasons for reasons in own if not any(PLEASE_LISTEN in reason for reason in reasons)]
    return sum(not reasons for reasons in made_out), len(made_out)


def applies(rule: Rule, scored: ScoredCall) -> bool:
    """Whether a rule asks anything of a call; as `decision.decide` has it."""
    call = scored.call
    match rule.kind:
        case "heard":
            return call.direction is Direction.INBOUND or set(rule.terms) > set(rule.inbound_only)
        case "duty":
            return any(sought.names(finding) for finding in scored.findings for sought in rule.trigger)
        case "condition":
            when = (CONDITION, rule.when_term)
            return rule.when is None or any((f.detector, f.term) == when for f in scored.findings)
        case "rings":
            speed = scored.speed_of_answer
            known = speed is not None and (speed.rings is not None or speed.by_record is not None)
            return call.direction is Direction.INBOUND and known
        case "hangup":
            return call.hangup_by in ("agent", "customer")
        case "absent":
            return True


def _set_aside(answers: Sequence[Judged]) -> str:
    """How many calls carry no points, by why; empty when all do."""
    outcomes = [answer.outcome for _, answer in answers]
    counts = ((outcomes.count(outcome), word) for outcome, word in ASIDE.items())
    return "、".join(f"{count} 通{word}" for count, word in counts if count)


def _verdict(criterion: Criterion, judged: int, lost: int) -> str:
    """What the calls did and did not do, in the words of the rule."""
    if not lost:
        return "全部符合"
    rule = criterion.parts[0].rule if len(criterion.parts) == 1 else None
    told = VERDICTS[rule.kind] if rule else "满分 {kept} 通、失分 {lost} 通"
    return told.format(judged=judged, lost=lost, kept=judged - lost)


def _named(scored: ScoredCall, answer: Answer, with_reasons: bool) -> str:
    """The call and the first place to listen, if there is one; of an item with several parts, the reasons too."""
    place = next(iter(heard_at(scored, answer)), "")
    reasons = _sentence(answer) if with_reasons else ""
    named = scored.call.id if place in reasons else f"{scored.call.id} {place}"
    return f"{named}（{reasons}）" if reasons else named


def _sentence(answer: Answer) -> str:
    return "；".join(reason.rstrip("。") for reason in answer.reasons)


def heard_at(scored: ScoredCall, answer: Answer) -> tuple[str, ...]:
    """The places to listen for an answer, in the order of time."""
    starts = sorted(scored.findings[position].span.start for position in answer.findings)
    return tuple(dict.fromkeys(place(start) for start in starts))


def losses(scored: ScoredCall, scorecard: Scorecard) -> str:
    """失分原因: a line for each item that fell short in a call, with level, reasons and where to listen."""
    answers = {answer.criterion_id: answer for answer in scored.answers}
    lines = []
    for criterion in scorecard.chosen:
        answer = answers.get(criterion.id)
        if answer is None or not falls_short(answer):
            continue
        why = _sentence(answer)
        places = "、".join(place for place in heard_at(scored, answer) if place not in why)
        lines.append(f"{_lost(criterion, answer)}：{why}" + (f"（听 {places}）" if places else ""))
    if scored.status is Status.EVALUATED and scored.evaluation:
        lines += [f"请复核：{why}" for why in scored.evaluation.review]
    else:
        lines.append(f"{reason(scored)}：{scored.problem}")
    return "\n".join(lines) or ("全部符合" if any(c.scoring for c in scorecard.chosen) else "无失分")


def _lost(criterion: Criterion, answer: Answer) -> str:
    """What one item lost in one call."""
    if not answer.tally.possible:
        return f"{criterion.title}（计入月度数值）"
    lost = f"{criterion.title} −{points(answer.tally.possible - answer.tally.awarded)}"
    return f"{lost}（{answer.level}）" if answer.level else lost
