"""One agent's sheet: the printed form filled in, item by item with its basis, and the calls behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.assessment import AgentMonth, ScoredCall
from pipeline.scorecard import Scorecard
from pipeline.workbook.sheet import (
    COUNT,
    HEAD,
    INSTANT,
    LABEL,
    LENGTH,
    MIDDLE,
    PERCENT,
    POINTS,
    REMARK,
    SECTION,
    TENTHS,
    TEXT,
    TITLE,
    Book,
    Sheet,
    total,
)
from pipeline.workbook.wording import (
    STATUS,
    basis,
    judged,
    levels,
    losses,
    month_title,
    no_points,
    origin,
    outcomes,
    points,
    revision,
)

WIDTHS = (6, 14, 38, 9, 10, 9, 9, 9, 58)
ITEM_HEADS = ("序号", "项目", "标准", "标准分值", "实际得分", "得分率", "累计得分", "累计可得", "评分依据")
FOOTNOTE = "本表为系统建议分，经人工复核确认后生效；对任何一项有异议可以申诉，由复核人按所列位置听录音。"
CALL_HEADS = ("序号", "通话编号", "开始时间", "时长", "状态", "得分", "振铃（秒）", "铃声数", "失分原因")
CALL_STYLES = (COUNT, TEXT, INSTANT, LENGTH, MIDDLE, TENTHS, TENTHS, COUNT, TEXT)


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the workbook shows of one agent: the month, the calls behind it, the name of its sheet if it has one."""

    month: AgentMonth
    calls: tuple[ScoredCall, ...]
    sheet: str | None


def write_form(book: Book, scorecard: Scorecard, chapter: Chapter) -> None:
    """Write the sheet of one agent; a chapter without a sheet writes nothing."""
    if chapter.sheet is None:
        return
    sheet = book.sheet(chapter.sheet, WIDTHS)
    _write_fields(sheet, scorecard, chapter)
    sheet.page.freeze_panes(2, 0)  # the title and whose sheet it is
    _write_items(sheet, scorecard, chapter)
    _write_signatures(sheet)
    _write_calls(sheet, scorecard, chapter.calls)


def _write_fields(sheet: Sheet, scorecard: Scorecard, chapter: Chapter) -> None:
    """The head of the form: who, when, by which rules, and the result."""
    agent = chapter.month
    wait, rings = agent.speed_of_answer_s, agent.within_three_rings
    measures = (
        f"平均振铃应答 {f'{wait:.1f} 秒' if wait is not None else '—'}",
        f"三声内接听 {rings.awarded:.0f}/{rings.possible:.0f} 通",
        f"禁用语 {agent.banned_wording} 次",
        f"应致歉 {agent.apologies_owed} 通、已致歉 {agent.apologies_given} 通",
    )
    score = "—" if agent.score is None else f"{agent.score:.2f} 分（百分制）"
    who = f"{agent.agent_id or ''} {agent.agent_name or ''}".strip()
    fields = (
        (("被考核人", who), ("考核周期", month_title(agent.month)), f"督办记录表　{scorecard.name}"),
        (("评分表及版本", revision(scorecard)), ("月度得分", score), f"通话　{outcomes(agent)}"),
        (
            ("考核方法", f"逐通评分：{levels(scorecard)}"),
            ("评分来源", origin(chapter.calls)),
            f"指标　{'；'.join(measures)}",
        ),
    )
    sheet.put(0, 0, f"{scorecard.title}　月度考核表", TITLE, to=sheet.last)
    for row, ((label, value), (second_label, second_value), third) in enumerate(fields, start=1):
        sheet.put(row, 0, label, LABEL, to=1)
        sheet.put(row, 2, value, TEXT)
        sheet.put(row, 3, second_label, LABEL, to=4)
        sheet.put(row, 5, second_value, TEXT, to=7)
        sheet.put(row, 8, third, TEXT)


def _write_items(sheet: Sheet, scorecard: Scorecard, chapter: Chapter) -> None:
    agent = chapter.month
    row = sheet.next_row
    sheet.line(row, ITEM_HEADS, [HEAD] * len(ITEM_HEADS))
    first = row + 1
    styles = (COUNT, TEXT, TEXT, TENTHS, POINTS, PERCENT, TENTHS, TENTHS, TEXT)
    for number, (criterion, month) in enumerate(zip(scorecard.criteria, agent.criteria, strict=True), start=1):
        answers = judged(criterion.id, chapter.calls)
        waiting = no_points(answers)
        awarded, possible = (None, None) if waiting else (month.tally.awarded, month.tally.possible)
        result = (waiting or month.earned, month.tally.share, awarded, possible, basis(criterion, month, answers))
        row += 1
        sheet.line(row, (number, criterion.title, criterion.standard, criterion.points, *result), styles)
    sheet.colours(first, row, 5)
    row += 1
    tally = agent.tally
    sentence = (
        "本月没有可计分的评分项。"
        if agent.score is None
        else f"累计得分 {points(tally.awarded)} ÷ 累计可得 {points(tally.possible)} × 100 = {agent.score:.2f}；"
        f"已评分值占比 {agent.scored_share:.1%}。"
    )
    sums = (scorecard.points, agent.score, tally.share, tally.awarded, tally.possible, sentence)
    sheet.line(row, ("", "", "", *sums), [total(style) for style in styles])
    sheet.put(row, 0, "合计（得分按百分制）", LABEL, to=2)


def _write_signatures(sheet: Sheet) -> None:
    row = sheet.next_row
    sheet.put(
        row,
        0,
        FOOTNOTE,
        REMARK,
        to=8,
    )
    row += 1
    for column, to, who in ((0, 2, "被考核人"), (3, 7, "复核人"), (8, 8, "考核人")):
        sheet.put(row, column, f"{who}签字：＿＿＿＿＿＿＿　日期：＿＿＿＿＿＿", TEXT, to=to)
    sheet.page.set_row(row, 34)


def _write_calls(sheet: Sheet, scorecard: Scorecard, calls: Sequence[ScoredCall]) -> None:
    row = sheet.next_row
    sheet.page.set_h_pagebreaks([row])
    sheet.put(row, 0, "通话明细", SECTION, to=sheet.last)
    row += 1
    head = row
    sheet.line(row, CALL_HEADS, [HEAD] * len(CALL_HEADS))
    for number, scored in enumerate(calls, start=1):
        row += 1
        answer = scored.speed_of_answer
        values = (
            number,
            scored.call.id,
            scored.started_at,
            None if scored.duration is None else scored.duration / 86_400,  # Excel counts in days
            STATUS[scored.status],
            scored.evaluation.score if scored.answers and scored.evaluation else None,
            answer.seconds if answer else None,
            answer.rings if answer else None,
            losses(scored, scorecard),
        )
        sheet.line(row, values, CALL_STYLES)
    sheet.print_area(repeat=(head, head))
