"""公平性: whether points follow the line, the queue or the hour, within agents.

Knows the order in which it is read; what was found is in `pipeline.month.fairness`.
"""

from __future__ import annotations

from pipeline.month.workbook.checks import state
from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import COUNT, HEAD, MIDDLE, POINTS, REMARK, TEXT, TITLE, Book
from pipeline.month.workbook.wording import month_title, trial_remark

FAIRNESS = "公平性"
COLUMNS = (
    ("结论", 10, MIDDLE),
    ("对象", 22, TEXT),
    ("较差的一端", 20, TEXT),
    ("较好的一端", 20, TEXT),
    ("通话", 8, COUNT),
    ("相关", 9, POINTS),
    ("较好一端多得（分）", 12, POINTS),
    ("95% 下限", 10, POINTS),
    ("95% 上限", 10, POINTS),
    ("满分", 8, POINTS),
    ("p（合并校正）", 10, POINTS),
)


def write_fairness(book: Book, report: MonthReport) -> None:
    """Write the sheet; nothing where it was not asked for, or nothing could be compared."""
    found = report.fairness
    if found is None or not found.rows:
        return
    heads, widths, styles = zip(*COLUMNS, strict=True)
    sheet = book.sheet(FAIRNESS, widths)
    sheet.put(0, 0, f"{month_title(report.month)}　公平性检查{trial_remark(report.closing)}", TITLE, to=sheet.last)
    sheet.put(1, 0, found.remark, REMARK, to=sheet.last)
    told = [row.sentence for row in found.found] or ["没有查出得分随线路、队列、时段或时长变化。"]
    for number, sentence in enumerate(told, start=2):
        sheet.put(number, 0, sentence, TEXT, to=sheet.last)
    first = sheet.next_row
    sheet.line(first, heads, [HEAD] * len(heads))
    for number, row in enumerate(found.rows, start=first + 1):
        figures = (row.num_calls, row.correlation, row.points, row.low, row.high, row.possible, row.p)
        told_state = state(found=row.found, of_line=row.of_line)
        sheet.line(number, (told_state, row.title, row.worse, row.better, *figures), styles)
    sheet.print_area(repeat=(first, first))
