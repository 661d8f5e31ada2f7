"""The Chinese words of the workbook: months, standards, states, sources, and how a total comes about.

Knows words; nothing of cells. What is said of single calls is in `basis`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.call import SHANGHAI, Status
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin, ScoredCall
from pipeline.month.assessment.closing import Closing, State
from pipeline.scorecard import Criterion, Scorecard

STATUS = {Status.EVALUATED: "已评", Status.UNSCORABLE: "不可评", Status.FAILED: "失败"}
ORIGINS = {
    Origin.CALLS: "通话",
    Origin.FEED: "外部数据",
    Origin.PERSON: "人工",
    Origin.NOT_APPLICABLE: "不适用",
    Origin.NO_FEED: "缺外部数据",
    Origin.NO_PERSON: "待人工",
    Origin.LOW_QUALITY: "听不清",
    Origin.NO_CALLS: "没有通话",
}
SCORED = (Origin.CALLS, Origin.FEED, Origin.PERSON)
"""The sources that give points; the others say why there are none."""
STATES = {State.TRIAL: "试算", State.CLOSED: "关账", State.REOPENED: "重开"}
UNGRADED = "未定级"
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


def person(agent_id: str | None, name: str | None) -> str:
    """Who it is: id and name."""
    return f"{agent_id or ''} {name or ''}".strip()


def reason(scored: ScoredCall) -> str:
    """Why a call was not evaluated, in a few words; the code itself where it has no Chinese name."""
    return REASONS.get(scored.reason, scored.reason)


def given_by(calls: Iterable[ScoredCall]) -> str:
    """Who gave the points: the machine, and people where they did; and in how many calls a person should look."""
    evaluations = [scored.evaluation for scored in calls if scored.answers and scored.evaluation]
    by_people = sum(answer.source == "person" for evaluation in evaluations for answer in evaluation.answers)
    to_review = sum(bool(evaluation.review) for evaluation in evaluations)
    return "，".join(
        ["系统建议"]
        + ([f"人工评定 {by_people} 项"] if by_people else [])
        + ([f"须复核 {to_review} 通"] if to_review else [])
    )


def without_points(month: CriterionMonth) -> str | None:
    """Why a criterion has no points this month, in one word; None when it has some."""
    if any(origin in SCORED for origin, _ in month.origins):
        return None
    return ORIGINS[max(month.origins, key=lambda origin: origin[1])[0]] if month.origins else "—"


def sources(shares: Mapping[Origin, float] | Sequence[tuple[Origin, float]]) -> str:
    """Where points came from and why others have no source, in points: ``通话 30、缺外部数据 20 分``."""
    named = dict(shares)
    told = [f"{word} {points(named[origin])}" for origin, word in ORIGINS.items() if named.get(origin)]
    return f"{'、'.join(told)} 分" if told else "—"


def interval(month: AgentMonth) -> str | None:
    """The ends of the score, ``84.2–91.0``; None without a score."""
    if month.low is None or month.high is None:
        return None
    return f"{month.low:.1f}–{month.high:.1f}"


def grade(month: AgentMonth) -> str | None:
    """The grade, or that none is given; None where the standard has no grades."""
    return month.grade or (UNGRADED if month.undecided else None)


def earned(scorecard: Scorecard, criterion: Criterion, agent: AgentMonth, month: CriterionMonth) -> float | None:
    """The month's points of one criterion; None where it has none.

    Note
    ----
    A bonus has no possible points, so no share of them: what it adds is scaled as the points of the other criteria
    are, which were added over calls.
    """
    if without_points(month) is not None:
        return None
    if not criterion.bonus:
        return month.earned
    others = [
        m.points for c, m in zip(scorecard.chosen, agent.criteria, strict=True) if m.tally.possible and not c.bonus
    ]
    return month.tally.awarded * sum(others) / agent.tally.possible if agent.tally.possible else None


def total_sentence(scorecard: Scorecard, agent: AgentMonth) -> str:
    """How the score comes about: what is added, what is divided, and what a person or a veto makes of it."""
    tally, score = agent.tally, agent.score
    if score is None:
        return "本月没有可计分的评分项。"
    quantity = 100 * (tally.share or 0.0)
    if any(criterion.by_call for criterion in scorecard.chosen):
        told = f"累计得分 {points(tally.awarded)} ÷ 累计可得 {points(tally.possible)} × 100 = {quantity:.2f}"
    elif abs(tally.possible - 100) < 1e-6:
        told = f"各项得分相加，得 {points(tally.awarded)} 分"
    else:
        told = f"得分 {points(tally.awarded)} ÷ 可得 {points(tally.possible)} × 100 = {quantity:.2f}"
    if agent.qualitative is not None:
        given, percent = agent.qualitative
        told += f"；定量占 {percent:g}%，计 {points(percent * quantity / 100)} 分，加定性 {points(given)} 分"
    if agent.vetoed:
        told += f"；一票否决（{agent.vetoed}），本月 0 分"
    share = agent.scored_share
    return f"{told}；已评分值占比 {share:.1%}。" if share is not None else f"{told}。"


def state(closing: Closing | None, earlier: Sequence[Closing]) -> str:
    """What was done with the month, the last time it was."""
    if closing is None:
        return "未留存的计算"
    if closing.state is not State.CLOSED:
        return STATES[closing.state]
    closed = [one for one in earlier if one.state is State.CLOSED and one.id != closing.id]
    return f"第{len(closed) + 1}次关账"


def told(closing: Closing) -> str:
    """One closing, trial or reopening: when, by whom, why."""
    parts = (f"{closing.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", closing.by, STATES[closing.state])
    return " ".join(part for part in parts if part) + (f"（{closing.reason}）" if closing.reason else "")


def trial(closing: Closing | None) -> str:
    """What a title must add: that the figures are not closed; empty for a closed month."""
    return "" if closing is None or closing.state is State.CLOSED else f"（{STATES[closing.state]}，尚未关账）"
