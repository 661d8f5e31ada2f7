"""The Chinese sentences of the workbook: why an item has these points, where a call lost them, what is still open.

Knows words and places; nothing of cells. Every sentence is made from counts and answers, none by a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipeline.assessment import AgentMonth, CriterionMonth, ScoredCall
from pipeline.call import Status
from pipeline.evaluation import Answer, Outcome, place
from pipeline.scorecard import Criterion, Scorecard

Judged: TypeAlias = tuple[ScoredCall, Answer]
"""A call and its answer to the criterion in question."""

STATUS = {Status.EVALUATED: "已评", Status.UNSCORABLE: "不可评", Status.FAILED: "失败"}
OPEN = {Outcome.NEEDS_FEED: "待外部数据", Outcome.NEEDS_PERSON: "待人工"}
NOT_APPLICABLE = "不适用"
REASONS = {
    "bad_record": "话单有误",
    "duplicate_call_id": "通话编号重复",
    "no_recording": "缺录音",
    "no_record": "缺话单",
    "ambiguous_recording": "录音对应不明",
    "no_answer": "无人接听",
    "no_speech": "没有人说话",
    "poor_transcript": "听不清",
    "internal": "程序错误",
    "unreadable": "录音读取不了",
    "empty": "录音为空",
    "not_audio": "不是录音文件",
    "truncated": "录音不完整",
    "damaged": "录音损坏",
    "channels": "声道数不符",
    "sampling_rate": "采样率不符",
    "too_long": "录音过长",
}
VERDICTS = {
    "heard": "应说 {judged} 通、未听到或未说全 {lost} 通",
    "absent": "不应出现而出现 {lost} 通",
    "duty": "应做到 {judged} 通、未做到 {lost} 通",
    "rings": "按时接听 {kept} 通、超时 {lost} 通",
    "hangup": "客户先收线 {kept} 通、坐席先收线 {lost} 通",
}
SHOWN = 3  # calls named in one sentence; the others are in the list of calls


def points(value: float) -> str:
    """Points as people write them: no more decimals than needed, two at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def month_title(month: str) -> str:
    """``2025-03`` as 2025年3月."""
    year, number = month.split("-")
    return f"{year}年{int(number)}月"


def revision(scorecard: Scorecard) -> str:
    """Which rules applied: name, revision and the day they came into force."""
    return f"{scorecard.name} 第{scorecard.revision}版（{scorecard.effective_from:%Y-%m-%d}起施行）"


def levels(scorecard: Scorecard) -> str:
    """The levels with their shares of the points."""
    return "、".join(f"{name} ×{share:g}" for name, share in scorecard.levels)


def outcomes(month: AgentMonth) -> str:
    """How the calls of the month ended; the three add up."""
    return f"共 {month.calls} 通：已评 {month.evaluated}、不可评 {month.unscorable}、失败 {month.failed}"


def origin(calls: Iterable[ScoredCall]) -> str:
    """Who gave the points: the machine, and people where they did; and in how many calls a person should look."""
    evaluations = [scored.evaluation for scored in calls if scored.answers and scored.evaluation]
    by_people = sum(answer.source == "person" for evaluation in evaluations for answer in evaluation.answers)
    to_review = sum(bool(evaluation.review) for evaluation in evaluations)
    return "，".join(
        ["系统建议"]
        + ([f"人工评定 {by_people} 项"] if by_people else [])
        + ([f"须复核 {to_review} 通"] if to_review else [])
    )


def reason(scored: ScoredCall) -> str:
    """Why a call was not evaluated, in a few words; the code itself where it has no Chinese name."""
    return REASONS.get(scored.reason, scored.reason)


def judged(criterion_id: str, calls: Iterable[ScoredCall]) -> tuple[Judged, ...]:
    """The calls in which a criterion was answered, each with its answer."""
    return tuple((scored, a) for scored in calls for a in scored.answers if a.criterion_id == criterion_id)


def no_points(answers: Iterable[Judged]) -> str | None:
    """Why a criterion has no points this month, in one word; None when it has some."""
    outcomes = {answer.outcome for _, answer in answers}
    if outcomes - {*OPEN, Outcome.NOT_APPLICABLE}:
        return None
    waiting = (word for outcome, word in OPEN.items() if outcome in outcomes)
    return next(waiting, NOT_APPLICABLE if outcomes else "—")


def basis(criterion: Criterion, month: CriterionMonth, answers: Sequence[Judged]) -> str:
    """评分依据: how many calls were judged, which of them lost points and where to listen, and what it comes to."""
    if not answers:
        return "本月没有已评通话，本项不计分。"
    aside = _set_aside(answers)
    if month.earned is None:
        waiting = [answer for _, answer in answers if answer.outcome in OPEN]
        why = next((reason.rstrip("。") for answer in waiting for reason in answer.reasons), "")
        return f"本月 {aside}{f'（{why}）' if why else ''}；本项不计分，也不按零分计。"
    full = [(scored, answer) for scored, answer in answers if answer.tally.possible]
    lost = [(scored, answer) for scored, answer in full if answer.tally.awarded < answer.tally.possible]
    sentence = f"本月 {len(full)} 通评分，{_verdict(criterion, len(full), len(lost))}"
    if lost:
        named = "、".join(_named(scored, answer, len(criterion.parts) > 1) for scored, answer in lost[:SHOWN])
        sentence += f"：{named}{f' 等 {len(lost)} 通，见通话明细' if len(lost) > SHOWN else ''}"
    sentence += f"；得 {points(month.earned)}/{points(month.points)} 分"
    return sentence + (f"（另 {aside}，不计入）。" if aside else "。")


def _set_aside(answers: Sequence[Judged]) -> str:
    """How many calls carry no points, by why; empty when all do."""
    outcomes = [answer.outcome for _, answer in answers]
    counts = ((outcomes.count(o), word) for o, word in ((Outcome.NOT_APPLICABLE, NOT_APPLICABLE), *OPEN.items()))
    return "、".join(f"{count} 通{word}" for count, word in counts if count)


def _verdict(criterion: Criterion, judged: int, lost: int) -> str:
    """What the calls did and did not do, in the words of the rule."""
    if not lost:
        return "全部符合"
    kind = criterion.parts[0].rule.kind if len(criterion.parts) == 1 else ""
    return VERDICTS.get(kind, "满分 {kept} 通、失分 {lost} 通").format(judged=judged, lost=lost, kept=judged - lost)


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
    """失分原因: a line for each item that lost points in a call, with level, reasons and where to listen."""
    answers = {answer.criterion_id: answer for answer in scored.answers}
    lines = []
    for criterion in scorecard.criteria:
        answer = answers.get(criterion.id)
        if answer is None or answer.tally.awarded >= answer.tally.possible:
            continue
        why = _sentence(answer)
        places = "、".join(place for place in heard_at(scored, answer) if place not in why)
        lost = f"{criterion.title} −{points(answer.tally.possible - answer.tally.awarded)}（{answer.level}）"
        lines.append(f"{lost}：{why}" + (f"（听 {places}）" if places else ""))
    if scored.status is Status.EVALUATED and scored.evaluation:
        lines += [f"请复核：{why}" for why in scored.evaluation.review]
    else:
        lines.append(f"{reason(scored)}：{scored.problem}")
    return "\n".join(lines) or "无失分"
