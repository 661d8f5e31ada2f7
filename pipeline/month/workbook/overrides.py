"""人工改判: how often people overturned the machine, by item, agent, assessor and month, and what hangs on it.

Knows the order in which it is read; how it is counted is in `pipeline.month.overrides`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.month.overrides import OverrideRate, OverridesReport
from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import (
    COUNT,
    HEAD,
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
    Value,
)
from pipeline.month.workbook.wording import month_title, person, trial_remark

OVERRIDES = "人工改判"
COLUMNS = (
    ("名称", 26, TEXT),
    ("评定（项）", 9, COUNT),
    ("改判（项）", 9, COUNT),
    ("改判率", 9, PERCENT),
    ("95% 下限", 9, PERCENT),
    ("95% 上限", 9, PERCENT),
    ("加分（项）", 9, COUNT),
    ("减分（项）", 9, COUNT),
    ("合计（分）", 10, TENTHS),
)
CHART_ROWS = 12


def write_overrides(book: Book, report: MonthReport) -> None:
    """Write the sheet; nothing where it was not asked for, or nobody answered what the machine had answered."""
    found = report.overrides
    if found is None or found.total is None:
        return
    heads, widths, _ = zip(*COLUMNS, strict=True)
    sheet = book.sheet(OVERRIDES, widths)
    sheet.put(0, 0, f"{month_title(report.month)}　人工改判{trial_remark(report.closing)}", TITLE, to=sheet.last)
    sheet.put(1, 0, found.remark, REMARK, to=sheet.last)
    sheet.put(2, 0, found.total.sentence, TEXT, to=sheet.last)
    for title, own in (("按评分项", found.items), ("按坐席", found.agents), ("按评定人", found.assessors)):
        _table(sheet, title, heads, own, found)
    _over_time(sheet, heads, found)
    _differences(sheet, found)
    sheet.print_area(repeat=(0, 0))


def _table(
    sheet: Sheet, title: str, heads: Sequence[str], rates: Sequence[OverrideRate], found: OverridesReport
) -> int:
    """One table under its title; gives the row of its heads."""
    first = sheet.next_row + 1
    sheet.put(first - 1, 0, title, SECTION, to=sheet.last)
    sheet.line(first, heads, [HEAD] * len(heads))
    for row, each in enumerate(rates, start=first + 1):
        name = found.titles.get(each.about, each.about) or "未分配"
        counts = (each.answered, each.overturned, each.rate, each.low, each.high)
        sheet.line(row, (name, *counts, each.raised, each.lowered, each.points), [style for *_, style in COLUMNS])
    return first


def _over_time(sheet: Sheet, heads: Sequence[str], found: OverridesReport) -> None:
    """The months as a table, and as a chart where there are two or more."""
    shown, first = found.months, sheet.next_row + 1
    sheet.put(first - 1, 0, "逐月改判率（%）", SECTION, to=sheet.last)
    sheet.line(first, heads[:6], [HEAD] * 6)
    for row, each in enumerate(shown, start=first + 1):
        rates = [100 * share for share in (each.rate, each.low, each.high)]
        values: tuple[Value, ...] = (each.about, each.answered, each.overturned, *rates)
        sheet.line(row, values, (TEXT, COUNT, COUNT, TENTHS, TENTHS, TENTHS))
    if len(shown) < 2:
        return
    at = sheet.next_row
    for row in range(at, at + CHART_ROWS):
        sheet.put(row, 0, "", REMARK)
    most = max(100 * each.rate for each in shown)
    ends = (0.0, min(100.0, 10.0 * (most // 10 + 1)))
    sheet.line_chart(
        (first + 1, first + len(shown)), names=0, figures=3, at=(at, 0), num_rows=CHART_ROWS, ends=ends
    )


def _differences(sheet: Sheet, found: OverridesReport) -> None:
    """Agents whose month is another one with the machine alone."""
    first = sheet.next_row + 1
    sheet.put(first - 1, 0, "只按机器与计入人工：得分或等级不同的坐席", SECTION, to=sheet.last)
    if not found.differences:
        sheet.put(first, 0, "没有坐席的月度得分或等级因人工评定而不同", REMARK, to=sheet.last)
        return
    heads = ("坐席", "机器得分", "计入人工", "相差", "机器等级", "计入人工等级")
    sheet.line(first, heads, [HEAD] * len(heads))
    for row, each in enumerate(found.differences, start=first + 1):
        before, after = each.before, each.after
        apart = None if before.score is None or after.score is None else after.score - before.score
        grades = (before.grade or "未定级", after.grade or "未定级")
        values = (person(after.agent_id, after.agent_name), before.score, after.score, apart, *grades)
        sheet.line(row, values, (TEXT, POINTS, POINTS, POINTS, MIDDLE, MIDDLE))
