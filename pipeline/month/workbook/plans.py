"""改进计划 (表3): what is to be done about the points that were lost, and what became of last month's plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from pipeline.call import SHANGHAI
from pipeline.month.plan import PlanResult, PlanRow
from pipeline.month.workbook.bands import BEST, FAILING, UNDECIDED
from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import (
    COUNT,
    HEAD,
    LABEL,
    MIDDLE,
    POINTS,
    REMARK,
    SECTION,
    TEXT,
    TITLE,
    Book,
    Sheet,
)
from pipeline.month.workbook.wording import month_title, person, trial_remark

Rows = TypeVar("Rows")

PLANS = "改进计划"
COLUMNS = (
    ("序号", 5, COUNT),
    ("坐席", 13, TEXT),
    ("问题点", 20, TEXT),
    ("失分", 7, POINTS),
    ("原因分析", 20, TEXT),
    ("改进措施", 36, TEXT),
    ("责任人", 10, MIDDLE),
    ("完成时间", 12, MIDDLE),
    ("预期效果", 26, TEXT),
    ("完成情况", 28, TEXT),
)
MET = {True: BEST, False: FAILING, None: UNDECIDED}
"""A colour for what became of a row."""


def write_plans(book: Book, report: MonthReport) -> None:
    """Write the plan and the results of the last one; nothing where there are neither."""
    rows = [(agent, row) for agent, rows in _rows_by_agent(report, report.plans) for row in rows]
    results = [(agent, result) for agent, own in _rows_by_agent(report, report.plan_results) for result in own]
    if not rows and not results:
        return
    heads, widths, _ = zip(*COLUMNS, strict=True)
    sheet = book.sheet(PLANS, widths)
    title = f"{month_title(report.month)}　客户服务质量改进计划表{trial_remark(report.closing)}"
    sheet.put(0, 0, title, TITLE, to=sheet.last)
    made = f"{report.closing.at.astimezone(SHANGHAI):%Y-%m-%d}" if report.closing else "＿＿＿＿＿＿"
    for at, to, value, style in (
        (0, 1, "责任部门", LABEL),
        (2, 4, "＿＿＿＿＿＿＿＿", TEXT),
        (5, 5, "制定日期", replace(LABEL, align="right")),
        (6, sheet.last, made, TEXT),
    ):
        sheet.put(1, at, value, style, to=to)
    remark = "由失分起草，失分多的在前；原因分析由责任人填写，措施可以修改，签字后生效。"
    sheet.put(2, 0, remark, REMARK, to=sheet.last)
    sheet.line(3, heads, [HEAD] * len(heads))
    for number, (agent, row) in enumerate(rows, start=1):
        _write_row(sheet, number, agent, row)
    if results:
        sheet.put(sheet.next_row, 0, "上月的计划与完成情况", SECTION, to=sheet.last)
    for number, (agent, result) in enumerate(results, start=1):
        _write_row(sheet, number, agent, result.row, result)
    sheet.page.freeze_panes(4, 2)
    sheet.print_area(repeat=(3, 3))


def _rows_by_agent(report: MonthReport, by_agent: Mapping[str, Rows]) -> Iterator[tuple[str, Rows]]:
    """The rows of each agent, with the agent's name, in the order of the months."""
    for month in report.months:
        if month.agent_id is not None and month.agent_id in by_agent:
            yield person(month.agent_id, month.agent_name), by_agent[month.agent_id]


def _write_row(sheet: Sheet, number: int, agent: str, row: PlanRow, result: PlanResult | None = None) -> None:
    """Write one problem; what became of it is known only of last month's."""
    actions = "\n".join(f"{n}. {action}" for n, action in enumerate(row.actions, start=1))
    said = result.sentence if result else ""
    *styles, last = (style for _, _, style in COLUMNS)
    last = replace(last, fill=MET[result.met]) if result else last
    values = (number, agent, row.problem, row.lost, row.cause, actions, row.owner, row.due, row.expectation, said)
    sheet.line(sheet.next_row, values, [*styles, last])
