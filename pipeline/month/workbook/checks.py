"""人机差异 and 公平性 as tables that leave callqa: a row a figure, with the columns of docs/rows.md.

Knows columns and their order; what is counted is in `pipeline.month.overrides` and `pipeline.month.fairness`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from pipeline.month.fairness import FairnessReport
from pipeline.month.overrides import OverrideRate, OverridesReport
from pipeline.month.workbook.sheet import HEAD, REMARK, TEXT, TITLE, Book, Value
from pipeline.month.workbook.wording import month_title

CheckReport: TypeAlias = FairnessReport | OverridesReport
OVERRIDES = (
    "月份",
    "评分表",
    "版本",
    "分组",
    "编号",
    "名称",
    "评定",
    "改判",
    "改判率",
    "下限",
    "上限",
    "加分",
    "减分",
    "合计分",
)
FAIRNESS = (
    "月份",
    "评分表",
    "版本",
    "结论",
    "对象",
    "编号",
    "名称",
    "较差一端",
    "较好一端",
    "通话",
    "相关",
    "较好一端多得",
    "下限",
    "上限",
    "满分",
    "p",
)
SUBJECTS = {"total": "总分", "item": "评分项", "agent": "坐席"}


def title(report: CheckReport) -> str:
    """What the report is called, in Chinese."""
    return "公平性" if isinstance(report, FairnessReport) else "人机差异"


def headings(report: CheckReport) -> tuple[str, ...]:
    """The names of the columns."""
    return FAIRNESS if isinstance(report, FairnessReport) else OVERRIDES


def rows(report: CheckReport) -> Iterator[tuple[Value, ...]]:
    """The rows in the order of `headings`; shares are 0..1, intervals of 95 %.

    Examples
    --------
    >>> rate = OverrideRate("KF01-4", 4, 1, 0.05, 0.7, 1, 0, 5.0)
    >>> report = OverridesReport("2026-10", "kf01", 2, {"KF01-4": "电话礼仪"}, 0, None, (rate,), (), (), (), ())
    >>> list(rows(report))
    [('2026-10', 'kf01', 2, '评分项', 'KF01-4', '电话礼仪', 4, 1, 0.25, 0.05, 0.7, 1, 0, 5.0)]
    """
    about = (report.month, report.standard, report.revision)
    if isinstance(report, FairnessReport):
        for each in report.rows:
            compared = (each.worse, each.better, each.num_calls, each.correlation, each.points, each.low, each.high)
            subject = (state(found=each.found, of_line=each.of_line), SUBJECTS[each.subject], each.id, each.title)
            yield (*about, *subject, *compared, each.possible, each.p)
        return
    for name, rates in grouped(report):
        for rate in rates:
            counted = (rate.answered, rate.overturned, rate.rate, rate.low, rate.high)
            points = (None, None, None) if name == "月份" else (rate.raised, rate.lowered, rate.points)
            yield (*about, name, rate.about, report.titles.get(rate.about, rate.about), *counted, *points)


def grouped(report: OverridesReport) -> tuple[tuple[str, tuple[OverrideRate, ...]], ...]:
    """The rates of a month by what they are grouped by, in Chinese; the first are those of all."""
    total = () if report.total is None else (report.total,)
    return (
        ("全部", total),
        ("评分项", report.items),
        ("坐席", report.agents),
        ("评定人", report.assessors),
        ("月份", report.months),
    )


def state(*, found: bool, of_line: bool) -> str:
    """What one comparison of the fairness report comes to, in Chinese."""
    return ("须核对" if of_line else "留意") if found else "未见随变"


def write_check(target: object, report: CheckReport) -> None:
    """Write the rows as a sheet to a file or a stream."""
    book, names = Book(target), headings(report)
    sheet = book.sheet(title(report), [14] * len(names))
    sheet.put(0, 0, f"{month_title(report.month)}　{title(report)}", TITLE, to=sheet.last)
    sheet.put(1, 0, report.remark, REMARK, to=sheet.last)
    sheet.line(2, names, [HEAD] * len(names))
    for number, row in enumerate(rows(report), start=3):
        sheet.line(number, row, [TEXT] * len(names))
    sheet.page.freeze_panes(3, 0)
    sheet.print_area(repeat=(2, 2))
    book.file.close()
