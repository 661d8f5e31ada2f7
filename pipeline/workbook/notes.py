"""The last two sheets: the calls that could not be scored, and what a reader of the figures must know."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.assessment import UNASSIGNED, ScoredCall
from pipeline.call import Status
from pipeline.scorecard import Criterion, Scorecard
from pipeline.workbook.sheet import COUNT, HEAD, INSTANT, LABEL, LENGTH, MIDDLE, REMARK, TEXT, TITLE, Book
from pipeline.workbook.wording import STATUS, levels, points, reason, revision

NOT_SCORED, EXPLANATIONS = "失败与不可评", "说明"
WAITS_FOR = {"feed": "待外部数据", "person": "待人工"}

SCORE = """\
每通通话逐项评分，得出得分与可得分；月度得分 = 各通得分相加 ÷ 各通可得分相加 × 100。
先加后除，不是各通百分数的平均：可得分多的通话分量也重。
不适用的评分项（例如客户没有投诉，就没有应致歉）退出分母，既不加分也不扣分。"""
MEASURES = """\
平均振铃应答时长：已接听的呼入通话，从第一声振铃到坐席开口（录音里有振铃音）或到摘机（只有话单）的平均秒数。
三声内接听率：该项评出结果的通话中，按时接听的比例。
禁用语次数：已评通话中坐席说出禁用语的次数；客户说的不计。
应致歉、已致歉：客户投诉或表示不满的已评通数，以及其中坐席在此之后真诚致歉的通数；随口的“不好意思”不算。
月份以通话的第一时刻、按北京时间划分。"""
LEFT_OUT = """\
听不清、无人接听等为不可评，文件或话单有误为失败；都不得分也不扣分，逐通列在“失败与不可评”。
已评、不可评、失败三者之和等于全部通话。没有坐席的通话列在“未分配”一行，不参加排名。"""
LIMITS = """\
转写由语音识别模型完成。产品自带的是小型模型，适合试用；在真实电话录音上会听错、漏听，“未听到”不等于“没有说”。
单声道录音里谁是坐席由系统推断，把握不足的通话注有“请复核”。
通话少的坐席得分起伏大，一两通的差别不宜据以排名或奖惩。"""
PROPOSAL = """\
所有得分都是系统的建议分，经人工复核确认之后才算数。
每一处失分都写明理由；有位置的（分:秒，自录音开头算起）可以回听。"""


def write_not_scored(book: Book, calls: Sequence[ScoredCall]) -> None:
    """Write every unscorable or failed call with its reason, so that all calls of the month are in the file."""
    columns = (
        ("序号", 6, COUNT),
        ("通话编号", 20, TEXT),
        ("工号", 9, MIDDLE),
        ("姓名", 10, TEXT),
        ("开始时间", 20, INSTANT),
        ("时长", 8, LENGTH),
        ("状态", 8, MIDDLE),
        ("原因", 16, TEXT),
        ("说明", 52, TEXT),
        ("录音", 20, TEXT),
    )
    heads, widths, styles = zip(*columns, strict=True)
    sheet = book.sheet(NOT_SCORED, widths)
    left_out = [scored for scored in calls if scored.status is not Status.EVALUATED]
    sheet.put(0, 0, "失败与不可评通话", TITLE, to=sheet.last)
    remark = f"本月 {len(calls)} 通中有 {len(left_out)} 通没有得分；既不得分也不扣分，逐通列出以便补救。"
    sheet.put(1, 0, remark, REMARK, to=sheet.last)
    sheet.line(2, heads, [HEAD] * len(heads))
    for number, scored in enumerate(left_out, start=1):
        call = scored.call
        values = (
            number,
            call.id,
            call.agent_id,
            call.agent_name if call.agent_id else UNASSIGNED,
            scored.started_at,
            None if scored.duration is None else scored.duration / 86_400,  # Excel counts in days
            STATUS[scored.status],
            reason(scored),
            scored.problem,
            call.recording_name,
        )
        sheet.line(number + 2, values, styles)
    sheet.page.freeze_panes(3, 2)
    sheet.print_area(repeat=(2, 2))


def write_explanations(book: Book, scorecard: Scorecard, calls: Sequence[ScoredCall]) -> None:
    """Write what stands behind the figures: the standard, how a score is made, what is open, what to beware of."""
    sheet = book.sheet(EXPLANATIONS, (20, 120))
    sheet.put(0, 0, "说明", TITLE, to=1)
    for row, (topic, sentence) in enumerate(explanations(scorecard, calls), start=1):
        sheet.put(row, 0, topic, LABEL)
        sheet.put(row, 1, sentence, TEXT)
    sheet.page.freeze_panes(1, 0)
    sheet.print_area(repeat=(0, 0))


def explanations(scorecard: Scorecard, calls: Sequence[ScoredCall]) -> tuple[tuple[str, str], ...]:
    """Topics, each with what there is to say."""
    lexicons = sorted({scored.evaluation.lexicons for scored in calls if scored.answers and scored.evaluation})
    cutoffs = "、".join(f"{share:.0%} 及以上为{name}" for name, share in scorecard.cutoffs)
    mixed = (
        "\n本月先后用过几个词库，口径不一：请先重新评分（callqa rescore）再定月度得分。"
        if len(lexicons) > 1
        else ""
    )
    return (
        ("标准", f"{scorecard.title}，总分 {points(scorecard.points)} 分\n出处：{scorecard.source}"),
        ("版本", f"{revision(scorecard)}\n词库：{'、'.join(lexicons) or '—'}{mixed}"),
        (
            "等级",
            f"每项按等级得分：{levels(scorecard)}。\n一项含多个要点时，按做到的比重定等级：{cutoffs}，不足为{scorecard.levels[-1][0]}。",
        ),
        ("得分怎么来", SCORE),
        ("未评定的评分项", _open_items(scorecard)),
        ("指标口径", MEASURES),
        ("不可评与失败", LEFT_OUT),
        ("请注意", LIMITS),
        ("效力", PROPOSAL),
    )


def _open_items(scorecard: Scorecard) -> str:
    waiting = [criterion for criterion in scorecard.criteria if criterion.answered_by in WAITS_FOR]
    if not waiting:
        return "无。"
    sums = f"{len(waiting)} 项共 {points(sum(criterion.points for criterion in waiting))} 分"
    return "\n".join([f"{sums}不由录音评定，等待下列来源，不按零分计：", *(_open_item(c) for c in waiting)])


def _open_item(criterion: Criterion) -> str:
    why = criterion.note or criterion.standard
    return f"· {criterion.title}（{points(criterion.points)} 分）{WAITS_FOR[criterion.answered_by]}：{why}"
