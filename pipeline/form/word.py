"""A form as a Word file: A4 landscape, the head of the table on each page."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from pipeline.form.printed import PrintedForm
from pipeline.month.workbook.sheet import FONT, clean

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell

PAPER_MM, MARGIN_MM = (297, 210), 12
HEAD_SHARES = (9.0, 27.0, 9.0, 27.0, 28.0)
"""The widths of the head's columns, in percent of the paper."""
SMALL, BODY, LARGE = 8.0, 9.0, 14.0  # points


def form_document(form: PrintedForm) -> bytes:
    """The form as the content of a .docx file."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415  as in `_document`

    document = _document()
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(clean(form.title))
    run.bold, run.font.size = True, _points(LARGE)
    head = _table(document, len(form.fields), HEAD_SHARES)
    for row, line in zip(head.rows, form.fields, strict=True):
        for number, (cell, value) in enumerate(zip(row.cells, line, strict=True)):
            _write(cell, value, bold=number in (0, 2))
    document.add_paragraph()
    table = _table(document, 1 + len(form.lines), form.shares)
    rows = list(table.rows)
    for cell, column in zip(rows[0].cells, form.columns, strict=True):
        _write(cell, column.head, bold=True, centred=True)
    _repeat(table)
    for row, (kind, values) in zip(rows[1:], form.rows, strict=True):
        for cell, value, column in zip(row.cells, values, form.columns, strict=True):
            size = SMALL if kind == "part" else BODY
            _write(cell, value, size, bold=kind == "total", centred=column.style.align == "center")
    for note in form.notes:
        document.add_paragraph().add_run(clean(note)).font.size = _points(SMALL)
    signed = _table(document, 1, [100 / len(form.signatures)] * len(form.signatures))
    for cell, signature in zip(signed.rows[0].cells, form.signatures, strict=True):
        _write(cell, signature)
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def _document() -> Document:
    """An empty document of A4 landscape in the font of the workbook."""
    import docx  # noqa: PLC0415  a quarter of a second, for which only who writes a document waits
    from docx.enum.section import WD_ORIENT  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Mm, Pt  # noqa: PLC0415

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (Mm(length) for length in PAPER_MM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(BODY)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = Pt(2)
    document.core_properties.author = document.core_properties.comments = ""  # the template names its maker
    return document


def _table(document: Document, num_rows: int, shares: tuple[float, ...] | list[float]) -> Table:
    from docx.shared import Mm  # noqa: PLC0415  as in `_document`

    table = document.add_table(num_rows, len(shares), style="Table Grid")
    table.autofit = False
    whole = PAPER_MM[0] - 2 * MARGIN_MM
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Mm(whole * share / 100)
        for cell in column.cells:
            cell.width = Mm(whole * share / 100)
    return table


def _write(cell: _Cell, text: str, size: float = BODY, *, bold: bool = False, centred: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415  as in `_document`

    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(clean(text))
    run.bold, run.font.size = bold, _points(size)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _repeat(table: Table) -> None:
    """Have the first row stand on each page."""
    from docx.oxml import OxmlElement  # noqa: PLC0415  as in `_document`

    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _points(size: float) -> Any:
    from docx.shared import Pt  # noqa: PLC0415  as in `_document`

    return Pt(size)
