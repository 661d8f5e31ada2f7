"""工资表: a row a person, from the result to what is paid, as finance takes it over.

Knows columns and sheet; what is paid is in `pipeline.month.payroll`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.month.assessment.closing import Closing
from pipeline.month.payroll import PayrollRow
from pipeline.month.workbook.sheet import HEAD, MIDDLE, POINTS, REMARK, TEXT, TITLE, Book, Value
from pipeline.month.workbook.wording import closing_title, month_title

COLUMNS = (
    ("工号", 9, MIDDLE),
    ("姓名", 9, MIDDLE),
    ("班组", 11, MIDDLE),
    ("月份", 9, MIDDLE),
    ("评分表", 10, MIDDLE),
    ("版本", 6, MIDDLE),
    ("得分", 8, POINTS),
    ("等级", 8, MIDDLE),
    ("奖金系数", 8, POINTS),
    ("当月工资", 10, POINTS),
    ("绩效奖金基数", 10, POINTS),
    ("奖金", 10, POINTS),
    ("加减", 10, POINTS),
    ("应发", 10, replace(POINTS, bold=True)),
    ("签字状态", 14, TEXT),
    ("签字人", 12, TEXT),
    ("奖惩", 30, TEXT),
    ("备注", 30, TEXT),
)
HEADINGS = tuple(name for name, *_ in COLUMNS)


def cells(row: PayrollRow, more: Sequence[str] = ()) -> tuple[Value, ...]:
    """A row in the order of `HEADINGS`; `more` is added to its remarks.

    Examples
    --------
    >>> row = PayrollRow("1001", "林", "甲组", "2026-10", "kf01", 2, 95.0, "优秀", 1.2, 6000.0, 800.0, 960.0, None,
    ...                  960.0, "已签字", ("王", "李"), ("奖金（已生效）",))
    >>> cells(row, ["未决"])[-4:]
    ('已签字', '王、李', '奖金（已生效）', '未决')
    """
    return (
        row.agent_id,
        row.agent_name or "",
        row.team or "",
        row.month,
        row.standard,
        f"第{row.revision}版",
        row.score,
        row.grade or "",
        row.coefficient,
        row.wage,
        row.bonus_base,
        row.bonus,
        row.extra,
        row.payable,
        row.state,
        "、".join(row.signers),
        "；".join(row.consequences),
        "；".join((*row.remarks, *more)),
    )


def write_payroll(
    path: Path, closing: Closing, title: str, rows: Sequence[PayrollRow], remarks: Mapping[str, Sequence[str]]
) -> None:
    """Write the sheet; `remarks` by agent are what is open: with any of them it is called provisional."""
    book = Book(path)
    sheet = book.sheet("工资表", [width for _, width, _ in COLUMNS])
    provisional = "（暂定，有未决事项）" if any(remarks.values()) else ""
    sheet.put(0, 0, f"{month_title(closing.month)}　{title}　绩效工资表{provisional}", TITLE, to=sheet.last)
    sheet.put(1, 0, f"{closing_title(closing, ())}　应发只在各项都签字后给出；金额单位：元", REMARK, to=sheet.last)
    sheet.line(2, HEADINGS, [HEAD] * len(HEADINGS))
    for number, row in enumerate(rows, start=3):
        sheet.line(number, cells(row, remarks.get(row.agent_id, ())), [style for *_, style in COLUMNS])
    sheet.page.freeze_panes(3, 2)
    sheet.print_area(repeat=(2, 2))
    book.file.close()
