"""The Chinese words of the workbook: months, standards, states, sources, and how a total comes about.

Knows words; nothing of cells. What is said of single calls is in `basis`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.call import SHANGHAI
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin, ScoredCall
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.scorecard import Criterion, Scorecard
from pipeline.tally import rounded, shown

ORDER = (
    *(Origin.CALLS, Origin.FEED, Origin.PERSON, Origin.NOT_APPLICABLE),
    *(Origin.NO_FEED, Origin.NO_PERSON, Origin.LOW_QUALITY, Origin.NO_CALLS),
)
"""The origins of points as they are told: first those that give points."""
UNGRADED = "未定级"
REASONS = {
    "bad_record": "话单有误",
    "duplicate_call_id": "通话编号重复",
    "no_recording": "缺录音",
    "no_record": "缺话单",
    "ambiguous_recording": "录音对应不明",
    "no_standard": "没有适用的标准",
    "no_answer": "无人接听",
    "no_speech": "没有人说话",
    "machine_only": "只有语音播报",
    "poor_transcript": "听不清",
    "too_short": "通话太短",
    "one_side": "只有一方说话",
    "internal": "程序错误",
    "unreadable": "录音读取不了",
    "empty": "录音为空",
    "not_audio": "不是录音文件",
    "truncated": "录音不完整",
    "damaged": "录音损坏",
    "channels": "声道数不符",
    "sampling_rate": "采样率不符",
    "too_long": "录音过长",
    "disk_full": "磁盘空间不足",
}


def month_title(month: str) -> str:
    """A month as a Chinese reader writes it.

    Examples
    --------
    >>> month_title("2025-03")
    '2025年3月'
    """
    year, number = month.split("-")
    return f"{year}年{int(number)}月"


def revision(scorecard: Scorecard) -> str:
    """Name, revision and first day of the rules that applied.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> revision(find_scorecard("kf01"))
    'kf01 第3版（2025-01-01起施行）'
    """
    return f"{scorecard.name} 第{scorecard.revision}版（{scorecard.effective_from:%Y-%m-%d}起施行）"


def levels(scorecard: Scorecard) -> str:
    """The levels with their shares of the points.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> levels(find_scorecard("kf01"))
    '符合 ×1、基本符合 ×0.8、一般符合 ×0.6、不符合 ×0'
    """
    return "、".join(f"{name} ×{share:g}" for name, share in scorecard.levels)


def outcomes(month: AgentMonth) -> str:
    """The calls of the month by how they ended; the three add up.

    Examples
    --------
    >>> from pipeline.tally import NOTHING
    >>> outcomes(AgentMonth("1001", "林", "2026-07", "kf01", 1, 8, 1, 1, (), None, NOTHING, 0, 0, 0))
    '共 10 通：已评 8、不可评 1、失败 1'
    """
    return f"共 {month.calls} 通：已评 {month.evaluated}、不可评 {month.unscorable}、失败 {month.failed}"


def person(agent_id: str | None, name: str | None) -> str:
    """Id and name of an agent.

    Examples
    --------
    >>> person("1001", "林晓雯"), person(None, "未分配")
    ('1001 林晓雯', '未分配')
    """
    return f"{agent_id or ''} {name or ''}".strip()


def reason(scored: ScoredCall) -> str:
    """The reason why a call was not evaluated, in a few words; the code itself where it has no Chinese name.

    Examples
    --------
    >>> from pipeline.call import Call, Direction, Status
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> reason(ScoredCall(call, Status.FAILED, "no_recording", "", None, (), None, None))
    '缺录音'
    """
    return REASONS.get(scored.reason, scored.reason)


def given_by(calls: Iterable[ScoredCall]) -> str:
    """The sources of the points, machine and people, and the number of calls in which a person should look.

    Examples
    --------
    >>> given_by([])
    '系统建议'
    """
    evaluations = [scored.evaluation for scored in calls if scored.answers and scored.evaluation]
    by_people = sum(answer.source == "person" for evaluation in evaluations for answer in evaluation.answers)
    to_review = sum(bool(evaluation.review) for evaluation in evaluations)
    return "，".join(
        ["系统建议"]
        + ([f"人工评定 {by_people} 项"] if by_people else [])
        + ([f"须复核 {to_review} 通"] if to_review else [])
    )


def without_points(month: CriterionMonth) -> str | None:
    """The reason why a criterion has no points this month, in one word; None when it has some.

    Examples
    --------
    >>> from pipeline.tally import NOTHING
    >>> waiting = CriterionMonth("A", "", 5, NOTHING, 0, 0, 0, origins=((Origin.NO_PERSON, 5.0),))
    >>> heard = CriterionMonth("A", "", 5, NOTHING, 0, 0, 0, origins=((Origin.CALLS, 4.0), (Origin.NO_FEED, 1.0)))
    >>> without_points(waiting), without_points(heard)
    ('待人工', None)
    """
    if any(origin.scored for origin, _ in month.origins):
        return None
    return max(month.origins, key=lambda origin: origin[1])[0].title if month.origins else "—"


def sources(shares: Mapping[Origin, float] | Sequence[tuple[Origin, float]]) -> str:
    """The points by where they came from, and those without a source by why.

    Examples
    --------
    >>> sources({Origin.NO_FEED: 20.0, Origin.CALLS: 30.0})
    '通话 30、缺外部数据 20 分'
    """
    named = dict(shares)
    told = [f"{origin.title} {shown(named[origin])}" for origin in ORDER if named.get(origin)]
    return f"{'、'.join(told)} 分" if told else "—"


def interval(month: AgentMonth) -> str | None:
    """The ends of the score; None without a score.

    Examples
    --------
    >>> from pipeline.tally import NOTHING
    >>> interval(AgentMonth("", None, "", "", 1, 1, 0, 0, (), None, NOTHING, 0, 0, 0, low=84.17, high=91.0))
    '84.17–91'
    """
    if month.low is None or month.high is None:
        return None
    return f"{shown(month.low)}–{shown(month.high)}"


def grade(month: AgentMonth) -> str | None:
    """The grade, or that none is given; None where the scorecard has no grades.

    Examples
    --------
    >>> from pipeline.tally import NOTHING
    >>> grade(AgentMonth("", None, "", "", 1, 1, 0, 0, (), None, NOTHING, 0, 0, 0, undecided="跨过 90 分线"))
    '未定级'
    """
    return month.grade or (UNGRADED if month.undecided else None)


def earned(scorecard: Scorecard, criterion: Criterion, agent: AgentMonth, month: CriterionMonth) -> float | None:
    """The month's points of one criterion; None where it has none.

    Note
    ----
    A bonus has no possible points, so no share of them: what it adds is scaled as the points of the other criteria
    are, which were added over calls.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import Tally
    >>> card = find_scorecard("kf01")
    >>> month = CriterionMonth("KF01-4", "", 15, Tally(36, 45), 3, 0, 0, origins=((Origin.CALLS, 15.0),))
    >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 3, 0, 0, (month,), None, Tally(), 0, 0, 0)
    >>> earned(card, card.criterion("KF01-4"), row, month)
    12.0
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
    """The sentence of how the score comes about: what is added, divided, and what a person or a veto makes of it.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import Tally
    >>> part = CriterionMonth("A", "", 15, Tally(12, 15), 1, 0, 0, origins=((Origin.CALLS, 15.0),))
    >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, (part,), None, Tally(), 0, 0, 0)
    >>> total_sentence(find_scorecard("kf01"), row)
    '累计得分 12 ÷ 累计可得 15 × 100 = 80.00；已评分值占比 100.0%。'
    """
    tally, score = agent.tally, agent.score
    if score is None:
        return "本月没有可计分的评分项。"
    quantity = 100 * (tally.share or 0.0)
    if any(criterion.by_call for criterion in scorecard.chosen):
        told = f"累计得分 {shown(tally.awarded)} ÷ 累计可得 {shown(tally.possible)} × 100 = {rounded(quantity):.2f}"
    elif abs(tally.possible - 100) < 1e-6:
        told = f"各项得分相加，得 {shown(tally.awarded)} 分"
    else:
        told = f"得分 {shown(tally.awarded)} ÷ 可得 {shown(tally.possible)} × 100 = {rounded(quantity):.2f}"
    if agent.qualitative is not None:
        given, percent = agent.qualitative
        told += f"；定量占 {percent:g}%，计 {shown(percent * quantity / 100)} 分，加定性 {shown(given)} 分"
    if agent.vetoed:
        told += f"；一票否决（{agent.vetoed}），本月 0 分"
    if agent.shares_told:
        told += f"；区间 {interval(agent)}，{agent.shares_told}"
    share = agent.scored_share
    return f"{told}；已评分值占比 {share:.1%}。" if share is not None else f"{told}。"


def closing_title(closing: Closing | None, earlier: Sequence[Closing]) -> str:
    """The state of the month by the last act on it.

    Examples
    --------
    >>> closing_title(None, [])
    '未留存的计算'
    """
    if closing is None:
        return "未留存的计算"
    if closing.state is not ClosingState.CLOSED:
        return closing.state.title
    closed = [one for one in earlier if one.state is ClosingState.CLOSED and one.id != closing.id]
    return f"第{len(closed) + 1}次关账"


def closing_sentence(closing: Closing) -> str:
    """One closing, trial or reopening: when, by whom, why.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 8, 1, 2, tzinfo=UTC)
    >>> closing_sentence(Closing("2026-07", "kf01", 1, "", "王芳", "", at, state=ClosingState.CLOSED))
    '2026-08-01 10:00 王芳 关账'
    """
    parts = (f"{closing.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", closing.by, closing.state.title)
    return " ".join(part for part in parts if part) + (f"（{closing.reason}）" if closing.reason else "")


def trial_remark(closing: Closing | None) -> str:
    """The remark of a title that the figures are not closed; empty for a closed month.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> trial_remark(Closing("2026-07", "kf01", 1, "", "", "", datetime(2026, 8, 1, tzinfo=UTC)))
    '（试算，尚未关账）'
    """
    return "" if closing is None or closing.state is ClosingState.CLOSED else f"（{closing.state.title}，尚未关账）"
