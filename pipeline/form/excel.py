"""A form as an Excel file: of a call from `PrintedForm`, of a month the very sheet of the workbook."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from pipeline.form.printed import PrintedForm
from pipeline.month.workbook.form import write_form
from pipeline.month.workbook.report import Chapter, MonthReport
from pipeline.month.workbook.sheet import HEAD, LABEL, REMARK, TEXT, TITLE, Book, Style, total

FIELDS = ((0, 1), (2, 2), (3, 4), (5, 6), (7, 7))
SIGNED = ((0, 2), (3, 6), (7, 7))
"""First and last column of what stands in a line of a form of eight columns."""


def call_workbook(form: PrintedForm) -> bytes:
    """The form of a call as the content of an .xlsx file: one sheet, A4, every text a text."""
    content = BytesIO()
    book = Book(content)
    styles = [column.style for column in form.columns]
    looks: dict[str, list[Style]] = {
        "item": styles,
        "part": [replace(style, size=9) for style in styles],
        "total": [total(style) for style in styles],
    }
    sheet = book.sheet("评分表", [column.width for column in form.columns])
    sheet.put(0, 0, form.title, TITLE, to=sheet.last)
    for row, line in enumerate(form.fields, start=1):
        for (at, to), value, style in zip(FIELDS, line, (LABEL, TEXT, LABEL, TEXT, TEXT), strict=True):
            sheet.put(row, at, value, style, to=to)
    head = sheet.next_row
    sheet.line(head, [column.head for column in form.columns], [HEAD] * len(form.columns))
    for row, each in enumerate(form.lines, start=head + 1):
        sheet.line(row, each.values, looks[each.kind])
    sheet.put(sheet.next_row - 1, 0, form.lines[-1].values[0], LABEL, to=3)
    for note in form.notes:
        sheet.put(sheet.next_row, 0, note, REMARK, to=sheet.last)
    row = sheet.next_row
    for (at, to), signature in zip(SIGNED, form.signatures, strict=True):
        sheet.put(row, at, signature, TEXT, to=to)
    sheet.print_area(repeat=(head, head))
    book.file.close()
    return content.getvalue()


def month_workbook(report: MonthReport, chapter: Chapter) -> bytes:
    """The sheet of one agent as the content of an .xlsx file, as the workbook of the month has it."""
    content = BytesIO()
    book = Book(content)
    write_form(book, report, chapter)
    book.file.close()
    return content.getvalue()
