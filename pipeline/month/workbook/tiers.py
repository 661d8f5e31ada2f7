"""三层来源: what was named by a list, suspected by a model and judged by a language model, in sum and by agent.

Knows the order in which it is read; what is counted is in `pipeline.month.tiers`.
"""

from __future__ import annotations

from pipeline.month.tiers import JUDGED, NAMED, SUSPECTED, TierRow, summed
from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import COUNT, HEAD, MIDDLE, REMARK, TEXT, TITLE, Book
from pipeline.month.workbook.wording import month_title

TIERS = "三层来源"
REMARKED = "点名的按评分表计分；疑似不计分，人工确认后才按同一条规则计，排除的不计；大模型判定按评分表是否采用计。"
COLUMNS = (
    ("工号", 10, MIDDLE),
    ("内容", 30, TEXT),
    (NAMED, 10, COUNT),
    (f"{SUSPECTED}（待确认）", 14, COUNT),
    (f"{SUSPECTED}（确认）", 12, COUNT),
    (f"{SUSPECTED}（排除）", 12, COUNT),
    (JUDGED, 12, COUNT),
)


def write_tiers(book: Book, report: MonthReport) -> None:
    """Write the sheet; nothing where nothing was suspected or judged: all is named then."""
    if not any(row.suspected or row.judged for row in report.tiers):
        return
    heads, widths, styles = zip(*COLUMNS, strict=True)
    sheet = book.sheet(TIERS, widths)
    sheet.put(0, 0, f"{month_title(report.month)}　点名、疑似与判定", TITLE, to=sheet.last)
    sheet.put(1, 0, REMARKED, REMARK, to=sheet.last)
    first = sheet.next_row
    sheet.line(first, heads, [HEAD] * len(heads))
    rows = (*(("全部", row) for row in summed(report.tiers)), *((row.agent_id or "—", row) for row in report.tiers))
    for number, (whose, row) in enumerate(rows, start=first + 1):
        sheet.line(number, (whose, row.title, *_figures(row)), styles)
    sheet.print_area(repeat=(first, first))


def _figures(row: TierRow) -> tuple[int, ...]:
    return row.named, row.open, row.affirmed, row.rejected, row.judged
