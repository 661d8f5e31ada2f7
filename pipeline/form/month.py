"""The form of an agent's month, for paper that is no sheet: the same lines as on the sheet of the workbook."""

from __future__ import annotations

from pipeline.form.printed import Column, PrintedForm
from pipeline.month.workbook import formulas, levels
from pipeline.month.workbook.form import FOOTNOTE, SIGNATURES, field_lines, form_title
from pipeline.month.workbook.report import Chapter, MonthReport


def month_form(report: MonthReport, chapter: Chapter) -> PrintedForm:
    """The form of one agent: 表2 where formulas score the month, otherwise each criterion with its points."""
    card, table = report.scorecard, formulas if report.by_formula else levels
    if report.by_formula:
        heads, lines = formulas.heads(card), formulas.formula_lines(card, chapter)
        notes = [f"备注：{formulas.remarks(chapter)}"]
    else:
        heads, lines, notes = levels.HEADS, levels.level_lines(card, chapter), []
    columns = tuple(Column(*each) for each in zip(heads, table.WIDTHS, table.STYLES, strict=True))
    return PrintedForm(
        title=form_title(report),
        fields=field_lines(report, chapter),
        columns=columns,
        lines=tuple(lines),
        notes=(*notes, *report.notices, FOOTNOTE),
        signatures=SIGNATURES,
    )
