"""One agent's sheet: the printed form filled in, the months before, and the calls behind it.

Knows where things stand on the sheet; the table of criteria is written by `levels` or `formulas`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from pipeline.month.assessment import AgentMonth, ScoredCall
from pipeline.month.workbook import formulas, levels
from pipeline.month.workbook.bands import grade_style
from pipeline.month.workbook.basis import losses
from pipeline.month.workbook.report import Chapter, MonthReport
from pipeline.month.workbook.sheet import (
    COUNT,
    HEAD,
    INSTANT,
    LABEL,
    LENGTH,
    MIDDLE,
    POINTS,
    REMARK,
    SECTION,
    TENTHS,
    TEXT,
    TITLE,
    Book,
    Sheet,
    Style,
    Value,
)
from pipeline.month.workbook.wording import (
    given_by,
    grade,
    interval,
    month_title,
    outcomes,
    person,
    revision,
    sources,
    trial_remark,
)
from pipeline.month.workbook.wording import levels as levels_of
from pipeline.scorecard import Scorecard

FOOTNOTE = "本表为系统建议分，经人工复核确认后生效；对任何一项有异议可以申诉，由复核人按所列位置听录音。"
INTERVAL = "月度得分后面括号里是得分的高低界限；没有跨过等级线才定级。"
SIGNATURES = tuple(f"{who}签字：＿＿＿＿＿＿＿\n日期：＿＿＿＿＿＿" for who in ("被考核人", "复核人", "考核人"))
MONTHS_SHOWN, CHART_ROWS = 12, 8  # the months in the chart; its height in rows, if there are fewer months


@dataclass(frozen=True, slots=True)
class Form:
    """The layout of a sheet of one kind; spans are first and last column.

    Parameters
    ----------
    fields : tuple of spans
        Label, value, label, value, and a remark, in each line of the head.
    signatures : tuple of spans
        Of the agent, the reviewer and the assessor.
    write : callable
        Writes the table of criteria.
    calls : tuple of str
        Heads of the list of calls, between the number and what was lost.
    lost : str
        The last of these heads.
    """

    widths: tuple[float, ...]
    fields: tuple[tuple[int, int], ...]
    signatures: tuple[tuple[int, int], ...]
    write: Callable[[Sheet, Scorecard, Chapter], None]
    calls: tuple[str, ...]
    lost: str


CALL: dict[str, tuple[Style, Callable[[ScoredCall], Value]]] = {
    "通话编号": (TEXT, lambda scored: scored.call.id),
    "开始时间": (INSTANT, lambda scored: scored.started_at),
    "时长": (LENGTH, lambda scored: None if scored.duration is None else scored.duration / 86_400),  # days
    "状态": (MIDDLE, lambda scored: scored.status.title),
    "得分": (POINTS, lambda scored: scored.evaluation.score if scored.answers and scored.evaluation else None),
    "振铃（秒）": (TENTHS, lambda scored: scored.speed_of_answer.seconds if scored.speed_of_answer else None),
    "铃声数": (COUNT, lambda scored: scored.speed_of_answer.rings if scored.speed_of_answer else None),
}
"""The columns of the list of calls by their head: the style, and how the value is found."""
BY_LEVEL = Form(
    widths=levels.WIDTHS,
    fields=((0, 1), (2, 2), (3, 4), (5, 7), (8, 8)),
    signatures=((0, 2), (3, 7), (8, 8)),
    write=levels.write_levels,
    calls=tuple(CALL),
    lost="失分原因",
)
BY_FORMULA = Form(
    widths=formulas.WIDTHS,
    fields=((0, 0), (1, 2), (3, 3), (4, 5), (6, 6)),
    signatures=((0, 2), (3, 5), (6, 6)),
    write=formulas.write_formulas,
    calls=tuple(head for head in CALL if head not in ("得分", "铃声数")),  # a call alone has no points
    lost="不符合之处",
)


def write_form(book: Book, report: MonthReport, chapter: Chapter) -> None:
    """Write the sheet of one agent; a chapter without a sheet writes nothing."""
    if chapter.sheet is None:
        return
    form = BY_FORMULA if report.by_formula else BY_LEVEL
    sheet = book.sheet(chapter.sheet, form.widths)
    _write_fields(sheet, form, report, chapter)
    sheet.page.freeze_panes(2, 0)  # the title and whose sheet it is
    form.write(sheet, report.scorecard, chapter)
    _write_signatures(sheet, form)
    _write_history(sheet, (*report.history.get(chapter.month.agent_id or "", ()), chapter.month))
    repeat = _write_calls(sheet, form, report.scorecard, chapter) if chapter.calls else (0, 1)
    sheet.print_area(repeat=repeat)


def _write_fields(sheet: Sheet, form: Form, report: MonthReport, chapter: Chapter) -> None:
    """The head of the form: who, when, by which rules, and the result."""
    sheet.put(0, 0, form_title(report), TITLE, to=sheet.last)
    for row, line in enumerate(field_lines(report, chapter), start=1):
        second = grade_style(report.scorecard, chapter.month) if "等级" in line else TEXT
        for (at, to), value, style in zip(form.fields, line, (LABEL, TEXT, LABEL, second, TEXT), strict=True):
            sheet.put(row, at, value, style, to=to)


def form_title(report: MonthReport) -> str:
    """The title of an agent's form, with the remark that a month is not closed."""
    return f"{report.scorecard.title}　月度考核表{trial_remark(report.closing)}"


def field_lines(report: MonthReport, chapter: Chapter) -> tuple[tuple[str, str, str, str, str], ...]:
    """The head of the form: in each line a label, its value, a label, its value, and a remark."""
    agent, card = chapter.month, report.scorecard
    between = interval(agent)
    score = "—" if agent.score is None else f"{agent.score:.2f} 分" + (f"（{between}）" if between else "")
    method = "按公式由本月数值算出" if report.by_formula else f"逐项评级：{levels_of(card)}"
    name = f"考核评分表　{card.name}" if report.by_formula else f"督办记录表　{card.name}"
    measures = _measures(agent) if agent.calls else "—"
    who = person(agent.agent_id, agent.agent_name) + (f"（{agent.team}）" if agent.team else "")
    remark = INTERVAL if card.grades else "本标准不分月度等级"
    return (
        ("被考核人", who, "考核周期", month_title(agent.month), name),
        ("评分表及版本", revision(card), "月度得分", score, f"通话　{outcomes(agent) if agent.calls else '—'}"),
        ("考核方法", method, "评分来源", given_by(chapter.calls), f"指标　{measures}"),
        ("分值来源", sources(agent.origins), "等级", grade(agent) or "—", agent.undecided or remark),
    )


def _measures(agent: AgentMonth) -> str:
    wait, rings = agent.speed_of_answer_s, agent.within_three_rings
    told = (
        f"平均振铃应答 {f'{wait:.1f} 秒' if wait is not None else '—'}",
        f"三声内接听 {rings.awarded:.0f}/{rings.possible:.0f} 通",
        f"禁用语 {agent.banned_wording} 次",
        f"应致歉 {agent.apologies_owed} 通、已致歉 {agent.apologies_given} 通",
    )
    return "；".join(told)


def _write_signatures(sheet: Sheet, form: Form) -> None:
    row = sheet.next_row
    sheet.put(row, 0, FOOTNOTE, REMARK, to=sheet.last)
    row += 1
    for (at, to), line in zip(form.signatures, SIGNATURES, strict=True):
        sheet.put(row, at, line, TEXT, to=to)


def _write_history(sheet: Sheet, months: Sequence[AgentMonth]) -> None:
    """The scores of the last months, with a chart; nothing where there is only one."""
    known = [month for month in months if month.score is not None][-MONTHS_SHOWN:]
    if len(known) < 2:
        return
    row = sheet.next_row
    sheet.put(row, 0, "历月得分", SECTION, to=sheet.last)
    first = row + 1
    for at, head in ((2, "区间、等级"), (3, "得分")):
        sheet.put(first, at, head, HEAD)
    sheet.put(first, 0, "月份", HEAD, to=1)
    for row, month in enumerate(known, start=first + 1):
        sheet.put(row, 0, month.month, MIDDLE, to=1)
        sheet.put(row, 2, "　".join(filter(None, (interval(month), grade(month)))) or "—", MIDDLE)
        sheet.put(row, 3, month.score, POINTS)
    last = first + len(known)
    num_rows = max(CHART_ROWS, len(known) + 1)
    scores = [month.score or 0.0 for month in known]
    ends = (max(0.0, 10 * floor(min(scores) / 10) - 10), 10 * ceil(max(scores) / 10))
    for row in range(last + 1, first + num_rows):
        sheet.put(row, 0, "", REMARK)
    sheet.line_chart((first + 1, last), names=0, figures=3, at=(first, 4), num_rows=num_rows, ends=ends)


def _write_calls(sheet: Sheet, form: Form, scorecard: Scorecard, chapter: Chapter) -> tuple[int, int]:
    """The list of calls, on a page of its own; gives the rows of its heads."""
    row = sheet.next_row
    sheet.page.set_h_pagebreaks([row])
    sheet.put(row, 0, "通话明细", SECTION, to=sheet.last)
    row += 1
    head = row
    heads = ("序号", *form.calls, form.lost)
    styles = (COUNT, *(CALL[name][0] for name in form.calls), TEXT)
    sheet.line(row, heads, [HEAD] * len(heads))
    drawn = {call_id: month.title for month in chapter.month.criteria for call_id in month.drawn}
    for number, scored in enumerate(chapter.calls, start=1):
        row += 1
        title = drawn.get(scored.call.id)
        lost = (f"抽中（{title}）\n" if title else "") + losses(scored, scorecard)
        sheet.line(row, (number, *(CALL[name][1](scored) for name in form.calls), lost), styles)
    return head, head
