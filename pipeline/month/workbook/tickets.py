"""工单核对: the fields of tickets that their calls do not bear out, with the place to listen to.

Knows the order in which it is read. What stands on a ticket and what was said is not copied: a workbook is handed
around, and these are customers' names, numbers and addresses.
"""

from __future__ import annotations

from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import HEAD, MIDDLE, REMARK, TEXT, TITLE, Book
from pipeline.month.workbook.wording import month_title
from pipeline.timeline import place

TICKETS = "工单核对"
COLUMNS = (
    ("工单", 16, TEXT),
    ("通话", 16, TEXT),
    ("工号", 10, MIDDLE),
    ("字段", 12, TEXT),
    ("差异", 16, TEXT),
    ("录音位置", 10, MIDDLE),
    ("坐席是否询问", 12, MIDDLE),
    ("听清", 8, MIDDLE),
)


def write_tickets(book: Book, report: MonthReport) -> None:
    """Write the sheet; nothing where no ticket names a call, or every field of all of them was borne out."""
    found = report.tickets
    if found is None or not found.differences:
        return
    heads, widths, styles = zip(*COLUMNS, strict=True)
    sheet = book.sheet(TICKETS, widths)
    sheet.put(0, 0, f"{month_title(report.month)}　工单与通话核对", TITLE, to=sheet.last)
    sheet.put(1, 0, f"{found.remark}；内容见 callqa tickets", REMARK, to=sheet.last)
    first = sheet.next_row
    sheet.line(first, heads, [HEAD] * len(heads))
    for number, each in enumerate(found.differences, start=first + 1):
        where = place(each.span.start) if each.span else "—"
        told = (each.field, each.side.title, where, "是" if each.asked else "否", "是" if each.clear else "否")
        sheet.line(number, (each.ticket_id, each.call_id, each.agent_id or "", *told), styles)
    sheet.print_area(repeat=(first, first))
